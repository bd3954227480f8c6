"""Model cards: everything about a classifier that is not a tensor. Free of torch, so that listing is cheap.

A classifier is a pair of files in ``weights/``, or in a folder named by the variable ``XAI_WEIGHTS``:
``<name>.json`` (the card) and ``<name>.safetensors`` (the state dict) or ``<name>.onnx`` (the whole network).
Adding a pair there adds a model.
``weights/measured/`` holds the cards of models whose weights are not shipped: their figures remain.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from xai.classes import INCORRECT_GOES, class_named
from xai.errors import UnknownName, WeightsUnavailable
from xai.models.architectures import ARCHITECTURES
from xai.models.card_fields import Field
from xai.models.card_schema import (
    OVERALL,
    ClassVerdict,
    Epoch,
    Evaluation,
    Training,
    read_epochs,
    read_evaluations,
    read_training,
    read_verdicts,
)
from xai.models.reported_errors import KnownError, read_errors

__all__ = [
    "ADDED",
    "DEFAULT_MODEL",
    "EXPERIMENTS",
    "FORMATS",
    "REFERENCES",
    "Card",
    "Catalogue",
    "added_models",
    "card_paths",
    "find_card",
    "function_card",
    "measured_folder",
    "parse_card",
    "read_card",
    "read_cards",
    "read_measured",
    "read_weights",
    "weights_folders",
]

DEFAULT_MODEL = "mobilenet_v2"
"""The default classifier."""

_FIRST = (DEFAULT_MODEL, "custom_cnn_relu_bn")
"""The two classifiers that the pages open with: they come first, whatever is added beside them."""

ADDED = ".added"
"""Ending of an empty file beside a model that the dashboard added: no other model is ever removed."""

EXPERIMENTS = "experiments.json"
"""The one JSON file among the cards that is not a card: the results of ``python -m xai experiments``."""

REFERENCES = Path(__file__).with_name("ground_truth") / "reference_verdicts.json"
"""Verdicts of two control networks, an honest one and a shortcut learner: what a model's own stand beside."""

FORMATS = ("safetensors", "onnx")
"""Formats of a weights file, which are its endings: a state dict, or a network with its weights."""

_OUTPUTS = ("logits", "probabilities")

_SHA256 = re.compile("[0-9a-f]{64}")

_LONGEST_REASON = 400
"""Most characters of what is wrong with a card: a key may be of any length."""

_INSTALLED = Path(__file__).resolve().parents[1] / "weights"
_HOME = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parents[1] / "weights"
"""The shipped models: inside the library where it was installed by pip, beside it in the repository."""


