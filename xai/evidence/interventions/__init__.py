"""What is edited on a face, where, and how it is painted."""
