"""Packages: named series inside a project."""
