"""What can be taken along: the results, and the resume file."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import t
from dashboard.views.audit.state import Audit, zipped
from dashboard.worker.audit_jobs import Finished

__all__ = ["show"]


def show(audit: Audit, _found: Finished) -> None:
    """The buttons."""
    st.caption(t("audit_take.note"))
    with st.container(horizontal=True, gap="small"):
        _button("folder", lambda: zipped(audit.folder), "audit.zip")
        _button("resume", audit.resume_file, "audit-resume.zip")


def _button(name: str, make: object, file: str) -> None:
    st.download_button(
        t(f"audit_take.{name}"),
        make,  # type: ignore[arg-type]
        file_name=file,
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        help=t(f"audit_take.{name}_note"),
    )
