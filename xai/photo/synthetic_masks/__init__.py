"""Draws a mask on a face."""
