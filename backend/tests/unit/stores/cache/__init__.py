"""The cache without a server."""
