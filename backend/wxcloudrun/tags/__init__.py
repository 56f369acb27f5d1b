"""Tags: movable names for artifacts, which remember where they pointed."""
