"""Edits in, verdict out."""
