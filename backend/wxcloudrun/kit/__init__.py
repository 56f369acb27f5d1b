"""Machinery that any domain may use; it knows no domain."""
