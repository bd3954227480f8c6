"""The models at a glance: a card for each of the two that every photo is shown to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

import streamlit as st

from dashboard import session
from dashboard.i18n import t
from dashboard.records.focus import Focus, focus_over
from dashboard.text.metrics import dataset_name, dataset_note, figure_text, setting_line
from dashboard.text.model_summary import (
    headline_evaluation,
    model_focus,
    right_line,
    unfit_line,
    use_line,
)
from dashboard.text.regions import area_name
from dashboard.text.verdicts import word
from xai.classes import class_info
from xai.evidence_types import VERDICTS
from xai.models.cards import Card

__all__ = ["show"]


_ROOM = 0.07
"""Share of a bar from which its number fits into it."""


def show(cards: Sequence[Card], names: Mapping[str, str]) -> None:
    """A card for each model, side by side.

    Args:
        cards: of the models, at most two.
        names: name on the card -> display name.
    """
    for card, column in zip(cards, st.columns(2, gap="medium"), strict=False):
        with column, st.container(border=True, height="stretch", gap="xsmall", key=f"glance-{card.name}"):
            st.header(names[card.name], anchor=False)
            _right(card)
            _focus(card)
            st.markdown(use_line(card))
            st.markdown(unfit_line(card))


def _right(card: Card) -> None:
    score = headline_evaluation(card)
    if score is None:
        st.markdown(t("glance.not_measured"))
        return
    notes = (dataset_note(score.dataset), t("glance.n", n=score.n, setting=setting_line(score)))
    unseen = score.dataset not in card.training.sets
    said = {"right": right_line(score), "dataset": dataset_name(score.dataset)}
    st.markdown(
        t("glance.right", **said) if unseen else t("glance.right_seen", **said), help=_paragraphs(*notes)
    )


def _focus(card: Card) -> None:
    """How many answers have which verdict, beside those of the control networks on the same set."""
    focus = model_focus(card)
    if focus is None or focus.supported is None:
        st.markdown(t("glance.not_tested"))
        return
    said = t(
        "glance.focus",
        area=area_name(class_info(card.classes[0]).looks_at),
        count=focus.counts["supported"],
        told=focus.told,
        untold=focus.counts["cannot tell"],
        low=focus.supported.low,
        high=focus.supported.high,
        dataset=dataset_name(focus.dataset),
    )
    st.markdown(said, help=_paragraphs(t("glance.focus_note"), dataset_note(focus.dataset)))
    st.html(bars({t("glance.this"): focus, **dict(_references(focus.dataset))}))


def _paragraphs(*notes: str | None) -> str:
    return "\n\n".join(filter(None, notes))


def _references(dataset: str) -> Iterator[tuple[str, Focus]]:
    for reference in session.records().references:
        if focus := focus_over(reference.verdicts, dataset):
            yield t("glance.honest" if reference.honest else "glance.shortcut"), focus


def bars(rows: Mapping[str, Focus]) -> str:
    """Stacked bars of verdicts with their numbers, and a legend, as HTML.

    Args:
        rows: label of a bar -> its verdicts.
    """
    drawn = "".join(_bar(label, focus) for label, focus in rows.items())
    legend = "".join(_element("li", escape(word(v)), {"class": _kind(v)}) for v in VERDICTS)
    return _element("div", drawn + _element("ul", legend, {"class": "legend"}), {"class": "focus-bars"})


def _bar(label: str, focus: Focus) -> str:
    total = sum(focus.counts.values())
    said = ", ".join(t("glance.alt_part", verdict=word(v), count=n) for v, n in focus.counts.items())
    parts = "".join(
        _element("span", str(n) if n >= _ROOM * total else "", {"class": _kind(v), "style": f"flex-grow:{n}"})
        for v, n in focus.counts.items()
        if n
    )
    share = t("scored.none") if focus.supported is None else figure_text(focus.supported)
    alt = t("glance.alt", label=label, parts=said, share=share)
    drawn = _element("b", escape(label), {}) + _element("span", parts, {"class": "parts"})
    return _element("div", drawn, {"class": "bar", "role": "img", "aria-label": alt})


def _element(tag: str, inner: str, attributes: Mapping[str, str]) -> str:
    """An HTML element; ``inner`` is HTML, the attributes are text."""
    said = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{said}>{inner}</{tag}>"


def _kind(verdict: str) -> str:
    return verdict.replace(" ", "-")
