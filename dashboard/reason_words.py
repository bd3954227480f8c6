"""What is wrong with a mask, in a sentence."""

from __future__ import annotations

from dashboard.i18n import say
from xai.types import SaidReason

__all__ = ["mask_reason"]


def mask_reason(reason: SaidReason) -> str:
    """What a model says is wrong with a mask worn incorrectly, or that it cannot say."""
    if reason.said is None:
        return say("mask_reason_unsaid.cannot_say", threshold=reason.threshold)
    return say(f"mask_reason.{reason.said.replace(' ', '_')}", probability=reason.probability)
