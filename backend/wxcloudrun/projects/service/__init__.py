"""Use cases on projects and on those who belong to them."""
