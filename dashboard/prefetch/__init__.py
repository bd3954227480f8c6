"""Prefetches the gallery's results while the model process is idle."""
