"""Custom Streamlit components, a folder each; none makes network requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

__all__ = ["component"]

_HERE = Path(__file__).parent


def component(name: str, *parts: str) -> Any:
    """Register the component in the folder ``name``: ``index.html``, ``style.css`` and ``script.js``.

    Args:
        name: of the folder.
        parts: folders whose ``part.css`` and ``part.js`` stand before the component's own.

    Returns:
        The function that mounts it; call it with ``key``, ``data`` and an ``on_<name>_change`` per value that
        it returns.
    """
    files = (_HERE / name / file for file in ("index.html", "style.css", "script.js"))
    html, css, js = (file.read_text(encoding="utf-8") for file in files)
    for part in parts:
        css = (_HERE / part / "part.css").read_text(encoding="utf-8") + css
        js = (_HERE / part / "part.js").read_text(encoding="utf-8") + js
    return st.components.v2.component(f"mask_evidence.{name}", html=html, css=css, js=js)
