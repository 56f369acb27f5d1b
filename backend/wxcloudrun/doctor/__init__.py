"""What an operator should change: secrets, settings, credentials and files that are weaker than need be."""
