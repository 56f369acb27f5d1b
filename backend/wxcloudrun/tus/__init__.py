"""The tus protocol 1.0.0: uploads that every tus client can resume, on upload sessions."""
