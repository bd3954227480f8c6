"""Two audits of the same photos: what changed in answers, verdicts and claims, tested in pairs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xai.audit.findings.answers import Answers, answers_by_model
from xai.audit.findings.comparison import compare
from xai.audit.rows import FACES_FILE, SCHEMA
from xai.audit.settings import SETTINGS_FILE
from xai.audit.summary import SUMMARY_FILE
from xai.errors import XaiError

__all__ = ["CHANGED_FACES", "audit_difference"]

CHANGED_FACES = 20
"""Faces that are named of those whose answer or verdict changed, in the order of the rows."""

_WHICH = ("first", "second")


def audit_difference(first: Path, second: Path) -> dict[str, Any]:
    """What changed from one audit to another, on the faces that both have.

    A photo is known by its bytes, whatever its name, and a face by its number in it. Models of the same name
    are compared; where each audit has one model, the two are, whatever their names.

    Args:
        first: folder of the earlier audit.
        second: folder of the later one.

    Returns:
        ``{settings, photos, models, claims}``. ``settings`` names what the audits were asked differently.
        ``photos``: how many are in ``both``, ``only_first``, ``only_second``. ``models``: of each the names
        ``first`` and ``second``; ``n`` faces; ``accuracy`` and ``supported`` as of ``compare``, first less
        second; ``answers`` and ``verdicts``, which became which how often; how many ``changed`` in either,
        and the first of these ``faces``, each with answer and verdict in both. Where the controls of either
        audit do not hold, every verdict is ``WITHHELD``. ``claims``: claim ->
        result in ``first`` and ``second``, None where it was not made.

    Raises:
        XaiError: a folder holds no finished audit, or the two have no face in common.
    """
    settings, summaries = zip(*(_read(out) for out in (first, second)), strict=True)
    tables = [pq.read_table(out / FACES_FILE) for out in (first, second)]
    photos = [set(table["photo_sha256"].to_pylist()) for table in tables]
    both = photos[0] & photos[1]
    if not both:
        raise XaiError(f"The audits in {first} and {second} have no photo with a face in common.")
    names = dict(zip(*(tables[0][column].to_pylist() for column in ("photo_sha256", "photo")), strict=True))
    answers = [answers_by_model(_alike(table, both)) for table in tables]
    if not all(each["controls"].get("hold", True) for each in summaries):
        answers = [{name: each.without_verdicts() for name, each in one.items()} for one in answers]
    return {
        "settings": sorted(
            key for key in settings[0] if key != "begun" and settings[0][key] != settings[1].get(key)
        ),
        "photos": {
            "both": len(both),
            "only_first": len(photos[0] - both),
            "only_second": len(photos[1] - both),
        },
        "models": [
            {"first": one, "second": other, **_of_models(answers[0][one], answers[1][other], names)}
            for one, other in _pairs(*answers)
        ],
        "claims": {
            name: {which: _result(each, name) for which, each in zip(_WHICH, summaries, strict=True)}
            for name in sorted({name for each in summaries for name in each["claims"]})
        },
    }


def _read(out: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Settings and summary."""
    try:
        told = [
            json.loads((out / name).read_text(encoding="utf-8")) for name in (SETTINGS_FILE, SUMMARY_FILE)
        ]
        if not (isinstance(told[0], dict) and isinstance(told[1]["claims"], dict)):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise XaiError(f"{out} should be the folder of a finished audit; it is not.") from error
    return told[0], told[1]


def _alike(table: pa.Table, both: set[str]) -> pa.Table:
    """The rows of photos that both audits have; a photo is named by its digest, so that the keys agree."""
    rows = table.filter(pc.is_in(table["photo_sha256"], pa.array(sorted(both), pa.string())))
    return rows.set_column(rows.schema.get_field_index("photo"), SCHEMA.field("photo"), rows["photo_sha256"])


def _pairs(first: Mapping[str, Answers], second: Mapping[str, Answers]) -> list[tuple[str, str]]:
    if len(first) == len(second) == 1:
        return [(next(iter(first)), next(iter(second)))]
    return [(name, name) for name in first if name in second]


def _of_models(first: Answers, second: Answers, names: Mapping[str, str]) -> dict[str, Any]:
    told = compare(first, second)
    one, other = _said(first), _said(second)
    shared = [key for key in one if key in other]
    changed = [key for key in shared if one[key] != other[key]]
    moved = [Counter((one[key][which], other[key][which]) for key in shared) for which in range(2)]
    return {
        **{key: told[key] for key in ("n", "accuracy", "supported")},
        "answers": _moves(moved[0]),
        "verdicts": _moves(moved[1]),
        "changed": len(changed),
        "faces": [
            {"photo": names[photo], "face": face, **dict(zip(_WHICH, (one[key], other[key]), strict=True))}
            for key in changed[:CHANGED_FACES]
            for photo, face in [key]
        ],
    }


def _said(answers: Answers) -> dict[tuple[str, int], list[str]]:
    """Face -> answer and verdict."""
    told = zip(answers.keys, answers.prediction, answers.verdict, strict=True)
    return {key: [str(prediction), str(verdict)] for key, prediction, verdict in told}


def _moves(counted: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [
        {"first": first, "second": second, "n": counted[first, second]} for first, second in sorted(counted)
    ]


def _result(summary: Mapping[str, Any], name: str) -> str | None:
    claim = summary["claims"].get(name)
    return None if claim is None else claim["result"]
