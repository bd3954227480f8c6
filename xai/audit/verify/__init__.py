"""Checks an audit or an explanation again: digests, what follows from rows, and rows from photos."""
