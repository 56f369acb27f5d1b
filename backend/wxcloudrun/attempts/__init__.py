"""Attempts: how often somebody may try to get in."""
