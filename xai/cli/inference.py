"""The inference commands: list classifiers, classify and explain photos, run counterfactual probes."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from xai.attribution.methods import DEFAULT_METHODS, find_method
from xai.cli.common import Json, Note, given
from xai.errors import ImageRejected, UnknownName, WeightsUnavailable, XaiError
from xai.evidence.counterfactuals.probes import find_probe
from xai.models.cards import DEFAULT_MODEL, Card, read_cards

if TYPE_CHECKING:
    from xai.evidence.counterfactuals.probes import Probed
    from xai.models.classifiers import Classifier
    from xai.types import Box, Face, Image

__all__ = ["classify", "explain", "faces_of", "models", "whatif"]

_STANDARD_INPUT = Path("-")
"""A photo of this name is read from standard input."""


def models(args: Namespace, note: Note) -> list[Json]:
    """Every usable classifier; those left out are noted.

    Digests are checked and headers read, without torch; with ``--check`` every classifier is loaded and
    answers pictures, as it does wherever it is used.
    """
    catalogue = read_cards()
    for problem in catalogue.problems:
        note(problem)
    return [record for card in catalogue.cards if (record := _listed(card, args, note))]


def classify(args: Namespace, note: Note) -> Iterator[Json]:
    """A record per photo. A refused photo has an error and the others go on."""
    from xai.models.classifiers import load_classifier  # noqa: PLC0415 - torch, seconds
    from xai.models.incorrect_reason import predict_with_reasons  # noqa: PLC0415

    classifier = load_classifier(args.model or DEFAULT_MODEL, args.device)
    for path in _files(args.photos):
        record: Json = {"photo": str(path), "sha256": None, "faces": [], "error": None}
        try:
            image, faces = faces_of(path, args, note)
            record["sha256"], record["turn"] = image.sha256, image.turn
            answers = predict_with_reasons(classifier, [face.crop for face in faces])
            record["faces"] = [
                {
                    "box": f.box.as_list(),
                    "score": f.score,
                    "label": p.label,
                    "probabilities": _top(p, args.top),
                    **({"reason": p.reason.as_dict()} if p.reason else {}),
                }
                for f, p in zip(faces, answers, strict=True)
            ]
        except (ImageRejected, WeightsUnavailable) as error:
            record["error"] = str(error)
        yield record


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The paths; instead of a folder the files in it, by name, but for hidden ones."""
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else ()
        yield from [each for each in inside if each.is_file() and not each.name.startswith(".")] or [path]


def explain(args: Namespace, note: Note) -> Json:
    """Explain every face of one photo and write maps and manifest to ``--out``.

    With ``--list-layers`` no photo is needed: the layers that class activation maps can explain are listed.
    """
    if args.list_layers:
        return _layers(args)
    if args.photo is None or args.out is None:
        raise XaiError("A photo and --out are needed: name the photo, and a new folder for the maps.")
    from xai.evidence.interventions.face_edits import FaceEdits  # noqa: PLC0415
    from xai.export import check_free, write_explanations  # noqa: PLC0415
    from xai.models.classifiers import load_classifier, machine_of  # noqa: PLC0415
    from xai.pipeline import Pair, Wanted, explain_all  # noqa: PLC0415

    check_free(args.out)
    names = dict.fromkeys(args.model or [DEFAULT_MODEL])
    classifiers = [load_classifier(name, args.device) for name in names]
    methods = tuple(dict.fromkeys(args.method or DEFAULT_METHODS))
    for classifier in classifiers:
        for label in filter(None, (args.target, args.contrast)):
            classifier.class_index(label)
    image, faces = faces_of(args.photo, args, note)
    if not faces:
        raise XaiError(f"No face was found in {args.photo}; --whole explains the whole photo as one face.")
    options = _options(args)
    edited = map(FaceEdits, faces)
    pairs = [Pair(edits, c, args.target, args.contrast) for edits in edited for c in classifiers]
    found = iter(explain_all(pairs, Wanted(methods, options, detail=args.detail)))
    made = [{classifier.name: next(found) for classifier in classifiers} for _ in faces]
    about = {
        "photo_sha256": image.sha256,
        "notices": [*image.notices, *faces.notices],
        "whole": args.whole,
        "turn": image.turn,
        "boxes": [box.as_list() for box in args.box] if args.box else None,
        "machine": machine_of(classifiers[0].device),
    }
    return write_explanations(args.out, made, about)


