"""How often the verdict is right, measured offline."""
