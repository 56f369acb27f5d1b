"""Real backing servers for development and tests, on this machine and without Docker."""
