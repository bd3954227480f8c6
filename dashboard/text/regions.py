"""What places are called: where a model looks, and regions of the face. One way for each."""

from __future__ import annotations

from dashboard.i18n import say
from xai.classes import class_named

__all__ = ["area_name", "peak_name", "region_name", "region_title"]

_OF_TWO = {"with_mask": "mask", "without_mask": "lower_face"}
"""Class of a model that knows two -> what such a model can be said to look at."""


def area_name(target: str) -> str:
    """What an answer should go by, in the middle of a sentence.

    A model that knows only whether there is a mask need not tell a bare nose, so it is never said to look at
    nose and mouth.

    Args:
        target: the class, in any spelling.

    >>> area_name("incorrect"), area_name("With-Mask")
    ('nose and mouth', 'the mask')
    """
    known = class_named(target)
    return say(f"area.{_OF_TWO.get(known.name if known else target, 'nose_and_mouth')}")


def region_name(region: str) -> str:
    """One of ``REGIONS`` or a sum of them, standing alone, as beside a bar."""
    return say(f"region.{region}")


def region_title(region: str) -> str:
    """A region in words that stand by themselves."""
    return say("place.elsewhere") if region == "elsewhere" else say(f"region.{region}")


def peak_name(region: str) -> str:
    """One of ``REGIONS``, or ``nose_and_mouth``, in a sentence; nose and mouth are always named together."""
    return say(f"place.{'nose_and_mouth' if region in ('nose', 'mouth') else region}")
