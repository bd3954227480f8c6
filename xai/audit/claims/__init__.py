"""Claims that are fixed before anything is read, and what becomes of them."""
