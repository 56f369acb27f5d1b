"""The way out: addresses, files from foreign hosts, and calls to services, all of them bounded."""
