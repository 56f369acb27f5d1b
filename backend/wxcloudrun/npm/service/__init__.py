"""The use cases of npm's protocol."""
