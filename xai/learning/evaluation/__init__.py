"""Measures what a trained classifier gets right, and on whom."""
