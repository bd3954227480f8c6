"""Claims about a model that are fixed before any photo is read: their file, their digest, their limits. Free
of torch: pages import it too.

A claims file is TOML, a table ``[[claim]]`` for each, with four keys::

    [[claim]]
    kind = "rests_on_nose_and_mouth"
    model = "all"
    threshold = 0.7
    least_n = 100
"""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from xai.errors import DataRejected

__all__ = ["ALL_MODELS", "DEFAULT_CLAIMS", "NOT_ESTABLISHED", "Claim", "digest", "parse_claims"]

ALL_MODELS = "all"
"""In place of a model's name: the claim is made about every model."""

NOT_ESTABLISHED: Mapping[str, str] = {
    "rests_on_nose_and_mouth": (
        "It does not establish that the answers are right, nor anything about the faces that could not be "
        "judged: a model can look at nose and mouth and still misread them."
    ),
    "rests_on_lower_face": (
        "It does not establish that nose and mouth alone carry the answer, and it cannot rule out a cue "
        "inside the lower face, such as a beard or a logo, or one that none of the edits changes."
    ),
    "same_for_small_faces": (
        "It does not establish that the model is right on small faces, nor that it looks at nose and mouth "
        "at any size: it may fail equally often on both, and faces below 48 pixels were not compared."
    ),
    "not_on_mask_colour": (
        "It does not establish that pattern, shape or material of the mask are ignored, nor that every "
        "colour is: only the colours that were tried were tried."
    ),
    "accuracy_per_class": (
        "It does not establish why the answers are right, nor how accurate the model is on photos unlike "
        "these, on faces without a label, or on a class that no label names."
    ),
}
"""Kind of claim -> what it does not establish, where it holds. The kind is the key of a translation."""


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        kind: one of the keys of ``NOT_ESTABLISHED``:
            ``rests_on_nose_and_mouth``, the share of judged faces whose verdict is *supported* is at least
            the threshold;
            ``rests_on_lower_face``, for each predicted class the share of edits of the lower face that are
            followed is at least the threshold, and the answer stays under each named family of other edits;
            ``same_for_small_faces``, the share of *supported* on faces of 48 to 80 pixels differs from that
            on larger faces by at most the threshold;
            ``not_on_mask_colour``, the answer stays under each family of colour edits, for a share of them
            that is at least the threshold;
            ``accuracy_per_class``, the share of right answers is at least the threshold for each true class.
        model: its name, or ``ALL_MODELS``.
        threshold: over 0 and under 1. A share of 0 or 1 can be refuted and never shown.
        least_n: fewest judged faces, at least 1, of each share that the claim is made of.

    Raises:
        ValueError: a value out of its range, in a sentence.
    """

    kind: str
    model: str
    threshold: float
    least_n: int

    def __post_init__(self) -> None:
        if self.kind not in NOT_ESTABLISHED:
            raise ValueError(f"kind should be one of {', '.join(NOT_ESTABLISHED)}; it is {self.kind!r}.")
        if not isinstance(self.model, str) or not self.model:
            raise ValueError(f"model should be a name or {ALL_MODELS!r}; it is {self.model!r}.")
        number = isinstance(self.threshold, float) and math.isfinite(self.threshold)
        if not number or not 0 < self.threshold < 1:
            raise ValueError(f"threshold should be a number over 0 and under 1; it is {self.threshold!r}.")
        if not isinstance(self.least_n, int) or isinstance(self.least_n, bool) or self.least_n < 1:
            raise ValueError(f"least_n should be a whole number of at least 1; it is {self.least_n!r}.")


DEFAULT_CLAIMS = (
    Claim("rests_on_nose_and_mouth", ALL_MODELS, 0.7, 100),
    Claim("rests_on_lower_face", ALL_MODELS, 0.7, 50),
    Claim("same_for_small_faces", ALL_MODELS, 0.1, 100),
    Claim("not_on_mask_colour", ALL_MODELS, 0.75, 50),
    Claim("accuracy_per_class", ALL_MODELS, 0.95, 50),
)
"""Claims of an audit that names none; of the shares of edits, with the limits of the verdict over a set."""


def parse_claims(text: str, name: str) -> tuple[Claim, ...]:
    """The claims of a file, in its order.

    Args:
        text: of the file, TOML.
        name: of the file, for the sentence that refuses it.

    Raises:
        DataRejected: not TOML (the line is named), or a claim that is wrong (its number is named).

    >>> parse_claims('''[[claim]]
    ... kind = "accuracy_per_class"
    ... model = "all"
    ... threshold = 0.95
    ... least_n = 50''', "claims.toml")
    (Claim(kind='accuracy_per_class', model='all', threshold=0.95, least_n=50),)
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise DataRejected(f"{name} should be a TOML file of claims; {wrong}.") from wrong
    tables = content.get("claim")
    if list(content) != ["claim"] or not isinstance(tables, list) or not tables:
        keys = ", ".join(map(repr, content)) or "nothing"
        raise DataRejected(f"{name} should hold tables [[claim]] and nothing else; its keys are {keys}.")
    claims: list[Claim] = []
    for number, table in enumerate(tables, 1):
        try:
            claims.append(_claim(table))
        except ValueError as wrong:
            raise DataRejected(f"{name}, claim {number}: {wrong}") from wrong
        if claims[-1] in claims[:-1]:
            first = claims.index(claims[-1]) + 1
            raise DataRejected(f"{name}, claim {number}: each claim should be made once; it repeats {first}.")
    return tuple(claims)


def digest(claims: tuple[Claim, ...]) -> str:
    """SHA-256 of the claims, 64 hexadecimal digits: a report that names it shows which claims were fixed.

    It is that of JSON in UTF-8 with sorted keys and no spaces: the list of the claims, in order, each an
    object of its four fields.
    """
    canonical = json.dumps([asdict(claim) for claim in claims], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _claim(table: Any) -> Claim:
    """One table of the file.

    Raises:
        ValueError: a key too few or too many, or a value out of its range.
    """
    keys = [each.name for each in fields(Claim)]
    if not isinstance(table, dict) or set(table) != set(keys):
        came = ", ".join(sorted(table)) if isinstance(table, dict) else repr(table)
        raise ValueError(f"its keys should be {', '.join(keys)}; they are {came or 'none'}.")
    return Claim(**table)
