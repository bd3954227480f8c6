"""What places are called: areas under test, places outside them, regions of the face. One way for each."""

from __future__ import annotations

from dashboard.i18n import say

__all__ = ["area_name", "peak_name", "place_name", "region_name", "region_title"]


def area_name(area: str) -> str:
    """An area under test, one of ``AREAS``, in the middle of a sentence.

    >>> area_name("strict")
    'the nose and mouth'
    """
    return say(f"area.{area}")


def place_name(place: str) -> str:
    """A place outside an area under test, as ``AreaEvidence.strongest`` names it, in a sentence."""
    return say(f"where.{place}")


def region_name(region: str) -> str:
    """One of ``REGIONS`` or a sum of them, standing alone, as beside a bar."""
    return say(f"region.{region}")


def region_title(region: str) -> str:
    """A region in words that stand by themselves."""
    return say("place.elsewhere") if region == "elsewhere" else say(f"region.{region}")


def peak_name(region: str) -> str:
    """One of ``REGIONS``, or ``nose_and_mouth``, in a sentence; nose and mouth are always named together."""
    return say(f"place.{'nose_and_mouth' if region in ('nose', 'mouth') else region}")
