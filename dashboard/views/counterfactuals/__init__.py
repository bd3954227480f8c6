"""The page that changes a face and asks again."""
