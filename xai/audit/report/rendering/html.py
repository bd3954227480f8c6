"""The document as one HTML file that needs no network and no script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from pathlib import Path

from xai.audit.report.rendering.document import (
    SIGNS,
    Block,
    Callout,
    Cell,
    Document,
    Figures,
    Paragraph,
    Photos,
    Points,
    Section,
    Table,
    Terms,
)

__all__ = ["html_of"]

_STYLE = Path(__file__).with_name("report.css")


def html_of(document: Document) -> str:
    """The page; the same text for the same document."""
    style = _STYLE.read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{allowed}'; base-uri 'none'"
    contents = "".join(
        f'<li><a href="#{each.anchor}">{escape(each.title)}</a></li>' for each in document.sections
    )
    body = "".join(
        [
            f"<header><h1>{escape(document.title)}</h1>",
            *(_block(block, 2) for block in document.opening),
            "</header>",
            f'<nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ol>{contents}</ol></nav>',
            *(_block(section, 2) for section in document.sections),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(document.title)}</title><style>{style}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def _block(block: Block, level: int) -> str:
    match block:
        case Paragraph():
            text = _paragraph(block)
        case Callout():
            text = f'<p class="callout">{escape(block.text)}</p>'
        case Points():
            text = f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in block.items)}</ul>"
        case Terms():
            entries = (f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in block.entries)
            text = f"<dl>{''.join(entries)}</dl>"
        case Table():
            text = _table(block)
        case Figures():
            caption = f'<p class="quiet">{escape(block.caption)}</p>'
            text = f'<div class="figures">{"".join(_figures(block))}</div>{caption}'
        case Photos():
            text = f'<div class="faces">{"".join(_photos(block))}</div>'
        case Section():
            inner = "".join(_block(each, level + 1) for each in block.blocks)
            heading = f'<h{level} id="{block.anchor}">{escape(block.title)}</h{level}>'
            text = f'<section aria-labelledby="{block.anchor}">{heading}{inner}</section>'
    return text


def _paragraph(block: Paragraph) -> str:
    lead = f"<strong>{escape(block.lead)}</strong> " if block.lead else ""
    text = _toned(block.text, block.tone) if block.tone in SIGNS else escape(block.text)
    name = ' class="quiet"' if block.tone == "quiet" else ""
    return f"<p{name}>{lead}{text}</p>"


def _toned(text: str, tone: str) -> str:
    if tone not in SIGNS:
        return escape(text)
    return f'<span class="tone {tone}"><span aria-hidden="true">{SIGNS[tone]}</span> {escape(text)}</span>'


def _table(table: Table) -> str:
    head = "".join(
        f'<th scope="col"{_name("n" if number in table.numeric else "")}>{escape(column)}</th>'
        for number, column in enumerate(table.columns)
    )
    rows = "".join(f"<tr>{''.join(_cells(table, row))}</tr>" for row in table.rows)
    note = f'<p class="quiet">{escape(table.note)}</p>' if table.note else ""
    few = len(table.numeric) < 2
    kind = (" stacked" if len(table.columns) > (2 if few else 5) else "") + ("" if few else " matrix")
    return (
        f'<div class="table{kind}" tabindex="0" role="region" aria-label="{escape(table.caption)}"><table>'
        f"<caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"{note}"
    )


def _cells(table: Table, row: tuple[str | Cell, ...]) -> Iterator[str]:
    for number, content in enumerate(row):
        cell = content if isinstance(content, Cell) else Cell(content)
        numeric = "n" if number in table.numeric else ""
        names = _name(numeric, f"shade-{cell.shade}" if cell.shade else "", "quiet" * (cell.tone == "quiet"))
        tag, scope = ("td", "") if number else ("th", ' scope="row"')
        label = "" if number == 0 else f' data-label="{escape(table.columns[number])}"'
        yield f"<{tag}{scope}{names}{label}>{_toned(cell.text, cell.tone)}</{tag}>"


def _name(*names: str) -> str:
    used = " ".join(filter(None, names))
    return f' class="{used}"' if used else ""


def _figures(block: Figures) -> Iterator[str]:
    for each in block.drawings:
        name = _name("map" if each.width == each.height else "")
        yield f"<figure{name}>{each.svg(themed=True)}{_figcaption(each.caption)}</figure>"


def _photos(block: Photos) -> Iterator[str]:
    for each in block.entries:
        source = base64.b64encode(each.jpeg).decode()
        picture = f'<img src="data:image/jpeg;base64,{source}" alt="{escape(each.alt)}">' if each.jpeg else ""
        yield f"<figure>{picture}{_figcaption(each.caption)}</figure>"


def _figcaption(caption: str) -> str:
    return f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
