"""Tests of what keeps rows and objects in step."""
