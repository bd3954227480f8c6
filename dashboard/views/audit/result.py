"""The results of an audit: a section at a time, claims first, and what can be downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard import url_state
from dashboard.i18n import t
from dashboard.views.audit import claims, downloads, faces, findings, models, state
from dashboard.views.audit.state import Audit
from dashboard.worker.audit_jobs import Finished

__all__ = ["show"]

_SECTION = "section"
_SECTIONS = ("claims", "findings", "models", "compare", "faces", "files", "downloads")


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
    sections = [name for name in _SECTIONS if name != "compare" or found.findings["comparisons"]]
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
    url_state.set_url_param(_SECTION, str(section), sections[0])
    _SHOW[str(section)](audit, found)


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
