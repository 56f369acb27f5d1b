"""What others must not know or guess: keys of the server, what they seal and sign, secrets, private files."""
