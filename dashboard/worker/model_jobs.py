"""The jobs that add a model to the server's folder and remove it again. Cheap to import: no torch."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["AddModel", "ModelJob", "RemoveModel", "TryModels"]


@dataclass(frozen=True)
class AddModel:
    """Check a model, try it, and write it into the folder; the result is its name.

    Attributes:
        card: bytes of the card.
        weights: bytes of the weights file.
    """

    card: bytes = field(repr=False)
    weights: bytes = field(repr=False)


@dataclass(frozen=True)
class RemoveModel:
    """Remove a model that was added; the result is its name."""

    name: str


@dataclass(frozen=True)
class TryModels:
    """Load the models with these names, which appeared in a folder; no result but the process's status."""

    names: tuple[str, ...]


ModelJob = AddModel | RemoveModel | TryModels
