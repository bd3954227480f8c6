"""Training data with drawn masks."""
