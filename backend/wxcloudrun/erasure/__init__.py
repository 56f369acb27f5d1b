"""Erasure: what nobody can see any more goes, row by row, in steps whose cost has a bound."""
