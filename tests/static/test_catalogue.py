"""Every key that is said exists, every sentence is said, and none stands in the code that shows them."""

import ast
import doctest
import re
import string
from functools import cache

import pytest

from dashboard import i18n
from dashboard.text import predictions
from dashboard.worker.job_handle import JobError
from tests.support import paths

ROOT = paths.ROOT / "dashboard"
SOURCES = sorted(ROOT.rglob("*.py"))
SHOWING = [ROOT / f"{name}.py" for name in ("app", "session", "preferences")]
SHOWING += [
    path for room in ("text", "charts", "widgets", "views") for path in sorted((ROOT / room).rglob("*.py"))
]
SHOWING += [ROOT / "reports" / "content.py"]


@cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def calls(name):
    """Every call of ``t`` in the dashboard: (where, first argument, keywords)."""
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield place(path, node), node.args[0], node.keywords


def keys_of(argument):
    """The keys that an argument of ``t`` can stand for, as a pattern over the catalogue."""
    if isinstance(argument, ast.Constant):
        return re.escape(argument.value)
    if isinstance(argument, ast.IfExp):
        return f"(?:{keys_of(argument.body)}|{keys_of(argument.orelse)})"
    if isinstance(argument, ast.JoinedStr):
        return "".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else r"[\w+-]+"
            for part in argument.values
        )
    return None


def blanks(sentence):
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field}


@cache
def said():
    """Every call of ``t`` whose key can be read from the code: (where, pattern, its keys, keywords)."""
    found = []
    for where, argument, keywords in calls("t"):
        if pattern := keys_of(argument):
            fits = re.compile(pattern).fullmatch
            found.append((where, pattern, [key for key in i18n.messages() if fits(key)], keywords))
    return found


def test_every_key_that_is_said_exists_and_its_blanks_are_filled():
    wrong = []
    for where, pattern, keys, keywords in said():
        if not keys:
            wrong.append(f"{where} says {pattern}, which no catalogue entry matches")
        given = {keyword.arg for keyword in keywords}
        if None not in given:
            wrong += [
                f"{where} leaves blanks of {key} open: {sorted(blanks(i18n.messages()[key]) - given)}"
                for key in keys
                if not blanks(i18n.messages()[key]) <= given
            ]
    assert len(said()) > 400
    assert not wrong, "\n".join(wrong)


def test_no_sentence_is_dead():
    used = {key for _, _, keys, _ in said() for key in keys}
    read_otherwise = ("language.", "number.", "library.")
    left = {key for key in set(i18n.messages()) - used if not key.startswith(read_otherwise)}
    assert not left, "\n".join(sorted(left))


def test_every_reason_to_fail_has_a_sentence():
    reasons = set(re.findall(r"``(\w+)``", JobError.__doc__.split("Attributes:")[1].split("values:")[0]))
    written = set(re.findall(r'JobError\(\s*"(\w+)"', (ROOT / "worker" / "client.py").read_text()))
    written |= set(re.findall(r'limit, reason = \w+, "(\w+)"', (ROOT / "worker" / "client.py").read_text()))
    written |= set(re.findall(r'_fail_all\("(\w+)"\)', (ROOT / "worker" / "client.py").read_text()))
    written |= set(re.findall(r'JobError\("(\w+)"', (ROOT / "worker" / "job_handle.py").read_text()))
    assert written <= reasons
    assert {f"failure.{reason}" for reason in written} <= set(i18n.messages())


def test_the_examples_in_the_docstrings_hold():
    done = {module.__name__: doctest.testmod(module) for module in (i18n, predictions)}
    assert not {name: tried for name, tried in done.items() if tried.failed or not tried.attempted}


def test_a_missing_key_and_an_open_blank_are_errors():
    with pytest.raises(KeyError):
        i18n.t("photo.no_such_sentence")
    with pytest.raises(KeyError):
        i18n.t("photo.faces_many")


def not_shown(tree):
    """Docstrings and the list of public names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            yield from ast.walk(node)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for statement in body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    yield statement.value


def errors_raised(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            yield from ast.walk(node)


def test_no_sentence_stands_in_the_code_that_shows_them():
    """Whatever a reader could read comes from the catalogue: code holds keys, names and formats only."""
    wrong = []
    for path in SHOWING:
        tree = parsed(path)
        apart = {id(node) for node in [*not_shown(tree), *errors_raised(tree)]}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
                words = re.findall(r"[A-Za-z]{2,}", re.sub("<[^>]*>", "", node.value))
                sentence = " " in node.value.strip() and len(words) > 2
                if sentence or re.match(r"[A-Z][a-z]+$", node.value):
                    wrong.append(f"{place(path, node)} {node.value!r}")
    assert not wrong, "\n".join(wrong)


WRITERS = {"title", "header", "subheader", "markdown", "caption", "text", "write", "error", "warning", "info"}
WRITERS |= {"success", "button", "selectbox", "slider", "file_uploader", "download_button", "expander"}
WRITERS |= {"form_submit_button", "badge", "metric", "radio", "checkbox", "toggle", "pills", "progress"}


def is_literal(argument):
    """Whether letters of what is written stand in the code."""
    if isinstance(argument, ast.JoinedStr):
        letters = "".join(p.value for p in argument.values if isinstance(p, ast.Constant))
        return bool(re.search(r"[A-Za-z]", letters))
    return isinstance(argument, ast.Constant)


def test_nothing_is_written_from_a_literal():
    wrong = [
        f"{place(path, node)} {node.func.attr}"
        for path in SHOWING
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS
        if node.args and is_literal(node.args[0])
    ]
    assert not wrong, "\n".join(wrong)
