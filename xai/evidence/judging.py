"""Calibration and verdicts over a set, as the command line prints them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from xai.errors import DataRejected
from xai.evidence.calibration import FACES_PER_MODEL, collect, report
from xai.evidence.labelled import LabelledFace, read_labelled
from xai.evidence.rates import Judged, judge_set, rates
from xai.evidence_types import VERDICTS
from xai.models.classifiers import Classifier
from xai.models.ground_truth import KINDS
from xai.photo.faces import find_faces
from xai.photo.samples import SAMPLES, Sample, load_sample

__all__ = ["calibration_table", "sample_faces", "verdict_table"]

Report = Callable[[str], None]

_UNPAINTED = ("no_mesh", "small", "turned", "unseen", "odd")
"""Reasons for which no edit is made."""


def calibration_table(
    data: Path | None, report_to: Report, device: str = "auto", per_model: int = FACES_PER_MODEL
) -> dict[str, dict[str, Any]]:
    """Kind -> verdicts on models whose right verdict is known; see ``calibration.report``."""
    faces = _faces(data, report_to)
    cases = list(collect(faces, list(KINDS), report_to, device=device, per_model=per_model))
    if not cases:
        raise DataRejected(
            f"None of the {len(faces)} faces can be repainted believably; name a set of frontal faces."
        )
    return report(cases)


def verdict_table(
    classifiers: Sequence[Classifier], data: Path | None, report_to: Report
) -> dict[str, dict[str, Any]]:
    """Model -> its verdicts over a set.

    ``verdicts`` counts the faces that it gets right and on which edits could be made; ``unpainted`` counts,
    by reason, the right ones on which none could; ``classes`` has the rates, intervals and tests per answered
    class, right and wrong answers apart.
    """
    judged = list(judge_set(classifiers, _faces(data, report_to), report_to))
    by_class = rates(judged)
    return {
        c.name: _row([j for j in judged if j.model == c.name], by_class.get(c.name, {})) for c in classifiers
    }


def sample_faces() -> tuple[LabelledFace, ...]:
    """The faces of the gallery's easy samples, whose true class is known: few, but there on every machine."""
    return tuple(face for sample in SAMPLES.values() if not sample.traps for face in _of_sample(sample))


def _of_sample(sample: Sample) -> list[LabelledFace]:
    faces = find_faces(load_sample(sample.id))
    if len(faces) != len(sample.wearers):
        return []
    return [LabelledFace(f, w.truth, w.portrait) for f, w in zip(faces, sample.wearers, strict=True)]


def _faces(data: Path | None, report_to: Report) -> tuple[LabelledFace, ...]:
    if data is not None:
        return read_labelled(data, report_to)
    report_to("no --data: the gallery's drawn masks on two portraits are used; name a labelled set for more")
    return sample_faces()


def _row(judged: Sequence[Judged], classes: Any) -> dict[str, Any]:
    right = [j for j in judged if j.right]
    painted = [j for j in right if j.reason not in _UNPAINTED]
    verdicts = Counter(j.verdict for j in painted)
    return {
        "models": 1,
        "faces": len(painted),
        "expected": [],
        "verdicts": {verdict: verdicts[verdict] for verdict in VERDICTS},
        "right": None,
        "interval": None,
        "unpainted": dict(Counter(j.reason for j in right if j.reason in _UNPAINTED)),
        "classes": {name: found.as_dict() for name, found in classes.items()},
    }
