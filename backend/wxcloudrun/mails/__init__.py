"""Mail to people: showing that an address is theirs, recovering an account, hearing what has changed."""
