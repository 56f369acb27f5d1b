"""Audit: who changed what, from where, with which credential; written once and chained."""
