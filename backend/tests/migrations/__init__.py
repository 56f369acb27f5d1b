"""Migrations: from nothing to the schema of the models, and back."""
