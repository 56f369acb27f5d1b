"""The use cases of questions about a whole registry."""
