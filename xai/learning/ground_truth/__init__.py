"""Trains the control models whose right verdict is known."""
