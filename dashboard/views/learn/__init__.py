"""The page for schools: a lesson in steps, and a game."""
