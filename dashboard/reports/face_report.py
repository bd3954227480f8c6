"""Data of a one-page face report: text ready for layout, numbers and arrays ready for drawing.

``content`` builds it in the reader's language; ``pdf`` draws it, whatever the language.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.text.edited_faces import EditWords
from dashboard.text.verdicts import Figure
from xai.attribution.methods import METHODS
from xai.render import display_values, outline_regions, overlay
from xai.types import REGIONS, Heatmap

__all__ = [
    "FaceSheet",
    "SheetBar",
    "SheetMap",
    "SheetModel",
    "SheetNote",
    "SheetScale",
    "SheetStrip",
    "SheetTable",
]


@dataclass(frozen=True, eq=False)
class SheetMap:
    """A map, to be overlaid on the face.

    Attributes:
        heatmap: as it was measured.
        scale: value that gets the full colour; the same for all models.
        title: display name of the method.
        finding: what it shows, in one sentence.
        alt: text alternative.
    """

    heatmap: Heatmap
    scale: float
    title: str
    finding: str
    alt: str

    def painted(self, crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The map over ``crop``, RGB uint8 ``(H, W, 3)``, at the same opacity on every sheet.

        It is displayed as the entry of its method says.
        """
        values = display_values(self.heatmap, METHODS[self.heatmap.method].display)
        return overlay(crop, values, scale=self.scale)


@dataclass(frozen=True)
class SheetBar:
    """A share as a bar.

    Attributes:
        words: label with its number.
        value: 0..1.
        colour: ``#rrggbb``.
    """

    words: str
    value: float
    colour: str


@dataclass(frozen=True)
class SheetStrip:
    """Edited faces that test the same question, under a heading."""

    title: str
    edits: tuple[EditWords, ...]


@dataclass(frozen=True)
class SheetTable:
    """Regions, or edits of the face, with their numbers, every cell as it is printed.

    Attributes:
        title: of the table.
        header: of each column.
        rows: each as long as the header; the first cell names the row.
        note: how to read the numbers; may be empty.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


@dataclass(frozen=True, eq=False)
class SheetModel:
    """What was measured of one model on the face.

    Attributes:
        name: the model's.
        answer: its predicted class and confidence.
        target: which class the maps explain.
        bars: a probability each.
        verdict: the verdict in one line, or that there is none.
        reason: what supplements it, such as a remedy for *cannot tell*; may be empty.
        remarks: maps that disagree.
        figures: both questions, or none where nothing was tested.
        strips: the edited faces, by question.
        maps: in the order in which they are shown.
        table: its region shares, or None where they are not known.
        numbers: every family of edits, at the technical level; else None.
    """

    name: str
    answer: str
    target: str
    bars: tuple[SheetBar, ...]
    verdict: str
    reason: str
    remarks: tuple[str, ...]
    figures: tuple[Figure, ...]
    strips: tuple[SheetStrip, ...]
    maps: tuple[SheetMap, ...]
    table: SheetTable | None
    numbers: SheetTable | None


@dataclass(frozen=True)
class SheetScale:
    """The scale of one kind of map.

    Attributes:
        unit: quantity and unit.
        ticks: labels at the left end, in the middle (may be empty) and at the right end.
        words: what the colours mean.
        signed: from *against* over nothing to *for*, or from nothing to *for*.
        alt: text alternative of the colour bar.
    """

    unit: str
    ticks: tuple[str, str, str]
    words: str
    signed: bool
    alt: str


@dataclass(frozen=True)
class SheetNote:
    """A heading with paragraphs."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FaceSheet:
    """The complete one-page report about one face.

    Attributes:
        language: code of the language of all words, such as ``"en"``.
        title: of the sheet.
        photo: which photo and which part of it.
        not_right: the note that a verdict does not mean that the answer is right.
        crop: RGB uint8 ``(S, S, 3)``, nothing drawn on it.
        regions: int8 ``(S, S)``, index into ``REGIONS``; None where they are not known.
        outlined_words: what ``outlined`` shows.
        models: one or two.
        scales: one per kind of map.
        not_said: what the report does not show.
        made: provenance.
        again: how to reproduce it; the last line is the command.
    """

    language: str
    title: str
    photo: str
    not_right: str
    crop: NDArray[np.uint8]
    regions: NDArray[np.int8] | None
    outlined_words: str
    models: tuple[SheetModel, ...]
    scales: tuple[SheetScale, ...]
    not_said: SheetNote
    made: SheetNote
    again: SheetNote

    def outlined(self) -> NDArray[np.uint8]:
        """The crop with the outlines of its regions, enlarged for them; unchanged without regions."""
        if self.regions is None:
            return self.crop
        masks = {name: self.regions == index for index, name in enumerate(REGIONS)}
        return outline_regions(self.crop, masks)
