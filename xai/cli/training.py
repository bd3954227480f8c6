"""The commands that train and measure classifiers, their reason heads and the face detector."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xai.cli.common import Json, Note, given
from xai.errors import WeightsUnavailable, XaiError
from xai.models.cards import DEFAULT_MODEL, Card, find_card, read_card, read_cards

if TYPE_CHECKING:
    from xai.learning.data.splits import Example, LabelledSet
    from xai.learning.evaluation.evaluate import Evaluation, Setting
    from xai.learning.evaluation.model_groups import EvaluationTask, ModelGroup
    from xai.learning.training.train import Split

__all__ = [
    "compare",
    "doubts",
    "evaluate",
    "examples_of",
    "experiments",
    "recall",
    "repair",
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
    examples, reasons, damaged = examples_of(args.data, note)
    split, doubted = without_doubts(split_for(examples, recipe, args.protocol), args.doubts)
    if doubted:
        note(f"Left out {doubted.faces} training faces whose labels {args.doubts} doubts.")
    trained = run(name, recipe, split, args.out, note, args.device)
    write_card(name, recipe, trained, args.protocol, doubted)
    _say_split(examples, split, args.protocol, note)
    return {
        "name": name,
        "epochs": trained.epochs,
        "seconds": round(trained.seconds, 1),
        "metrics": {
            **trained.best,
            "temperature": trained.temperature,
            "left_out": damaged + len(trained.left_out),
        },
        "faces": {"train": len(trained.split.train), "val": len(trained.split.val)},
        "reasons": [*reasons, *trained.left_out],
    }


def repair(args: Namespace, note: Note) -> Json:
    """Train a model again for the right reasons, and measure it before and after on faces kept apart.

    Raises:
        DataRejected: no face of the sets is kept apart from the training.
    """
    from xai.evidence.validation.before_after import compare  # noqa: PLC0415
    from xai.learning.curation.label_noise import without_doubts  # noqa: PLC0415
    from xai.learning.data.splits import select  # noqa: PLC0415
    from xai.learning.publishing.model_cards import write_card  # noqa: PLC0415
    from xai.learning.training.recipe_registry import repair_recipe  # noqa: PLC0415
    from xai.learning.training.train import split_for  # noqa: PLC0415
    from xai.learning.training.train import train as run  # noqa: PLC0415
    from xai.models.classifiers import load_card  # noqa: PLC0415

    before = load_card(find_card(args.name), args.device)
    recipe = replace(repair_recipe(before.card), **_changes(args))
    examples, reasons, _ = examples_of(args.data, note)
    whole = split_for(examples, recipe, "product")
    learnt = set(whole.train)
    apart = [example for example in select(examples, "product", "test") if example not in learnt]
    split, doubted = without_doubts(whole, args.doubts)
    trained = run(recipe.name, recipe, split, args.out, note, args.device)
    written = write_card(recipe.name, recipe, trained, "product", doubted, before.card)
    after = load_card(read_card(written, trained.weights), args.device)
    _say_split(examples, split, "product", note)
    found = compare(before, after, apart, note)
    return {"name": recipe.name, "out": str(args.out), **found, "reasons": [*reasons, *trained.left_out]}


def compare(args: Namespace, note: Note) -> Json:
    """Measure two models of the same classes on the same labelled faces, as ``repair`` does.

    Raises:
        UnknownName: a model does not exist; WeightsUnavailable: one is invalid.
        XaiError: the models have other classes.
    """
    from xai.evidence.validation.before_after import compare as measured  # noqa: PLC0415
    from xai.learning.data.splits import select  # noqa: PLC0415
    from xai.models.classifiers import load_card  # noqa: PLC0415

    cards = [_named_or_read(each) for each in (args.first, args.second)]
    if cards[0].classes != cards[1].classes:
        raise XaiError(
            f"Models of the same classes are compared; {cards[0].name} has {', '.join(cards[0].classes)}, "
            f"{cards[1].name} {', '.join(cards[1].classes)}."
        )
    if cards[0].name == cards[1].name:
        cards[1] = replace(cards[1], name=f"{cards[1].name}, the second")
    examples, reasons, _ = examples_of(args.data, note)
    first, second = (load_card(card, args.device) for card in cards)
    return {**measured(first, second, select(examples, "product", "test"), note), "reasons": [*reasons]}


def _named_or_read(model: str) -> Card:
    """The card of a model's name, or in a file."""
    path = Path(model)
    return read_card(path, path.with_suffix(".safetensors")) if path.suffix == ".json" else find_card(model)


def evaluate(args: Namespace, note: Note) -> Json:
    """Measure classifiers on a labelled set; ``--update`` writes the figures onto cards and into tables.

    Raises:
        XaiError: the figures would be kept although a model may have learnt from any of the faces.
    """
    from xai.learning.curation.label_noise import flag_suspect_labels  # noqa: PLC0415
    from xai.learning.data.splits import read_set  # noqa: PLC0415
    from xai.learning.evaluation.evaluate import score  # noqa: PLC0415
    from xai.learning.evaluation.model_groups import EvaluationTask, answers_of, rows_of  # noqa: PLC0415
    from xai.learning.evaluation.subgroups import by_kind  # noqa: PLC0415
    from xai.learning.publishing.model_cards import record  # noqa: PLC0415
    from xai.learning.publishing.results_tables import write_table  # noqa: PLC0415

    rows = rows_of(_asked(args, note), args.protocol)
    data = read_set(args.data)
    _say_left_out(data.reasons, _ENTRIES, note)
    trial = EvaluationTask(flag_suspect_labels(data.examples, args.doubts), setting_of(args))
    result: Json = {}
    stale: set[Path] = set()
    for row in rows:
        _warn(row, trial, args, note)
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
        result[row.name] = _accounted(found, row, trial, data, unreadable)
        _say_measured(row.name, result[row.name], note)
        if args.update:
            stale.update(record(row, trial.set_name, trial.setting, found))
    for folder in stale:
        write_table(folder)
    return result


