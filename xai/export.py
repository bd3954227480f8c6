"""Writes explanations as files: pictures, raw maps and a manifest, atomically."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from xai.attribution.methods import find_method
from xai.errors import XaiError
from xai.evidence_types import Evidence, Tally
from xai.photo.images import encode_png
from xai.render import common_scale, dim_outside, display_scale, display_values, overlay
from xai.types import REGION_SUMS, REGIONS, Explanation, Heatmap, RegionShares

__all__ = [
    "SCHEMA",
    "check_free",
    "defused",
    "evidence_dict",
    "face_record",
    "figure_of",
    "html_of",
    "region_record",
    "write_explanations",
]

SCHEMA = 2
"""Version of the manifest's keys."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def defused(cell: object) -> object:
    """A cell of a CSV; text that a spreadsheet would run as a formula gets a leading apostrophe.

    >>> defused("=1+1"), defused("mask.jpg"), defused(3)
    ("'=1+1", 'mask.jpg', 3)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def write_explanations(
    out: Path, faces: Sequence[Mapping[str, Explanation]], provenance: Mapping[str, Any]
) -> dict[str, Any]:
    """Write ``out/manifest.json`` with a PNG and an NPY per face, model and method.

    Everything is written to a temporary folder beside ``out`` and renamed at the end, so that ``out`` is
    complete or absent. Occlusion maps of one face share one colour scale over all models.

    Args:
        out: a folder that does not exist yet, or is empty.
        faces: per face, model name -> explanation.
        provenance: other entries of the manifest (photo, notices). ``files`` is added, the SHA-256 of each.

    Returns:
        The JSON of the command line: ``{"faces": [{"box", "models"}]}``.

    Raises:
        XaiError: ``out`` is not empty, or cannot be written.
    """
    check_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise XaiError(f"The folder {out} cannot be made: {error.strerror}.") from error
    try:
        records = [_write_face(unfinished, i + 1, models) for i, models in enumerate(faces)]
        files = {path.name: _digest(path) for path in sorted(unfinished.iterdir())}
        manifest = {"schema": SCHEMA, **provenance, "files": files, "faces": records}
        (unfinished / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        unfinished.chmod(0o755)
        unfinished.replace(out)
    except OSError as error:
        raise XaiError(f"The folder {out} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return {"faces": [{"box": record["box"], "models": record["models"]} for record in records]}


def check_free(out: Path) -> None:
    """Raise ``XaiError`` unless ``out`` does not exist yet or is an empty folder."""
    try:
        taken = out.exists() and (not out.is_dir() or any(out.iterdir()))
    except OSError as error:
        raise XaiError(f"The folder {out} cannot be used: {error.strerror}.") from error
    if taken:
        raise XaiError(f"The folder {out} is not empty; name a new one, so that nothing in it is lost.")


def face_record(explanation: Explanation) -> dict[str, Any]:
    """One model's part of the JSON. What was not measured is None."""
    shares, evidence = explanation.shares.get("occlusion"), explanation.evidence
    detail = None if evidence is None else evidence.detail
    told = None if evidence is None else evidence_dict(evidence)
    return {
        "label": explanation.prediction.label,
        "probabilities": explanation.prediction.as_dict(),
        "reason": None if explanation.prediction.reason is None else explanation.prediction.reason.as_dict(),
        "target": explanation.target,
        "verdict": None if evidence is None else evidence.verdict,
        "conditions": None
        if detail is None
        else {k: asdict(c) for k, c in detail.deciding.conditions.items()},
        "follow": None if told is None else told["follow"],
        "stay": None if told is None else told["stay"],
        "flags": None if evidence is None else [flag.code for flag in evidence.flags],
        "regions": {name: region_record(shares, name, evidence) for name in (*REGIONS, *REGION_SUMS)},
        "evidence": told,
        "heatmaps": {
            name: {
                "npy": None,
                "png": None,
                "unit": heatmap.unit,
                "seconds": round(explanation.provenance.seconds[name], 4),
                "shares": _shares(explanation.shares[name]),
                "params": dict(heatmap.params),
                "against": heatmap.against,
            }
            for name, heatmap in explanation.heatmaps.items()
        },
        "refused": dict(explanation.refusals),
        "provenance": asdict(explanation.provenance),
    }


def evidence_dict(evidence: Evidence) -> dict[str, Any]:
    """The evidence in plain values, without pictures; the answers of ``follow`` and ``stay`` under these
    keys.
    """
    asked = {family.family: family.asks for family in evidence.families}
    edits = [
        {"asks": asked[edit.family], **asdict(edit), "truth": list(edit.truth)} for edit in evidence.edits
    ]
    plain = {
        name: value
        for name, value in vars(evidence).items()
        if name not in ("strip", "edits", "follow", "place", "stay", "families", "detail", "reasons", "flags")
    }
    return {
        **plain,
        "reasons": [asdict(reason) for reason in evidence.reasons],
        "flags": [asdict(flag) for flag in evidence.flags],
        "follow": _question("follow", evidence.follow, edits),
        "place": {**asdict(evidence.place), "share": evidence.place.share},
        "stay": _question("stay", evidence.stay, edits),
        "controls": [edit for edit in edits if edit["asks"] not in ("follow", "stay")],
        "families": [{**asdict(family), "share": family.tally.share} for family in evidence.families],
        "detail": None if evidence.detail is None else asdict(evidence.detail),
    }


