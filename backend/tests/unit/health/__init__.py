"""Health and description."""
