"""Use cases on versions and their files."""
