"""Networks, their model cards, and classifiers made of both."""
