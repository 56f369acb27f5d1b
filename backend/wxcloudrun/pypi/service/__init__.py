"""Use cases of PyPI's protocols: pages that say which files there are, and publishing one."""
