"""A worksheet for pupils, a lesson plan for the teacher and the answers, as one printable page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from dashboard.i18n import t
from dashboard.preferences import language
from dashboard.worker.quiz_questions import CONDITIONS
from dashboard.worker.shortcut_rounds import round_of

__all__ = ["handout"]

_PLAN, _ROUNDS = 7, 5
_QUESTIONS = ("follows", "stays", "place")

_PAGE = Path(__file__).with_suffix(".html")
_FACE = Path(__file__).with_name("handout_face.svg")
_SHEET = '<section class="page">{body}<footer>{foot}</footer></section>'
_TASK = "<h2>{title}</h2><p>{text}</p>{space}"
_LINE = '<div class="write"></div>'


def handout() -> str:
    """All in the reader's language: a complete, self-contained HTML page, UTF-8; the answers come last."""
    bodies = (_first_sheet(), _second_sheet(), _plan(), _key())
    pages = (
        _SHEET.format(body=body, foot=escape(t("learn.sheet", number=number, total=len(bodies))))
        for number, body in enumerate(bodies, 1)
    )
    return _PAGE.read_text(encoding="utf-8").format(
        language=language(), title=_said("title"), pages="\n".join(pages)
    )


def _first_sheet() -> str:
    fields = "".join(f"<span>{_said(name)}:</span>" for name in ("name", "class"))
    face = _FACE.read_text(encoding="utf-8").format(label=_said("face"))
    return (
        f'<div class="who">{fields}</div><h1>{_said("title")}</h1><p>{_said("lead")}</p>'
        + _task(1, "answer", _LINE)
        + _task(2, "guess", face)
        + _task(3, "cover", 2 * _LINE)
        + _task(4, "attention", 2 * _LINE)
    )


def _second_sheet() -> str:
    asked = [(escape(t(f"three.{name}")), "", "") for name in _QUESTIONS]
    played = [(str(number), "", "", "") for number in range(1, _ROUNDS + 1)]
    scores = tuple(_said(name) for name in ("quiz_seen", "quiz_mine", "quiz_class"))
    return (
        _task(5, "verdict", _table(("", _said("model_a"), _said("model_b")), asked))
        + _task(6, "limits", 3 * _LINE)
        + _task(7, "cheat", _table(_round_heads(), played))
        + _task(8, "quiz", _table(scores, [(escape(t(f"quiz_condition.{c}")), "", "") for c in CONDITIONS]))
    )


def _plan() -> str:
    rows = [(_said(f"plan_{n}_minutes"), _said(f"plan_{n}")) for n in range(1, _PLAN + 1)]
    table = _table((_said("minutes"), _said("what")), rows)
    return f"<h1>{_said('plan')}</h1><p>{_said('plan_lead')}</p>{table}<p>{_said('plan_end')}</p>"


def _key() -> str:
    rows = []
    for played in map(round_of, range(_ROUNDS)):
        told = t(f"hidden.{played.cover}") if played.cover else t("handout.key_none")
        read = t(f"cue_read.{played.cue}")
        rows.append((str(played.number + 1), "ABC"[played.cheat], escape(told), escape(read)))
    return (
        f"<h1>{_said('key')}</h1><p>{_said('key_lead')}</p>{_table(_round_heads(), rows)}"
        f"<p>{_said('key_limits')}</p>"
    )


def _round_heads() -> tuple[str, ...]:
    return tuple(_said(name) for name in ("round", "who", "what_told", "reads"))


def _task(number: int, step: str, space: str) -> str:
    """A step of the page under its own name, with room for the answer."""
    title = t("learn.step_name", number=number, name=t(f"step.{step}"))
    return _TASK.format(title=escape(title), text=_said(step), space=space)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML already."""
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _said(name: str) -> str:
    return escape(t(f"handout.{name}"))
