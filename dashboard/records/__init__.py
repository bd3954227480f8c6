"""What is known beside the models that can be asked: measured ones, and experiments."""
