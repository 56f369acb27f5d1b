"""Use cases of adoption: what people ask for, and the job that does it."""