def _warn(row: ModelGroup, trial: EvaluationTask, args: Namespace, note: Note) -> None:
    """Say which folds have no model, and that a model may have learnt from the faces."""
    from xai.learning.evaluation.model_groups import may_have_learnt  # noqa: PLC0415

    missing = {e.fold for e in trial.examples if e.fold is not None} - set(row.folds)
    if row.folds and missing:
        note(f"{row.name}: the folds {', '.join(map(str, sorted(missing)))} have no model here.")
    if any(may_have_learnt(card, trial) for card in row.cards):
        learnt = f"{row.name} was trained on a set called {trial.set_name}, and this one has no column split"
        if args.update:
            raise XaiError(f"{learnt}: figures on faces that it may have learnt are not kept; drop --update.")
        note(f"{learnt}: it may have learnt from any of its faces, and the figures may be too good.")


def _accounted(
    found: Evaluation, row: ModelGroup, trial: EvaluationTask, data: LabelledSet, unreadable: Sequence[str]
) -> Json:
    """The figures of a row, and what became of every face and picture of the set."""
    from xai.learning.evaluation.evaluate import unmeasured  # noqa: PLC0415
    from xai.learning.evaluation.model_groups import asked_of, fold_of, may_have_learnt  # noqa: PLC0415

    asked = [example for card in row.cards for example in asked_of(card, trial)]
    fold = fold_of(row.cards[0], trial)
    figures = found.as_dict()
    return {
        **figures,
        "skipped": figures["skipped"] + data.unlabelled,
        "faces": len(trial.examples),
        "left_out": unmeasured(trial.examples, asked, trial.setting, fold),
        "may_have_learnt": any(may_have_learnt(card, trial) for card in row.cards),
        "reasons": [*data.reasons, *unreadable],
    }


_REASONS = {
    "skipped": "without a label that the model knows",
    "unreadable": "unreadable",
    "missed": "not found by the detector",
    "learnt": "that it learnt from",
    "other_part": "in other parts of the set",
    "other_fold": "in other folds",
    "too_small": "smaller than 20 pixels",
    "near_duplicate": "nearly the same as a training picture",
    "setting": "left out by a flag",
}


def _say_measured(name: str, row: Json, note: Note) -> None:
    counts = {**{reason: row.get(reason, 0) for reason in _REASONS}, **row["left_out"]}
    told = [f"{count:,} {_REASONS[reason]}" for reason, count in counts.items() if count]
    if told:
        note(
            f"{name}: measured {row['n']:,} of {row['faces']:,} labelled faces; left out: {', '.join(told)}."
        )


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
    examples, *_ = examples_of(args.data, note)
    told = out_of_fold(select(examples, args.protocol, "train"), recipe, args.folds, note, args.device)
    found = find_doubts(told)
    write_doubts(found, args.out)
    return {"faces": len(told.examples), "doubts": len(found), "out": str(args.out)}


def recall(args: Namespace, note: Note) -> Json:
    """Measure the face detector on whole photos with ``boxes.csv`` or VOC annotations."""
    from xai.learning.evaluation.detection_recall import measure_recall  # noqa: PLC0415

    found = {folder.name or folder.resolve().name: measure_recall(folder) for folder in args.photos}
    for each in found.values():
        _say_left_out(each.reasons, _ENTRIES, note)
    return {name: each.as_dict() for name, each in found.items()}


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
    "start_share",
    "surroundings",
    "exchanged",
    "place",
    "consistency",
)


def _changes(args: Namespace) -> Json:
    """The recipe settings that the flags name; a start replaces the recipe's own."""
    changes = given(**{name: getattr(args, name, None) for name in _SETTINGS})
    if changes.get("surroundings", "own") != "own":
        changes.setdefault("exchanged", 0.5)
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


def examples_of(folders: Sequence[Path], note: Note) -> tuple[tuple[Example, ...], tuple[str, ...], int]:
    """The faces of some sets, what of them was left out and why, which is noted, and how many entries."""
    from xai.learning.data.splits import read_set  # noqa: PLC0415

    sets = [read_set(folder) for folder in folders]
    reasons = tuple(reason for each in sets for reason in each.reasons)
    _say_left_out(reasons, _ENTRIES, note)
    examples = tuple(example for each in sets for example in each.examples)
    return examples, reasons, sum(each.entries for each in sets)


_ENTRIES = "entries of the sets"

_TOLD = 10
"""So many reasons are printed; all of them are in the JSON."""


def _say_left_out(sentences: Sequence[str], what: str, note: Note) -> None:
    if sentences:
        note(f"Left out {len(sentences)} {what}, the first: {sentences[0]}")
    for sentence in sentences[1:_TOLD]:
        note(sentence)
    if len(sentences) > _TOLD:
        note(f"{len(sentences) - _TOLD:,} more are listed by --json.")


def _say_split(examples: Sequence[Example], split: Split, protocol: str, note: Note) -> None:
    """How many faces are learnt from and chosen on, and why the others are not."""
    from xai.learning.data.splits import not_selected  # noqa: PLC0415

    rest = not_selected(examples, [*split.train, *split.val], protocol)
    told = [f"{count:,} {_REASONS[reason]}" for reason, count in rest.items()]
    others = f"; left out: {', '.join(told)}" if told else ""
    note(f"{len(split.train):,} faces to learn from, {len(split.val):,} to choose the epoch on{others}.")


def _counter(note: Note) -> Callable[[str, int, int], None]:
    return lambda name, done, total: note(f"{name}: {done} of {total} faces")
