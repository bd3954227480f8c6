"""The edits by which the effects of regions are measured, by name.

An edit's name states its purpose: ``(purpose, place, content, ...)``. Purposes:

- ``face``: the original face.
- ``turn``: counterfactual edit; the place gets what another class has there (bare skin, a drawn mask).
- ``sham``: control edit; the place gets what its own class has there.
- ``blank``: ablation; the place gets a neutral fill.
- ``every``: full edit; the wide area is flipped, and everything outside is blank: a face of another class.
- ``keep``: rescue; the same, then the area is restored from the face.
- ``control``: a control area is blank, as strongly as the area was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xai.classes import class_info
from xai.evidence.interventions.areas import CONTROLS, LOWER_PARTS, OUTSIDE, control_places
from xai.evidence.interventions.face_edits import FACE, Edit, FaceEdits, Layer
from xai.evidence.interventions.fills import NEUTRAL
from xai.evidence_types import AREAS

__all__ = [
    "DIRECTIONS",
    "Name",
    "control_edits",
    "deciding_area",
    "families",
    "plan",
    "shifted_plan",
]

Name = tuple[str, ...]

_DRAWN = {"covered": "masked", "uncovered": "bare"}
"""Way of wearing -> the kind of content that shows it."""

_SEEDS: Mapping[str, Sequence[int]] = {"bare": range(4), "masked": range(3)}
_SHAMS: Mapping[str, Sequence[str]] = {
    "covered": ("alike0",),
    "incorrect": (),
    "uncovered": ("bare0", "bare1"),
}
"""Way of wearing -> sham content, as another face of the class could have."""

_PLAIN_SHAMS = ("moved0", "moved1")
_PARTS = ("nose", "mouth")
_FEW = 2  # donors and blanks of the edits repeated many times
_BLANKS = ("grey", "mean", "hue")  # a blur would preserve the colours of a mark
_FEW_BLANKS = ("mean", "hue")

DIRECTIONS = 8
"""Number of landmark shifts."""


def deciding_area(target: str) -> str:
    """The deciding area of the class: nose and mouth, or the whole lower face."""
    return class_info(target).deciding_area


def families(target: str) -> tuple[str, ...]:
    """Kinds of content that flip ``target`` to another class. Where there are two, as for ``incorrect``,
    which is between two classes, the one that moves the answer more is used.
    """
    return tuple(_DRAWN[wearing] for wearing in class_info(target).opposites)


def plan(target: str) -> dict[Name, Edit]:
    """All edits but controls and shifts."""
    edits: dict[Name, Edit] = {("face",): ()}
    edits.update(_turned((*AREAS, *_PARTS, *LOWER_PARTS), target))
    own = [content for wearing in class_info(target).wearings for content in _SHAMS[wearing]]
    for area in AREAS:
        for content in (*_PLAIN_SHAMS, *own):
            edits["sham", area, content] = (Layer(area, content),)
    for place in dict.fromkeys((*OUTSIDE["strict"], *OUTSIDE["wide"])):
        edits.update({("blank", place, c): (Layer(place, c),) for c in NEUTRAL})
    edits.update(_carried(AREAS, target, None, _BLANKS))
    return edits


def shifted_plan(target: str, area: str, direction: int) -> dict[Name, Edit]:
    """A small selection of the plan for one area, all places shifted in one of ``DIRECTIONS``.

    The names are those of the plan.
    """
    outside = [OUTSIDE[area][-1]]
    turned = [area] if area == "wide" else [area, LOWER_PARTS[-1]]
    edits = _turned(turned, target, _FEW)
    edits.update({("blank", place, c): (Layer(place, c),) for place in outside for c in NEUTRAL})
    edits.update(_carried((area,), target, _FEW, _FEW_BLANKS))
    return {name: _moved(edit, direction) for name, edit in edits.items()}


def control_edits(edits: FaceEdits, area: str, reference: Sequence[Layer]) -> dict[Name, Edit]:
    """Blank control squares, each changed as much as the reference layers change the face on average.

    Where a square cannot be changed that much, it is fully blank.
    """
    amount = sum(edits.change(layer) for layer in reference) / len(reference)
    chosen: dict[Name, Edit] = {}
    for number, place in enumerate(control_places(edits.face, area, CONTROLS)):
        # Places alternate among four strata, so the blank changes after each round of them.
        name, content = f"control{number}", NEUTRAL[number // 4 % len(NEUTRAL)]
        edits.add_place(name, place)
        own = edits.change(Layer(name, content))
        edits.add_place(name, place * min(1.0, amount / own) if own > 0 else place)
        chosen["control", str(number)] = (Layer(name, content),)
    return chosen


def _turned(places: Sequence[str], target: str, limit: int | None = None) -> dict[Name, Edit]:
    return {
        ("turn", place, family, content): (Layer(place, content),)
        for place in places
        for family, content in _donors(target, limit)
    }


def _carried(areas: Sequence[str], target: str, limit: int | None, blanks: Sequence[str]) -> dict[Name, Edit]:
    edits: dict[Name, Edit] = {}
    for family, content in _donors(target, limit):
        for blank in blanks:
            every = (Layer("wide", content), Layer("outside_wide", blank))
            edits["every", family, content, blank] = every
            for area in areas:
                edits["keep", area, family, content, blank] = (*every, Layer(area, FACE))
    return edits


def _donors(target: str, limit: int | None) -> Iterator[tuple[str, str]]:
    for family in families(target):
        for seed in _SEEDS[family][:limit]:
            yield family, f"{family}{seed}"


def _moved(edit: Edit, direction: int) -> Edit:
    return tuple(Layer(f"{layer.place}@{direction}", layer.content) for layer in edit)
