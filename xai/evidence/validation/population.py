"""Control networks trained on photographs, tested as any classifier is: on single photos, and over a set.

On a single photo the donors are the gallery's portraits, which have no cue. Over a set they are its other
faces, and each has the cue of its own class, as in a set contaminated with the cue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from xai.evidence.interventions.donors import Donor, matched
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.interventions.families import FAMILIES, named_families
from xai.evidence.validation.labelled_faces import LabelledFace
from xai.evidence.validation.verdict_rates import ClassRates, FaceVerdict, judged_from, rates
from xai.evidence.verdict.run import Case, run_causal_tests
from xai.evidence_types import VERDICTS
from xai.learning.evaluation.metrics import bootstrap_intervals
from xai.models.ground_truth.photo_networks import PhotoNetwork
from xai.photo.face_shape import with_mesh
from xai.photo.mesh import has_mesh
from xai.types import CLASSES

__all__ = [
    "CARRIES",
    "FULL",
    "Separation",
    "expected_of",
    "judge_networks",
    "network_rows",
    "planted_face",
    "separation",
]

CARRIES = 0.35
"""Share of a class's log-odds from which a cue carries it: half a dose. Below, the answer depends on the
face, and either verdict may be right."""

FULL = 0.75
"""Share from which the dose is full."""

SOURCES = ("gallery", "set")
"""Sources of donors."""

_SURE = 0.5
_DRAWS = 400  # samples of faces for the separation


@dataclass(frozen=True)
class Separation:
    """How well honest networks and shortcut learners are separated by the mean over some faces of one class.

    Attributes:
        faces: how many faces a sample has.
        auc: mean over the samples of the area under the ROC curve, honest against shortcut learners, 0..1.
        pairs: how many networks' classes were compared: honest, shortcut learners.
    """

    faces: int
    auc: float
    pairs: tuple[int, int]


def expected_of(network: PhotoNetwork, label: str) -> tuple[str, ...]:
    """The right verdicts on this network's right answers of a class."""
    if network.honest:
        return ("supported", "mixed", "cannot tell")
    return ("mixed", "not supported", "cannot tell") if network.dose[label] >= CARRIES else VERDICTS


def planted_face(labelled: LabelledFace, network: PhotoNetwork) -> LabelledFace:
    """The face as the network meets it: with the cue of its class; errors as of ``PhotoNetwork.plant``."""
    face = labelled.face
    return replace(
        labelled, face=replace(face, crop=network.plant(face.crop, labelled.label, face.landmarks))
    )


def judge_networks(
    faces: Sequence[LabelledFace],
    networks: Sequence[PhotoNetwork],
    progress: Callable[[str], None],
    *,
    sources: Sequence[str] = SOURCES,
) -> Iterator[tuple[str, FaceVerdict]]:
    """Source of the donors and result, for every network's right and confident answers.

    Networks that see the same picture share its edits.
    """
    usable = [face for face in faces if FaceEdits(face.face).feasibility(reveal=False).holds]
    by_cue: dict[str, list[PhotoNetwork]] = {}
    for network in networks:
        by_cue.setdefault(network.cue or "", []).append(network)
    for cue, own in by_cue.items():
        planted = [planted_face(face, own[0]) for face in usable]
        donors = [
            Donor(FaceEdits(f.face).face, f.label, f.group, f"{f.group} {i}")
            for i, f in enumerate(planted)
            if has_mesh(f.face)
        ]
        for face in planted:
            for source in sources:
                lent = matched(with_mesh(face.face), donors, face.group) if source == "set" else None
                yield from ((source, judged) for judged in _of_face(face, own, lent))
        progress(f"calibrating: networks with {cue or 'no cue'} have been asked about {len(planted)} faces")


def network_rows(
    found: Sequence[tuple[str, FaceVerdict]], networks: Sequence[PhotoNetwork]
) -> dict[str, dict[str, Any]]:
    """Network -> row of the table: face by face with the gallery's donors, and per class over the set.

    ``faces``, ``verdicts``, ``right`` and ``grave`` count the classes whose right verdict is known;
    ``classes`` has every class with its dose, the results on single photos, and the verdict over the set.
    """
    by_source = {source: [j for s, j in found if s == source] for source in SOURCES}
    over_set = rates(by_source["set"])
    apart = {
        name: asdict(found_apart)
        for name, least in (("at full dose", FULL), ("at half dose and more", CARRIES))
        if (found_apart := separation(by_source["set"], networks, least))
    }
    table = {}
    for network in networks:
        own = [j for j in by_source["gallery"] if j.model == network.name]
        counted = [j for j in own if expected_of(network, j.target) != VERDICTS]
        grave = "not supported" if network.honest else "supported"
        table[network.name] = {
            "models": 1,
            "honest": network.honest,
            "separation": apart if network.honest else None,
            "faces": len(counted),
            "expected": list(expected_of(network, counted[0].target)) if counted else list(VERDICTS),
            "verdicts": {v: sum(j.verdict == v for j in counted) for v in VERDICTS},
            "right": _share([j.verdict in expected_of(network, j.target) for j in counted]),
            "interval": _interval([j.verdict in expected_of(network, j.target) for j in counted], counted),
            "grave": _share([j.verdict == grave for j in counted]),
            "classes": {
                name: _class_row(network, name, own, over_set.get(network.name, {}).get(name))
                for name in CLASSES
            },
        }
    return table


