"""The page that lays two models' maps of one face side by side."""
