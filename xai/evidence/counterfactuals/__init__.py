"""Counterfactual probes: a classifier's answers for slightly edited faces."""
