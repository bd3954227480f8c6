"""Whether a map is faithful to the model it explains."""
