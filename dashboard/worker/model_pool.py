"""The classifiers that the model process holds in memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dashboard.worker.jobs import ModelStatus
from xai.errors import XaiError
from xai.models.cards import read_cards

if TYPE_CHECKING:
    from xai.models.classifiers import Classifier

__all__ = ["ModelPool"]


class ModelPool:
    """The classifiers of this process, loaded in the background and kept.

    Args:
        announce: called with the status each time it changes.

    Attributes:
        explained: whether a map was made in this process.
    """

    def __init__(self, announce: Callable[[ModelStatus], None]) -> None:
        self._announce = announce
        self._loading = threading.Lock()
        self._loaded: dict[str, Classifier] = {}
        self._problems: list[str] = []
        self.explained = False

    def load_all(self) -> None:
        """Load every model that has a card, in the catalogue's order, then what the maps need."""
        import torch  # noqa: PLC0415 - takes seconds; the first jobs do not need it

        torch.set_num_threads(len(os.sched_getaffinity(0)))
        catalogue = read_cards()
        self._problems += catalogue.problems
        for card in catalogue.cards:
            try:
                self.get(card.name)
            except XaiError as problem:
                self._problems.append(str(problem))
            finally:
                self.say(loading=True)
        import pytorch_grad_cam  # noqa: F401, PLC0415 - takes seconds, so that the first map need not wait

    def get(self, name: str) -> Classifier:
        """The classifier ``name``, waited for or loaded when it is not in memory yet.

        Raises:
            WeightsUnavailable: its weights are missing or altered.
            UnknownName: there is no such model.
        """
        if name not in self._loaded:
            with self._loading:
                if name not in self._loaded:
                    from xai.models.classifiers import load_classifier  # noqa: PLC0415 - loads torch

                    self._loaded[name] = load_classifier(name)
        return self._loaded[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the models in memory, in the catalogue's order."""
        return tuple(self._loaded)

    def has(self, name: str) -> bool:
        """Whether ``name`` is in memory."""
        return name in self._loaded

    def say(self, *, loading: bool) -> None:
        """Announce the status; ``loading``: whether more models are to come."""
        self._announce(ModelStatus(self.names, loading, tuple(self._problems)))
