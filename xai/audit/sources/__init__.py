"""The set: its files, zips and labels."""
