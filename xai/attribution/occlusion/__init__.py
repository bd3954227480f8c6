"""Occlusion: what an answer loses when a patch covers a place."""
