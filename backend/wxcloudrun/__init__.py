"""An artifact registry and package-lifecycle service."""
