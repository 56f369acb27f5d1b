"""Tests of keys, secrets and private files."""
