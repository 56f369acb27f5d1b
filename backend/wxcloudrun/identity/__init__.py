"""Identity: from the credential of a request to who is asking."""
