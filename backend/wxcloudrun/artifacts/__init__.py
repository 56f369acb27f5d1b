"""Artifacts: bytes under their SHA-256, stored once however many packages hold them."""
