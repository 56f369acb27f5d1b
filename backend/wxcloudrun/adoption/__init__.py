"""Adoption: what lies in generic packages also becomes a package that pip or npm would know."""
