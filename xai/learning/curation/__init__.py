"""Manual review: suspect labels and wrong answers."""
