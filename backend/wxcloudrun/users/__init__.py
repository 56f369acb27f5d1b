"""Users: people and service accounts, and what they and administrators change about them."""
