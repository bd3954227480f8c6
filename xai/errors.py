"""Exception types that a caller can react to.

The tree::

    XaiError                 anything refused; str(error) is one sentence for the user
    ├── ImageRejected        a picture that is not accepted
    ├── WeightsUnavailable   missing, altered or unreadable weights or card
    ├── UnknownName          a model, method, class or fill that does not exist; those that do are listed
    ├── ThirdPartyMissing    a pinned model file of another package is not installed
    ├── DataRejected         a training or test set that cannot be read
    ├── MemoryRanOut         not enough memory for one picture
    ├── MapRefused           a map that would not be true, or cannot be made of this face or network
    └── Cancelled            the work was cancelled

Every message says what was expected, what came, and what to do. A wrong *type* of argument raises
``TypeError`` and a wrong *value* ``ValueError``: those are programming errors, not the user's.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "Cancelled",
    "DataRejected",
    "ImageRejected",
    "MapRefused",
    "MemoryRanOut",
    "ThirdPartyMissing",
    "UnknownName",
    "WeightsUnavailable",
    "XaiError",
]


class XaiError(Exception):
    """Anything this library refuses to do; ``str(error)`` is one sentence that can be shown to the user."""


class ImageRejected(XaiError):
    """A picture that is not accepted: wrong format, too large, damaged."""


class WeightsUnavailable(XaiError):
    """A classifier whose card or weights are missing, altered or unreadable."""


class ThirdPartyMissing(XaiError):
    """A pinned model file of another package is not installed, or is not the pinned one."""


class DataRejected(XaiError):
    """A training or test set that cannot be read."""


class MemoryRanOut(XaiError):
    """There is not enough memory to process one picture."""


class MapRefused(XaiError):
    """A map that would not be true by its method's own terms, or cannot be made of this face or network."""


class Cancelled(XaiError):
    """The work was cancelled."""


class UnknownName(XaiError):
    """A name that is not in a closed list. The message names the list.

    >>> str(UnknownName("class", "hat", ["covered", "uncovered"]))
    "There is no class 'hat'; choose one of: covered, uncovered."
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no {kind} {name!r}; choose one of: {', '.join(known)}.")
