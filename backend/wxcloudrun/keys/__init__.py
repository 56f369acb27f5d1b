"""Keys: API keys, by which programs act for users."""
