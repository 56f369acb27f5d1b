"""Search across everything that a caller may see."""
