"""The use cases of ways in."""
