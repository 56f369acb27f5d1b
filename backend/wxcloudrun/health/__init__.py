"""Whether the service is alive, and whether it can work."""
