"""Controls of an audit: three models with known answers, tested on the audited faces themselves.

An honest network must not be accused, one that reads a planted mark must not be acquitted, and one that was
never trained must not be called supported. Where the verdicts about them are wrong on these faces, those
about the audited models prove nothing, and the claims made of verdicts are withheld. With too few faces
nothing is confirmed, and these claims are withheld as well: a method not checked on a set is no evidence
there.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xai.atomic_write import write_atomically
from xai.audit.claims.estimates import share
from xai.audit.claims.judge import UNDECIDED, ClaimResult, Figure
from xai.audit.donors import read_donors
from xai.audit.examine import Donors
from xai.audit.ledger import PARTS_FOLDER, Ledger
from xai.audit.photos import AuditedPhotos, faces_in
from xai.audit.rows import FACES_FILE
from xai.audit.sources.files import SourceFile
from xai.errors import XaiError
from xai.evidence.interventions.face_edits import edits_with
from xai.evidence.validation.statistics import MIN_GROUPS
from xai.evidence.verdict.run import Case, run_causal_tests
from xai.evidence_types import VERDICTS
from xai.models.classifiers import Classifier
from xai.models.ground_truth.loading import WEIGHTS, WEIGHTS_SHA256, assemble, read_pinned
from xai.models.ground_truth.photo_networks import PhotoNetwork, photo_networks
from xai.types import Face, Faces, Progress

__all__ = [
    "ANSWERS",
    "CONTROLS_FILE",
    "EXPECTED",
    "LEAST_RIGHT",
    "SAMPLE",
    "ControlModels",
    "Controls",
    "control_photos",
    "run_controls",
    "withheld",
    "write_controls",
]

CONTROLS_FILE = "controls.json"
"""Name of the file in the audit's folder."""

ANSWERS = Path(PARTS_FOLDER) / "controls.jsonl"
"""The file in the audit's folder that notes the verdicts face by face."""

SAMPLE = (20, 40)
"""Fewest and most faces that the controls are tested on; between them a quarter of the testable ones."""

LEAST_RIGHT = 0.9
"""Share of right verdicts below which a control is misjudged."""

EXPECTED: Mapping[str, tuple[str, ...]] = {
    "honest": ("supported", "mixed", "cannot tell"),
    "planted_mark": ("mixed", "not supported", "cannot tell"),
    "untrained": ("mixed", "not supported", "cannot tell"),
}
"""Control -> its right verdicts, as of ``population.expected_of`` and ``KINDS``."""

_SAID = {"honest": "the honest network", "planted_mark": "the planted mark", "untrained": "the untrained one"}
_CLAIMS = ("rests_on_nose_and_mouth", "rests_on_lower_face", "same_for_small_faces", "not_on_mask_colour")

_SURE = 0.5  # least probability of an answer that is judged, as in ``calibration``


class Controls(Protocol):
    """The control models, and how faces are found for them."""

    def find(self, data: bytes) -> Faces:
        """The faces of a photo as they were audited."""

    def ask(self, face: Face, label: str | None, group: str, donors: Donors) -> Mapping[str, str]:
        """Control -> verdict on its answer for a face, of the controls that could be asked.

        Args:
            face: as audited.
            label: its class; None where it is not known.
            group: of its photo.
            donors: that the audited models were tested with.
        """


