"""The tus protocol, as its clients speak it."""
