"""Tests of everything at once: every row of the API, every module, every text, stories across all domains."""
