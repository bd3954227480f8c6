"""Batched inference of networks, on the best runtime of the machine."""
