"""Where a photo comes from: a visitor's file, several at once, their camera, or the gallery."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import session
from dashboard.i18n import t
from dashboard.text.predictions import file_name
from dashboard.views.photo import gallery, permalink
from xai.photo.samples import SAMPLES, Sample

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

__all__ = ["Source", "choose", "is_new"]

FILES = 10
MEGABYTES = 60
_FILES, _CAMERA = "photo", "camera"
_NEWEST = "newest photo"
_SHOWN = "shown source"


@dataclass(frozen=True)
class Upload:
    """An uploaded photo.

    Attributes:
        name: the file's name, safe to show; used for nothing else.
        sha256: digest of the bytes.
        data: the bytes.
    """

    name: str
    sha256: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Source:
    """What the page is to show: a sample of the gallery, or the uploaded photos.

    Attributes:
        sample: the sample, or None.
        uploads: the photos; empty with a sample.
    """

    sample: Sample | None
    uploads: tuple[Upload, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Cache key: the same for the same pictures."""
        return (self.sample.id,) if self.sample else tuple(upload.sha256 for upload in self.uploads)


def choose() -> Source:
    """Draw the uploader, the camera and the gallery; the one used last wins, initially the first sample."""
    permalink.open_sample()
    left, right = st.columns([1, 4])
    with left:
        handed = {_FILES: _files(), _CAMERA: _shots()}
        others = [name for name in handed if name != session.get_state(_NEWEST)]
        newest = [name for name in handed if name not in others]
        uploads = _taken([file for name in (*newest, *others) for file in handed[name]])
    source = _source(uploads)
    with right:
        gallery.show(source.sample)
    return source


def _source(uploads: tuple[Upload, ...]) -> Source:
    sample = session.get_state("sample")
    if sample is None and uploads:
        return Source(None, uploads)
    return Source(SAMPLES[str(sample)] if sample else next(iter(SAMPLES.values())))


def is_new(source: Source) -> bool:
    """Whether the page showed something else before; true only once."""
    changed = session.get_state(_SHOWN) != source.key
    session.set_state(_SHOWN, source.key)
    return changed


def _files() -> list[UploadedFile]:
    return st.file_uploader(
        t("photo.upload"),
        type="image",
        accept_multiple_files=True,
        key=_FILES,
        help=t("photo.upload_help"),
        on_change=_touch,
        args=(_FILES,),
    )


def _shots() -> list[UploadedFile]:
    """The picture taken with the camera, if there is one. Drawing the widget triggers the permission prompt,
    so it waits for a click; the switch is off again when the visitor returns from another page.
    """
    if not st.toggle(t("camera.use"), key="use camera"):
        return []
    st.caption(t("camera.note"))
    shot = st.camera_input(
        t("camera.take"),
        key=_CAMERA,
        on_change=_touch,
        args=(_CAMERA,),
        label_visibility="collapsed",
        resolution="720p",
    )
    return [shot] if shot else []


def _touch(field: str) -> None:
    """A widget changed: its photos now win, also over the samples."""
    session.set_state("sample", None)
    session.set_state(_NEWEST, field)


def _taken(files: Sequence[UploadedFile]) -> tuple[Upload, ...]:
    """The photos within the limits, with a message about the others."""
    room = MEGABYTES * 2**20
    taken: list[Upload] = []
    for file in files[:FILES]:
        room -= file.size
        if room >= 0:
            data = file.getvalue()
            digest = session.cached("digest", file.file_id, partial(_digest, data))
            taken.append(Upload(file_name(file.name), digest, data))
    if len(taken) < len(files):
        st.warning(t("photo.too_many", files=FILES, megabytes=MEGABYTES))
    return tuple(taken)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
