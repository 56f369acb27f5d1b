"""The outside systems that bytes of releases come from, each behind the same port."""
