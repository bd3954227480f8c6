"""Batches through a network, on whatever answers here."""
