"""The protocols of PyPI, as pip, uv and twine speak them."""
