"""Projects own packages and decide who may see them."""
