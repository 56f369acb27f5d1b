"""Waking workers, and the threads that work."""
