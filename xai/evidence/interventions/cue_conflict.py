"""The edits behind a verdict: cue conflict between the lower face and everything else.

As shape and texture are put in conflict for object classifiers (Geirhos et al. 2019), the lower face of one
person is put in conflict with all the rest of another: the answer should *follow* the lower face and *stay*
when anything else changes. Every edit states which ways of wearing a mask are true of it. That follows from
what was exchanged or drawn, not from the name of the edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from xai.evidence.interventions.appearance import APPEARANCE
from xai.evidence.interventions.donors import Donor
from xai.evidence.interventions.face_edits import Edit, FaceEdits, Layer
from xai.evidence.interventions.families import FAMILIES

__all__ = ["PlannedEdit", "changes_class", "clear_of_masks", "most_edits", "plan"]

_PLACES = {
    "lower_face": "wide",
    "nose_and_mouth": "strict",
    "outside": "outside_wide",
    "upper_face": "upper_face",
    "background": "surroundings",
    "same_class": "wide",
    "whole_face": "everything",
    "other_photo": "everything",
}

_PAINTED: Mapping[str, Mapping[str, tuple[tuple[tuple[str, ...], ...], str]]] = {
    "covered": {
        "removed": ((("bare0", "bare1"),), "uncovered"),
        "drawn_down": ((("pulled0", "pulled1"),), "incorrect"),
        "mask_look": (
            (("look0", "look1", "look2", "look3"), ("look4", "look5", "look6", "look7")),
            "covered",
        ),
    },
    "incorrect": {
        "removed": ((("bare0", "bare1"),), "uncovered"),
        "completed": ((("masked0", "masked1"),), "covered"),
        "mask_look": (
            (
                ("lowlook0", "lowlook1", "lowlook2", "lowlook3"),
                ("lowlook4", "lowlook5", "lowlook6", "lowlook7"),
            ),
            "incorrect",
        ),
    },
    "uncovered": {
        "drawn_on": ((("masked0", "masked1"),), "covered"),
        "drawn_down": ((("lowered0", "lowered1"),), "incorrect"),
    },
}
"""What a face wears -> family -> per round, what is drawn over its lower face, and the resulting truth."""

_NEEDS_BARE = ("bare", "pulled")


@dataclass(frozen=True)
class PlannedEdit:
    """One edit of a family.

    Attributes:
        family: key of ``FAMILIES``.
        edit: the donor's name, or what is drawn or changed.
        layers: the edit.
        truth: ways of wearing of ``CLASSES`` that are true of the edited face.
    """

    family: str
    edit: str
    layers: Edit
    truth: tuple[str, ...]


def plan(edits: FaceEdits, own: Sequence[str], known: Sequence[str], turn: int = 0) -> list[PlannedEdit]:
    """The edits of one face.

    Args:
        edits: of the face, for which donors are feasible.
        own: ways of wearing that belong to the class under test; the first is what the face is taken to wear.
        known: ways of wearing that belong to any class of the model. An edit that is true of no class is left
            out.
        turn: 0 for the first round; the next one uses other donors and other changes, where there are any.
    """
    donors = list(enumerate(edits.donors))
    other = [(number, d) for number, d in donors if d.wearing in known and d.wearing not in own]
    same = [(number, d) for number, d in donors if d.wearing == own[0]]
    lower = [(n, d) for n, d in other if changes_class(own[0], d.wearing)]
    planned = []
    for name, place in _PLACES.items():
        family, content = FAMILIES[name], "photo" if name == "other_photo" else "donor"
        lent = same if family.asks == "sham" else lower if family.asks == "follow" else other
        where = clear_of_masks(place, own[0]) if family.asks == "stay" else place
        for number, donor in _picked(lent, family.donors, turn):
            truth = own if family.asks in ("stay", "sham") else (donor.wearing,)
            planned.append(PlannedEdit(name, donor.name, (Layer(where, f"{content}{number}"),), tuple(truth)))
    return [*planned, *_painted(edits, own, known, turn), *_appearance(own, turn)]


def changes_class(own: str, lent: str) -> bool:
    """Whether the lower face of somebody who wears a mask as ``lent`` changes the class of a face of another
    class that wears one as ``own``: a bare one does not remove a mask that hangs below it.
    """
    return own != "incorrect" or lent == "covered"


def clear_of_masks(place: str, own: str) -> str:
    """Where a donor of another class lends ``place`` without changing the class of a face that wears a mask
    as ``own``: round a bare lower face the edge or the straps of the donor's mask would.
    """
    return f"{place}_clear" if own == "uncovered" else place


def most_edits(own: str) -> int:
    """Most edits in the first round for a face that wears a mask as ``own`` says."""
    by_donors = sum(family.donors for family in FAMILIES.values())
    drawn = sum(len(rounds[0]) for rounds, _ in _PAINTED.get(own, {}).values())
    return by_donors + drawn + sum(len(rounds[0]) for rounds in APPEARANCE.values())


def _painted(edits: FaceEdits, own: Sequence[str], known: Sequence[str], turn: int) -> Iterator[PlannedEdit]:
    bare = edits.feasibility(reveal=True).holds
    for family, (rounds, wearing) in _PAINTED.get(own[0], {}).items():
        stays = FAMILIES[family].asks == "stay"
        if not stays and (wearing in own or wearing not in known):
            continue
        for content in rounds[turn] if turn < len(rounds) else ():
            if bare or not content.startswith(_NEEDS_BARE):
                truth = tuple(own) if stays else (wearing,)
                yield PlannedEdit(family, content, (Layer("wide", content),), truth)


def _appearance(own: Sequence[str], turn: int) -> Iterator[PlannedEdit]:
    for family, rounds in APPEARANCE.items():
        for change in rounds[turn] if turn < len(rounds) else ():
            yield PlannedEdit(family, change, (Layer("everything", f"{family}:{change}"),), tuple(own))


def _picked(donors: Sequence[tuple[int, Donor]], count: int, turn: int) -> list[tuple[int, Donor]]:
    """``count`` donors of one round: of each way of wearing and each person in turn, the best match first."""
    queues: dict[tuple[str, str], list[tuple[int, Donor]]] = {}
    people: dict[str, int] = {}
    for numbered in donors:
        donor = numbered[1]
        # With one face per person, as in a set, all people of one way of wearing form one queue.
        people.setdefault(donor.group, len(people))
        queues.setdefault((donor.wearing, donor.group if _repeats(donors) else ""), []).append(numbered)
    rounds = zip_longest(*(queues[key] for key in sorted(queues, key=lambda k: (people.get(k[1], 0), k[0]))))
    ordered = [numbered for each in rounds for numbered in each if numbered is not None]
    return ordered[turn * count : (turn + 1) * count]


def _repeats(donors: Sequence[tuple[int, Donor]]) -> bool:
    return len({donor.group for _, donor in donors}) * 2 < len(donors)
