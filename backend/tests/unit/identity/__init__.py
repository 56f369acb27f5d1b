"""Tests of who is asking."""
