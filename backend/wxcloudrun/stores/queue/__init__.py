"""Waking workers: what is to be done stands in the database, a queue only says that something is there."""
