"""A visitor's own photos: kept in the session until the visitor removes them, whatever page is shown."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import streamlit as st
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import preferences, url_state
from dashboard.session_cache import VISITOR, forget, forget_callbacks, get_state, set_state

__all__ = [
    "AUDIT_STATES",
    "MEGABYTES",
    "PHOTOS",
    "PHOTO_MEGABYTES",
    "UPLOAD_ROUNDS",
    "OwnPhoto",
    "add",
    "any_kept",
    "choose_face",
    "face_key",
    "photos",
    "remove",
    "remove_all",
    "take_uploads",
]

PHOTOS = 10
MEGABYTES = 60
"""Limits of what a session keeps; further photos are left out."""

PHOTO_MEGABYTES = 20
"""Limit of one photo, as ``read_image`` takes it."""

AUDIT_STATES = ("audit set", "audit", "audit given")
"""State: the photos of an audit, the audit, and files that were uploaded and not listed yet."""

UPLOAD_ROUNDS = ("pictures chosen", "audit round")
"""State: how often a picture was chosen, and a set uploaded. The keys of upload widgets have these, because
a browser shows the files of a widget again that is drawn under an old key."""

_KEPT, _NUMBERED = "own photos", "photos so far"
_STAY = {
    preferences.LANGUAGE,
    preferences.EXPERT,
    preferences.PROJECTOR,
    VISITOR,
    url_state.ADDRESS,
    *UPLOAD_ROUNDS,
    _NUMBERED,
}
"""State that is not about photos, and the numbers of photos, which the browser's *Back* still names."""


@dataclass(frozen=True)
class OwnPhoto:
    """An uploaded photo.

    Attributes:
        number: counts this session's photos from 1; never given twice, so an address may name it.
        name: the file's name, safe to show; used for nothing else.
        sha256: digest of the bytes.
        data: the bytes.
    """

    number: int
    name: str
    sha256: str
    data: bytes = field(repr=False)


def photos() -> tuple[OwnPhoto, ...]:
    """The photos kept, in the order of their numbers."""
    return cast(tuple[OwnPhoto, ...], get_state(_KEPT) or ())


def add(files: Sequence[tuple[str, bytes]]) -> tuple[tuple[OwnPhoto, ...], tuple[str, ...]]:
    """Keep further photos; the same bytes are kept once.

    Args:
        files: name, safe to show, and bytes of each.

    Returns:
        The photos of these files, and the names of the files beyond the limits, which were left out.
    """
    kept = list(photos())
    taken: list[OwnPhoto] = []
    left_out: list[str] = []
    for name, data in files:
        digest = hashlib.sha256(data).hexdigest()
        known = next((each for each in kept if each.sha256 == digest), None)
        full = len(kept) >= PHOTOS or sum(len(each.data) for each in kept) + len(data) > MEGABYTES * 2**20
        if known is None and full:
            left_out.append(name)
            continue
        if known is None:
            known = OwnPhoto(_next_number(), name, digest, data)
            kept.append(known)
        taken.append(known)
    set_state(_KEPT, tuple(kept))
    return tuple(taken), tuple(left_out)


def face_key(sha256: str) -> str:
    """State: index of the face that is chosen of a photo, by the photo's digest."""
    return f"face {sha256}"


def choose_face(photo: OwnPhoto, face: int) -> None:
    """Have a photo open with this face."""
    set_state(face_key(photo.sha256), face)


def remove(photo: OwnPhoto) -> None:
    """Forget a photo and everything that was computed from it."""
    set_state(_KEPT, tuple(each for each in photos() if each.sha256 != photo.sha256))
    forget(photo.sha256)


def take_uploads(key: str) -> list[tuple[str, bytes]]:
    """Take the files of an upload widget; Streamlit's own store would keep them until the session ends.

    Args:
        key: of the widget, which is to be drawn under another one from now on.

    Returns:
        Name as the browser said it, and bytes of each; without those that were taken before, which a browser
        may still name in its next message.
    """
    given: Any = get_state(key) or []
    files = [
        each for each in (given if isinstance(given, list) else [given]) if isinstance(each, UploadedFile)
    ]
    if context := get_script_run_ctx():
        store: Any = context.uploaded_file_mgr
        for file in files:
            store.remove_file(context.session_id, file.file_id)
    return [(file.name, file.getvalue()) for file in files]


def any_kept() -> bool:
    """Whether the session holds photos of this visitor, of an audit too."""
    return bool(photos()) or any(get_state(name) for name in AUDIT_STATES)


def remove_all() -> None:
    """Forget every photo, upload, picture and result of this session at once; a button's callback.

    What the model process is computing ends with the run of the page that waits for it, and it keeps nothing.
    """
    for name in [name for name in st.session_state if name not in _STAY]:
        del st.session_state[name]
    forget_callbacks()
    url_state.write_params(dict.fromkeys(st.query_params))
    if context := get_script_run_ctx():
        context.uploaded_file_mgr.remove_session_files(context.session_id)
        pictures = get_instance().media_file_mgr
        pictures.clear_session_refs(context.session_id)
        pictures.remove_orphaned_files()
        pictures.remove_orphaned_files()  # the first call only marks downloads, which are then removed
    gc.collect()  # objects that refer to each other would otherwise keep bytes until the next collection


def _next_number() -> int:
    number = cast(int, get_state(_NUMBERED) or 0) + 1
    set_state(_NUMBERED, number)
    return number
