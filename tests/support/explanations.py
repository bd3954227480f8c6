"""Explanations of one face whose every number is known, and sheets about it in any language."""

from dataclasses import replace

import numpy as np

from dashboard import i18n, preferences
from dashboard.reports import content
from dashboard.reports.content import face_sheet
from tests.support import evidences
from xai.types import (
    REGIONS,
    Box,
    ComputeInfo,
    Explanation,
    Face,
    Heatmap,
    Prediction,
    Provenance,
    RegionShares,
)

SIDE = 96
PATCH = {"patch": 1 / 7, "stride": 0.0625, "fill": "mean"}
CROP = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
FACE = Face("ab" * 32, Box(40, 50, 90, 110), Box(20, 30, 116, 126), CROP, np.zeros((5, 2), np.float32), 0.9)
REGION_MAP = (np.arange(SIDE * SIDE).reshape(SIDE, SIDE) * len(REGIONS) // SIDE**2).astype(np.int8)
"""Seven bands from top to bottom."""


def shares_of(values):
    """Shares counted pixel by pixel."""
    share, area = dict.fromkeys(REGIONS, 0.0), dict.fromkeys(REGIONS, 0.0)
    total = sum(max(float(value), 0.0) for value in values.ravel())
    for value, index in zip(values.ravel(), REGION_MAP.ravel(), strict=True):
        share[REGIONS[index]] += max(float(value), 0.0) / total
        area[REGIONS[index]] += 1 / SIDE**2
    return RegionShares(share, area)


def explanation(model="mobilenet_v2", evidence=None, seed=1, **more):
    """One model's; the occlusion map has both signs, the other none."""
    rng = np.random.default_rng(seed)
    across = np.linspace(-0.3, 0.6, SIDE, dtype=np.float32)
    maps = {
        "occlusion": across[None] * np.linspace(0.2, 1, SIDE, dtype=np.float32)[:, None],
        "gradcam": rng.random((SIDE, SIDE), dtype=np.float32) ** 4,
    }
    known = {
        "occlusion": Heatmap(maps["occlusion"], "probability", "occlusion", PATCH, "covered"),
        "gradcam": Heatmap(maps["gradcam"], "activation", "gradcam", {}, "covered"),
    }
    given = {
        "face": FACE,
        "prediction": Prediction(
            ("covered", "incorrect", "uncovered"), np.array([0.8125, 0.125, 0.0625], np.float32)
        ),
        "target": "covered",
        "heatmaps": known,
        "shares": {name: shares_of(values) for name, values in maps.items()},
        "probability": None,
        "becomes": None,
        "provenance": Provenance(
            model,
            (f"{seed:02x}" * 32)[:64],
            "cpu",
            {"torch": "2.14.1", "numpy": "2.4.6"},
            {"occlusion": 1.5, "gradcam": 0.25},
            {"occlusion": ComputeInfo("openvino float32 on cpu")},
        ),
        "evidence": evidence,
    }
    return Explanation(**{**given, **more})


def two_models():
    """Two models of which one cannot be told, although it was asked."""
    unlikely = evidences.Reason("unsure", evidences.ABSTENTIONS["unsure"])
    abstains = evidences.evidence("cannot tell", (unlikely,))
    return [
        explanation("mobilenet_v2", evidences.evidence("supported"), 1),
        explanation("custom_cnn_relu_bn", abstains, 2),
    ]


def without_regions(one):
    """The same where no landmarks were found."""
    return replace(one, shares=dict.fromkeys(one.heatmaps), evidence=None)


def sheet(monkeypatch, explanations, code="en", level="plain", regions=REGION_MAP, by_hand=False):
    """A sheet as a reader of that language gets it."""
    for module in (preferences, i18n, content):
        monkeypatch.setattr(module, "language", lambda: code)
    return face_sheet(explanations, regions, level, by_hand=by_hand)
