"""Where a photo comes from: the visitor's own, several at once, or the gallery."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import session
from dashboard.sentences import file_name, sample_title
from dashboard.views.photo_progress import hold
from dashboard.words import class_word, say
from xai.photo.samples import SAMPLES, Sample

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

__all__ = ["Source", "choose", "is_new"]

FILES = 10
MEGABYTES = 60
THUMBNAIL = 80
_SHOWN = "shown source"


@dataclass(frozen=True)
class Upload:
    """A photo that was handed in.

    Attributes:
        name: the file's name, fit to be shown; used for nothing else.
        sha256: digest of the bytes.
        data: the bytes.
    """

    name: str
    sha256: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Source:
    """What the page is to show: a sample of the gallery, or the photos that were handed in.

    Attributes:
        sample: the sample, or None.
        uploads: the photos; empty with a sample.
    """

    sample: Sample | None
    uploads: tuple[Upload, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """The same for the same pictures."""
        return (self.sample.id,) if self.sample else tuple(upload.sha256 for upload in self.uploads)


def choose() -> Source:
    """Draw the upload field and the gallery; what was touched last counts, at first the first sample."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        files = st.file_uploader(
            say("photo.upload"),
            type="image",
            accept_multiple_files=True,
            key="photo",
            help=say("photo.upload_help"),
            on_change=session.remember,
            args=("sample", None),
        )
        uploads = _taken(files)
    with right:
        _gallery()
    sample = session.recall("sample")
    if sample is None and uploads:
        return Source(None, uploads)
    return Source(SAMPLES[str(sample)] if sample else next(iter(SAMPLES.values())))


def is_new(source: Source) -> bool:
    """Whether the page showed something else before; says so once."""
    changed = session.recall(_SHOWN) != source.key
    session.remember(_SHOWN, source.key)
    return changed


def _taken(files: Sequence[UploadedFile]) -> tuple[Upload, ...]:
    """The photos within the limits, and a word about the others."""
    room = MEGABYTES * 2**20
    taken: list[Upload] = []
    for file in files[:FILES]:
        room -= file.size
        if room >= 0:
            data = file.getvalue()
            digest = session.kept("digest", file.file_id, partial(_digest, data))
            taken.append(Upload(file_name(file.name), digest, data))
    if len(taken) < len(files):
        st.warning(say("photo.too_many", files=FILES, megabytes=MEGABYTES))
    return tuple(taken)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _gallery() -> None:
    st.markdown(say("photo.samples"))
    if _all_drawn():
        _thumbnails()
    else:
        _growing_thumbnails()


@st.fragment(run_every=1.0)
def _growing_thumbnails() -> None:
    """Only while pictures are missing: a click in a fragment waits until the maps are done."""
    if _all_drawn():
        st.rerun()
    _thumbnails()


def _all_drawn() -> bool:
    return len(session.gallery(SAMPLES)) == len(SAMPLES)


def _thumbnails() -> None:
    pictures = session.gallery(SAMPLES)
    with st.container(horizontal=True, gap="xsmall"):
        for sample in SAMPLES.values():
            with st.container(width=THUMBNAIL, gap="xxsmall"):
                _thumbnail(sample, pictures.get(sample.id))


def _thumbnail(sample: Sample, picture: bytes | None) -> None:
    if picture:
        st.image(picture, width="stretch", alt=say("photo.sample_alt", title=sample_title(sample)))
    else:
        hold(st.empty(), THUMBNAIL)
    truth = " · ".join(class_word(name) for name in sample.truth)
    if st.button(truth, key=f"sample {sample.id}", type="tertiary", width="stretch"):
        session.remember("sample", sample.id)
        st.rerun()
