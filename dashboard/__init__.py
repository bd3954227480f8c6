"""The web dashboard. It imports the library; the library knows nothing of it."""
