"""How a method is called for several inputs: one by one, all together, or in steps that can be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from xai.attribution.methods import Asked, Attribution, Params, Progress
    from xai.models.classifiers import Classifier
    from xai.models.inference.runtimes import Mode

__all__ = ["Run", "RunAll", "RunInSteps", "Step", "one_by_one"]


class Run(Protocol):
    """How a method is called: the classifier, an input ``(3, n, n)`` in 0..1, the class's index, the
    parameters, and whom to tell of progress.
    """

    def __call__(
        self, classifier: Classifier, values: Tensor, target: int, params: Params, progress: Progress
    ) -> Attribution:
        """Explain one input."""
        ...


class RunAll(Protocol):
    """How a method is called for several inputs, of one or several classifiers, that share batches."""

    def __call__(
        self, asked: Sequence[Asked], params: Params, progress: Progress, mode: Mode = "exact"
    ) -> Sequence[Attribution]:
        """Explain them, in order. A method without a fast mode is exact in either."""
        ...


@dataclass(frozen=True, eq=False)
class Step:
    """One input's map, on its way or done.

    Attributes:
        which: index of the input.
        attribution: the map.
        preview: whether most of it is interpolated. It can be wrong by half of the map's range: it is to be
            shown as a preview, and nothing is to be computed from it.
    """

    which: int
    attribution: Attribution
    preview: bool


RunInSteps = Callable[["Sequence[Asked]", "Params", "Progress"], Iterator[Step]]
"""Called with what is asked, the parameters and whom to tell of progress: the previews in order, then the
maps themselves in order. What ``RunAll`` returns in exact mode, at no more cost."""


def one_by_one(
    run: Run, asked: Sequence[Asked], params: Params, progress: Progress, mode: Mode = "exact"
) -> Sequence[Attribution]:
    """A method that explains one input at a time, called for several."""
    made: list[Attribution] = []
    for each in asked:
        told = _After(progress, len(made), len(asked))
        made.append(run(each.classifier, each.values, each.target, params, told))
    return made


@dataclass(frozen=True)
class _After:
    """Progress of one input as that of all: it counts as one pass, whatever the method makes of it."""

    progress: Progress
    before: int
    total: int

    def __call__(self, done: int, total: int) -> None:
        self.progress(self.before + done // max(1, total), self.total)