@dataclass(frozen=True)
class Card:
    """The model card of a classifier's weights.

    ``recipe``, ``data``, ``metrics``, ``history`` and ``verdicts`` are kept as in the file, so that updating
    a card writes the rest unchanged; ``training``, ``evaluations``, ``epochs`` and ``class_verdicts`` are the
    same with types, and are valid in every card that was read.

    Attributes:
        name: the classifier's name; the files are named after it.
        architecture: entry of ``ARCHITECTURES``; of an ONNX file whatever says what network it is.
        classes: class names in the order of the network's outputs.
        input_size: side of the square input, pixels.
        mean, std: per channel (RGB), on values 0..1; the input is ``(value - mean) / std``.
        margin: what was added round the face box on each side, as a share of its longer side.
        temperature: logits are divided by it before the softmax (Guo et al. 2017).
        source: number of the published project it continues, or ``"own"``.
        protocol: ``"seed"`` or ``"product"``.
        sha256: hex digest of the weights file, in lower case.
        recipe: how it was trained, every setting by name.
        data: what it was trained on.
        metrics: set -> result of ``evaluate``.
        license: licence of the weights.
        limits: what it cannot do, sentences.
        path: the weights file; not part of the card's JSON.
        history: training history, a row per epoch:
            ``epoch, train_loss, train_accuracy, loss, accuracy, aca``; empty on older cards.
        errors: kinds of faces it gets wrong, from manual review; may be empty.
        incorrect: one of ``INCORRECT_GOES``: in a two-class model, the class to which a mask worn incorrectly
            belongs; ``unknown`` on older cards.
        verdicts: set -> predicted class -> how often right answers follow the lower face and stay otherwise,
            as measured by ``calibrate --update``; may be empty.
        format: one of ``FORMATS``.
        output: what the network gives, ``logits`` or, where an ONNX file ends with a softmax,
            ``probabilities``.
    """

    name: str
    architecture: str
    classes: tuple[str, ...]
    input_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    margin: float
    temperature: float
    source: str
    protocol: str
    sha256: str
    recipe: Mapping[str, Any]
    data: Mapping[str, Any]
    metrics: Mapping[str, Any]
    license: str
    limits: tuple[str, ...]
    path: Path = field(compare=False)
    history: tuple[Mapping[str, float], ...] = ()
    errors: tuple[KnownError, ...] = ()
    incorrect: str = "unknown"
    verdicts: Mapping[str, Any] = field(default_factory=dict)
    format: str = FORMATS[0]
    output: str = _OUTPUTS[0]

    @cached_property
    def training(self) -> Training:
        """What it was trained on, the command that reproduces it, and its study's published figures."""
        return read_training(Field(self.recipe, "recipe"), Field(self.data, "data"), self.classes)

    @cached_property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """Its evaluations, in the order of the card."""
        return read_evaluations(Field(self.metrics, "metrics"))

    @cached_property
    def epochs(self) -> tuple[Epoch, ...]:
        """The training history; may be empty."""
        return read_epochs(Field(self.history, "history"))

    @cached_property
    def class_verdicts(self) -> tuple[ClassVerdict, ...]:
        """Its verdicts over sets, class by class; may be empty."""
        return read_verdicts(Field(self.verdicts, "verdicts"))

    @cached_property
    def digest(self) -> str:
        """Sha256 of the card: the same card describes the same weights."""
        return hashlib.sha256(json.dumps(self.as_dict()).encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """The card as in its JSON file."""
        found = asdict(self)
        del found["path"]
        return found


@dataclass(frozen=True)
class Catalogue:
    """The usable classifiers, and one sentence for each unusable one.

    Attributes:
        cards: valid classifiers: the two that pages open with, then those of the product, then those of the
            studies.
        problems: sentences naming what was left out and why.
    """

    cards: tuple[Card, ...]
    problems: tuple[str, ...]


def weights_folders() -> tuple[Path, ...]:
    """The folders searched for cards: the project's own, then that of ``XAI_WEIGHTS`` if it is set."""
    named = os.environ.get("XAI_WEIGHTS")
    return (_HOME, Path(named)) if named else (_HOME,)


def read_cards() -> Catalogue:
    """Every classifier in ``weights_folders``, each weights file checked against its card's digest.

    A model of the second folder replaces one of the same name in the first.
    """
    sound: dict[str, Card] = {}
    problems = [
        f"The folder {folder} that XAI_WEIGHTS names does not exist, so no models come from it."
        for folder in weights_folders()[1:]
        if not folder.is_dir()
    ]
    for path in _card_paths():
        try:
            sound[path.stem] = read_card(path)
        except WeightsUnavailable as error:
            sound.pop(path.stem, None)  # the second folder takes precedence, damaged or not
            problems.append(str(error))
    cards = sorted(sound.values(), key=_rank)
    return Catalogue(tuple(cards), tuple(problems))


def _rank(card: Card) -> tuple[int, bool, str]:
    place = _FIRST.index(card.name) if card.name in _FIRST else len(_FIRST)
    return place, card.protocol == "seed", card.name


def added_models() -> tuple[str, ...]:
    """Names of the models that ``installing.add_model`` wrote, and which it may remove again."""
    return tuple(sorted(path.stem for path in weights_folders()[-1].glob(f"*{ADDED}")))


def card_paths(folder: Path) -> list[Path]:
    """The cards of a folder, by name; other files of ``train`` and ``experiments`` are excluded."""
    return sorted(
        path
        for path in folder.glob("*.json")
        if path.name != EXPERIMENTS and not path.name.endswith(".history.json")
    )


def measured_folder() -> Path:
    """The folder with the cards of models whose figures are shipped and whose weights are not."""
    return weights_folders()[0] / "measured"


def read_measured(folders: Sequence[Path] | None = None) -> Catalogue:
    """The cards in the folder ``measured`` of each of ``folders``; without any, in ``measured_folder``.

    Their weights are absent: none of them can be loaded.
    """
    places = [measured_folder()] if folders is None else [folder / "measured" for folder in folders]
    cards, problems = [], []
    for path in (path for place in places for path in sorted(place.glob("*.json"))):
        try:
            cards.append(parse_card(path))
        except WeightsUnavailable as error:
            problems.append(str(error))
    return Catalogue(tuple(cards), tuple(problems))


def find_card(name: str) -> Card:
    """The card of the classifier ``name``.

    Raises:
        UnknownName: no folder has such a card; the message lists those that exist.
        WeightsUnavailable: its card or weights are missing, altered or unreadable.
    """
    paths = {path.stem: path for path in _card_paths()}
    if name not in paths:
        raise UnknownName("model", name, sorted(paths))
    return read_card(paths[name])


def read_card(path: Path, weights: Path | None = None) -> Card:
    """Read one card and check its weights.

    Args:
        path: the card; its file name is the model's name.
        weights: its weights file, if not the one of the same name beside the card.

    Raises:
        WeightsUnavailable: the card cannot be read, or the weights are missing or do not match its digest.
    """
    card = parse_card(path, weights)
    if not _SHA256.fullmatch(card.sha256):
        raise _unreadable(path, Field(card.sha256, "sha256").wrong("64 hexadecimal digits"))
    if not card.path.is_file():
        raise WeightsUnavailable(
            f"The model {card.name} is left out: its weights file {card.path.name} is missing; "
            "restore it from the repository."
        )
    read_weights(card)
    return card


def read_weights(card: Card) -> bytes:
    """The weights file of a card.

    Raises:
        WeightsUnavailable: it does not match the card's digest.
    """
    data = card.path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise WeightsUnavailable(
            f"The model {card.name} is left out: its weights have sha256 {found[:12]}… but its card says "
            f"{card.sha256[:12]}…; restore the file from the repository."
        )
    return data


def parse_card(path: Path, weights: Path | None = None) -> Card:
    """Read one card without checking its weights; arguments as of ``read_card``.

    Raises:
        WeightsUnavailable: it cannot be read; the message names the value, what was expected and what came.
    """
    try:
        top = Field(_json(path.read_bytes()))
        top.require(_REQUIRED)
        if weights is None and top["name"].value != path.stem:
            raise ValueError(f"name must be that of its file, but it calls itself {top['name'].value!r:.60}")
        card = _typed(top, weights or path.with_suffix(f".{_format(top)}"))
        _check_details(card)
        top.check_storable()
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, error) from error
    return card


