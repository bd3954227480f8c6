"""What a visitor takes away: the pictures and numbers of one face, as a zip made in memory."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from xai.photo.images import encode_png
from xai.render import common_scale, excess, excess_scale, overlay
from xai.types import REGIONS, Explanation, Heatmap

__all__ = ["SCHEMA", "face_zip"]

SCHEMA = 2
"""Version of the layout of ``numbers.json``."""

_OPACITY = 0.6


def face_zip(explanations: Sequence[Explanation]) -> bytes:
    """The explanations of one face by several models as a zip.

    It holds ``face.png`` (the crop, nothing drawn on it), ``<model>/<method>.png`` (overlay; occlusion on one
    scale for all models), ``<model>/<method>.npy`` (float32, raw and signed), ``numbers.json`` and
    ``shares.csv``. Nothing of the photo's file, its name or its metadata is in it.

    Args:
        explanations: at least one, all of the same face.
    """
    scale = common_scale([e.heatmaps["occlusion"] for e in explanations if "occlusion" in e.heatmaps])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("face.png", encode_png(explanations[0].face.crop))
        archive.writestr("numbers.json", json.dumps(_numbers(explanations, scale), indent=2))
        archive.writestr("shares.csv", _table(explanations))
        for each in explanations:
            for method, heatmap in each.heatmaps.items():
                place = f"{each.provenance.model}/{method}"
                archive.writestr(f"{place}.npy", _npy(heatmap.values))
                archive.writestr(f"{place}.png", encode_png(_drawn(each, heatmap, scale)))
    return stream.getvalue()


def _drawn(explanation: Explanation, heatmap: Heatmap, scale: float) -> NDArray[np.uint8]:
    if heatmap.method == "occlusion":
        return overlay(explanation.face.crop, heatmap.values, scale=scale, opacity=_OPACITY)
    beyond, scale = excess(heatmap.values), excess_scale([heatmap])
    return overlay(explanation.face.crop, beyond, scale=scale, opacity=_OPACITY)


def _numbers(explanations: Sequence[Explanation], scale: float) -> Mapping[str, object]:
    face = explanations[0].face
    return {
        "schema": SCHEMA,
        "photo_sha256": face.photo_sha256,
        "box": face.box.as_list(),
        "crop_box": face.crop_box.as_list(),
        "score": face.score,
        "occlusion_scale": scale,
        "models": {each.provenance.model: _of_model(each) for each in explanations},
    }


def _of_model(explanation: Explanation) -> Mapping[str, object]:
    made = explanation.provenance
    return {
        "weights_sha256": made.weights_sha256,
        "device": made.device,
        "versions": dict(made.versions),
        "label": explanation.prediction.label,
        "probabilities": explanation.prediction.as_dict(),
        "target": explanation.target,
        "evidence": None if explanation.evidence is None else asdict(explanation.evidence),
        "heatmaps": {
            method: {
                "unit": heatmap.unit,
                "parameters": dict(heatmap.params),
                "seconds": made.seconds.get(method),
                "shares": _shares(explanation, method),
            }
            for method, heatmap in explanation.heatmaps.items()
        },
    }


def _shares(explanation: Explanation, method: str) -> Mapping[str, Mapping[str, float | None]] | None:
    counted = explanation.shares[method]
    if counted is None:
        return None
    return {
        region: {
            "share": counted.share[region],
            "area": counted.area[region],
            "lift": counted.lift(region),
        }
        for region in REGIONS
    }


def _table(explanations: Sequence[Explanation]) -> str:
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(["model", "target", "method", "region", "share", "area", "lift"])
    for each in explanations:
        for method in each.heatmaps:
            for region, numbers in (_shares(each, method) or {}).items():
                rows.writerow([each.provenance.model, each.target, method, region, *numbers.values()])
    return stream.getvalue()


def _npy(values: NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()
