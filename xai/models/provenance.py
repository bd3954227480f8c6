"""What an explanation was made with."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from importlib.util import find_spec

from xai.models.classifiers import Classifier
from xai.types import Computed, Provenance

__all__ = ["provenance_of"]

_PACKAGES = ("torch", "torchvision", "grad-cam", "numpy", "pillow", "opencv-python-headless")


def provenance_of(
    classifier: Classifier, seconds: Mapping[str, float], computed: Mapping[str, Computed]
) -> Provenance:
    """The classifier, its device and the versions of the packages.

    Args:
        classifier: what was explained.
        seconds: method -> how long its map took.
        computed: method -> by what and how exactly, of those where that can differ.
    """
    packages = (*_PACKAGES, "openvino") if find_spec("openvino") else _PACKAGES
    return Provenance(
        model=classifier.name,
        weights_sha256=classifier.card.sha256,
        device=str(classifier.device),
        versions={name: metadata.version(name) for name in packages},
        seconds=seconds,
        computed=computed,
    )
