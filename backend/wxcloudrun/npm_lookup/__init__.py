"""What clients of npm ask of a whole registry: which packages there are, and what is known against them."""
