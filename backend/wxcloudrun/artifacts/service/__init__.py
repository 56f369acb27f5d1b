"""Use cases on stored bytes."""
