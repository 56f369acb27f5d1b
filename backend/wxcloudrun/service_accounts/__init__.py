"""Service accounts: users that are nobody, owned by a project or by the administrators."""
