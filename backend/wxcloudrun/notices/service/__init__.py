"""The use cases of notices."""
