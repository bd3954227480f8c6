"""The page that edits a face and runs the model again."""
