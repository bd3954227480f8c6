"""All that the rows of an audit say, as one file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xai.atomic_write import write_atomically
from xai.audit.claims.estimates import holm
from xai.audit.findings.answers import WITHHELD, Answers, answers_by_model, class_order, each_face
from xai.audit.findings.class_signs import LEAST_FACES, searched_classes
from xai.audit.findings.comparison import compare
from xai.audit.findings.mean_maps import mean_maps, scale_of_maps
from xai.audit.findings.remarks import remarks_of_model, remarks_of_set, sorted_remarks
from xai.audit.findings.slices import MEASURES, Slice, slices_of
from xai.audit.findings.worst import kinds_of_worst, worst_of
from xai.audit.ledger import Outcome
from xai.errors import UnknownName
from xai.evidence_types import VERDICTS
from xai.types import CLASSES

__all__ = ["FINDINGS_FILE", "Findings", "find", "write_findings"]

FINDINGS_FILE = "findings.json"


@dataclass(frozen=True, eq=False)
class Findings:
    """What the rows say, in plain values; ``as_dict`` names the parts.

    Attributes:
        models: model -> its figures.
        comparisons: of each two models, in their order.
        findings: what an auditor must know, worst first.
        withheld: whether all that rests on verdicts is left out, since the controls do not hold.
        searched: the classes in which a mark or light was looked for, as of ``searched_classes``.
    """

    models: Mapping[str, Mapping[str, Any]]
    comparisons: Sequence[Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    withheld: bool
    searched: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON. A face is ``[photo, number]``; an estimate ``{value, interval, n}``, clustered by
        group, or None where fewer than ten groups have a value.

        ``models``: of each ``faces`` and ``labelled`` faces; ``accuracy`` and share ``supported``; the same
        by ``classes``, of the label; ``places``, right, wrong and other answers by verdict (``unlabelled``:
        all that are not known to be right or wrong); ``confusion``, whose cells hold the faces; ``slices``,
        as ``Slice.as_dict``; ``maps``, as ``mean_maps``; ``worst``, as ``worst_of``, and ``worst_counts``,
        of each of ``WHYS`` also those that are not listed.

        ``comparisons``: ``first`` and ``second`` model, and as ``compare``, with ``adjusted``, Holm's p over
        all comparisons, beside each ``p``.

        ``findings``: ``code`` (one of ``CODES``), ``model`` (None: of the set), ``values``, and up to five
        ``faces`` and ``photos``.

        ``withheld``: whether verdicts are; then no share *supported* is estimated or compared, ``places`` and
        ``verdicts`` are None, and the ``verdict`` of the worst is ``WITHHELD``.

        ``signs``: the ``classes`` in which a mark or light was looked for, and how many faces are ``needed``
        of a class and of the others.

        ``scales``: largest absolute value of the ``maps`` of all ``models``, over all answers, and of those
        of all ``comparisons``; 0 without any.
        """
        return {
            "withheld": self.withheld,
            "signs": {"classes": list(self.searched), "needed": LEAST_FACES},
            "scales": {
                "models": scale_of_maps(each for one in self.models.values() for each in one["maps"]),
                "comparisons": scale_of_maps(each for one in self.comparisons for each in one["maps"]),
            },
            "models": dict(self.models),
            "comparisons": list(self.comparisons),
            "findings": list(self.findings),
        }


