"""Recomputes maps for another network or another picture, at their own resolution, as cheaply as possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from xai.attribution.methods import Method, find_method
from xai.attribution.occlusion.patch import FACE_FILLS, Patch
from xai.evidence.map_similarity import Map
from xai.models.classifiers import Classifier
from xai.types import Heatmap, Params

__all__ = ["REMADE_PATCH", "MapRecomputer", "Tally", "own_grid", "remaking"]

REMADE_PATCH = 1 / 4
"""Size and stride of a recomputed occlusion map: 16 positions instead of 196. It is compared with an original
computed the same way, never with the fine map."""

_ROUNDING = 6
"""Decimals of a probability that are kept: smaller differences come from the summation order in a batch."""


class Tally:
    """Counts forwards and reports progress; the callback may raise to stop the work.

    Args:
        progress: called with (forwards done, forwards in all), or None.
        total: forwards in all.
    """

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self._progress, self._total, self.done = progress, total, 0

    def add(self, forwards: int) -> None:
        """Add ``forwards`` to the count."""
        self.done += forwards
        if self._progress:
            self._progress(self.done, self._total)

    def within(self, done: int, total: int) -> None:
        """Progress inside a method that counts for itself; allows cancelling, counts nothing."""
        self.add(0)


@dataclass(frozen=True, eq=False)
class MapRecomputer:
    """How one method's map is recomputed.

    Attributes:
        method: the method.
        params: its settings; an occlusion patch is ``REMADE_PATCH``.
        target: index of the class that is explained.
    """

    method: Method
    params: Params
    target: int

    @property
    def patch(self) -> Patch | None:
        """The patch, for a method that has one."""
        if "patch" not in self.params:
            return None
        return Patch(float(self.params["patch"]), float(self.params["stride"]), str(self.params["fill"]))

    def forwards(self, side: int) -> int:
        """Forwards of one map for an input of ``side`` pixels; a pass with its gradient counts as one."""
        return self.method.forwards(self.params, side) + (self.patch is not None)

    def map(self, classifier: Classifier, values: Tensor, tally: Tally) -> Map:
        """The map of ``values`` ``(3, n, n)`` in 0..1, float64 ``(h, w)``: one value per patch position, or
        per position of the layer that the method explains.
        """
        made = self.method.run()(classifier, values, self.target, self.params, tally.within)
        found = np.asarray(made.values, np.float64)
        side = values.shape[-1]
        tally.add(self.forwards(side))
        if self.patch is None:
            return found
        middles = [(start + stop) // 2 for start, stop in self.patch.windows(side)]
        return np.asarray(found[np.ix_(middles, middles)].round(_ROUNDING))


def remaking(name: str, given: Mapping[str, float | int | str], target: int) -> MapRecomputer:
    """How the map ``name``, made with the parameters ``given``, is recomputed for class ``target``.

    A fill that is drawn for one face is replaced by grey: it is not redrawn for noisy and shifted copies.

    Raises:
        UnknownName: there is no such method or parameter.
    """
    method = find_method(name)
    params = method.complete(given)
    if "patch" in params:
        fill = "grey" if params["fill"] in FACE_FILLS else params["fill"]
        params |= {"patch": REMADE_PATCH, "stride": REMADE_PATCH, "fill": fill}
    return MapRecomputer(method, params, target)


def own_grid(heatmap: Heatmap, again: Map, side: int) -> int:
    """Cells along one side of a map: as many as patches fit, or as the explained layer has positions.

    Args:
        heatmap: the map.
        again: the same map at its own resolution.
        side: of the input, pixels; there are never more cells.
    """
    if "patch" not in heatmap.params:
        return len(again)
    cells = max(2, round(1 / float(heatmap.params["patch"])))
    return min(side, cells)
