import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboard import i18n, preferences
from dashboard.views.learn import handout


class Outline(HTMLParser):
    """Tags that were opened and not closed, and the headings."""

    def __init__(self):
        super().__init__()
        self.open, self.headings, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


@pytest.mark.parametrize("code", i18n.languages())
def test_the_handout_is_whole_in_every_language_and_needs_nothing_else(monkeypatch, code):
    for module in (i18n, preferences, handout):
        monkeypatch.setattr(module, "language", lambda: code)
    page = handout.handout()
    outline = Outline()
    outline.feed(page)
    said = i18n.messages(code)
    assert outline.open == []
    assert outline.links == []
    assert f'<html lang="{code}">' in page
    tasks = [said[f"handout.task_{number}"] for number in range(1, 6)]
    assert outline.headings == [said["handout.title"], *tasks, said["handout.plan"]]
    assert page.count("<tr>") == 1 + 5


FAMILIAR = re.compile(
    r"\b(os|vosotr[oa]s|vuestr[oa]s?|tú|tus?|te|ti|contigo)\b|\w(áis|éis)\b"
    r"|\b(?!(?:red|usted|grad)\b)(?!\w*(?:idad|edad|ltad)\b)\w{2,}[aei]d\b",
    re.IGNORECASE,
)
"""How Spanish speaks to friends: tú and vosotros, and what one tells them to do."""


def test_the_lesson_and_the_handout_say_usted_throughout():
    path = Path(i18n.__file__).parent / "locales" / "es" / "learn.toml"
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    familiar = {
        f"{section}.{key}": found.group()
        for section, sentences in sections.items()
        for key, sentence in sentences.items()
        if (found := FAMILIAR.search(re.sub(r"{.*?}", "", sentence)))
    }
    assert familiar == {}


@pytest.mark.parametrize(
    "said", ["Trabajad en parejas", "lo que suponéis", "os fiaríais", "Escribid", "tu cara"]
)
def test_what_friends_say_would_be_found(said):
    assert FAMILIAR.search(said)
