"""Many photos and several models: a row per face and model, and claims held against the rows."""
