"""Calibration and verdicts over a set, as the command line prints them and keeps them on cards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from xai.atomic_write import write_atomically
from xai.errors import DataRejected
from xai.evidence.validation.calibration import FACES_PER_MODEL, collect, known_kinds, report
from xai.evidence.validation.labelled_faces import LabelledFace, ReadFaces, in_turns, read_labelled
from xai.evidence.validation.population import judge_networks, network_rows, planted_face
from xai.evidence.validation.verdict_rates import FaceVerdict, evaluate_verdicts, rates
from xai.evidence_types import VERDICTS
from xai.learning.publishing.model_cards import save_card
from xai.models.cards import REFERENCES, Card
from xai.models.classifiers import Classifier
from xai.models.ground_truth import INSTANCES
from xai.models.ground_truth.photo_networks import PHOTO_KINDS, photo_networks
from xai.photo.faces import find_faces
from xai.photo.mesh import MESH_POINTS
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES, Sample

__all__ = [
    "REFERENCE_NETWORKS",
    "calibration_table",
    "record_references",
    "record_verdicts",
    "reference_table",
    "sample_faces",
    "verdict_table",
    "verdicts_on",
]

REFERENCE_NETWORKS = ("honest_residual", "stamp_full")
"""The control networks beside which a model's verdicts are shown: one depends on the lower face alone, the
other reads a planted mark."""

Report = Callable[[str], None]


def calibration_table(
    data: Path | None, report_to: Report, device: str = "auto", per_model: int = FACES_PER_MODEL
) -> dict[str, dict[str, Any]]:
    """Kind or network -> verdicts compared with the known right ones; see ``calibration.report`` and
    ``network_rows``.
    """
    read = _faces(data, report_to)
    faces = read.faces
    kinds = list(known_kinds())
    outcomes = list(collect(faces, kinds, report_to, device=device, per_model=per_model))
    if not outcomes:
        raise DataRejected(
            f"On none of the {len(faces)} faces can anybody else's be laid; "
            "name a set of frontal faces of 48 px and more."
        )
    networks = photo_networks(device)
    some = in_turns([face for face in faces if len(face.face.landmarks) == MESH_POINTS], 0)
    found = list(judge_networks(some[: INSTANCES * per_model], networks, report_to))
    return _told({**report(outcomes), **network_rows(found, networks)}, read)


def verdict_table(
    classifiers: Sequence[Classifier], data: Path | None, report_to: Report, donors: str | None = None
) -> dict[str, dict[str, Any]]:
    """Model -> its verdicts over a set. Donors are other faces of the set, or the ``gallery``'s portraits if
    ``donors`` says so or there is no set.

    ``verdicts`` counts the faces that it gets right and on which edits were feasible; ``unpainted`` counts,
    by reason, the right ones on which none were; ``classes`` has the rates, intervals and tests per predicted
    class, right and wrong answers apart.
    """
    own = data is not None and donors != "gallery"
    return verdicts_on(classifiers, _faces(data, report_to), report_to, own_donors=own)


def verdicts_on(
    classifiers: Sequence[Classifier], read: ReadFaces, report_to: Report, *, own_donors: bool
) -> dict[str, dict[str, Any]]:
    """As ``verdict_table``, on faces that have been read."""
    judged = list(evaluate_verdicts(classifiers, read.faces, report_to, own_donors=own_donors))
    by_class = rates(judged)
    rows = {
        c.name: _row([j for j in judged if j.model == c.name], by_class.get(c.name, {})) for c in classifiers
    }
    return _told(rows, read)


def reference_table(data: Path | None, report_to: Report, device: str = "auto") -> dict[str, dict[str, Any]]:
    """Network of ``REFERENCE_NETWORKS`` -> its row, as of ``verdict_table``, on faces with its own cue."""
    read, table = _faces(data, report_to), {}
    for network in (each for each in photo_networks(device) if each.name in REFERENCE_NETWORKS):
        report_to(f"judging: the network {network.name}")
        planted = [planted_face(face, network) for face in read.faces]
        own = data is not None
        judged = list(evaluate_verdicts([network.classifier], planted, report_to, own_donors=own))
        table[network.name] = _row(judged, rates(judged)[network.classifier.name])
    return _told(table, read)


def sample_faces() -> tuple[LabelledFace, ...]:
    """The faces of the gallery's easy samples, of known class: few, but available on every machine."""
    return tuple(face for sample in SAMPLES.values() if not sample.traps for face in _of_sample(sample))