def find(
    table: pa.Table, outcomes: Iterable[Outcome], models: Sequence[str], *, verdicts: bool = True
) -> Findings:
    """What the rows say. Their order does not matter.

    Args:
        table: a row for each face and model.
        outcomes: of the files of the set.
        models: names of the models, in their order.
        verdicts: whether the controls hold, so that something rests on the verdicts.

    Raises:
        DataRejected: the table lacks a column or a value, repeats a row, or has a label that is none of
            ``CLASSES``.
        UnknownName: the table has rows of another model.
    """
    rows = answers_by_model(table)
    odd = next((name for name in rows if name not in models), None)
    if odd is not None:
        raise UnknownName("model", odd, models)
    rows = {name: rows[name] for name in models if name in rows}
    if not verdicts:
        rows = {name: answers.without_verdicts() for name, answers in rows.items()}
    slices = {name: slices_of(answers) for name, answers in rows.items()}
    faces = each_face(rows)
    remarks = [*remarks_of_set(faces, list(outcomes), list(rows.values()))]
    for name, answers in rows.items():
        remarks.extend(remarks_of_model(name, answers, slices[name]))
    return Findings(
        models={name: _of_model(answers, slices[name]) for name, answers in rows.items()},
        comparisons=_comparisons(rows),
        findings=sorted_remarks(remarks),
        withheld=not verdicts,
        searched=searched_classes(faces),
    )


def write_findings(out: Path, findings: Findings) -> None:
    """Write ``findings.json`` to the audit's folder, atomically; the same findings give the same bytes.

    Raises:
        XaiError: the file cannot be written.
    """
    text = json.dumps(findings.as_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)
    write_atomically(out / FINDINGS_FILE, lambda path: path.write_text(f"{text}\n", encoding="utf-8"))


def _of_model(answers: Answers, slices: Sequence[Slice]) -> dict[str, Any]:
    return {
        "faces": len(answers),
        "labelled": int(sum(label is not None for label in answers.label)),
        "accuracy": answers.estimate(answers.right),
        "supported": answers.estimate(answers.supported),
        "classes": [_of_class(answers, label) for label in CLASSES if (answers.label == label).any()],
        "places": _places(answers),
        "confusion": _confusion(answers),
        "slices": [each.as_dict() for each in slices],
        "maps": mean_maps(answers),
        "worst": worst_of(answers),
        "worst_counts": {why: len(places) for why, places in kinds_of_worst(answers).items()},
    }


def _of_class(answers: Answers, label: str) -> dict[str, Any]:
    those = answers.label == label
    return {
        "class": label,
        "n": int(those.sum()),
        "accuracy": answers.estimate(np.where(those, answers.right, np.nan)),
        "supported": answers.estimate(np.where(those, answers.supported, np.nan)),
        "verdicts": _by_verdict(answers, those),
    }


def _places(answers: Answers) -> dict[str, Any] | None:
    if (answers.verdict == WITHHELD).any():
        return None
    kinds = {"right": answers.right == 1, "wrong": answers.right == 0, "unlabelled": np.isnan(answers.right)}
    return {name: _by_verdict(answers, those) for name, those in kinds.items()}


def _by_verdict(answers: Answers, those: NDArray[np.bool_]) -> dict[str, int] | None:
    if (answers.verdict == WITHHELD).any():
        return None
    return {verdict: int((those & (answers.verdict == verdict)).sum()) for verdict in VERDICTS}


def _confusion(answers: Answers) -> dict[str, Any]:
    """Labelled faces alone, true classes down, answers across."""
    labels = [label for label in CLASSES if (answers.label == label).any()]
    predictions = sorted(set(answers.prediction), key=class_order)
    cells: dict[tuple[str, str], list[list[str | int]]] = {}
    for key, label, said in sorted(zip(answers.keys, answers.label, answers.prediction, strict=True)):
        cells.setdefault((label, said), []).append(list(key))
    table = [[cells.get((label, said), []) for said in predictions] for label in labels]
    return {"labels": labels, "predictions": predictions, "cells": table}


def _comparisons(rows: Mapping[str, Answers]) -> list[dict[str, Any]]:
    made = [
        {"first": first, "second": second, **compare(rows[first], rows[second])}
        for first, second in combinations(rows, 2)
    ]
    tests = [each[measure] for each in made for measure in MEASURES if each[measure] is not None]
    for test, p in zip(tests, holm([test["p"] for test in tests]), strict=True):
        test["adjusted"] = p
    return made
