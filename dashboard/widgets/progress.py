"""The bar that shows how far the measuring has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streamlit.delta_generator import DeltaGenerator

from dashboard.i18n import t
from dashboard.text.model_names import display_name
from dashboard.worker.jobs import JobProgress

__all__ = ["Progress", "reserve_height", "stage_text"]


class Progress:
    """One bar for several jobs after each other; nothing is drawn when all results are at hand.

    Args:
        place: where the bar is drawn; it fills the place alone.
        held: places that keep their height, in pixels, while it is waited for, and lose what they showed.
        height: of ``place`` in pixels where a result will fill it; a bar above it would push it down and up.
    """

    def __init__(
        self,
        place: DeltaGenerator,
        held: Mapping[DeltaGenerator, int] | None = None,
        height: int | None = None,
    ) -> None:
        self._place, self._height = place, height
        self._held = dict(held or {})
        self._bar: DeltaGenerator | None = None

    def of(self, model: str = "") -> Callable[[JobProgress], None]:
        """A function that draws a stage of a job done with ``model``: the name on its card, or a title."""

        def draw(stage: JobProgress) -> None:
            self.hold()
            if self._bar is None:
                self._bar = reserve_height(self._place, self._height).empty() if self._height else self._place
            part = stage.done / stage.total if stage.total else 0.0
            self._bar.progress(part, stage_text(stage, display_name(model)))

        return draw

    def hold(self) -> None:
        """Hold the places that are to be held, once."""
        while self._held:
            reserve_height(*self._held.popitem())

    def move(self, place: DeltaGenerator) -> None:
        """Draw the bar in ``place`` from now on, which it fills alone; the old place is the caller's."""
        self._bar = place


def reserve_height(place: DeltaGenerator, height: int) -> DeltaGenerator:
    """Keep ``height`` pixels for what comes, so that nothing jumps; returns the box that keeps them.

    A still box, not Streamlit's shimmering skeleton: painting the shimmer takes most of a core where there is
    no graphics card, and on a laptop that core is wanted by the models.
    """
    return place.container(height=height, border=True)


def stage_text(stage: JobProgress, model: str = "") -> str:
    """A stage in words."""
    name = f"{stage.name}_count" if stage.total else stage.name
    return t(f"stage.{name}", done=stage.done, total=stage.total, model=model)
