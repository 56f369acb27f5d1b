"""`make demo`: real packages go into a registry of its own and come out again, byte for byte."""
