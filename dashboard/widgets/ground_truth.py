"""The question *Is that right?*: the three classes as pictures with their definitions, to choose from."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import session
from dashboard.i18n import class_title, t
from xai.photo.samples import SAMPLES
from xai.types import CLASSES, Face

__all__ = ["ask", "told"]

_PICTURE = 72
"""Width of a picture in pixels."""

_UNKNOWN = "unknown"


def told(face: Face, known: str | None) -> str | None:
    """The correct answer for a face: what the visitor said, else ``known``; None where unknown."""
    said = session.get_state(f"truth {_id(face)}")
    return known if said is None else None if said == _UNKNOWN else str(said)


def ask(face: Face, label: str, key: str) -> None:
    """A menu in which the visitor says the correct answer for a face.

    Args:
        face: the face.
        label: of the menu.
        key: makes the widgets' keys unique on the page.
    """
    name = _id(face)
    answers = session.get_state(f"truth {name}"), session.get_state("truths told")
    with st.popover(label, type="tertiary", key=f"truth {key} {answers[1] or 0}"):
        st.markdown(t("truth.which"))
        for answer, picture in _examples().items():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                if picture:
                    st.image(picture, width=_PICTURE, alt=t("truth.alt", answer=class_title(answer)))
                with st.container(gap="xxsmall"):
                    st.button(
                        class_title(answer),
                        key=f"truth {answer} {key}",
                        icon=":material/check:" if answers[0] == answer else None,
                        on_click=partial(_tell, name, answer),
                    )
                    st.caption(t(f"definition.{answer}"))
        st.button(t("truth.unknown"), key=f"truth none {key}", on_click=partial(_tell, name, _UNKNOWN))


def _id(face: Face) -> str:
    return f"{face.photo_sha256} {face.box.as_list()}"


def _tell(face: str, answer: str) -> None:
    session.set_state(f"truth {face}", answer)
    session.set_state("truths told", int(str(session.get_state("truths told") or 0)) + 1)  # closes the menu


def _examples() -> dict[str, bytes | None]:
    """Class -> thumbnail of the first sample of the class; None until it is drawn."""
    first = {name: next(s.id for s in SAMPLES.values() if s.truth == (name,)) for name in CLASSES}
    drawn = session.sample_thumbnails(SAMPLES)
    return {name: drawn.get(sample) or None for name, sample in first.items()}
