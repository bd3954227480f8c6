"""Where a model looked: attribution maps."""
