"""What can be taken along: the report, the tables, and the resume file."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import cast

import streamlit as st

from dashboard import session
from dashboard.i18n import t
from dashboard.text.predictions import failed
from dashboard.views.audit.state import Audit, zipped
from dashboard.widgets.progress import Progress
from dashboard.widgets.settings_form import main_button
from dashboard.worker.audit_jobs import Finished, Folder, WriteReport
from dashboard.worker.job_handle import JobError

__all__ = ["show"]

_REPORTS = ("report.html", "report.pdf", "report.json")
_MIME = {"html": "text/html", "pdf": "application/pdf", "json": "application/json", "zip": "application/zip"}
_WRITE, _FACES = "audit-write-report", "audit-faces-shown"


def show(audit: Audit, found: Finished) -> None:
    """The report, made when it is asked for, with the notes as they are then; the tables; the resume file."""
    st.header(t("audit_take.report"), anchor=False)
    st.caption(t("audit_take.report_note"))
    faces = st.toggle(t("audit_take.faces"), value=True, help=t("audit_take.faces_help"), key=_FACES)
    made = _made(audit, found, faces=faces)
    if made:
        with st.container(horizontal=True, gap="small"):
            for name in _REPORTS:
                kind = name.rpartition(".")[2]
                _button(f"report_{kind}", partial(made.__getitem__, name), name, _MIME[kind])
            tables = {name: data for name, data in {**audit.folder, **made}.items() if name.endswith(".csv")}
            _button("tables", partial(zipped, tables), "tables.zip", _MIME["zip"])
            _button("folder", partial(zipped, {**audit.folder, **made}), "audit.zip", _MIME["zip"])
    st.header(t("audit_take.later"), anchor=False)
    st.caption(t("audit_take.note"))
    _button("resume", audit.resume_file, "audit-resume.zip", _MIME["zip"])


def _made(audit: Audit, found: Finished, *, faces: bool) -> Folder | None:
    """The report's files with the notes as they are; None until it is asked for again."""
    wanted = json.dumps([audit.notes, faces], sort_keys=True)
    if audit.report and audit.report[0] == wanted:
        return audit.report[1]
    place = st.empty()
    asked = place.button(
        t("audit_take.again" if audit.report else "audit_take.make"),
        type=main_button(),
        icon=":material/description:",
        key=_WRITE,
    )
    if not asked:
        return None
    shown = {photo for photo, _ in found.wanted} if faces else set()
    files = tuple(audit.photos.named[file.name] if file.name in shown else file for file in audit.photos.bare)
    job = WriteReport(audit.folder, files, audit.notes, found.wanted if faces else None)
    try:
        made = cast(Folder, session.run_job(job, Progress(place).of()))
    except JobError as failure:
        place.empty()
        st.error(failed(failure))
        return None
    place.empty()
    audit.report = wanted, made
    return made


def _button(name: str, make: Callable[[], bytes], file: str, mime: str) -> None:
    st.download_button(
        t(f"audit_take.{name}"),
        make,
        file_name=file,
        mime=mime,
        on_click="ignore",
        icon=":material/download:",
        help=t(f"audit_taken.{name}"),
    )
