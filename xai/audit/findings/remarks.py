"""What an auditor must know, worst first: of the set, which spoils every figure, then of each model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from xai.audit.claims.judge import SMALL
from xai.audit.findings.answers import Answers, Flags
from xai.audit.findings.class_signs import class_lights, class_marks
from xai.audit.findings.duplicates import Repeated, near_duplicates, repeated
from xai.audit.findings.slices import LEVEL, MEASURES, Slice, difference
from xai.audit.findings.worst import doubtful_labels, kinds_of_worst
from xai.audit.ledger import Outcome
from xai.audit.measures import SURROUND_SIDE

__all__ = ["CODES", "SHOWN", "remarks_of_model", "remarks_of_set", "sorted_remarks"]

CODES = (
    "class_mark",
    "class_light",
    "label_conflict",
    "duplicates",
    "near_duplicates",
    "small_faces",
    "confident_wrong",
    "right_elsewhere",
    "slice_worse",
    "label_doubt",
)
"""Codes of what can be found, worst first."""

SHOWN = 5
"""Faces, and photos, that are named with a remark."""

SMALL_MARGIN = 0.2
"""By how much a share on faces of 48 to 80 pixels must surely differ from that on larger ones."""

Remark = dict[str, Any]


def sorted_remarks(remarks: Iterable[Remark]) -> list[Remark]:
    """In the order of ``CODES``; those of one code stay in theirs."""
    return sorted(remarks, key=lambda remark: CODES.index(remark["code"]))


def remarks_of_set(
    faces: Answers | None, outcomes: Sequence[Outcome], models: Sequence[Answers]
) -> Iterator[Remark]:
    """What is to be known of the set, whatever the model.

    Args:
        faces: of the set, each once; None without any.
        outcomes: of its files.
        models: the answers of each.
    """
    again = repeated(outcomes)
    conflicts = [each for each in again if each.contradicted]
    if conflicts:
        names = [name for each in conflicts for name in (each.first, *each.others)]
        yield _remark(
            "label_conflict", None, {"photos": len(conflicts)}, _first_faces(conflicts, faces), names
        )
    if again:
        values = {
            "photos": len(again),
            "repeats": sum(len(each.others) for each in again),
            "contradicted": sum(each.contradicted for each in again),
        }
        names = [name for each in again for name in (each.first, *each.others)]
        yield _remark("duplicates", None, values, _first_faces(again, faces), names)
    if faces is None:
        return
    yield from _alike(faces)
    yield from _signs(faces)
    doubtful = doubtful_labels(list(models))
    if doubtful:
        yield _remark("label_doubt", None, {"n": len(doubtful), "models": len(models)}, doubtful)


def remarks_of_model(model: str, answers: Answers, slices: Sequence[Slice]) -> Iterator[Remark]:
    """What is to be known of a model."""
    worst = kinds_of_worst(answers)
    wrong = int((answers.right == 0).sum())
    right = answers.right == 1
    of = {"confident_wrong": wrong, "right_elsewhere": int((right & np.isfinite(answers.supported)).sum())}
    for code, total in of.items():
        if len(worst[code]):
            keys = [answers.keys[place] for place in worst[code]]
            yield _remark(code, model, {"n": len(keys), "of": total}, keys)
    yield from _small_faces(model, answers)
    for one in slices:
        for measure in MEASURES:
            yield from _worse(model, answers, one, measure)


def _first_faces(again: Iterable[Repeated], faces: Answers | None) -> list[tuple[str, int]]:
    held = set() if faces is None else set(faces.keys)
    return [(each.first, 0) for each in again if (each.first, 0) in held]


def _alike(faces: Answers) -> Iterator[Remark]:
    pairs, total = near_duplicates(faces)
    if pairs:
        places = list(dict.fromkeys(place for pair in pairs for place in pair))
        labels = [{faces.label[place] for place in pair} - {None} for pair in pairs]
        values = {
            "pairs": total,
            "faces": len(places),
            "contradicted": sum(len(each) > 1 for each in labels),
        }
        yield _remark("near_duplicates", None, values, [faces.keys[place] for place in places])


def _signs(faces: Answers) -> Iterator[Remark]:
    for mark in class_marks(faces):
        left, top = mark.column / SURROUND_SIDE, mark.row / SURROUND_SIDE
        values = {
            "class": mark.label,
            "area": mark.area,
            "p": mark.p,
            "colour": list(mark.colour),
            "box": [left, top, left + 1 / SURROUND_SIDE, top + 1 / SURROUND_SIDE],
        }
        yield _remark("class_mark", None, values, [faces.keys[place] for place in mark.order])
    for light in class_lights(faces):
        values = {
            "class": light.label,
            "area": light.area,
            "p": light.p,
            "median": light.median,
            "others": light.others,
        }
        yield _remark("class_light", None, values, [faces.keys[place] for place in light.order])


def _small_faces(model: str, answers: Answers) -> Iterator[Remark]:
    """Whether a share on small faces surely differs from that on larger ones by over ``SMALL_MARGIN``, at
    half of ``LEVEL``, as two shares are looked at; see ``UNMOVED``.
    """
    small = (answers.width >= SMALL[0]) & (answers.width <= SMALL[1])
    larger = answers.width > SMALL[1]
    looked_at = {**_shares(answers), "supported": np.where(answers.unmoved, 0.0, answers.supported)}
    for measure, shares in looked_at.items():
        apart = difference(answers, shares, small, larger)
        if apart is None:
            continue
        p = min(1.0, len(MEASURES) * apart.p_fails(SMALL_MARGIN))
        if p <= LEVEL:
            values = {
                "measure": measure,
                "small": apart.first.value,
                "larger": apart.second.value,
                "faces": list(apart.faces),
                "difference": apart.value,
                "interval": list(apart.interval()),
                "p": p,
            }
            yield _remark("small_faces", model, values, _failing(answers, shares, small))


def _worse(model: str, answers: Answers, one: Slice, measure: str) -> Iterator[Remark]:
    own, rest, p = one.estimates[measure], one.rest[measure], one.adjusted[measure]
    if own is None or rest is None or p is None or p > LEVEL or own["value"] >= rest["value"]:
        return
    inside = np.zeros(len(answers), np.bool_)
    inside[one.inside] = True
    values = {
        "factor": one.factor,
        "level": one.level,
        "measure": measure,
        "value": own["value"],
        "rest": rest["value"],
        "n": own["n"],
        "others": rest["n"],
        "p": p,
    }
    yield _remark("slice_worse", model, values, _failing(answers, _shares(answers)[measure], inside))


def _shares(answers: Answers) -> Mapping[str, Any]:
    return {"accuracy": answers.right, "supported": answers.supported}


def _failing(answers: Answers, shares: Any, inside: Flags) -> list[tuple[str, int]]:
    """The faces inside whose value is 0, the most confident answers first."""
    return [answers.keys[place] for place in answers.by_confidence(inside & (shares == 0))]


def _remark(
    code: str,
    model: str | None,
    values: Mapping[str, Any],
    faces: Sequence[tuple[str, int]],
    photos: Sequence[str] | None = None,
) -> Remark:
    named = [photo for photo, _ in faces] if photos is None else photos
    return {
        "code": code,
        "model": model,
        "values": dict(values),
        "faces": [list(face) for face in faces[:SHOWN]],
        "photos": list(dict.fromkeys(named))[:SHOWN],
    }
