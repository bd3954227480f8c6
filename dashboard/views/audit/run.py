"""An audit under way: a job for each photo, named steps with the time left, Stop and Continue."""

from __future__ import annotations

import time
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import session
from dashboard.i18n import t
from dashboard.text.model_names import model_names
from dashboard.text.predictions import failed
from dashboard.views.audit import state
from dashboard.views.audit.claims import claim_line
from dashboard.views.audit.state import Audit
from dashboard.widgets.settings_form import main_button
from dashboard.worker.audit_jobs import (
    PART_FILES,
    AskedAgain,
    ClosePart,
    Examined,
    ExamineFile,
    FinishAudit,
    Finished,
    Folder,
    SetFile,
)
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import JobProgress

__all__ = ["show"]

_OF_THE_PHOTO = ("died", "reading_slow", "slow", "incident")
"""Failures of a job that are laid to the photo: the audit goes on without it."""

_TIMED = 3
"""Photos after which the time left is estimated."""


def show(audit: Audit) -> None:
    """The steps, what can be done, and the work itself."""
    steps = st.empty()
    _draw_steps(steps, audit, 0 if audit.done < len(audit.photos.files) else 1)
    bar = st.empty()
    with st.container(horizontal=True, gap="small", key="audit-actions"):
        _actions(audit)
    st.caption(t("audit_run.kept", files=PART_FILES))
    if audit.failure:
        st.error(audit.failure)
    _fixed(audit)
    if audit.running:
        _work(audit, steps, bar)
        st.rerun()
    bar.progress(audit.done / len(audit.photos.files), _count(audit))


def _fixed(audit: Audit) -> None:
    """The models and claims, which can no longer be changed."""
    names = model_names(session.catalogue().cards)
    st.header(t("audit_run.claims"), anchor=False)
    told = [", ".join(names.get(name, name) for name in audit.models), *map(claim_line, audit.claims)]
    st.markdown("\n".join(f"- {line}" for line in told))


def _actions(audit: Audit) -> None:
    if audit.running:
        st.button(t("stage.stop"), icon=":material/stop:", on_click=_stop, args=(audit,))
    else:
        st.button(
            t("audit_run.go_on"),
            type=main_button(),
            icon=":material/play_arrow:",
            on_click=_go_on,
            args=(audit,),
        )
    st.download_button(
        t("audit_run.resume_file"),
        audit.resume_file,
        file_name="audit-resume.zip",
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        help=t("audit_run.resume_help"),
        disabled=not audit.outcomes,
    )
    st.button(t("audit_run.discard"), icon=":material/delete:", on_click=state.keep, args=(None,))


def _stop(audit: Audit) -> None:
    audit.running = False


def _go_on(audit: Audit) -> None:
    audit.running, audit.failure = True, None


def _work(audit: Audit, steps: DeltaGenerator, bar: DeltaGenerator) -> None:
    """Everything that is left to do, until it is done or fails; the click on *Stop* ends it from outside."""
    try:
        _examine_all(audit, bar)
        _draw_steps(steps, audit, 1)
        _finish(audit, steps, bar)
    except JobError as failure:
        audit.running, audit.failure = False, failed(failure)


def _examine_all(audit: Audit, bar: DeltaGenerator) -> None:
    files, began, first = audit.photos.files, time.monotonic(), audit.done
    while audit.done < len(files):
        each = (time.monotonic() - began) / (audit.done - first) if audit.done - first >= _TIMED else None
        told = _count(audit, each)

        def draw(stage: JobProgress, told: str = told) -> None:
            waits = f" · {t('stage.waiting', done=stage.done)}" if stage.name == "waiting" else ""
            bar.progress(audit.done / len(files), f"{told}{waits}")

        bar.progress(audit.done / len(files), told)
        audit.waiting.append(_examined(audit, files[audit.done], draw))
        if len(audit.waiting) == PART_FILES or audit.done == len(files):
            job = ClosePart(audit.folder, audit.photos.bare, tuple(audit.waiting))
            audit.folder |= cast(Folder, session.run_job(job, draw))
            audit.outcomes += tuple(each.outcome for each in audit.waiting)
            audit.waiting = []


def _examined(audit: Audit, file: SetFile, draw: object) -> Examined:
    """One file; one that breaks the work is refused, and the others go on."""
    job = ExamineFile(file, audit.models, file.sha256 in audit.seen)
    try:
        return cast(Examined, session.run_job(job, draw))  # type: ignore[arg-type]
    except JobError as failure:
        if failure.reason not in _OF_THE_PHOTO:
            raise
        outcome = {
            "name": file.name,
            "outcome": "refused",
            "sha256": file.sha256,
            "sentence": failed(failure),
        }
        return Examined((), outcome)


def _count(audit: Audit, each: float | None = None) -> str:
    """How many files are done, and about how long the rest takes at ``each`` seconds a file."""
    total = len(audit.photos.files)
    if each is None:
        return t("audit_run.count", done=audit.done, total=total)
    minutes = round((total - audit.done) * each / 60)
    if minutes < 1:
        return t("audit_run.soon", done=audit.done, total=total)
    return t("audit_run.left", done=audit.done, total=total, minutes=minutes)


def _finish(audit: Audit, steps: DeltaGenerator, bar: DeltaGenerator) -> None:
    """The control models, a few faces a job; then claims and findings."""
    files, here = audit.photos.bare, set[str]()

    def draw(_stage: JobProgress) -> None:
        done, total = audit.controls
        told = t("audit_run.controls_count", done=done, total=total) if total else t("audit_run.finishing")
        bar.progress(done / total if total else 0.0, told)

    while audit.finished is None:
        draw(JobProgress("auditing"))
        chosen = tuple(audit.photos.named[file.name] if file.name in here else file for file in files)
        found = session.run_job(FinishAudit(audit.folder, chosen, audit.models, audit.claims), draw)
        if isinstance(found, AskedAgain):
            audit.folder |= found.folder
            audit.controls, here = (found.done, found.total), set(found.photos)
            continue
        done = cast(Finished, found)
        _draw_steps(steps, audit, 2)
        audit.folder |= done.folder
        audit.finished, audit.running = done, False


def _draw_steps(place: DeltaGenerator, audit: Audit, now: int) -> None:
    """The three steps, the ones before ``now`` ticked."""
    names = (t("audit_run.step_photos"), t("audit_run.step_controls"), t("audit_run.step_claims"))
    marks = (":material/check_circle:", ":material/pending:", ":material/circle:")
    states = (t("audit_run.done"), t("audit_run.now"), t("audit_run.next"))
    lines = []
    for number, name in enumerate(names):
        at = 0 if number < now else 1 if number == now else 2
        told = f"**{name}**" if at == 1 else name
        lines.append(f"{marks[at]} {number + 1}. {told} · {states[at]}")
    place.markdown("  \n".join(lines))
