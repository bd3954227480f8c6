"""What answers: networks, their cards, and classifiers made of both."""
