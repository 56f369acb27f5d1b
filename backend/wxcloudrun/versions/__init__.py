"""Immutable names of artifacts: their order, their ranges, their lifecycle."""
