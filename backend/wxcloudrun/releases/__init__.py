"""A version seen through its lifecycle: created, obtained in the background, activated."""