def _unreadable(path: Path, error: Exception) -> WeightsUnavailable:
    said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    why = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in said[:_LONGEST_REASON])
    return WeightsUnavailable(
        f"The model {path.stem} is left out: its card {path.name} cannot be read "
        f"({why}; correct it, or restore it from the repository)."
    )


def _json(data: bytes) -> Any:
    """The content of a JSON file in UTF-8 or UTF-16, with or without a byte order mark.

    Raises:
        ValueError: it is not JSON, or an object has one key twice.
    """
    try:
        return json.loads(data, object_pairs_hook=_object)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"it must be JSON in UTF-8: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, which would silently keep the last of two equal keys."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in names if names.count(key) > 1)!r} is there twice")
    return found


def _card_paths() -> Iterator[Path]:
    for folder in weights_folders():
        if folder.is_dir():
            yield from card_paths(folder)


def function_card(name: str, classes: Sequence[str], input_size: int) -> Card:
    """The card of a function of pictures, which is in no file: pictures in 0..1, nothing else known.

    Raises:
        ValueError: a name, a class or a size that no card may have.
    """
    return Card(
        name=Field(name, "name").line(),
        architecture="function",
        classes=_classes(Field(list(classes), "classes")),
        input_size=Field(input_size, "input_size").count(8, _LARGEST_INPUT),
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        margin=0.3,
        temperature=1.0,
        source="own",
        protocol="product",
        sha256="",
        recipe={},
        data={},
        metrics={},
        license="not stated",
        limits=(),
        path=Path(),
    )


