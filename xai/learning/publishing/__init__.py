"""Writes model cards and the tables of the documents."""
