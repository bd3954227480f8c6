import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboard import i18n, preferences
from dashboard.views.learn import handout
from dashboard.worker.shortcut_rounds import round_of


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
    steps = [key.partition(".")[2] for key in said if key.startswith("step.")]
    tasks = [f"{number} {said[f'step.{step}']}" for number, step in enumerate(steps, 1)]
    ends = [said["handout.plan"], said["handout.key"]]
    assert outline.headings == [said["handout.title"], *tasks, *ends]
    assert [said["learn.sheet"].format(number=n, total=4) in page for n in range(1, 5)] == [True] * 4
    assert f"{said['handout.name']}:" in page
    assert f"{said['handout.class']}:" in page
    assert page.count("<svg") == 1
    assert "<img" not in page


def test_the_rounds_have_a_table_and_the_answers_come_last_and_are_right():
    said = i18n.messages()
    *_, second, plan, key = handout.handout().split('<section class="page">')
    assert second.count("<tr>") == (1 + 3) + (1 + 5) + (1 + 2)
    assert plan.count("<tr>") == 1 + 7
    assert key.count("<tr>") == 1 + 5
    for number in range(5):
        played = round_of(number)
        told = said[f"hidden.{played.cover}"] if played.cover else said["handout.key_none"]
        cells = (str(number + 1), "ABC"[played.cheat], told, said[f"cue_read.{played.cue}"])
        assert "".join(f"<td>{cell}</td>" for cell in cells) in key
        assert said[f"cue_read.{played.cue}"] not in second + plan


def test_the_plan_takes_the_steps_in_the_order_of_the_page():
    plan = handout.handout().split('<section class="page">')[3]
    named = [
        int(digit) for line in re.findall(r"Steps? ([\d to and]+)", plan) for digit in re.findall(r"\d", line)
    ]
    assert named == sorted(named)
    assert named[-1] == 8


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
