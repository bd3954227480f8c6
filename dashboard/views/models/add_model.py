"""How to add your own model."""

from __future__ import annotations

import json

import streamlit as st

from dashboard.i18n import t
from xai.models.architectures import ARCHITECTURES

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


def show() -> None:
    """The requirements, the three steps, and a card template."""
    st.header(t("own.heading"), anchor=False)
    st.markdown(t("own.lead"))
    with st.expander(t("own.how")):
        st.markdown(t("own.steps"))
        st.caption(t("own.card"))
        st.code(json.dumps(_EXAMPLE, indent=1, ensure_ascii=False), language="json")
        st.caption(t("own.keys"))
        st.markdown(t("own.architectures", names=", ".join(f"`{name}`" for name in sorted(ARCHITECTURES))))
        st.caption(t("own.check"))
        st.code(t("own.command"), language=None, wrap_lines=True)
