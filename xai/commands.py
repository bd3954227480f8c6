"""What the command line does, one function per call. Each returns what ``--json`` prints."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from xai.errors import ImageRejected, XaiError
from xai.models.cards import DEFAULT_MODEL, Card, read_cards

__all__ = ["calibrate", "classify", "evaluate", "explain", "models", "recall", "train"]

Json = dict[str, Any]
Note = Callable[[str], None]
"""Where progress and notices go: a line for a person, never part of the result."""


def models(args: Namespace, note: Note) -> list[Json]:
    """Every usable classifier; those left out are noted."""
    catalogue = read_cards()
    for problem in catalogue.problems:
        note(problem)
    return [record for card in catalogue.cards if (record := _listed(card, note))]


def classify(args: Namespace, note: Note) -> Iterator[Json]:
    """A record per photo. A refused photo has an error and the others go on."""
    from xai.models.classifiers import load_classifier  # noqa: PLC0415 - torch, seconds

    classifier = load_classifier(args.model or DEFAULT_MODEL, args.device)
    for path in args.photos:
        record: Json = {"photo": str(path), "sha256": None, "faces": [], "error": None}
        try:
            image, faces = _faces(path, args.whole, note)
            record["sha256"] = image.sha256
            answers = classifier.predict([face.crop for face in faces])
            record["faces"] = [
                {
                    "box": f.box.as_list(),
                    "score": f.score,
                    "label": p.label,
                    "probabilities": _top(p, args.top),
                }
                for f, p in zip(faces, answers, strict=True)
            ]
        except ImageRejected as error:
            record["error"] = str(error)
        yield record


def explain(args: Namespace, note: Note) -> Json:
    """Explain every face of one photo and write maps and manifest to ``--out``."""
    from xai.evidence.interventions import FaceEdits  # noqa: PLC0415
    from xai.explain import explain as explain_face  # noqa: PLC0415
    from xai.export import check_free, write_explanations  # noqa: PLC0415
    from xai.models.classifiers import load_classifier  # noqa: PLC0415

    check_free(args.out)
    classifiers = [load_classifier(name, args.device) for name in args.model or [DEFAULT_MODEL]]
    methods = tuple(dict.fromkeys(args.method or ("occlusion", "gradcam")))
    for classifier in classifiers:
        if args.target:
            classifier.class_index(args.target)
    image, faces = _faces(args.photo, args.whole, note)
    if not faces:
        raise XaiError(f"No face was found in {args.photo}; --whole explains the whole photo as one face.")
    options = {"occlusion": _given(patch=args.patch, stride=args.stride, fill=args.fill)}
    made = []
    for face in faces:
        edits = FaceEdits(face)
        made.append(
            {c.name: explain_face(edits, c, methods, args.target, options=options) for c in classifiers}
        )
    about = {"photo_sha256": image.sha256, "notices": [*image.notices, *faces.notices], "whole": args.whole}
    return write_explanations(args.out, made, about)


def train(args: Namespace, note: Note) -> Json:
    """Train an architecture and write weights and card to ``--out``."""
    from xai.learning.carding import write_card  # noqa: PLC0415
    from xai.learning.dataset import read_examples  # noqa: PLC0415
    from xai.learning.recipes import recipe_for  # noqa: PLC0415
    from xai.learning.training import split_for  # noqa: PLC0415
    from xai.learning.training import train as run  # noqa: PLC0415

    settings = (
        "epochs",
        "batch_size",
        "learning_rate",
        "seed",
        "input_size",
        "precision",
        "fold",
        "pretrained",
    )
    changes = _given(**{name: getattr(args, name) for name in settings})
    recipe = replace(recipe_for(args.name, args.protocol), **changes)
    name = recipe.model_name(args.protocol)
    left_out: list[str] = []
    examples = [e for folder in args.data for e in read_examples(folder, left_out.append)]
    if left_out:
        note(f"Left out {len(left_out)} entries of the sets, the first: {left_out[0]}")
    split = split_for(examples, recipe, args.protocol)
    trained = run(name, recipe, split, args.out, note, args.device)
    write_card(name, recipe, trained, args.protocol, trained.split)
    return {
        "name": name,
        "epochs": trained.epochs,
        "seconds": round(trained.seconds, 1),
        "metrics": {
            **trained.best,
            "temperature": trained.temperature,
            "left_out": len(left_out) + len(trained.left_out),
        },
    }


def evaluate(args: Namespace, note: Note) -> Json:
    """Measure classifiers on a labelled set; ``--update`` writes the figures onto their cards."""
    from xai.learning.carding import record_metrics, write_table  # noqa: PLC0415
    from xai.learning.evaluation import Setting, test_part  # noqa: PLC0415
    from xai.learning.evaluation import evaluate as measure  # noqa: PLC0415
    from xai.models.classifiers import load_classifier  # noqa: PLC0415

    setting = Setting(args.protocol, args.crops, args.review, args.min_side, args.overlap, args.without)
    names = args.model or [DEFAULT_MODEL]
    examples = test_part(args.data, setting)
    result: Json = {}
    for name in names:
        classifier = load_classifier(name, args.device)
        result[name] = measure(classifier, examples, args.crops, _counter(name, note)).as_dict()
        if args.update:
            record_metrics(classifier.card, {"set": args.data.name, **asdict(setting)}, result[name])
            write_table(classifier.card.path.parent)
    return result


def recall(args: Namespace, note: Note) -> Json:
    """Measure the face detector on whole photos with ``boxes.csv``."""
    from xai.photo.recall import measure_recall  # noqa: PLC0415

    return {folder.name: measure_recall(folder).as_dict() for folder in args.photos}


def calibrate(args: Namespace, note: Note) -> Json:
    """How often the verdict is right; with ``--model`` or ``--model-file``, the verdicts of those models."""
    from xai.evidence.judging import calibration_table, verdict_table  # noqa: PLC0415
    from xai.evidence.published import publish  # noqa: PLC0415
    from xai.models.cards import read_card  # noqa: PLC0415
    from xai.models.classifiers import load_card, load_classifier  # noqa: PLC0415

    if (args.model_file is None) != (args.card is None):
        raise XaiError("--model-file and --card go together: the weights and the card that describes them.")
    judged = [load_classifier(name, args.device) for name in args.model or ()]
    if args.model_file is not None:
        judged.append(load_card(read_card(args.card, args.model_file), args.device))
    if judged:
        return verdict_table(judged, args.data, note)
    table = calibration_table(args.data, note, args.device, args.faces)
    if args.update:
        publish(table)
    return table


def _faces(path: Path, whole: bool, note: Note) -> tuple[Any, Any]:
    from xai.photo.faces import find_faces, whole_photo  # noqa: PLC0415 - OpenCV
    from xai.photo.headers import MAX_BYTES  # noqa: PLC0415
    from xai.photo.images import read_image  # noqa: PLC0415
    from xai.types import Faces  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # enough to be refused as too large, whatever the file holds
    except OSError as error:
        raise ImageRejected(f"The file {path} cannot be read: {error.strerror}.") from error
    image = read_image(data)
    faces = Faces([whole_photo(image)]) if whole else find_faces(image)
    for notice in (*image.notices, *faces.notices):
        note(f"{path.name}: {notice}")
    return image, faces


def _listed(card: Card, note: Note) -> Json | None:
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        with safe_open(card.path, framework="np") as file:
            shapes = [file.get_slice(key).get_shape() for key in file.keys() if not _is_buffer(key)]  # noqa: SIM118
    except SafetensorError:
        note(f"The model {card.name} is left out: {card.path.name} is not a safetensors file.")
        return None
    keys = ("name", "classes", "architecture", "source", "protocol", "input_size", "sha256", "metrics")
    fields = card.as_dict()
    return {**{key: fields[key] for key in keys}, "parameters": sum(_product(shape) for shape in shapes)}


def _is_buffer(key: str) -> bool:
    return key.endswith(("running_mean", "running_var", "num_batches_tracked"))


def _product(shape: list[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def _top(prediction: Any, top: int | None) -> dict[str, float]:
    ranked = sorted(prediction.as_dict().items(), key=lambda item: -item[1])
    return dict(ranked[:top]) if top else prediction.as_dict()


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _counter(name: str, note: Note) -> Callable[[int, int], None]:
    return lambda done, total: note(f"{name}: {done} of {total} faces")
