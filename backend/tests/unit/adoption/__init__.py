"""Adoption: generic packages also as packages of PyPI's and npm's format."""
