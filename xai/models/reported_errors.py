"""The kinds of faces a classifier gets wrong, from manual review, as on its card."""

from __future__ import annotations

from dataclasses import dataclass, fields

from xai.models.card_fields import Field

__all__ = ["ERROR_KINDS", "KnownError", "read_errors"]

ERROR_KINDS = {
    "low_mask": "a mask worn low, or that slid down: nose or chin just covered or just bare",
    "profile": "a head in profile or turned far",
    "hand_or_cloth": "a hand, a phone, a cup or cloth before the face that is no mask",
    "beard": "a beard, or a mask over one",
    "scarf": "a scarf, a veil or a collar before the mouth",
    "pattern": "a mask with a print, or of the colour of skin",
    "small_or_blurred": "too small or too blurred for a person to be sure",
    "label_doubtful": "the label looks wrong, not the answer",
    "other": "none of these",
}
"""The kinds by name, with descriptions."""


@dataclass(frozen=True)
class KnownError:
    """One kind of wrong answer.

    Attributes:
        kind: key of ``ERROR_KINDS``.
        count: wrong answers of this kind, 1 or more.
        of: how many wrong answers were reviewed, or None where not counted.
        note: a remark, one sentence; may be "".
        on: the set and setting, as ``metrics`` names them; "" where not known.
    """

    kind: str
    count: int
    of: int | None = None
    note: str = ""
    on: str = ""


def read_errors(raw: Field) -> tuple[KnownError, ...]:
    """The errors of a card, the most frequent first.

    Args:
        raw: the card's key ``errors``: ``[{"kind", "count", "of", "note", "on"}]``; the last three may be
            missing.

    Raises:
        ValueError: it has another format; a kind of one set occurs twice.
    """
    errors = tuple(map(_error, raw.entries()))
    if len({(one.on, one.kind) for one in errors}) < len(errors):
        raise ValueError(f"{raw.path} must name each kind once for a set, not twice")
    return tuple(sorted(errors, key=lambda one: (one.on, -one.count)))


def _error(raw: Field) -> KnownError:
    if unknown := set(raw.mapping()) - {each.name for each in fields(KnownError)}:
        raise raw.wrong(f"an object without the key {min(unknown)}")
    count = raw["count"].count(1)
    return KnownError(
        kind=raw["kind"].text(ERROR_KINDS),
        count=count,
        of=raw.get("of").known(lambda of: of.count(count)),
        note=raw.get("note", "").text(),
        on=raw.get("on", "").text(),
    )
