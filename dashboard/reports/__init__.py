"""What a visitor downloads."""
