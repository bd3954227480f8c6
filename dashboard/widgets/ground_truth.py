"""The question *Is that right?*: the three classes as pictures with their definitions, to choose from."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import session
from dashboard.i18n import class_title, t
from xai.photo.samples import SAMPLES
from xai.types import CLASSES

__all__ = ["ask", "told"]

_PICTURE = 72
"""Width of a picture in pixels."""

_UNKNOWN = "unknown"


def told(face: str, known: str | None) -> str | None:
    """The correct answer for a face, by its id: what the visitor said, else ``known``; None where unknown."""
    said = session.get_state(f"truth {face}")
    return known if said is None else None if said == _UNKNOWN else str(said)


def ask(face: str, label: str, key: str) -> None:
    """A menu in which the visitor says the correct answer for a face.

    Args:
        face: id of the face.
        label: of the menu.
        key: makes the widgets' keys unique on the page.
    """
    answers = session.get_state(f"truth {face}"), session.get_state("truths told")
    with st.popover(label, type="tertiary", key=f"truth {key} {answers[1] or 0}"):
        st.markdown(t("truth.which"))
        for name, picture in _examples().items():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                if picture:
                    st.image(picture, width=_PICTURE, alt=t("truth.alt", answer=class_title(name)))
                with st.container(gap="xxsmall"):
                    st.button(
                        class_title(name),
                        key=f"truth {name} {key}",
                        icon=":material/check:" if answers[0] == name else None,
                        on_click=partial(_tell, face, name),
                    )
                    st.caption(t(f"definition.{name}"))
        st.button(t("truth.unknown"), key=f"truth none {key}", on_click=partial(_tell, face, _UNKNOWN))


def _tell(face: str, answer: str) -> None:
    session.set_state(f"truth {face}", answer)
    session.set_state("truths told", int(str(session.get_state("truths told") or 0)) + 1)  # closes the menu


def _examples() -> dict[str, bytes | None]:
    """Class -> thumbnail of the first sample of the class; None until it is drawn."""
    first = {name: next(s.id for s in SAMPLES.values() if s.truth == (name,)) for name in CLASSES}
    drawn = session.sample_thumbnails(SAMPLES)
    return {name: drawn.get(sample) or None for name, sample in first.items()}
