"""The progress bar, with a button that stops the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count

from streamlit.delta_generator import DeltaGenerator

from dashboard import session
from dashboard.i18n import t
from dashboard.text.model_names import display_name
from dashboard.worker.jobs import JobProgress

__all__ = ["Progress", "reserve_height", "stage_text"]


_DRAWN = count()
"""Counter for keys: a bar can be drawn anew within a run, and Streamlit accepts a key only once."""


class Progress:
    """One bar for several consecutive jobs; nothing is drawn when all results are cached.

    Args:
        place: placeholder of the bar; the bar alone fills it.
        held: placeholders that are cleared but keep their height, in pixels, while jobs run.
        height: of ``place`` in pixels where a result will fill it, to avoid a layout shift.
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
        """A function that draws a stage of a job with ``model``: the name on its card, or a title."""

        def draw(stage: JobProgress) -> None:
            self.hold()
            if self._bar is None:
                self.move(reserve_height(self._place, self._height) if self._height else self._place)
            part = stage.done / stage.total if stage.total else 0.0
            assert self._bar is not None
            self._bar.progress(part, stage_text(stage, display_name(model)))

        return draw

    def hold(self) -> None:
        """Reserve the height of the ``held`` placeholders, once, and say what they wait for."""
        while self._held:
            reserve_height(*self._held.popitem()).caption(t("preview.not_yet"))

    def move(self, place: DeltaGenerator) -> None:
        """Draw the bar in ``place`` from now on; the old placeholder is the caller's again."""
        row = place.container(
            horizontal=True, vertical_alignment="center", gap="small", key=f"progress-{next(_DRAWN)}"
        )
        self._bar = row.empty()
        row.button(t("stage.stop"), key=f"stop {next(_DRAWN)}", on_click=session.stop, icon=":material/stop:")


def reserve_height(place: DeltaGenerator, height: int) -> DeltaGenerator:
    """Reserve ``height`` pixels against layout shift; returns the box that reserves them.

    A static box, not Streamlit's animated skeleton: rendering the animation takes most of a core without a
    GPU, and on a laptop the models need that core.
    """
    return place.container(height=height, border=True)


def stage_text(stage: JobProgress, model: str = "") -> str:
    """Text for a stage."""
    name = f"{stage.name}_count" if stage.total else stage.name
    return t(f"stage.{name}", done=stage.done, total=stage.total, model=model)
