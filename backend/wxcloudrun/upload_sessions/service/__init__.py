"""Use cases on upload sessions."""
