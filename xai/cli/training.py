"""The commands that train and measure classifiers, their reason heads and the face detector."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xai.cli.common import Json, Note, given
from xai.errors import WeightsUnavailable, XaiError
from xai.models.cards import DEFAULT_MODEL, Card, find_card, read_cards

if TYPE_CHECKING:
    from xai.learning.data.splits import Example
    from xai.learning.evaluation.evaluate import Setting

__all__ = [
    "doubts",
    "evaluate",
    "examples_of",
    "experiments",
    "recall",
    "setting_of",
    "train",
    "train_reasons",
]


def train(args: Namespace, note: Note) -> Json:
    """Train an architecture and write weights and card to ``--out``."""
    from xai.learning.curation.label_noise import without_doubts  # noqa: PLC0415
    from xai.learning.publishing.model_cards import write_card  # noqa: PLC0415
    from xai.learning.training.recipe_registry import recipe_for  # noqa: PLC0415
    from xai.learning.training.train import split_for  # noqa: PLC0415
    from xai.learning.training.train import train as run  # noqa: PLC0415

    recipe = replace(recipe_for(args.name, args.protocol), **_changes(args))
    name = recipe.model_name(args.protocol)
    examples, damaged = examples_of(args.data, note)
    split, doubted = without_doubts(split_for(examples, recipe, args.protocol), args.doubts)
    if doubted:
        note(f"Left out {doubted.faces} training faces whose labels {args.doubts} doubts.")
    trained = run(name, recipe, split, args.out, note, args.device)
    write_card(name, recipe, trained, args.protocol, doubted)
    return {
        "name": name,
        "epochs": trained.epochs,
        "seconds": round(trained.seconds, 1),
        "metrics": {
            **trained.best,
            "temperature": trained.temperature,
            "left_out": damaged + len(trained.left_out),
        },
    }


def evaluate(args: Namespace, note: Note) -> Json:
    """Measure classifiers on a labelled set; ``--update`` writes the figures onto cards and into tables."""
    from xai.learning.curation.label_noise import flag_suspect_labels  # noqa: PLC0415
    from xai.learning.evaluation.evaluate import score  # noqa: PLC0415
    from xai.learning.evaluation.model_groups import EvaluationTask, answers_of, rows_of  # noqa: PLC0415
    from xai.learning.evaluation.subgroups import by_kind  # noqa: PLC0415
    from xai.learning.publishing.model_cards import record  # noqa: PLC0415
    from xai.learning.publishing.results_tables import write_table  # noqa: PLC0415

    rows = rows_of(_asked(args, note), args.protocol)
    examples, _ = examples_of([args.data], note)
    trial = EvaluationTask(flag_suspect_labels(examples, args.doubts), setting_of(args))
    result: Json = {}
    stale: set[Path] = set()
    for row in rows:
        missing = {e.fold for e in examples if e.fold is not None} - set(row.folds)
        if row.folds and missing:
            note(f"{row.name}: the folds {', '.join(map(str, sorted(missing)))} have no model here.")
        unreadable: list[str] = []
        try:
            answers = answers_of(row, trial, args.device, _counter(note), unreadable.append)
        except WeightsUnavailable as problem:
            if not args.published or {card.name for card in row.cards} & set(args.model or ()):
                raise
            note(str(problem))  # a row that nobody named is left out, as one without its weights is
            continue
        _say_left_out(unreadable, "faces", note)
        found = replace(score(answers, row.folds), by=by_kind(answers, args.by or ()))
        result[row.name] = found.as_dict()
        if args.update:
            stale.update(record(row, trial.set_name, trial.setting, found))
    for folder in stale:
        write_table(folder)
    return result


def experiments(args: Namespace, note: Note) -> list[Json]:
    """Replicate the studies' experiments; ``--update`` writes the results where the page reads them."""
    from xai.learning.studies import Sources, run, write_experiments  # noqa: PLC0415

    found = run(args.names, Sources(args.data, tuple(args.photos or ()), args.device, note))
    if args.update:
        write_experiments(found)
    return [experiment.as_dict() for experiment in found]


def doubts(args: Namespace, note: Note) -> Json:
    """Find training faces whose label looks wrong and write them to ``--out``."""
    from xai.learning.curation.label_noise import find_doubts, out_of_fold, write_doubts  # noqa: PLC0415
    from xai.learning.data.splits import select  # noqa: PLC0415
    from xai.learning.training.recipe_registry import RECIPES, recipe_for  # noqa: PLC0415

    protocol = "seed" if (args.name, "seed") in RECIPES else args.protocol  # the studies' networks train fast
    recipe = replace(recipe_for(args.name, protocol), **_changes(args))
    examples, _ = examples_of(args.data, note)
    told = out_of_fold(select(examples, args.protocol, "train"), recipe, args.folds, note, args.device)
    found = find_doubts(told)
    write_doubts(found, args.out)
    return {"faces": len(told.examples), "doubts": len(found), "out": str(args.out)}


