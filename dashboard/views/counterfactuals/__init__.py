"""The page that edits a face and runs the models again."""