_REQUIRED = [
    each.name
    for each in fields(Card)
    if each.name != "path" and each.default is MISSING and each.default_factory is MISSING
]


def _format(top: Field) -> str:
    return top.get("format", FORMATS[0]).text(FORMATS)


def _typed(top: Field, path: Path) -> Card:
    whole = _format(top) == "onnx"
    return Card(
        name=top["name"].line(),
        architecture=top["architecture"].line() if whole else top["architecture"].text(ARCHITECTURES),
        classes=_classes(top["classes"]),
        input_size=top["input_size"].count(8, _LARGEST_INPUT),
        mean=_per_channel(top["mean"], 0.0),
        std=_per_channel(top["std"], _LEAST_STD),
        margin=top["margin"].within(0, 2),
        temperature=top["temperature"].within(0.01, 100),
        source=top["source"].line(),
        protocol=top["protocol"].text(("seed", "product")),
        sha256=top["sha256"].text().strip().lower(),
        recipe=top["recipe"].mapping(),
        data=top["data"].mapping(),
        metrics=top["metrics"].mapping(),
        license=top["license"].line(),
        limits=top["limits"].texts(),
        path=path,
        history=tuple(row.mapping() for row in top.get("history", ()).entries()),
        errors=read_errors(top.get("errors", ())),
        incorrect=top.get("incorrect", "unknown").text(INCORRECT_GOES),
        verdicts=top.get("verdicts", {}).mapping(),
        format=_format(top),
        output=top.get("output", _OUTPUTS[0]).text(_OUTPUTS if whole else _OUTPUTS[:1]),
    )


_LARGEST_INPUT = 1024
"""Largest input side in pixels: a picture of it and its activations still fit into memory."""

_LEAST_STD = 0.001
"""Least standard deviation on values 0..1; 1/255 is in use, for networks that take values 0..255."""


def _classes(names: Field) -> tuple[str, ...]:
    found = tuple(each.line() for each in names.entries())
    if len(found) < 2:
        raise names.wrong("a list of two or more classes")
    meanings: dict[str, str] = {}
    for name in found:
        known = class_named(name)
        meaning = known.name if known else name.casefold().strip()
        if meaning in meanings:
            twice = f"{meanings[meaning]!r} and {name!r}"
            raise ValueError(f"{names.path} must be different classes, not {twice}, which are the same class")
        meanings[meaning] = name
    return found


def _per_channel(values: Field, least: float) -> tuple[float, ...]:
    if len(values.entries()) != 3:
        raise values.wrong("three numbers")
    return tuple(each.within(least, 1) for each in values.entries())


def _check_details(card: Card) -> None:
    """Parse what is parsed when it is first shown, so that it is rejected here and not on a page.

    Raises:
        ValueError: a part is not of its type, or names a class that the card does not have.
    """
    _ = card.training, card.epochs
    named = [(f"verdicts / {each.dataset}", each.label) for each in card.class_verdicts]
    for each in card.evaluations:
        answers = (label for row in each.confusion.values() for label in row)
        scored = set(each.metrics) - set(OVERALL)
        named += [(f"metrics / {each.dataset}", label) for label in (*each.confusion, *answers, *scored)]
    for path, label in named:
        if label not in card.classes:
            raise ValueError(f"{path} must name classes of {', '.join(card.classes)}, not {label!r}")
