"""The use cases of the audit log: write an entry, chain entries, verify the chain, read."""
