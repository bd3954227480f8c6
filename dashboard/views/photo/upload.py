"""The bar above a photo: upload photos, take one, pick a sample, change the models."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import own_photos, preferences, session, styles
from dashboard.i18n import t
from dashboard.own_photos import OwnPhoto
from dashboard.text.predictions import file_name
from dashboard.views.photo import gallery, permalink
from xai.photo.samples import Sample

__all__ = ["bar", "is_new"]

_LEFT_OUT = "left out"
_BEFORE = "shown before"


def bar(shown: Sample | OwnPhoto) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Draw the bar.

    Args:
        shown: the picture under it.

    Returns:
        The places of its menu of models, and of a sentence about the photo.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="photo-bar"):
        _uploader()
        with st.popover(t("photo.samples"), icon=":material/image:", key=_fresh("samples")):
            st.caption(t("photo.samples_note"))
            gallery.show(shown if isinstance(shown, Sample) else None)
        with st.popover(t("camera.use"), icon=":material/photo_camera:", key=_fresh("camera")):
            _camera()
        models = st.popover(t("ask.models"), icon=":material/tune:")
        if isinstance(shown, OwnPhoto):
            _own_photo(shown)
        sentence = st.container(key="photo-line").empty()
    if names := session.get_state(_LEFT_OUT):
        left_out = ", ".join(str(name) for name in names) if isinstance(names, tuple) else ""
        st.warning(
            t("photo.too_many", files=own_photos.PHOTOS, megabytes=own_photos.MEGABYTES, names=left_out)
        )
    if permalink.is_lost():
        st.info(t("photo.lost"))
    return models, sentence


def is_new(shown: Sample | OwnPhoto) -> bool:
    """Whether the page showed another picture before; true only once."""
    name = shown.id if isinstance(shown, Sample) else shown.sha256
    changed = session.get_state(_BEFORE) != name
    session.set_state(_BEFORE, name)
    return changed


def _own_photo(shown: OwnPhoto) -> None:
    """Which of the own photos is shown, and a button that removes it."""
    own = own_photos.photos()
    if len(own) > 1:
        key = f"own photo {shown.number}"
        titles = {photo.number: _title(photo) for photo in own}
        st.selectbox(
            t("photo.choose"),
            list(titles),  # numbers: what a widget is given is kept for longer than a photo may be
            index=own.index(shown),
            format_func=titles.__getitem__,
            key=key,
            label_visibility="collapsed",
            width=240,
            on_change=lambda: permalink.show(_numbered(st.session_state[key])),
        )
    label = t("photo.remove") if len(own) > 1 else t("photo.remove_named", name=shown.name.strip("`"))
    st.button(label, key="remove photo", icon=":material/delete:", on_click=_remove, args=(shown.number,))


def _numbered(number: int) -> OwnPhoto:
    return next(photo for photo in own_photos.photos() if photo.number == number)


def _title(photo: OwnPhoto) -> str:
    return t("photo.which", number=photo.number, name=photo.name.strip("`"))


def _uploader() -> None:
    """A file goes into the session's own photos at once, and the widget is empty again."""
    key = _fresh("upload")
    with st.container(key=styles.upload_key(preferences.language()), width="content"):
        st.file_uploader(
            t("photo.upload"),
            type="image",
            accept_multiple_files=True,
            max_upload_size=own_photos.PHOTO_MEGABYTES,
            key=key,
            help=t("photo.upload_help"),
            width=160,
            on_change=_take,
            args=(key,),
        )


def _camera() -> None:
    """Shown in a menu, so that the browser asks for permission when it is opened and not before."""
    st.caption(t("camera.note"))
    key = _fresh("shot")
    st.camera_input(
        t("camera.take"),
        key=key,
        label_visibility="collapsed",
        resolution="720p",
        on_change=_take,
        args=(key,),
    )


def _take(key: str) -> None:
    """Move the files of a widget to the session's own photos, and show the first of them."""
    files = own_photos.take_uploads(key)
    if not files:
        return
    taken, left_out = own_photos.add([(file_name(name), data) for name, data in files])
    session.set_state(_LEFT_OUT, left_out or None)
    permalink.accept()
    if taken:
        permalink.show(taken[0])


def _remove(number: int) -> None:
    own_photos.remove(_numbered(number))
    session.set_state(_LEFT_OUT, None)
    rest = own_photos.photos()
    if rest:
        permalink.show(rest[-1])
    else:
        permalink.start_again()


def _fresh(name: str) -> str:
    """A widget's key that changes with every picture chosen: the widget is empty, or closed, again."""
    return f"{name} {permalink.choices()}"
