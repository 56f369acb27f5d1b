"""Bytes on their way: files that go in, artifacts that come out."""
