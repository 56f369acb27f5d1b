"""Ways in: by what somebody gets in to their account, seen together and ended together."""
