"""Measures this service beside real peers and beside what the machine can do at all."""
