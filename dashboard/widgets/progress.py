"""The bar that shows how far the measuring has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streamlit.delta_generator import DeltaGenerator

from dashboard.i18n import say
from dashboard.text.model_names import display_name
from dashboard.worker.jobs import Stage

__all__ = ["Progress", "hold", "stage_text"]


class Progress:
    """One bar for several jobs after each other; nothing is drawn when all results are at hand.

    Args:
        place: where the bar is drawn; it fills the place alone.
        held: places that keep their height, in pixels, while it is waited for, and lose what they showed.
    """

    def __init__(self, place: DeltaGenerator, held: Mapping[DeltaGenerator, int] | None = None) -> None:
        self._place = place
        self._held = dict(held or {})

    def of(self, model: str = "") -> Callable[[Stage], None]:
        """A function that draws a stage of a job done with ``model``: the name on its card, or a title."""

        def draw(stage: Stage) -> None:
            self._hold()
            part = stage.done / stage.total if stage.total else 0.0
            self._place.progress(part, stage_text(stage, display_name(model)))

        return draw

    def release(self, place: DeltaGenerator) -> None:
        """Hold ``place`` no more, it is about to be filled, and all others from now on."""
        self._held.pop(place, None)
        self._hold()

    def move(self, place: DeltaGenerator) -> None:
        """Draw the bar in ``place`` from now on, which it fills alone."""
        self._place.empty()
        self._place = place

    def _hold(self) -> None:
        while self._held:
            hold(*self._held.popitem())


def hold(place: DeltaGenerator, height: int) -> None:
    """Keep ``height`` pixels for what comes, so that nothing jumps.

    A still box, not Streamlit's shimmering skeleton: painting the shimmer takes most of a core where there is
    no graphics card, and on a laptop that core is wanted by the models.
    """
    place.container(height=height, border=True)


def stage_text(stage: Stage, model: str = "") -> str:
    """A stage in words."""
    name = f"{stage.name}_count" if stage.total else stage.name
    return say(f"stage.{name}", done=stage.done, total=stage.total, model=model)