def recall(args: Namespace, note: Note) -> Json:
    """Measure the face detector on whole photos with ``boxes.csv``."""
    from xai.learning.evaluation.detection_recall import measure_recall  # noqa: PLC0415

    return {folder.name: measure_recall(folder).as_dict() for folder in args.photos}


def train_reasons(args: Namespace, note: Note) -> Json:
    """Train the reason head on drawn sets, write it to ``--out``, and measure it on ``--measure``."""
    from xai.atomic_write import write_atomically  # noqa: PLC0415
    from xai.learning.data.splits import read_examples  # noqa: PLC0415
    from xai.learning.training.incorrect_reason import learn_reasons, measure_reasons  # noqa: PLC0415
    from xai.models.classifiers import load_classifier  # noqa: PLC0415
    from xai.models.incorrect_reason import reasons_path  # noqa: PLC0415

    classifier = load_classifier(args.name, args.device)
    examples = [e for folder in args.data for e in read_examples(folder, note)]
    measured = {folder.name: read_examples(folder, note) for folder in args.measure or ()}
    head = learn_reasons(classifier, examples, lambda done, total: note(f"{done} of {total} faces"))
    scores = {name: asdict(measure_reasons(head, classifier, faces)) for name, faces in measured.items()}
    head = replace(head, about={**head.about, "measured": scores})
    path = reasons_path(args.out, classifier.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda unfinished: unfinished.write_bytes(head.to_bytes()))
    return {"name": classifier.name, "file": str(path), "threshold": head.threshold, **head.about}


_SETTINGS = (
    "epochs",
    "batch_size",
    "learning_rate",
    "seed",
    "input_size",
    "precision",
    "fold",
    "pretrained",
    "start",
)


def _changes(args: Namespace) -> Json:
    """The recipe settings that the flags name; a start replaces the recipe's own."""
    changes = given(**{name: getattr(args, name, None) for name in _SETTINGS})
    if "start" in changes:
        changes["pretrained"] = False
    elif "pretrained" in changes:
        changes["start"] = ""
    return changes


def setting_of(args: Namespace) -> Setting:
    """Which faces of a set the command measures.

    Raises:
        XaiError: a list of doubts is named without ``--review clear``.
    """
    from xai.learning.evaluation.evaluate import Setting  # noqa: PLC0415

    if args.doubts and args.review != "clear":
        raise XaiError("--doubts lists faces for --review clear to leave out; name that as well.")
    return Setting(
        protocol=args.protocol,
        crops=args.crops,
        review=args.review,
        min_side=args.min_side,
        overlap=args.overlap,
        part=args.part,
        without=args.without,
        reason=args.reason,
        label=args.label,
    )


def _asked(args: Namespace, note: Note) -> list[Card]:
    """The cards of the models that the flags name, each once.

    Raises:
        UnknownName: one does not exist; WeightsUnavailable: one is invalid.
        XaiError: published rows are requested and none has its weights here.
    """
    named = [find_card(name) for name in dict.fromkeys(args.model or ())]
    if args.published:
        catalogue = read_cards()
        for problem in catalogue.problems:
            note(problem)
        rows = [c for c in catalogue.cards if _is_published(c, args.published)]
        if not rows:
            raise XaiError(
                f"No weights of a published row ({args.published}) are here; train one, or let XAI_WEIGHTS "
                "name the folder that holds them."
            )
        named += [card for card in rows if card.name not in {other.name for other in named}]
    return named or [find_card(DEFAULT_MODEL)]


def _is_published(card: Card, trained_on: str) -> bool:
    rows = card.protocol == "seed" and card.source != "own"
    return rows and trained_on in ("all", card.recipe.get("trained_on"))


def examples_of(folders: Sequence[Path], note: Note) -> tuple[tuple[Example, ...], int]:
    """The faces of some sets, and how many entries were left out, which is noted once."""
    from xai.learning.data.splits import read_examples  # noqa: PLC0415

    left_out: list[str] = []
    examples = tuple(e for folder in folders for e in read_examples(folder, left_out.append))
    _say_left_out(left_out, "entries of the sets", note)
    return examples, len(left_out)


def _say_left_out(sentences: Sequence[str], what: str, note: Note) -> None:
    if sentences:
        note(f"Left out {len(sentences)} {what}, the first: {sentences[0]}")


def _counter(note: Note) -> Callable[[str, int, int], None]:
    return lambda name, done, total: note(f"{name}: {done} of {total} faces")
