"""Notices: what has changed about somebody's ways in, for them to see when they come next."""
