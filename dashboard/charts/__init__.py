"""Plotly figures made from numbers."""
