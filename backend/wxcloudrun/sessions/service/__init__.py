"""The use cases of sessions."""
