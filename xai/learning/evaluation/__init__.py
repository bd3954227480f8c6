"""Evaluates trained classifiers, overall and by subgroup."""
