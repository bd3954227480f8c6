"""Checks of a map whose every number is known."""

import numpy as np

from dashboard.worker.results import CurveCheck, MapCheck


def curve(**given):
    """Two straight lines by hand: own falls at once, random halfway, edges at the end."""
    steps = np.array([0.0, 0.5, 1.0])
    own, random, edges = np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.5, 0.0]), np.array([1.0, 1.0, 0.0])
    values = {
        "changed": steps, "own": own, "random": random, "edges": edges, "own_area": 0.25, "random_area": 0.5,
        "edge_area": 0.75, "orders": 5, "beats_random": True, "beats_edges": True,
    }  # fmt: skip
    return CurveCheck(**{**values, **given})


def check(**given):
    """A map that passes every test."""
    values = {
        "deletion": curve(), "insertion": curve(), "likeness": 0.1, "follows_weights": True, "noise": 0.97,
        "shift": 0.85, "share": 0.4, "expected": 0.1, "spread": 0.05, "turned": True, "seconds": 3.0,
    }  # fmt: skip
    return MapCheck(**{**values, **given})
