"""Downloads: what a reference means, and exactly those bytes."""
