"""The call that changes faces and asks again."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from xai.commands.answers import faces_of
from xai.commands.calls import Json, Note
from xai.errors import XaiError
from xai.evidence.counterfactuals.probes import find_probe
from xai.models.cards import DEFAULT_MODEL

if TYPE_CHECKING:
    from xai.evidence.counterfactuals.probes import Probed
    from xai.models.classifiers import Classifier
    from xai.types import Face

__all__ = ["whatif"]


def whatif(args: Namespace, note: Note) -> Json:
    """Run probes on every face of one photo.

    A probe that cannot be run on a face has a sentence under ``error`` and the others go on.

    Raises:
        XaiError: there is no face, or not one probe could be run on any.
    """
    from xai.models.classifiers import load_classifier  # noqa: PLC0415 - torch, seconds

    for name in args.probe:
        find_probe(name)
    names = dict.fromkeys(args.model or [DEFAULT_MODEL])
    classifiers = [load_classifier(name, args.device) for name in names]
    _, faces = faces_of(args.photo, args.whole, note)
    if not faces:
        raise XaiError(f"No face was found in {args.photo}; --whole takes the whole photo as one face.")
    records = [_face(face, classifiers, args) for face in faces]
    errors = list(_errors(records))
    if all(errors):
        raise XaiError(errors[0])
    for error in dict.fromkeys(filter(None, errors)):
        note(error)
    return {"faces": records}


def _face(face: Face, classifiers: list[Classifier], args: Namespace) -> Json:
    """What the probes find on a face: of the first model under ``probes``, of each under ``models``."""
    models = {
        classifier.name: {"probes": {name: _probe(face, classifier, name, args.fill) for name in args.probe}}
        for classifier in classifiers
    }
    return {"box": face.box.as_list(), **models[classifiers[0].name], "models": models}


def _probe(face: Face, classifier: Classifier, name: str, fill: str) -> Json:
    from xai.evidence.counterfactuals.probes import whatif as try_probe  # noqa: PLC0415

    try:
        return _record(try_probe(face, classifier, name, fill), classifier.card.classes)
    except XaiError as refusal:
        empty: Json = {"values": [], "probabilities": {}, "flips_at": None, "start": None, "cover": []}
        return {**empty, "error": str(refusal)}


def _record(probed: Probed, classes: tuple[str, ...]) -> Json:
    return {
        "values": list(probed.values),
        "probabilities": {name: [answer.of(name) for answer in probed.answers] for name in classes},
        "flips_at": probed.flips_at,
        "start": probed.start.as_dict(),
        "cover": [[part.left, part.top, part.right, part.bottom] for part in probed.cover],
        "error": None,
    }


def _errors(records: list[Json]) -> Iterator[str | None]:
    for face in records:
        for model in face["models"].values():
            yield from (probe["error"] for probe in model["probes"].values())
