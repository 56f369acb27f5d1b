"""Uploads: one accepted deposit each, with who, when, from what file name, which digest."""
