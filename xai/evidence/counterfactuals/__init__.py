"""What a classifier would say of a face that was a little different."""