def _question(asks: str, tally: Tally, edits: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    own = [{k: v for k, v in edit.items() if k != "asks"} for edit in edits if edit["asks"] == asks]
    return {**asdict(tally), "share": tally.share, "edits": own}


def region_record(
    shares: RegionShares | None, name: str, evidence: Evidence | None = None
) -> dict[str, float | None]:
    """Share, area and lift of a region or a sum of regions in the occlusion map; with the evidence's detail
    also the effect and rank of editing it. What was not measured is None.
    """
    record: dict[str, float | None] = dict.fromkeys(("share", "area", "lift", "effect", "rank"))
    if shares is not None:
        parts = REGION_SUMS.get(name, (name,))
        record["share"], record["area"] = shares.of(*parts)
        record["lift"] = shares.lift(*parts)
    detail = None if evidence is None else evidence.detail
    if detail is not None and name in detail.regions:
        record["effect"], record["rank"] = detail.regions[name].effect, detail.regions[name].rank
    return record


def _write_face(folder: Path, number: int, models: Mapping[str, Explanation]) -> dict[str, Any]:
    first = next(iter(models.values()))
    scale = common_scale(e.heatmaps["occlusion"] for e in models.values() if "occlusion" in e.heatmaps)
    crop = f"face{number}.png"
    (folder / crop).write_bytes(encode_png(first.face.crop))
    return {
        "box": first.face.box.as_list(),
        "crop_box": first.face.crop_box.as_list(),
        "score": first.face.score,
        "crop": crop,
        "occlusion_scale": scale,
        "models": {
            name: _write_model(folder, f"face{number}-{name}", e, scale) for name, e in models.items()
        },
    }


def _write_model(folder: Path, stem: str, explanation: Explanation, scale: float) -> dict[str, Any]:
    record = face_record(explanation)
    for name, heatmap in explanation.heatmaps.items():
        files = {"npy": f"{stem}-{name}.npy", "png": f"{stem}-{name}.png"}
        np.save(folder / files["npy"], heatmap.values)
        (folder / files["png"]).write_bytes(encode_png(_picture(explanation, heatmap, scale)))
        record["heatmaps"][name].update(files)
    return record


def html_of(explanation: Explanation) -> str:
    """Answer, verdict and maps of one explanation as a piece of HTML that needs nothing else."""
    evidence, prediction = explanation.evidence, explanation.prediction
    told = f"{prediction.label} ({prediction.confidence:.0%})"
    lines = [f"<b>{escape(told)}</b>", *([] if evidence is None else [f"verdict: {evidence.verdict}"])]
    lines += [f"{escape(name)}: {escape(why)}" for name, why in explanation.refusals.items()]
    shown = {"face": explanation.face.crop, **_pictures(explanation)}
    figures = "".join(
        f'<figure style="display:inline-block;margin:4px"><img width="180" alt="{escape(name)}" '
        f'src="data:image/png;base64,{b64encode(encode_png(picture)).decode()}">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for name, picture in shown.items()
    )
    return f"<div>{'<br>'.join(lines)}<br>{figures}</div>"


def figure_of(explanation: Explanation) -> Any:
    """The face and its maps side by side, a figure of matplotlib."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - seconds

    shown = {explanation.prediction.label: explanation.face.crop, **_pictures(explanation)}
    figure = Figure(figsize=(3 * len(shown), 3.2), layout="constrained")
    for axes, (name, picture) in zip(
        figure.subplots(1, len(shown), squeeze=False)[0], shown.items(), strict=True
    ):
        axes.imshow(picture)
        axes.set_title(name)
        axes.set_axis_off()
    return figure


def _pictures(explanation: Explanation) -> dict[str, np.ndarray[Any, np.dtype[np.uint8]]]:
    """Method -> its map on the face, each on a scale of its own."""
    heatmaps = explanation.heatmaps
    return {name: _picture(explanation, each, common_scale([each])) for name, each in heatmaps.items()}


def _picture(explanation: Explanation, heatmap: Heatmap, scale: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    display = find_method(heatmap.method).display
    own = scale if heatmap.method == "occlusion" else display_scale([heatmap], display)
    drawn = overlay(explanation.face.crop, display_values(heatmap, display), scale=own)
    return dim_outside(drawn, explanation.face)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _shares(shares: RegionShares | None) -> dict[str, float] | None:
    return None if shares is None else dict(shares.share)
