"""Many photos and several models: rows, claims, findings."""
