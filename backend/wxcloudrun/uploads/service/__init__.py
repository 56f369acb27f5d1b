"""Use cases on deposits: one file for each way in."""