def _of_sample(sample: Sample) -> list[LabelledFace]:
    faces = find_faces(load_sample(sample.id))
    if len(faces) != len(sample.wearers):
        return []
    return [LabelledFace(f, w.truth, w.portrait) for f, w in zip(faces, sample.wearers, strict=True)]


def _faces(data: Path | None, report_to: Report) -> ReadFaces:
    if data is not None:
        return read_labelled(data, report_to)
    report_to("no --data: the gallery's drawn masks on two portraits are used; name a labelled set for more")
    return ReadFaces(sample_faces())


def _told(table: dict[str, dict[str, Any]], read: ReadFaces) -> dict[str, dict[str, Any]]:
    """The table; each row says what of the set was left out."""
    left_out = {"left_out": dict(read.left_out), "reasons": list(read.reasons)}
    return {name: {**row, **left_out} for name, row in table.items()}


def _row(judged: Sequence[FaceVerdict], classes: Any) -> dict[str, Any]:
    right = [j for j in judged if j.right]
    painted = [j for j in right if j.told]
    verdicts = Counter(j.verdict for j in painted)
    return {
        "models": 1,
        "faces": len(painted),
        "expected": [],
        "verdicts": {verdict: verdicts[verdict] for verdict in VERDICTS},
        "right": None,
        "interval": None,
        "unpainted": dict(Counter(j.reason for j in right if not j.told)),
        "classes": {name: found.as_dict() for name, found in classes.items()},
    }


def record_verdicts(card: Card, set_name: str, donors: str, found: Mapping[str, Any]) -> Path:
    """Write how often right answers follow and stay onto a model's card; returns the card's file.

    Args:
        card: of the model.
        set_name: of the labelled set.
        donors: ``set`` or ``gallery``: the source of the donors.
        found: the model's row of ``verdict_table``.
    """
    classes = {name: _card_row(rates["right"]) for name, rates in found["classes"].items()}
    verdicts = {**card.verdicts, f"{set_name} donors={donors}": classes}
    return save_card(replace(card, verdicts=verdicts), card.path.with_suffix(".json"))


def record_references(set_name: str, found: Mapping[str, Any], file: Path = REFERENCES) -> Path:
    """Write the verdicts of the reference networks to their record; returns the file.

    Args:
        set_name: of the labelled set.
        found: the rows of ``reference_table``.
        file: the record.
    """
    networks = {
        name: {
            "honest": PHOTO_KINDS[name].cue is None,
            "answers": sum(rates["together"]["faces"] for rates in row["classes"].values()),
            "right": sum(rates["right"]["faces"] for rates in row["classes"].values()),
            "verdicts": {
                f"{set_name} donors=set": {
                    label: _card_row(rates["right"]) for label, rates in row["classes"].items()
                }
            },
        }
        for name, row in found.items()
    }
    command = f"python -m xai calibrate --references --data DATA/{set_name} --update"
    text = json.dumps({"command": command, "networks": networks}, indent=1)
    write_atomically(file, lambda place: place.write_text(f"{text}\n", encoding="utf-8"))
    return file


def _card_row(right: Mapping[str, Any]) -> dict[str, Any]:
    """The card's row of the rates of right answers, rounded for display."""

    def figure(each: Mapping[str, Any]) -> dict[str, Any]:
        ends = each["interval"]
        value = None if each["value"] is None else round(each["value"], 4)
        return {"value": value, "interval": None if ends is None else [round(end, 4) for end in ends]}

    families = {
        name: {"stayed": figure(f["stayed"]), "part": figure(f["part"])}
        for name, f in right["families"].items()
    }
    counts = {name: right[name] for name in ("faces", "groups", "judged", "verdicts")}
    figures = {name: figure(right[name]) for name in ("followed", "place_share", "stayed")}
    return {**counts, **figures, "families": families, "verdict": right["verdict"]}
