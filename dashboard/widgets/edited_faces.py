"""Edited faces as self-contained HTML: thumbnails, each with the edit and the model's new answer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image as Pictures

from dashboard.text.edited_faces import EditWords, edited_faces
from xai.evidence_types import Evidence
from xai.photo.images import encode_jpeg

__all__ = ["show", "strip"]

_SIDE = 112
"""Side of a thumbnail in pixels."""

_LIST = '<div class="edited-faces-box"><p>{title}</p><ul class="edited-faces">{faces}</ul></div>'
_STRIP = '<ul class="edited-faces key-faces">{faces}</ul>'
_FACE = (
    '<li class="{kind}"><figure><img src="data:image/jpeg;base64,{data}" alt="{alt}">'
    "<figcaption>{lines}</figcaption></figure></li>"
)
_LINE = '<span class="{kind}">{words}</span>'


def show(evidence: Evidence) -> None:
    """Draw all of them: first the faces that should change the answer, then those that should not."""
    for title, faces in edited_faces(evidence).items():
        st.html(_LIST.format(title=escape(title), faces="".join(map(_face, faces))))


def strip(faces: Sequence[EditWords], side: int = _SIDE) -> str:
    """A few of them in one row, as HTML; ``side`` is the largest of a picture, in pixels."""
    return _STRIP.format(faces="".join(_face(face, side) for face in faces))


def _thumbnail(picture: NDArray[np.uint8], side: int) -> bytes:
    small = Pictures.fromarray(picture)
    small.thumbnail((side, side))
    return encode_jpeg(np.asarray(small))


def _face(shown: EditWords, side: int = _SIDE) -> str:
    lines = {"change": shown.change, "answer": shown.answer, "found": shown.found}
    return _FACE.format(
        kind="held" if shown.held else "failed",
        data=b64encode(_thumbnail(shown.picture, side)).decode(),
        alt=escape(shown.alt, quote=True),
        lines=" ".join(
            _LINE.format(kind=kind, words=escape(words)) for kind, words in lines.items() if words
        ),
    )
