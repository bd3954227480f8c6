"""Downloads: the numbers of one face as CSV or JSON, and everything as a zip."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from xai.attribution.methods import METHODS
from xai.export import defused, evidence_dict
from xai.photo.images import encode_png
from xai.render import common_scale, dim_outside, display_scale, display_values, overlay
from xai.types import REGIONS, Explanation, Heatmap

__all__ = ["SCHEMA", "csv_table", "face_zip", "numbers_csv", "numbers_json"]

SCHEMA = 3
"""Version of the layout of ``numbers.json``."""

_OPACITY = 0.6


def face_zip(explanations: Sequence[Explanation], more: Mapping[str, bytes] | None = None) -> bytes:
    """The explanations of one face by several models as a zip; the same bytes for the same explanations.

    It contains ``face.png`` (the crop, nothing drawn on it), ``<model>/<method>.png`` (overlay; occlusion on
    one scale for all models), ``<model>/<method>.npy`` (float32, raw and signed), ``numbers.json`` and
    ``shares.csv``. Neither the photo's file, nor its name, nor its metadata is in it.

    Args:
        explanations: at least one, all of the same face.
        more: name -> bytes of additional files.
    """
    files: dict[str, bytes] = {
        "face.png": encode_png(explanations[0].face.crop),
        "numbers.json": numbers_json(explanations),
        "shares.csv": _table(explanations),
        **(more or {}),
    }
    for each in explanations:
        for method, heatmap in each.heatmaps.items():
            place = f"{each.provenance.model}/{method}"
            files[f"{place}.npy"] = _npy(heatmap.values)
            files[f"{place}.png"] = encode_png(_drawn(each, heatmap, explanations))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # without a timestamp
    return stream.getvalue()


def numbers_json(explanations: Sequence[Explanation]) -> bytes:
    """Every number of one face with its provenance, as JSON in UTF-8.

    Args:
        explanations: at least one, all of the same face.
    """
    return json.dumps(_numbers(explanations, _scale(explanations)), indent=2).encode()


def numbers_csv(explanations: Sequence[Explanation]) -> bytes:
    """Every number of one face in long format, a row each, as CSV in UTF-8 with a header.

    The columns: ``model``; ``target``, the class that is explained; ``quantity``; ``source``, the method or
    the family of edits, where there is one; ``item``, the class, region or edit; ``value``, unrounded with a
    decimal point, empty where it has no meaning. Shares, areas and parts are fractions of 1; ``effect`` and
    ``edit_drop`` are log-odds that the class lost; ``held`` counts the edits at which the answer behaved as
    expected; ``holds`` and ``edit_held`` are 1 or 0.

    Args:
        explanations: at least one, all of the same face.
    """
    rows = [
        (each.provenance.model, each.target, *row)
        for each in explanations
        for row in (*_answer_rows(each), *_map_rows(each), *_evidence_rows(each))
    ]
    return csv_table(("model", "target", "quantity", "source", "item", "value"), rows)


def csv_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV in UTF-8; no cell is one that a spreadsheet would run as a formula."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(header)
    table.writerows([defused(cell) for cell in row] for row in rows)
    return stream.getvalue().encode()


_Row = tuple[str, str, str, float | str | None]
"""Quantity, source, item and value."""


def _answer_rows(explanation: Explanation) -> Iterator[_Row]:
    yield "answer", "", "", explanation.prediction.label
    for name, probability in explanation.prediction.as_dict().items():
        yield "probability", "", name, probability


def _map_rows(explanation: Explanation) -> Iterator[_Row]:
    for method in explanation.heatmaps:
        for region, numbers in (_shares(explanation, method) or {}).items():
            for quantity, value in numbers.items():
                yield quantity, method, region, value


def _evidence_rows(explanation: Explanation) -> Iterator[_Row]:
    evidence = explanation.evidence
    if evidence is None:
        return
    yield "verdict", "", "", evidence.verdict
    yield "contrast", "", "", evidence.contrast
    yield "reach", "", "", evidence.reach
    yield "place_share", "", "", evidence.place_share
    for question, tally in (("follow", evidence.follow), ("place", evidence.place), ("stay", evidence.stay)):
        yield f"{question}_held", "", "", tally.held
        yield f"{question}_of", "", "", tally.of
    for found in evidence.families:
        yield "asks", found.family, "", found.asks
        yield "held", found.family, "", found.tally.held
        yield "of", found.family, "", found.tally.of
        yield "effect", found.family, "", found.effect
        yield "part", found.family, "", found.part
        yield "holds", found.family, "", _bit(found.holds)
        yield "rounds", found.family, "", found.rounds
    for each in evidence.edits:
        yield "edit_answer", each.family, each.edit, each.label
        yield "edit_probability", each.family, each.edit, each.probability
        yield "edit_drop", each.family, each.edit, each.drop
        yield "edit_held", each.family, each.edit, _bit(each.held)


def _bit(holds: bool | None) -> int | None:
    return None if holds is None else int(holds)


def _scale(explanations: Sequence[Explanation]) -> float:
    return common_scale([e.heatmaps["occlusion"] for e in explanations if "occlusion" in e.heatmaps])


def _drawn(explanation: Explanation, heatmap: Heatmap, others: Sequence[Explanation]) -> NDArray[np.uint8]:
    """The map over the face; on a scale shared with the other models where it is displayed as measured."""
    method, display = heatmap.method, METHODS[heatmap.method].display
    shared = [each.heatmaps[method] for each in others if method in each.heatmaps]
    scale = display_scale(shared if display == "absolute" else [heatmap], display)
    drawn = overlay(explanation.face.crop, display_values(heatmap, display), scale=scale, opacity=_OPACITY)
    return dim_outside(drawn, explanation.face)


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
        "evidence": None if explanation.evidence is None else evidence_dict(explanation.evidence),
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


def _table(explanations: Sequence[Explanation]) -> bytes:
    rows = [
        (each.provenance.model, each.target, method, region, *numbers.values())
        for each in explanations
        for method in each.heatmaps
        for region, numbers in (_shares(each, method) or {}).items()
    ]
    return csv_table(("model", "target", "method", "region", "share", "area", "lift"), rows)


def _npy(values: NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()
