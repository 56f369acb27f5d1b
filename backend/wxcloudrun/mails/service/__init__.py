"""The use cases of mails."""
