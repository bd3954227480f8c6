"""Audits of many photos: what a set holds, one row per face and model, and what can be said of them all."""
