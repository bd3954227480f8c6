"""Draws before a face what is no mask."""
