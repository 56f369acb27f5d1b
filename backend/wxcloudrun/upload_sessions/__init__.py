"""Upload sessions: one file that comes in several requests, and survives whatever happens between them."""
