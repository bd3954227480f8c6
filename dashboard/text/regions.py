"""Names of places: where a model looks, and regions of the face. One name for each."""

from __future__ import annotations

from dashboard.i18n import t
from xai.classes import class_info

__all__ = ["area_name", "peak_name", "region_name", "region_title"]


def area_name(target: str) -> str:
    """What an answer should depend on, within a sentence: ``looks_at`` of its class.

    Args:
        target: the class, in any spelling.

    >>> area_name("incorrect"), area_name("With-Mask")
    ('nose and mouth', 'the mask')
    """
    return t(f"area.{class_info(target).looks_at}")


def region_name(region: str) -> str:
    """One of ``REGIONS`` or a sum of them, as a label, such as beside a bar."""
    return t(f"region.{region}")


def region_title(region: str) -> str:
    """A region as a title."""
    return t("place.elsewhere") if region == "elsewhere" else t(f"region.{region}")


def peak_name(region: str) -> str:
    """One of ``REGIONS``, or ``nose_and_mouth``, within a sentence; nose and mouth always come together."""
    return t(f"place.{'nose_and_mouth' if region in ('nose', 'mouth') else region}")
