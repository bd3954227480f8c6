"""Input and output of an attribution method, and its call protocols: for one class of one input, for several
classes of it, for a batch, or in steps with previews. Free of torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from xai.errors import MapRefused
from xai.types import ComputeInfo, Params, Progress

if TYPE_CHECKING:
    from torch import Tensor

    from xai.models.classifiers import Classifier
    from xai.models.inference.runtimes import Mode

__all__ = [
    "Attribution",
    "AttributionFn",
    "AttributionRequest",
    "BatchAttributionFn",
    "CompositeProgress",
    "PartialAttribution",
    "ProgressiveAttributionFn",
    "TargetsAttributionFn",
    "alone",
    "by_input",
    "run_by_input",
    "run_sequentially",
    "without_black_boxes",
]


@dataclass(frozen=True, eq=False)
class Attribution:
    """What a method returns.

    Attributes:
        values: float32 ``(h, w)``, raw and signed, at the method's own resolution over the whole crop.
        probability: float32 ``(h, w)`` for occlusion: the target's probability with the patch there.
        becomes: int8 ``(h, w)`` for occlusion: the answer with the patch there, as a class index.
        computed: runtime and precision, where they can differ; None: torch in float32.
    """

    values: NDArray[np.float32]
    probability: NDArray[np.float32] | None = None
    becomes: NDArray[np.int8] | None = None
    computed: ComputeInfo | None = None


@dataclass(frozen=True, eq=False)
class AttributionRequest:
    """One input that a method is to explain.

    Attributes:
        classifier: what is explained.
        values: float32 ``(3, n, n)`` in 0..1 on the classifier's device.
        target: index of the class.
        hidden: the occluding patch's pixels, shaped like ``values``, for the fills drawn on a face.
        against: index of a second class: why ``target`` and not this one; None: why ``target`` at all.
        regions: int64 ``(n, n)``, for each pixel the index of its region in ``REGIONS``; None where they are
            not known.
    """

    classifier: Classifier
    values: Tensor
    target: int
    hidden: Tensor | None = None
    against: int | None = None
    regions: Tensor | None = None

    def score(self, outputs: Tensor) -> Tensor:
        """What is explained, of each row of outputs ``(N, C)``: that of the class, less that of the second
        class where there is one, ``(N,)``.
        """
        of_class = outputs[:, self.target]
        return of_class if self.against is None else of_class - outputs[:, self.against]


AttributionFn = Callable[["AttributionRequest", "Params", "Progress"], "Attribution"]
"""A method for one input: called with the request, the parameters and the progress callback."""


TargetsAttributionFn = Callable[
    ["Sequence[AttributionRequest]", "Params", "Progress"], "Sequence[Attribution]"
]
"""A method whose passes serve every class: called with requests for one input that differ in their classes
alone, the parameters and the progress callback; returns their maps in order."""


class BatchAttributionFn(Protocol):
    """Call protocol of a method for several inputs, of one or several classifiers, that share batches."""

    def __call__(
        self, asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
    ) -> Sequence[Attribution | MapRefused]:
        """Explain them, in order. A method without a fast mode is exact in either."""
        ...


@dataclass(frozen=True, eq=False)
class PartialAttribution:
    """One input's map, a preview or final.

    Attributes:
        which: index of the input.
        attribution: the map.
        preview: whether most of it is interpolated. It can be wrong by half of the map's range: it is to be
            shown as a preview, and nothing is to be computed from it.
    """

    which: int
    attribution: Attribution
    preview: bool


ProgressiveAttributionFn = Callable[
    ["Sequence[AttributionRequest]", "Params", "Progress"], Iterator[PartialAttribution]
]
"""Called with the requests, the parameters and the progress callback: yields the previews in order, then the
final maps in order. These are what ``BatchAttributionFn`` returns in exact mode, at no extra cost."""


def alone(
    run_all: BatchAttributionFn,
    classifier: Classifier,
    values: Tensor,
    target: int,
    params: Params,
    progress: Progress,
) -> Attribution:
    """Call a batch method for one input ``(3, n, n)`` in 0..1 and a class index.

    Raises:
        MapRefused: the method refuses it.
    """
    made = run_all([AttributionRequest(classifier, values, target)], params, progress)[0]
    if isinstance(made, MapRefused):
        raise made
    return made


def run_sequentially(
    run: AttributionFn,
    asked: Sequence[AttributionRequest],
    params: Params,
    progress: Progress,
    mode: Mode = "exact",
) -> Sequence[Attribution | MapRefused]:
    """Call a single-input method for several inputs, one by one; a refusal is in the place of its map."""

    def run_one(only: Sequence[AttributionRequest], params: Params, progress: Progress) -> list[Attribution]:
        return [run(only[0], params, progress)]

    return _run_in_groups(run_one, asked, [[index] for index in range(len(asked))], params, progress)


def by_input(asked: Sequence[AttributionRequest]) -> list[list[int]]:
    """Indices of the requests for the same input of the same classifier: they differ in their classes alone.

    An input is the same where it is the same tensor; equal ones are not looked for.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, each in enumerate(asked):
        key = (id(each.classifier), id(each.values), id(each.hidden), id(each.regions))
        groups.setdefault(key, []).append(index)
    return list(groups.values())


