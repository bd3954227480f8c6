"""Control models: their right verdict is known, for measuring how often the verdict is right, and for
teaching.

>>> sorted(set(verdict for kind in KINDS.values() for verdict in kind.expected))
['cannot tell', 'mixed', 'not supported', 'supported']
"""

from __future__ import annotations

from xai.models.ground_truth.alignment import ALIGNED_SIDE, aligned_crop, aligned_face
from xai.models.ground_truth.families import CAM_LAYERS, INSTANCES, KINDS, Kind
from xai.models.ground_truth.loading import KnownAnswer, load_family

__all__ = [
    "ALIGNED_SIDE",
    "CAM_LAYERS",
    "INSTANCES",
    "KINDS",
    "Kind",
    "KnownAnswer",
    "aligned_crop",
    "aligned_face",
    "load_family",
]
