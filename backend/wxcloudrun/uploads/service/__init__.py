"""Use cases on uploads: one file for each way in."""
