"""Downloads for one face: the report as PDF or PNG, numbers, everything; generated on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from dashboard.i18n import t
from dashboard.preferences import language, use_language
from dashboard.reports.content import face_sheet
from dashboard.reports.exports import face_zip, numbers_csv, numbers_json
from dashboard.reports.face_report import FaceSheet
from dashboard.reports.pdf import page_png, sheet_pdf
from dashboard.views.photo.box_editing import set_boxes
from dashboard.worker.jobs import FaceExplanation
from xai.evidence_types import Evidence
from xai.types import Explanation, Face

__all__ = ["Downloads", "show"]


class Downloads:
    """The results for one face so far. Its text is made when a file is requested: most faces are viewed and
    never downloaded.

    Args:
        explained: model -> maps, at least one.
        level: one of ``LEVELS``.
    """

    def __init__(self, explained: Mapping[str, FaceExplanation], level: str) -> None:
        self._explained, self._level, self._language = explained, level, language()
        self._found: Mapping[str, Evidence] = {}
        self._by_hand = any(each.box == self.face.box for each in set_boxes(self.face.photo_sha256))

    @property
    def face(self) -> Face:
        """The face that is explained."""
        return next(iter(self._explained.values())).explanation.face

    @property
    def explanations(self) -> list[Explanation]:
        """One per model, with the evidence that is there."""
        return [
            replace(each.explanation, evidence=self._found.get(model))
            for model, each in self._explained.items()
        ]

    def tested(self, found: Mapping[str, Evidence]) -> None:
        """Add the evidence, by model; one may be missing."""
        self._found = dict(found)

    def sheet(self) -> FaceSheet:
        """The report about the face, in the language of the page that was drawn."""
        regions = next(iter(self._explained.values())).regions
        with use_language(self._language):
            return face_sheet(self.explanations, regions, self._level, by_hand=self._by_hand)


@dataclass(frozen=True)
class _Kind:
    """One kind of file.

    Attributes:
        name: suffix of the file name, and key in the messages.
        mime: its media type.
        icon: beside its label.
        make: generates it.
    """

    name: str
    mime: str
    icon: str
    make: Callable[[Downloads], bytes]


def _pdf(take: Downloads) -> bytes:
    return sheet_pdf(take.sheet())


def _png(take: Downloads) -> bytes:
    return page_png(_pdf(take))


def _csv(take: Downloads) -> bytes:
    return numbers_csv(take.explanations)


def _json(take: Downloads) -> bytes:
    return numbers_json(take.explanations)


def _zip(take: Downloads) -> bytes:
    page = _pdf(take)
    more = {"page.png": page_png(page), "page.pdf": page, "numbers.csv": _csv(take)}
    return face_zip(take.explanations, more)


_KINDS = (
    _Kind("png", "image/png", ":material/image:", _png),
    _Kind("pdf", "application/pdf", ":material/picture_as_pdf:", _pdf),
    _Kind("csv", "text/csv", ":material/table:", _csv),
    _Kind("json", "application/json", ":material/data_object:", _json),
)


def show(take: Downloads, name: str) -> None:
    """A button for each kind of file, the zip with all of them first.

    Args:
        take: the results; they may grow after the buttons are drawn.
        name: makes the buttons' keys unique to the face.
    """
    stem = f"face-{take.face.photo_sha256[:8]}"
    with st.container(horizontal=True, gap="xsmall"):
        st.download_button(
            t("take.button"),
            lambda: _zip(take),
            file_name=f"{stem}.zip",
            mime="application/zip",
            key=f"take {name}",
            on_click="ignore",
            help=t("take.note"),
            icon=":material/folder_zip:",
        )
        for kind in _KINDS:
            _button(kind, take, f"{stem}.{kind.name}", name)


def _button(kind: _Kind, take: Downloads, file_name: str, name: str) -> None:
    st.download_button(
        t(f"taken.{kind.name}"),
        lambda: kind.make(take),
        file_name=file_name,
        mime=kind.mime,
        key=f"take {kind.name} {name}",
        on_click="ignore",
        help=t(f"taken.{kind.name}_note"),
        icon=kind.icon,
    )
