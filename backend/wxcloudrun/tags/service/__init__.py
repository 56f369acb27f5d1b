"""Use cases on tags, and how tags follow what happens to versions and packages."""
