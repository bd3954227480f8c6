"""Component: opens each step of a lesson at its top, and lets a presenter's remote turn the steps.

Its frontend is the three files beside this one. It shows nothing, makes no network requests and returns
nothing: a key clicks the page's own button.
"""

from __future__ import annotations

from dashboard.components import component

__all__ = ["follow"]

_mount = component("step_keys")


def follow(step: str, *, keys: bool) -> None:
    """Mount it on the page of a step.

    Args:
        step: name of the step; when it changes, the page is scrolled to its top.
        keys: whether arrow and page keys press the buttons with the keys ``back`` and ``next``.
    """
    _mount(key="step keys", data={"step": step, "keys": keys})
