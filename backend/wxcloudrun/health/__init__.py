"""What the service says about itself: whether it is alive, whether it can work, what its API is."""
