"""Draws occluders that are not masks in front of a face."""
