"""Edits of a face: what, where, and how they are composited."""
