"""The use cases of accounts: who is asking, logging in, keys, people."""
