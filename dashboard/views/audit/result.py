"""The results of an audit: a section at a time, claims first, and what can be downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard import session, url_state
from dashboard.i18n import t
from dashboard.views.audit import claims, downloads, faces, findings, models, state
from dashboard.views.audit.state import Audit, counted
from dashboard.worker.audit_jobs import Finished

__all__ = ["show"]

_SECTION, _LEFT = "section", "audit section"
"""Key of the choice, and state: the section that was shown last, for those who come back by the menu."""

_SECTIONS = ("claims", "findings", "models", "compare", "faces", "files", "downloads")


def show(audit: Audit, found: Finished) -> None:
    """The summary line, the choice of a section, and the section."""
    summary = found.summary
    st.markdown(_line(summary))
    sections = [name for name in _SECTIONS if name != "compare" or found.findings["comparisons"]]
    left = session.get_state(_LEFT)
    if session.get_state(_SECTION) is None and _SECTION not in st.query_params and left in sections:
        session.set_state(_SECTION, left)
    url_state.select_from_url(_SECTION, sections)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="audit-sections"):
        section = st.segmented_control(
            t("audit_result.sections"),
            sections,
            format_func=lambda name: t(f"audit_section.{name}"),
            required=True,
            key=_SECTION,
            label_visibility="collapsed",
            wrap=True,
        )
        st.button(
            t("audit_result.again"), icon=":material/restart_alt:", on_click=state.keep_set, args=(None,)
        )
    session.set_state(_LEFT, section)
    url_state.set_url_param(_SECTION, str(section), sections[0])
    _SHOW[str(section)](audit, found)


def _line(summary: Mapping[str, Any]) -> str:
    """What the set held; counts of nothing are left out."""
    bare = summary["no_face"]
    told = {"refused": summary["refused"], "copies": summary["duplicates"], "faceless": bare}
    said = [counted(what, n) for what, n in told.items() if n]
    faces, photos = counted("faces", summary["faces"]), counted("photos", summary["photos"] - bare)
    files = counted("files", summary["files"])
    return t("audit_result.line", faces=faces, photos=photos, files=", ".join([files, *said]))


_SHOW: Mapping[str, Callable[[Audit, Finished], None]] = {
    "claims": lambda audit, found: claims.show(audit, found.summary),
    "findings": findings.show,
    "models": models.show,
    "compare": lambda _audit, found: models.compare(found),
    "faces": faces.show,
    "files": lambda _audit, found: faces.files(found),
    "downloads": downloads.show,
}
"""Section -> what draws it."""
