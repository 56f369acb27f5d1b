"""Use cases on releases."""
