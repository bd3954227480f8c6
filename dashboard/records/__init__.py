"""What is known of models, as values."""
