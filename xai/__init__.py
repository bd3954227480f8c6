"""Does a face-mask classifier look at nose and mouth? The library behind the dashboard.

The public names are imported when they are first used, so that ``import xai`` stays quick and free of
torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xai.errors import ImageRejected as ImageRejected
    from xai.errors import UnknownName as UnknownName
    from xai.errors import WeightsUnavailable as WeightsUnavailable
    from xai.errors import XaiError as XaiError
    from xai.models.classifiers import Classifier as Classifier
    from xai.models.classifiers import black_box as black_box
    from xai.models.classifiers import load_classifier as load_classifier
    from xai.photo.faces import find_faces as find_faces
    from xai.photo.images import read_image as read_image
    from xai.photo.orientation import find_faces_upright as find_faces_upright
    from xai.pipeline import explain as explain
    from xai.types import Explanation as Explanation
    from xai.types import Face as Face
    from xai.types import Heatmap as Heatmap
    from xai.types import Image as Image
    from xai.types import Prediction as Prediction

_HOMES = {
    "Classifier": "xai.models.classifiers",
    "Explanation": "xai.types",
    "Face": "xai.types",
    "Heatmap": "xai.types",
    "Image": "xai.types",
    "ImageRejected": "xai.errors",
    "Prediction": "xai.types",
    "UnknownName": "xai.errors",
    "WeightsUnavailable": "xai.errors",
    "XaiError": "xai.errors",
    "black_box": "xai.models.classifiers",
    "explain": "xai.pipeline",
    "find_faces": "xai.photo.faces",
    "find_faces_upright": "xai.photo.orientation",
    "load_classifier": "xai.models.classifiers",
    "read_image": "xai.photo.images",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - one list, not two


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'xai' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
