"""The results of an audit: a section at a time, claims first, and what can be downloaded."""

from __future__ import annotations

import streamlit as st

from dashboard import url_state
from dashboard.i18n import t
from dashboard.views.audit import claims, downloads, faces, state
from dashboard.views.audit.state import Audit
from dashboard.worker.audit_jobs import Finished

__all__ = ["show"]

_SECTION = "section"
_SECTIONS = ("claims", "faces", "files", "downloads")


def show(audit: Audit, found: Finished) -> None:
    """The summary line, the choice of a section, and the section."""
    summary = found.summary
    st.markdown(
        t(
            "audit_result.line",
            files=summary["files"],
            photos=summary["photos"],
            faces=summary["faces"],
            refused=summary["refused"],
            duplicates=summary["duplicates"],
        )
    )
    url_state.select_from_url(_SECTION, _SECTIONS)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        section = st.segmented_control(
            t("audit_result.sections"),
            _SECTIONS,
            format_func=lambda name: t(f"audit_section.{name}"),
            required=True,
            key=_SECTION,
            label_visibility="collapsed",
        )
        st.button(
            t("audit_result.again"), icon=":material/restart_alt:", on_click=state.keep_set, args=(None,)
        )
    url_state.set_url_param(_SECTION, str(section), _SECTIONS[0])
    if section == "claims":
        claims.show(audit, summary)
    elif section == "faces":
        faces.show(audit, found)
    elif section == "files":
        faces.files(found)
    else:
        downloads.show(audit, found)
