"""Where a model looked."""