def run_by_input(
    run: TargetsAttributionFn,
    asked: Sequence[AttributionRequest],
    params: Params,
    progress: Progress,
    mode: Mode = "exact",
) -> Sequence[Attribution | MapRefused]:
    """Call a method for several inputs, one by one, all classes of an input at once; a refusal is in the
    place of each of its maps.
    """
    return _run_in_groups(run, asked, by_input(asked), params, progress)


def _run_in_groups(
    run: TargetsAttributionFn,
    asked: Sequence[AttributionRequest],
    groups: Sequence[Sequence[int]],
    params: Params,
    progress: Progress,
) -> Sequence[Attribution | MapRefused]:
    made: dict[int, Attribution | MapRefused] = {}
    for before, indices in enumerate(groups):
        try:
            found = run([asked[i] for i in indices], params, _After(progress, before, len(groups)))
            made.update(zip(indices, found, strict=True))
        except MapRefused as refused:
            made.update(dict.fromkeys(indices, refused))
    return [made[i] for i in range(len(asked))]


def without_black_boxes(
    run_all: BatchAttributionFn,
    refusal: Callable[[str], MapRefused],
    asked: Sequence[AttributionRequest],
    params: Params,
    progress: Progress,
    mode: Mode = "exact",
) -> Sequence[Attribution | MapRefused]:
    """Call a batch method for the inputs whose model is no black box; ``refusal`` is called with the names of
    the other models.
    """
    fitting = [each for each in asked if not each.classifier.is_black_box]
    made = iter(run_all(fitting, params, progress, mode) if fitting else ())
    return [refusal(e.classifier.name) if e.classifier.is_black_box else next(made) for e in asked]


@dataclass(frozen=True)
class _After:
    """Progress of one input within all, in thousandths of an input."""

    progress: Progress
    before: int
    total: int

    def __call__(self, done: int, total: int) -> None:
        self.progress(1000 * self.before + 1000 * done // max(1, total), 1000 * self.total)


class CompositeProgress:
    """Adds the progress of one method to that of the methods before it.

    Args:
        progress: the callback; may raise to stop the work.
        total: forwards in all.
    """

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._before, self._total, self._share = progress, 0, total, 0

    def begin(self, forwards: int) -> None:
        """A method begins that takes ``forwards``, as counted for ``total``."""
        self._before, self._share = self._before + self._share, forwards

    def __call__(self, done: int, total: int) -> None:
        """The running method has done ``done`` of ``total``, in whatever it counts."""
        if self._progress:
            self._progress(self._before + self._share * done // max(1, total), self._total)