class ControlModels:
    """The three networks, loaded when the first face is asked about.

    Args:
        device: as of ``pick_device``.
    """

    def __init__(self, device: str = "auto") -> None:
        self._device = device

    def find(self, data: bytes) -> Faces:
        """The faces of a photo as they were audited."""
        return faces_in(data)

    def ask(self, face: Face, label: str | None, group: str, donors: Donors) -> dict[str, str]:
        """Control -> verdict on its own answer for the face.

        A trained control is asked where its answer is right, as far as the label is known, and has a
        probability of a half or more: why it errs on the others is not known. The mark is that of the label,
        or else of the class that the honest network sees.

        Raises:
            WeightsUnavailable: a file is missing, or the weights are not those that were measured.
        """
        honest, marking = self._networks["honest_residual"], self._networks["stamp_full"]
        edits, seen = edits_with(face, donors, group), honest.classifier.predict([face.crop])[0].label
        guess = self._untrained.predict([face.crop])[0].label
        cases = {"untrained": Case(edits, self._untrained, guess)}
        target = label or seen
        if _answers(honest, face, target):
            cases["honest"] = Case(edits, honest.classifier, target)
        marked = replace(face, crop=marking.plant(face.crop, target, face.landmarks))
        if _answers(marking, marked, target):
            cases["planted_mark"] = Case(edits_with(marked, donors, group), marking.classifier, target)
        asked = [name for name in EXPECTED if name in cases]
        found = run_causal_tests([cases[name] for name in asked])
        return {name: evidence.verdict for name, evidence in zip(asked, found, strict=True)}

    @cached_property
    def _networks(self) -> Mapping[str, PhotoNetwork]:
        return {network.name: network for network in photo_networks(self._device)}

    @cached_property
    def _untrained(self) -> Classifier:
        return assemble("randomised", 0, read_pinned(WEIGHTS, WEIGHTS_SHA256), self._device).classifier


def _answers(network: PhotoNetwork, face: Face, label: str) -> bool:
    """Whether the network's answer for the face is the label, and sure enough to be judged."""
    answer = network.classifier.predict([face.crop])[0]
    return answer.label == label and answer.confidence >= _SURE


def run_controls(
    files: Sequence[SourceFile], out: Path, controls: Controls, progress: Progress | None = None
) -> dict[str, Any]:
    """Test the controls on faces of the audit in ``out``, and write ``controls.json`` to it.

    Each face is noted as soon as it is done, so that a killed run goes on with the next, to the same bytes.

    Args:
        files: of the set; photos with a chosen face are read again.
        out: the audit's folder, with its rows.
        controls: the models.
        progress: called before each face and at the end with (faces done, faces in all); may raise.

    Returns:
        What is written: ``{models: {control: {expected, verdicts, faces, right, interval, as_expected}},
        hold, sentence, faces}``. ``faces`` of a control are those it could be asked on, ``right`` those with
        an expected verdict, ``interval`` 95 % of their share, clustered by group; ``as_expected`` from
        ``LEAST_RIGHT`` on, of ``MIN_GROUPS`` faces of as many groups. The controls ``hold`` where all are as
        expected.

    Raises:
        DataRejected: a photo has changed since its part was done.
        XaiError: a file cannot be written.
    """
    chosen, photos = _chosen(out), AuditedPhotos(files, Ledger(out).outcomes(), controls.find)
    noted, donors = _Noted(out / ANSWERS), read_donors(files, out)
    for done, face in enumerate(chosen):
        _report(progress, done, len(chosen))
        if done >= len(noted.lines):
            verdicts = controls.ask(photos.face(face.photo, face.face), face.label, face.group, donors)
            noted.add({"photo": face.photo, "face": face.face, "verdicts": dict(verdicts)})
    _report(progress, len(chosen), len(chosen))
    return write_controls(out)


def write_controls(out: Path) -> dict[str, Any]:
    """Write ``controls.json`` of what was noted in ``out``; result and errors as of ``run_controls``."""
    record = _judged(_chosen(out), [line["verdicts"] for line in _Noted(out / ANSWERS).lines])
    text = json.dumps(record, indent=1)
    write_atomically(out / CONTROLS_FILE, lambda path: path.write_text(text, encoding="utf-8"))
    return record


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def withheld(results: Sequence[ClaimResult], controls: Mapping[str, Any]) -> tuple[ClaimResult, ...]:
    """The claims; without values those made of verdicts, where the controls do not hold."""
    if controls["hold"]:
        return tuple(results)
    return tuple(_withheld(each) if each.claim.kind in _CLAIMS else each for each in results)


def _withheld(result: ClaimResult) -> ClaimResult:
    models = {name: replace(each, **_nothing(each)) for name, each in result.models.items()}
    return replace(
        result, **_nothing(result), models=models, reasons={"controls": result.n}, adjusted=1.0, power=None
    )


