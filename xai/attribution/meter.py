"""The progress of several methods as that of one piece of work."""

from __future__ import annotations

from xai.attribution.methods import Progress

__all__ = ["Meter"]


class Meter:
    """Adds the progress of one method to what the methods before it have done.

    Args:
        progress: whom to tell; may raise to stop the work.
        total: forwards in all.
    """

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._before, self._total = progress, 0, total

    def __call__(self, done: int, total: int) -> None:
        """The running method has done so many of its forwards."""
        if self._progress:
            self._progress(self._before + done, self._total)

    def close(self, forwards: int) -> None:
        """The running method has ended after ``forwards``."""
        self._before += forwards
