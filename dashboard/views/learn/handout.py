"""A worksheet for pupils and a lesson plan for the teacher, as one printable page."""

from __future__ import annotations

from html import escape
from pathlib import Path

from dashboard.i18n import t
from dashboard.preferences import language

__all__ = ["handout"]

_TASKS, _PLAN = 5, 5

_PAGE = Path(__file__).with_suffix(".html")
_TASK = '<h2>{title}</h2><p>{text}</p><div class="write"></div><div class="write"></div>'
_ROW = "<tr><td>{minutes}</td><td>{what}</td></tr>"


def handout() -> str:
    """Both in the reader's language: a complete, self-contained HTML page, UTF-8."""
    tasks = [
        _TASK.format(title=_said(f"task_{n}"), text=_said(f"task_{n}_text")) for n in range(1, _TASKS + 1)
    ]
    rows = [
        _ROW.format(minutes=_said(f"plan_{n}_minutes"), what=_said(f"plan_{n}")) for n in range(1, _PLAN + 1)
    ]
    names = ("title", "lead", "plan", "plan_lead", "plan_end", "minutes", "what")
    return _PAGE.read_text(encoding="utf-8").format(
        language=language(),
        tasks="\n".join(tasks),
        rows="\n".join(rows),
        **{name: _said(name) for name in names},
    )


def _said(name: str) -> str:
    return escape(t(f"handout.{name}"))