def separation(
    found: Sequence[FaceVerdict],
    networks: Sequence[PhotoNetwork],
    least: float,
    faces: int = 40,
    seed: int = 0,
) -> Separation | None:
    """How well honest networks are separated from those whose cue carries at least ``least`` of a class's
    log-odds.

    The score of a network on a face is the share of the edits of the lower face that it followed, minus the
    largest effect of a named *stay* family over that of the lower face, clipped to 0..1; over some faces of a
    class it is their mean. None where a class has no honest network or no shortcut learner.
    """
    honest: list[NDArray[np.float64]] = []
    cheats: list[NDArray[np.float64]] = []
    for network in networks:
        for name in CLASSES:
            scores = [_score(j) for j in found if (j.model, j.target) == (network.name, name) and j.effects]
            if scores and (network.honest or network.dose[name] >= least):
                (honest if network.honest else cheats).append(np.array(scores))
    if not honest or not cheats:
        return None
    chance, areas = np.random.default_rng(seed), []
    truth = [1] * len(honest) + [0] * len(cheats)
    for _ in range(_DRAWS):
        means = [float(chance.choice(scores, faces).mean()) for scores in (*honest, *cheats)]
        areas.append(roc_auc_score(truth, means))
    return Separation(faces, float(np.mean(areas)), (len(honest), len(cheats)))


def _of_face(
    face: LabelledFace, networks: Sequence[PhotoNetwork], lent: Sequence[Donor] | None
) -> list[FaceVerdict]:
    edits, asked = FaceEdits(face.face, lent), []
    for network in networks:
        answer = network.classifier.predict([face.face.crop])[0]
        if answer.label == face.label and answer.confidence >= _SURE:
            asked.append(network)
    found = (
        run_causal_tests([Case(edits, network.classifier, face.label) for network in asked]) if asked else ()
    )
    return [judged_from(e, n.name, face.group, face.label) for n, e in zip(asked, found, strict=True)]


def _class_row(
    network: PhotoNetwork, name: str, own: Sequence[FaceVerdict], over_set: ClassRates | None
) -> dict[str, Any]:
    single = [j for j in own if j.target == name]
    row: dict[str, Any] = {
        "dose": network.dose[name],
        "accuracy": network.accuracy[name],
        "faces": len(single),
        "verdicts": {v: sum(j.verdict == v for j in single) for v in VERDICTS},
        "set": None,
    }
    if over_set is not None:
        right = over_set.right
        named = {n: f for n, f in right.families.items() if FAMILIES[n].named}
        worst = max(named, key=lambda n: named[n].part.value or 0, default=None)
        row["set"] = {
            "faces": right.faces,
            "followed": right.followed.value,
            "place_share": right.place_share.value,
            "moved_most_by": worst,
            "part": named[worst].part.value if worst else None,
            "verdict": right.verdict.verdict,
            "why": right.verdict.why,
            "finds": right.verdict.finds,
        }
    return row


def _score(judged: FaceVerdict) -> float:
    effects: Mapping[str, float] = judged.effects or {}
    lower = max(effects.get("lower_face", 0.0), 1e-6)
    named = [effects[n] for n in named_families(judged.target) if FAMILIES[n].asks == "stay" and n in effects]
    return (judged.followed or 0.0) - float(np.clip(max(named, default=0.0) / lower, 0, 1))


def _interval(right: Sequence[bool], judged: Sequence[FaceVerdict]) -> list[float] | None:
    if not judged:
        return None
    known, groups = np.array(right, bool), np.array([j.group for j in judged])
    return list(bootstrap_intervals(lambda drawn: {"right": float(known[drawn].mean())}, groups)["right"])


def _share(right: Sequence[bool]) -> float | None:
    return float(np.mean(right)) if right else None
