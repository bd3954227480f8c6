"""The page that compares models' maps of a face side by side."""