def faces_of(path: Path, args: Namespace, note: Note) -> tuple[Any, Any]:
    """The photo in the file ``path``, turned as ``args`` say or as its faces stand, and its faces, or the
    whole photo as one; notices go to ``note``.
    """
    from xai.photo.faces import whole_photo  # noqa: PLC0415 - OpenCV
    from xai.photo.image_headers import MAX_BYTES  # noqa: PLC0415
    from xai.photo.images import read_image  # noqa: PLC0415
    from xai.photo.orientation import find_faces_upright, turn_photo  # noqa: PLC0415
    from xai.types import Faces  # noqa: PLC0415

    image = read_image(_bytes_of(path, MAX_BYTES + 1))  # enough to be refused as too large
    if args.whole and args.box:
        raise XaiError("--whole takes the whole photo and --box a part of it; leave out one of them.")
    if args.box:
        image = turn_photo(image, args.turn or 0)
        faces = Faces([_face_in(image, box) for box in args.box])
    elif args.whole:
        image = turn_photo(image, args.turn or 0)
        faces = Faces([whole_photo(image)])
    else:
        image, faces = find_faces_upright(image, args.turn)
    for notice in (*image.notices, *faces.notices):
        note(f"{path.name}: {notice}")
    return image, faces


def _face_in(image: Image, box: Box) -> Face:
    from xai.photo.faces import face_from_box  # noqa: PLC0415 - OpenCV

    try:
        return face_from_box(image, box)
    except ValueError as error:
        told = ",".join(map(str, box.as_list()))
        raise XaiError(
            f"--box {told} lies outside the photo of {image.width} by {image.height} pixels."
        ) from error


def _layers(args: Namespace) -> Json:
    """Model -> layer -> rows and columns of its cells, the finest first."""
    from xai.attribution.layers import spatial_layers  # noqa: PLC0415 - torch, seconds
    from xai.models.classifiers import load_classifier  # noqa: PLC0415

    names = dict.fromkeys(args.model or [DEFAULT_MODEL])
    found = {name: spatial_layers(load_classifier(name, args.device)) for name in names}
    return {name: {layer: list(cells) for layer, cells in known.items()} for name, known in found.items()}


def _options(args: Namespace) -> dict[str, dict[str, float | int | str]]:
    """Method -> the parameters that were set, by the flags of occlusion or by ``--set``."""
    options = {"occlusion": given(patch=args.patch, stride=args.stride, fill=args.fill)}
    for method, name, value in args.set or ():
        known = {parameter.name: parameter for parameter in find_method(method).parameters}
        if name not in known:
            raise UnknownName(f"parameter of {method}", name, known)
        kind = type(known[name].default)
        try:
            options.setdefault(method, {})[name] = kind(value)
        except ValueError as error:
            raise XaiError(f"--set {method}.{name} should be a number; it is {value!r}.") from error
    return options


def _bytes_of(path: Path, most: int) -> bytes:
    """At most so many bytes of a file, or of standard input, which ``-`` stands for."""
    if path == _STANDARD_INPUT:
        return sys.stdin.buffer.read(most)
    if path.is_dir():
        raise ImageRejected(f"{path} is a folder and not a photo; name a JPEG, PNG or WebP file.")
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise ImageRejected(f"The file {path} cannot be read: {error.strerror}.") from error


def _listed(card: Card, args: Namespace, note: Note) -> Json | None:
    """The record of a classifier; None where its weights do not fit, which is noted."""
    try:
        counted = _parameters(card)
        if args.check:
            from xai.models.classifiers import load_card  # noqa: PLC0415 - torch, seconds

            load_card(card, args.device)
    except WeightsUnavailable as error:
        note(str(error))
        return None
    keys = ("name", "classes", "architecture", "source", "protocol", "input_size", "sha256", "metrics")
    fields = card.as_dict()
    return {**{key: fields[key] for key in keys}, "parameters": counted}


_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
"""Tensors of a state dict that are statistics, not parameters."""


def _parameters(card: Card) -> int | None:
    """How many parameters the header of a weights file lists; None of an ONNX file, which does not say.

    Raises:
        WeightsUnavailable: it is no safetensors file.
    """
    if card.format != "safetensors":
        return None
    try:
        with safe_open(card.path, framework="np") as file:
            names = [name for name in file.keys() if not name.endswith(_BUFFERS)]  # noqa: SIM118 - no mapping
            shapes = [file.get_slice(name).get_shape() for name in names]
    except (SafetensorError, OSError) as error:
        raise WeightsUnavailable(
            f"The model {card.name} is left out: {card.path.name} is no safetensors file, or a damaged one."
        ) from error
    return int(sum(math.prod(shape) for shape in shapes))


def _top(prediction: Any, top: int | None) -> dict[str, float]:
    ranked = sorted(prediction.as_dict().items(), key=lambda item: -item[1])
    return dict(ranked[:top]) if top else prediction.as_dict()


def whatif(args: Namespace, note: Note) -> Json:
    """Run probes on every face of one photo.

    A probe that cannot be run on a face has a sentence under ``error`` and the others go on.

    Raises:
        XaiError: there is no face, or no probe could be run on any.
    """
    from xai.models.classifiers import load_classifier  # noqa: PLC0415 - torch, seconds

    for name in args.probe:
        find_probe(name)
    names = dict.fromkeys(args.model or [DEFAULT_MODEL])
    classifiers = [load_classifier(name, args.device) for name in names]
    _, faces = faces_of(args.photo, args, note)
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
    """Results of the probes on a face: of the first model under ``probes``, of each under ``models``."""
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
