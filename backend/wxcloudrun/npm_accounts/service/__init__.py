"""The use cases of accounts as npm knows them."""
