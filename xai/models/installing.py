"""Adds a model to a folder of weights, tried before it is there for anybody, and removes one again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from xai.errors import WeightsUnavailable
from xai.models.cards import ADDED, FORMATS, Card, added_models, card_paths, read_card, weights_folders
from xai.models.classifiers import load_card

__all__ = ["add_model", "remove_model"]


def add_model(card: bytes, weights: bytes) -> Card:
    """Write a card and its weights into the last of ``weights_folders``, once they are known to answer.

    Both are read from a temporary folder first, as every model is; nothing is overwritten.

    Raises:
        WeightsUnavailable: the card or the weights cannot be used, a model of that name is there already, or
            the files cannot be written.
    """
    folder, name = weights_folders()[-1], _name_in(card)
    try:
        with TemporaryDirectory(dir=folder, prefix=".adding-") as place:
            parts = {_ending(card): weights, ADDED: b"", ".json": card}  # the card last: it makes a model
            for ending, data in parts.items():
                (Path(place) / f"{name}{ending}").write_bytes(data)
            load_card(read_card(Path(place) / f"{name}.json"))
            _check_free(name)
            _link(Path(place), folder, [f"{name}{ending}" for ending in parts])
    except OSError as error:
        raise WeightsUnavailable(
            f"The model {name} cannot be written into {folder}: {error.strerror or error}."
        ) from error
    return read_card(folder / f"{name}.json")


def remove_model(name: str) -> None:
    """Remove a model that was added here.

    Raises:
        WeightsUnavailable: it was not, or its files cannot be removed.
    """
    if name not in added_models():
        raise WeightsUnavailable(f"The model {name} was not added here, so it cannot be removed here.")
    folder = weights_folders()[-1]
    try:
        card = folder / f"{name}.json"
        weights = _ending(card.read_bytes()) if card.is_file() else f".{FORMATS[0]}"
        for ending in (".json", weights, ADDED):
            (folder / f"{name}{ending}").unlink(missing_ok=True)
    except OSError as error:
        raise WeightsUnavailable(f"The model {name} cannot be removed: {error.strerror}.") from error


def _name_in(card: bytes) -> str:
    """The name on a card, where it can be that of a file; else one under which the card is refused."""
    try:
        name = json.loads(card)["name"]
        plain = isinstance(name, str) and name == Path(name).name and not name.startswith(".")
        return name if plain and name.isprintable() and len(os.fsencode(name)) < 200 else "model"
    except (ValueError, KeyError, TypeError, RecursionError):
        return "model"


def _ending(card: bytes) -> str:
    """Ending of the weights file that a card describes; where it says none that is known, the usual one."""
    try:
        said = json.loads(card)["format"]
        return f".{FORMATS[FORMATS.index(said)]}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return f".{FORMATS[0]}"


def _check_free(name: str) -> None:
    taken = {path.stem.casefold() for folder in weights_folders() for path in card_paths(folder)}
    if name.casefold() in taken:
        raise WeightsUnavailable(
            f"There is a model {name} already; give the new one another name on its card."
        )


def _link(place: Path, folder: Path, names: list[str]) -> None:
    """Let the files appear under their names, or none of them; a link never replaces a file."""
    made: list[Path] = []
    try:
        for name in names:
            os.link(place / name, folder / name)
            made.append(folder / name)
    except OSError:
        for path in made:
            path.unlink()
        raise
