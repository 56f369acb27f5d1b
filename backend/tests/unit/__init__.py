"""Tests of single parts, in folders that are called as those of the code."""