def _nothing(figure: Figure) -> dict[str, Any]:
    return {
        "result": UNDECIDED, "about": None, "value": None, "interval": None, "of": (), "unjudged": figure.n,
        "lack": None,
    }  # fmt: skip


@dataclass(frozen=True)
class _Chosen:
    """A face that can be tested, as its row names it."""

    photo: str
    face: int
    group: str
    label: str | None


def control_photos(out: Path) -> list[str]:
    """The photo of each face that the controls are tested on, in order; one may be there more than once."""
    return [each.photo for each in _chosen(out)]


def _chosen(out: Path) -> list[_Chosen]:
    """Faces that can be tested, evenly spaced: a quarter of them within ``SAMPLE``, or all of a few."""
    columns = [field.name for field in fields(_Chosen)]
    table = pq.read_table(out / FACES_FILE, columns=[*columns, "follow_of"])
    tested = table.filter(pc.greater(table["follow_of"], 0)).select(columns).to_pylist()
    testable = list(dict.fromkeys(_Chosen(**row) for row in tested))  # once, whatever the number of models
    if len(testable) < MIN_GROUPS:
        return []
    count = min(len(testable), max(SAMPLE[0], min(SAMPLE[1], len(testable) // 4)))
    return [testable[number * len(testable) // count] for number in range(count)]


class _Noted:
    """What the controls answered, a line of JSON for each face; a torn line is forgotten."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[dict[str, Any]] = []
        if path.exists():
            whole = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
            os.truncate(path, sum(map(len, whole)))
            self.lines = [json.loads(line) for line in whole]

    def add(self, line: dict[str, Any]) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(line)}\n")
        except OSError as error:
            raise XaiError(f"{self._path} cannot be written: {error.strerror}.") from error
        self.lines.append(line)


def _judged(chosen: Sequence[_Chosen], verdicts: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    groups = {group: number for number, group in enumerate(sorted({face.group for face in chosen}))}
    models = {}
    for name, expected in EXPECTED.items():
        own = [(groups[face.group], v[name]) for face, v in zip(chosen, verdicts, strict=True) if name in v]
        said = Counter(verdict for _, verdict in own)
        right = sum(said[verdict] for verdict in expected)
        enough = len(own) >= MIN_GROUPS and len({group for group, _ in own}) >= MIN_GROUPS
        models[name] = {
            "expected": list(expected),
            "verdicts": {verdict: said[verdict] for verdict in VERDICTS},
            "faces": len(own),
            "right": right,
            "interval": _interval(own, expected, len(groups)) if enough else None,
            "as_expected": enough and right >= LEAST_RIGHT * len(own),
        }
    hold = all(model["as_expected"] for model in models.values())
    return {"models": models, "hold": hold, "sentence": _sentence(models), "faces": len(chosen)}


def _interval(own: Sequence[tuple[int, str]], expected: Sequence[str], count: int) -> list[float]:
    right = np.array([verdict in expected for _, verdict in own], np.float64)
    photos = np.array([group for group, _ in own], np.int64)
    return list(share(right, photos, count, np.ones(len(own))).interval())


def _sentence(models: Mapping[str, Mapping[str, Any]]) -> str:
    wrong = [
        f"{_SAID[name]} on {found['faces'] - found['right']} of {found['faces']} faces"
        for name, found in models.items()
        if found["interval"] and not found["as_expected"]
    ]
    if wrong:
        misjudged = f"On these photos the verdict misjudges {_listed(wrong)}"
        return f"{misjudged}, so all that rests on verdicts is withheld."
    few = [f"{_SAID[name]} {found['faces']}" for name, found in models.items() if not found["interval"]]
    if few:
        return (
            f"There are not enough faces for the controls, which need {MIN_GROUPS} of as many photos "
            f"({_listed(few)}): nothing was confirmed, and all that rests on verdicts is withheld."
        )
    right = [f"{_SAID[name]} on {found['right']} of {found['faces']} faces" for name, found in models.items()]
    return f"On these photos the verdict is right about {_listed(right)}."


def _listed(parts: Sequence[str]) -> str:
    return " and ".join((", ".join(parts[:-1]), parts[-1]) if len(parts) > 1 else parts)
