"""Sentences about maps that contradict the verdict: which do, and why that can be."""

from __future__ import annotations

from dashboard.i18n import class_title, t
from dashboard.text.map_units import method_title
from dashboard.text.regions import peak_name
from dashboard.text.verdicts import flag_lines
from dashboard.worker.jobs import FaceExplanation
from xai.classes import class_info
from xai.evidence.map_consistency import MapContradiction, contradicting_maps
from xai.evidence_types import Evidence

__all__ = ["contradiction_notes"]


def contradiction_notes(evidence: Evidence, explained: FaceExplanation, level: str) -> dict[str, str]:
    """For each map that contradicts the verdict a sentence, and why that can be.

    Args:
        evidence: the verdict, with the disagreements that the library flagged.
        explained: the maps that are shown beside it, with the regions of the face.
        level: one of ``LEVELS``.

    Returns:
        Method -> sentences; empty where nothing disagrees.
    """
    lines = _flagged(evidence, explained, level)
    for each in contradicting_maps(evidence, explained.explanation.heatmaps, explained.regions):
        if each.method not in lines:
            lines[each.method] = f"{_line(each, level)} {_why(evidence, explained, each.method)}"
    return lines


def _flagged(evidence: Evidence, explained: FaceExplanation, level: str) -> dict[str, str]:
    """Method -> sentence about the disagreement that the library flagged in its map."""
    said = {}
    for flag, line in zip(evidence.flags, flag_lines(evidence, level), strict=True):
        method = str(flag.values["method"])
        empty = flag.code == "map_empty" or method not in explained.explanation.heatmaps
        said[method] = line if empty else f"{line} {_why(evidence, explained, method)}"
    return said


def _line(found: MapContradiction, level: str) -> str:
    """One map that contradicts the verdict."""
    key = "peak" if found.outside else "little"
    values = {
        "method": method_title(found.method),
        "peak": peak_name(found.peak),
        "share": found.share,
    }
    plain = level == "plain"
    return t(f"astray_plain.{key}", **values) if plain else t(f"astray_technical.{key}", **values)


def _why(evidence: Evidence, explained: FaceExplanation, method: str) -> str:
    """Why a map of this kind can differ from what the answer depends on.

    There are texts for occlusion maps, for maps of a layer's activations, and for any other.
    """
    heatmap = explained.explanation.heatmaps[method]
    if "patch" not in heatmap.params:
        return t("astray.layers" if heatmap.unit == "activation" else "astray.other")
    if evidence.verdict == "not supported":
        return t("astray.occlusion_shaken")
    if "covered" in class_info(heatmap.target).wearings and heatmap.params.get("fill") != "bare":
        return t("astray.occlusion_mask", target=class_title(heatmap.target))
    return t("astray.occlusion")
