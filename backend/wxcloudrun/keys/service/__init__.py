"""The use cases of API keys."""
