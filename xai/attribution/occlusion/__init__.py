"""Occlusion: how far an answer's probability falls when a patch covers a place."""
