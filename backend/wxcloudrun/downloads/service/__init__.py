"""Use cases on reading: resolve, open, link, look up."""
