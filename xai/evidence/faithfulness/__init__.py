"""Whether a map is true to the model it explains."""
