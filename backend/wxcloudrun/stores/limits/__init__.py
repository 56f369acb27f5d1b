"""Counting what somebody does too often, across all worker processes."""
