"""The calls that train classifiers and measure them and the face detector."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, replace

from xai.commands.calls import Json, Note, given
from xai.models.cards import DEFAULT_MODEL

__all__ = ["evaluate", "recall", "train"]


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
    changes = given(**{name: getattr(args, name) for name in settings})
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


def _counter(name: str, note: Note) -> Callable[[int, int], None]:
    return lambda done, total: note(f"{name}: {done} of {total} faces")
