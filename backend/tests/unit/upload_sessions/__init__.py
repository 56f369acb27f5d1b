"""Uploads in several requests."""
