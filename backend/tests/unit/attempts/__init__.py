"""Tests of limits on logins."""
