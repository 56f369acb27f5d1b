"""Who one is to clients of npm, and how they get the key that they act with."""
