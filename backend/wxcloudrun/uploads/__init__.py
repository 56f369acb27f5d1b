"""Uploads: who sent which bytes into a package, when and under what file name, and what became of them."""
