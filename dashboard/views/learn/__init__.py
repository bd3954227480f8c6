"""The page for a class: a lesson in steps, and a game."""
