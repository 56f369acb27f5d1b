"""Several clients at once, and clients that die."""
