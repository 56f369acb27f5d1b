"""Clients that are faster than the servers: curl for large files, wrk for many requests."""
