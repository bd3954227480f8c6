"""Adding your own model: here, where the visitor is the operator, and how it is done by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import preferences, session, styles
from dashboard.i18n import t
from dashboard.text.predictions import failed
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.model_jobs import AddModel, RemoveModel
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import FORMATS, added_models

__all__ = ["show"]

_EXAMPLE = {
    "name": "my_model",
    "architecture": "mobilenet_v2",
    "classes": ["covered", "incorrect", "uncovered"],
    "input_size": 128,
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "margin": 0.3,
    "temperature": 1.0,
    "source": "own",
    "protocol": "product",
    "sha256": "…",
    "recipe": {},
    "data": {},
    "metrics": {},
    "license": "…",
    "limits": [],
}
"""Every key that a card must have; a test parses such a card."""


_MEGABYTES = 200
"""Largest file, as the server's ``maxUploadSize``."""

_CARD, _WEIGHTS = ".json", tuple(f".{each}" for each in FORMATS)
_ROUND, _SAID = "own round", "own said"
"""State: the uploader's number, raised to empty it, and what became of the last try."""


def show() -> None:
    """What can be added here; then the requirements, the three steps, and a card template."""
    st.header(t("own.heading"), anchor=False)
    st.markdown(t("own.lead"))
    if _is_operator():
        _form()
        _added()
    else:
        st.info(t("own.elsewhere"))
    with st.expander(t("own.how")):
        st.markdown(t("own.steps"))
        st.caption(t("own.card"))
        st.code(json.dumps(_EXAMPLE, indent=1, ensure_ascii=False), language="json")
        st.caption(t("own.keys"))
        st.markdown(t("own.architectures", names=", ".join(f"`{name}`" for name in sorted(ARCHITECTURES))))
        st.caption(t("own.check"))
        st.code(t("own.command"), language=None, wrap_lines=True)


def _is_operator() -> bool:
    """Whether the visitor sits at this computer: the server listens to nobody else, and no proxy passes
    requests on to it.
    """
    address = str(st.get_option("server.address") or "")
    passed_on = any(st.context.headers.get(name) for name in ("forwarded", "x-forwarded-for", "via"))
    if address == "localhost":
        return not passed_on
    try:
        return ip_address(address).is_loopback and not passed_on
    except ValueError:
        return False


def _form() -> None:
    number = cast(int, session.get_state(_ROUND) or 0)
    with st.container(key=styles.upload_key(preferences.language(), "model"), width="content"):
        files = st.file_uploader(
            t("own.upload"),
            type=[_CARD, *_WEIGHTS],
            accept_multiple_files=True,
            max_upload_size=_MEGABYTES,
            key=f"own files {number}",
            label_visibility="collapsed",
        )
    pair = [[file for file in files if file.name.endswith(endings)] for endings in (_CARD, _WEIGHTS)]
    ready = all(len(found) == 1 for found in pair)
    st.caption(t("own.two_files", megabytes=_MEGABYTES))
    place = st.empty()
    if st.button(t("own.add"), disabled=not ready, key="own add"):
        card, weights = (found[0].getvalue() for found in pair)
        _run(AddModel(card, weights), lambda name: t("own.added", model=name), place)
    _say()


def _added() -> None:
    """A button for each model that was added here."""
    for name in added_models():
        if st.button(t("own.remove", model=name), key=f"own remove {name}"):
            _run(RemoveModel(name), lambda name: t("own.removed", model=name), st.empty())


def _run(job: AddModel | RemoveModel, done: Callable[[str], str], place: DeltaGenerator) -> None:
    """Do the job, keep what is said of it, and show the page with the models that there are now."""
    try:
        name = cast(str, session.run_job(job, Progress(place).of()))
    except JobError as failure:
        session.set_state(_SAID, (False, failed(failure)))
    else:
        session.models_changed()
        session.set_state(_ROUND, cast(int, session.get_state(_ROUND) or 0) + 1)
        session.set_state(_SAID, (True, done(name)))
    st.rerun()


def _say() -> None:
    said: Any = session.get_state(_SAID)
    session.set_state(_SAID, None)
    if said:
        (st.success if said[0] else st.error)(said[1])
