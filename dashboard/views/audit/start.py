"""Before an audit: the photos, the models, and the claims with their limits."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import streamlit as st

from dashboard import own_photos, preferences, session, styles
from dashboard.i18n import class_short_label, t, translate_notice
from dashboard.text.model_names import model_names
from dashboard.text.predictions import failed
from dashboard.views.audit import state
from dashboard.views.audit.state import FILES, GIVEN, MEGABYTES, Audit, PhotoSet
from dashboard.widgets.progress import Progress
from dashboard.widgets.settings_form import main_button
from dashboard.worker.audit_jobs import (
    IN_ZIP,
    BeginAudit,
    Folder,
    ListedSet,
    ListSet,
    ResumeAudit,
    Resumed,
    SetFile,
    Upload,
)
from dashboard.worker.job_handle import JobError
from xai.audit.claims.definitions import DEFAULT_CLAIMS, Claim, digest
from xai.audit.report.about import ABOUT

__all__ = ["show"]

Given = list[tuple[str, bytes]] | None
"""Name and bytes of each file that was uploaded."""

_MODELS = 3
"""Most models of one audit on the page."""

_RESUME, _WRONG = "audit resume", "audit wrong"
_ROUND = own_photos.UPLOAD_ROUNDS[1]
"""State: files that were uploaded and not listed yet; a resume file likewise; a sentence about the last
upload; how often something was uploaded."""

_BEGIN = "audit begin"
_ACCURACY = "accuracy_per_class"


def show(models: Sequence[str]) -> None:
    """Everything that an audit needs, and the button that begins it.

    Args:
        models: names of the installed models, the default first.
    """
    bar = st.empty()
    _list_what_was_given(bar)
    _go_on_with_resume_file(bar)
    if wrong := session.get_state(_WRONG):
        st.error(str(wrong))
    left, right = st.columns([5, 6], gap="large")
    with left:
        photos = state.photo_set()
        st.header(t("audit_start.photos"), anchor=False)
        _uploaders() if photos is None else _chosen(photos)
        st.header(t("audit_start.models"), anchor=False)
        chosen = _models(models)
        about = _about(photos)
    with right:
        st.header(t("audit_start.claims"), anchor=False)
        claims = _claims(photos)
        main = st.container()
        if claims:
            st.caption(t("audit_start.digest", digest=digest(claims)))
    with main:
        _begin(photos, Asked(chosen, claims, about), bar)


@dataclass(frozen=True)
class Asked:
    """What an audit is asked for.

    Attributes:
        models: names.
        claims: fixed before it begins.
        about: what the report says of the audit, as of ``about.json``.
    """

    models: tuple[str, ...]
    claims: tuple[Claim, ...]
    about: Mapping[str, str]


def _uploaders() -> None:
    fresh = session.get_state(_ROUND)
    with st.container(horizontal=True, gap="small", key="audit-upload"):
        for name, many in (("files", True), ("folder", "directory")):
            key = f"audit {name} {fresh}"
            with st.container(key=styles.upload_key(preferences.language(), name), width="content"):
                st.file_uploader(
                    t("audit_start.upload_files" if name == "files" else "audit_start.upload_folder"),
                    type=["image", ".zip"] if name == "files" else None,
                    accept_multiple_files=many,  # type: ignore[call-overload]  # mypy wants one at a time
                    max_upload_size=MEGABYTES,
                    key=key,
                    label_visibility="collapsed",
                    on_change=_take,
                    args=(key,),
                )
    st.caption(t("audit_start.cap", files=FILES, megabytes=MEGABYTES))
    st.caption(t("audit_start.labels"))


def _take(key: str) -> None:
    """Take the files of a widget, which is empty again; too many are refused, all of them."""
    given = own_photos.take_uploads(key)
    if not given:
        return
    session.set_state(_ROUND, int(str(session.get_state(_ROUND) or 0)) + 1)
    session.set_state(_WRONG, None)
    size = sum(len(data) for _, data in given)
    if len(given) > FILES or size > MEGABYTES * 2**20:
        session.set_state(_WRONG, _too_much(len(given), size))
    elif not state.has_room(size):
        session.set_state(_WRONG, t("audit_start.no_room"))
    else:
        session.set_state(GIVEN, [(name.removeprefix("./"), data) for name, data in given])


def _too_much(files: int, size: int) -> str:
    return t("audit_start.too_much", files=files, size=size / 2**20, most=FILES, megabytes=MEGABYTES)


def _list_what_was_given(bar: Any) -> None:
    """Have the model process list the files that were uploaded: zips are opened there."""
    given = cast(Given, session.get_state(GIVEN))
    if not given:
        return
    uploads = tuple(
        Upload(name, len(data), data if name.lower().endswith(".zip") else b"") for name, data in given
    )
    try:
        listed = cast(ListedSet, session.run_job(ListSet(uploads, MEGABYTES * 2**20), Progress(bar).of()))
    except JobError as failure:
        wrong = failed(failure)
        if failure.reason == "refused":
            wrong = t("audit_start.refused", sentence=wrong)
        session.set_state(_WRONG, wrong)
    else:
        size = sum(file.size for file in listed.files)
        if len(listed.files) > FILES or size > MEGABYTES * 2**20:
            session.set_state(_WRONG, _too_much(len(listed.files), size))
        elif not state.has_room(size):
            session.set_state(_WRONG, t("audit_start.no_room"))
        else:
            files = tuple(_with_bytes(f, given) for f in listed.files)
            state.keep_set(PhotoSet(files, listed.notices, _name_of(given)))
    session.set_state(GIVEN, None)
    bar.empty()


def _name_of(given: Sequence[tuple[str, bytes]]) -> str:
    """Of the folder, or of the one zip; empty where there is none."""
    folders = {name.partition("/")[0] for name, _ in given}
    if len(folders) != 1:
        return ""
    (name,) = folders
    return name if "/" in given[0][0] else name.removesuffix(".zip") if name.endswith(".zip") else ""


def _with_bytes(file: SetFile, given: Sequence[tuple[str, bytes]]) -> SetFile:
    if file.upload == IN_ZIP:
        return file
    data = given[file.upload][1]
    return replace(file, data=data, sha256=hashlib.sha256(data).hexdigest())


def _chosen(photos: PhotoSet) -> None:
    """What the set holds, how to change it, and how to go on with an earlier audit of it."""
    labels = Counter(file.label for file in photos.files if file.label)
    told = ", ".join(t("photo.some", count=n, answer=class_short_label(c)) for c, n in labels.most_common())
    st.markdown(t("audit_start.set", files=len(photos.files), size=photos.size / 2**20))
    st.caption(t("audit_start.labelled", told=told) if told else t("audit_start.unlabelled"))
    for notice in photos.notices:
        st.caption(translate_notice(notice))
    with st.container(horizontal=True, gap="small"):
        st.button(t("audit_start.other"), icon=":material/delete:", on_click=state.keep_set, args=(None,))
        with st.popover(t("audit_start.resume"), icon=":material/history:"):
            _resume_uploader()


def _resume_uploader() -> None:
    key = f"audit resume {session.get_state(_ROUND)}"
    st.caption(t("audit_start.resume_note"))
    with st.container(key=styles.upload_key(preferences.language(), "resume")):
        st.file_uploader(
            t("audit_start.upload_resume"),
            type=[".zip"],
            key=key,
            label_visibility="collapsed",
            on_change=_take_resume,
            args=(key,),
        )


def _take_resume(key: str) -> None:
    given = own_photos.take_uploads(key)
    if not given:
        return
    session.set_state(_ROUND, int(str(session.get_state(_ROUND) or 0)) + 1)
    session.set_state(_WRONG, None)
    session.set_state(_RESUME, given[0][1])


def _go_on_with_resume_file(bar: Any) -> None:
    """Open a resume file, and go on with its audit where it is one of these photos."""
    packed, photos = session.get_state(_RESUME), state.photo_set()
    session.set_state(_RESUME, None)
    if not isinstance(packed, bytes) or photos is None:
        return
    try:
        opened = cast(Resumed, session.run_job(ResumeAudit(photos.bare, packed), Progress(bar).of()))
    except JobError as failure:
        session.set_state(_WRONG, failed(failure))
        bar.empty()
        return
    if opened.other:
        what = ", ".join(t(f"audit_other.{key}") for key in opened.other)
        session.set_state(_WRONG, t("audit_start.resume_refused", what=what))
        bar.empty()
        return
    state.keep(Audit(photos, opened.models, opened.claims, dict(opened.folder), opened.outcomes))
    st.rerun()


def _models(models: Sequence[str]) -> tuple[str, ...]:
    """One to three models, in the order of the catalogue."""
    names = model_names(session.catalogue().cards)
    chosen = st.multiselect(
        t("audit_start.models"),
        models,
        default=models[:1],
        format_func=lambda name: names[name],
        max_selections=_MODELS,
        key="audit models",
        label_visibility="collapsed",
        placeholder=t("audit_start.models_none"),
    )
    st.caption(t("audit_start.models_note", most=_MODELS))
    return tuple(name for name in models if name in chosen)


def _about(photos: PhotoSet | None) -> dict[str, str]:
    """Name of the set, auditor and purpose, which the report repeats."""
    st.header(t("audit_start.about"), anchor=False)
    usual = {"set": photos.name if photos else ""}
    told = {
        name: st.text_input(
            t(f"audit_start.about_{name}"),
            usual.get(name, ""),
            max_chars=200,
            key=f"audit about {name} {photos.name if photos else ''}",
        ).strip()
        for name in ABOUT
    }
    return {name: said for name, said in told.items() if said}


def _claims(photos: PhotoSet | None) -> tuple[Claim, ...]:
    """The claims that are ticked, with their limits, and which cannot be judged with so few photos."""
    st.caption(t("audit_start.claims_note"))
    claims = tuple(each for each in map(_claim, DEFAULT_CLAIMS) if each)
    if photos:
        for short in _shortages(claims, photos):
            st.caption(short)
    return claims


def _shortages(claims: Sequence[Claim], photos: PhotoSet) -> Iterator[str]:
    """Why so many faces are not to be expected of the photos: for accuracy by class, else for all claims."""
    there = sum(not file.refusal for file in photos.files)
    few = sum(there < _needed(claim) for claim in claims if claim.kind != _ACCURACY)
    if few:
        yield t("audit_start.short", there=state.counted("files", there), few=few, all=len(claims))
    accuracy = next((claim for claim in claims if claim.kind == _ACCURACY), None)
    if accuracy is None:
        return
    labels = Counter(file.label for file in photos.files if file.label)
    if not labels:
        yield t("audit_start.no_labels")
        return
    label, fewest = min(labels.items(), key=lambda pair: pair[1])
    if fewest < accuracy.least_n:
        few_files = state.counted("files", fewest)
        yield t("audit_start.short_class", there=few_files, label=class_short_label(label))


def _needed(claim: Claim) -> int:
    """Faces that a claim needs in all."""
    return claim.least_n * (2 if claim.kind == "same_for_small_faces" else 1)


def _claim(usual: Claim) -> Claim | None:
    kind = usual.kind
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"audit-claim-{kind}"):
        made = st.checkbox(t(f"audit_tick.{kind}"), value=True, key=f"audit tick {kind}", width="stretch")
        limit = st.number_input(
            t("audit_start.most" if kind == "same_for_small_faces" else "audit_start.least"),
            1,
            99,
            round(usual.threshold * 100),
            key=f"audit limit {kind}",
            disabled=not made,
            width=110,
        )
        least = st.number_input(
            t(f"audit_need.{kind}"),
            1,
            1_000_000,
            usual.least_n,
            key=f"audit least {kind}",
            disabled=not made,
            width=130,
        )
    if not made:
        return None
    return replace(usual, threshold=limit / 100, least_n=int(least))


def _begin(photos: PhotoSet | None, asked: Asked, bar: Any) -> None:
    missing = "claims" if not asked.claims else ""
    missing = "photos" if photos is None else "models" if not asked.models else missing
    st.button(
        t("audit_start.begin"),
        type=main_button(),
        disabled=bool(missing),
        icon=":material/play_arrow:",
        on_click=session.set_state,
        args=(_BEGIN, True),
    )
    st.caption(t(f"audit_missing.{missing}") if missing else t("audit_start.begin_note"))
    pressed = session.get_state(_BEGIN)
    session.set_state(_BEGIN, None)
    if not pressed or photos is None or missing:
        return
    job = BeginAudit(photos.bare, asked.models, asked.claims, asked.about)
    try:
        folder = cast(Folder, session.run_job(job, Progress(bar).of()))
    except JobError as failure:
        bar.empty()
        st.error(failed(failure))
        return
    state.keep(Audit(photos, asked.models, asked.claims, dict(folder)))
    st.rerun()
