"""PyPI's protocols: what pip and uv install from, and twine and uv publish to, unmodified."""
