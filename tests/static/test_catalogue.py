import ast
import doctest
import re
import string

import pytest

from dashboard import i18n
from dashboard.text import predictions
from dashboard.worker.ticket import JobError
from tests.support import paths

ROOT = paths.ROOT / "dashboard"
SOURCES = sorted(ROOT.rglob("*.py"))
SHOWING = [ROOT / f"{name}.py" for name in ("app", "session", "preferences")]
SHOWING += [
    path for room in ("text", "charts", "widgets", "views") for path in sorted((ROOT / room).rglob("*.py"))
]
SHOWING += [ROOT / "reports" / "content.py"]


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(name):
    """Every call of ``say`` or ``has`` in the dashboard: (where, first argument, keywords)."""
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield f"{path.name}:{node.lineno}", node.args[0], node.keywords


def keys_of(argument):
    """The keys that an argument of ``say`` can stand for, as a pattern over the catalogue."""
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


SAID = [
    (where, keys_of(argument), keywords) for where, argument, keywords in calls("say") if keys_of(argument)
]


@pytest.mark.parametrize(("where", "pattern", "keywords"), SAID, ids=[said[0] for said in SAID])
def test_every_key_that_is_said_exists_and_its_blanks_are_filled(where, pattern, keywords):
    found = [key for key in i18n.catalogue() if re.fullmatch(pattern, key)]
    assert found, f"{where} says {pattern}, which no catalogue entry matches"
    given = {keyword.arg for keyword in keywords}
    if None in given:
        return
    for key in found:
        assert blanks(i18n.catalogue()[key]) <= given, f"{where} leaves blanks of {key} open"


def test_no_sentence_is_dead():
    used = {key for key in i18n.catalogue() for _, pattern, _ in SAID if re.fullmatch(pattern, key)}
    read_otherwise = ("language.", "number.", "library.")
    left = {key for key in set(i18n.catalogue()) - used if not key.startswith(read_otherwise)}
    assert left == set()


def test_every_reason_to_fail_has_a_sentence():
    reasons = set(re.findall(r"``(\w+)``", JobError.__doc__.split("Attributes:")[1].split("values:")[0]))
    written = set(re.findall(r'JobError\(\s*"(\w+)"', (ROOT / "worker" / "client.py").read_text()))
    written |= set(re.findall(r'limit, reason = \w+, "(\w+)"', (ROOT / "worker" / "client.py").read_text()))
    written |= set(re.findall(r'_fail_all\("(\w+)"\)', (ROOT / "worker" / "client.py").read_text()))
    written |= set(re.findall(r'JobError\("(\w+)"', (ROOT / "worker" / "ticket.py").read_text()))
    assert written <= reasons
    assert {f"failure.{reason}" for reason in written} <= set(i18n.catalogue())


@pytest.mark.parametrize("module", [i18n, predictions], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module):
    done = doctest.testmod(module)
    assert (done.failed, done.attempted > 0) == (0, True)


def test_a_missing_key_and_an_open_blank_are_errors():
    with pytest.raises(KeyError):
        i18n.say("photo.no_such_sentence")
    with pytest.raises(KeyError):
        i18n.say("photo.face_pick")


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


@pytest.mark.parametrize("path", SHOWING, ids=lambda path: path.name)
def test_no_sentence_stands_in_the_code_that_shows_them(path):
    """Whatever a reader could read comes from the catalogue: code holds keys, names and formats only."""
    tree = parsed(path)
    apart = {id(node) for node in [*not_shown(tree), *errors_raised(tree)]}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
            words_in_it = re.findall(r"[A-Za-z]{2,}", re.sub("<[^>]*>", "", node.value))
            assert not (" " in node.value.strip() and len(words_in_it) > 2), f"{path.name}:{node.lineno}"
            assert not re.match(r"[A-Z][a-z]+$", node.value), f"{path.name}:{node.lineno}"


WRITERS = {"title", "header", "subheader", "markdown", "caption", "text", "write", "error", "warning", "info"}
WRITERS |= {"success", "button", "selectbox", "slider", "file_uploader", "download_button", "expander"}
WRITERS |= {"form_submit_button", "badge", "metric", "radio", "checkbox", "toggle", "pills", "progress"}


@pytest.mark.parametrize("path", SHOWING, ids=lambda path: path.name)
def test_nothing_is_written_from_a_literal(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS:
            for argument in node.args[:1]:
                assert not isinstance(argument, ast.Constant), f"{path.name}:{node.lineno}"
                if isinstance(argument, ast.JoinedStr):
                    letters = "".join(p.value for p in argument.values if isinstance(p, ast.Constant))
                    assert not re.search(r"[A-Za-z]", letters), f"{path.name}:{node.lineno}"
