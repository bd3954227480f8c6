"""Components of our own: each is three files beside this one, and asks nothing of the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

__all__ = ["component"]

_HERE = Path(__file__).parent


def component(name: str) -> Any:
    """Register the component whose files are ``<name>.html``, ``<name>.css`` and ``<name>.js``.

    Returns:
        What mounts it: call it with ``key``, ``data`` and an ``on_<name>_change`` per value that comes back.
    """
    html, css, js = ((_HERE / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component(f"mask_evidence.{name}", html=html, css=css, js=js)
