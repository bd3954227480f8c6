"""What the benchmark found, as Markdown: a file of its own, or a section of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xai.atomic_write import write_whole
from xai.errors import XaiError

__all__ = ["Section", "markdown_table", "write_page"]


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the first one the heads, as a Markdown table.

    >>> print(markdown_table([("way", "seconds"), ("ours", "1.2")]))
    | way | seconds |
    |---|---|
    | ours | 1.2 |
    """
    heads, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([heads, "|" + "---|" * len(rows[0]), *others])


def write_page(text: str, page: Path) -> None:
    """The text as a file, whole or not at all.

    Raises:
        XaiError: it cannot be written.
    """
    write_whole(page, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))


@dataclass(frozen=True)
class Section:
    """The part of a page between ``<!-- benchmark NAME -->`` and ``<!-- /benchmark NAME -->``.

    Attributes:
        page: the page.
        before: its text up to the section, with the first mark.
        after: its text from the second mark on.
    """

    page: Path
    before: str
    after: str

    @classmethod
    def find(cls, page: Path, name: str) -> Section:
        """The section ``name`` of a page; asked before the long measurement, not after it.

        Raises:
            XaiError: the page cannot be read, or does not hold both marks once.
        """
        start, end = f"<!-- benchmark {name} -->", f"<!-- /benchmark {name} -->"
        try:
            before, rest = page.read_text(encoding="utf-8").split(start)
            _, after = rest.split(end)
        except (OSError, ValueError) as error:
            raise XaiError(f"The page {page} cannot take the table: it needs {start} and {end}.") from error
        return cls(page, before + start, end + after)

    def fill(self, text: str) -> None:
        """Put the text into the section, in place of the one before.

        Raises:
            XaiError: the page cannot be written.
        """
        write_page(f"{self.before}\n{text}\n{self.after}", self.page)
