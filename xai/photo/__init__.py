"""What is in the picture: reading it, finding faces and their regions, drawing masks."""
