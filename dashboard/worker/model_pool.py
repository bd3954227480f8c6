"""The classifiers that the model process holds in memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from dashboard.worker.jobs import ModelStatus
from xai.errors import WeightsUnavailable, XaiError
from xai.models.cards import find_card, read_cards

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
        self._problems: dict[str, str] = {}
        self.explained = False
        self._more = True

    def load_all(self) -> None:
        """Load every model that has a card, in the catalogue's order, then what the maps need."""
        import torch  # noqa: PLC0415 - takes seconds; the first jobs do not need it

        torch.set_num_threads(len(os.sched_getaffinity(0)))
        for card in read_cards().cards:
            with suppress(XaiError):  # kept among the problems, for the server
                self.get(card.name)
        import pytorch_grad_cam  # noqa: F401, PLC0415 - takes seconds, so that the first map need not wait

    def get(self, name: str) -> Classifier:
        """The classifier ``name``, waited for or loaded when it is not in memory yet.

        Raises:
            WeightsUnavailable: its weights are missing or altered.
            UnknownName: there is no such model.
        """
        if name not in self._loaded:
            try:
                with self._loading:
                    if name not in self._loaded:
                        self._loaded[name] = self._load(name)
            finally:
                self.say(loading=self._more)
        return self._loaded[name]

    def forget(self, name: str) -> None:
        """Drop the classifier ``name``: its files are gone, or others have taken their place."""
        with self._loading:
            self._loaded.pop(name, None)
        self.say(loading=self._more)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the models in memory, in the catalogue's order."""
        return tuple(self._loaded)

    def has(self, name: str) -> bool:
        """Whether ``name`` is in memory."""
        return name in self._loaded

    def say(self, *, loading: bool) -> None:
        """Announce the status; ``loading``: whether more models are to come."""
        self._more = loading
        self._announce(ModelStatus(self.names, loading, dict(self._problems)))

    def _load(self, name: str) -> Classifier:
        from xai.models.classifiers import load_card  # noqa: PLC0415 - loads torch

        card = find_card(name)
        try:
            return load_card(card)
        except WeightsUnavailable as problem:
            self._problems[card.digest] = str(problem)
            raise
