"""Tests against a running service and real backing servers."""
