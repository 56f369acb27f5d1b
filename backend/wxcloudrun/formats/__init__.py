"""Reads the version that a package file declares about itself, within hard limits."""
