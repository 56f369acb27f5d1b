"""Accounts: people, their logins and their API keys."""
