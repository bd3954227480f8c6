"""What no linter says of the house: how large folders and functions may grow, what they say of themselves,
what stays light. The levels of both packages stand in pyproject.toml, under ``tool.importlinter``.
"""

import ast
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

import xai
from tests.support.paths import ROOT

FILES = sorted(path for package in ("xai", "dashboard") for path in (ROOT / package).rglob("*.py"))

MOST_FILES = 12
"""Python files of one folder, ``__init__`` and ``conftest`` aside."""

MOST_LINES = 50
"""Lines of one function after its first."""

MOST_SAID = 160
"""Characters of the sentence in which a folder says its job."""

LIGHT = (
    "xai",
    "xai.types",
    "xai.evidence_types",
    "xai.partial_results",
    "xai.errors",
    "xai.render",
    "xai.audit.claims.definitions",
    "xai.audit.report.about",
    "xai.models.cards",
    "xai.attribution.methods",
    "xai.classes",
    "xai.evidence.counterfactuals.probes",
    "xai.evidence.verdict.decision",
    "xai.photo.samples",
    "xai.__main__",
    "dashboard.server",
    "dashboard.text.verdict_numbers",
)
"""What is read where no model runs: by the web server, or by a command line that only prints help."""

HEAVY = ("torch", "torchvision", "cv2", "captum", "pytorch_grad_cam", "matplotlib")


def module_name(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """What a file imports: (module, line); ``from package import module`` counts as the module."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module, node.lineno


def place(path, node=None):
    return f"{path.relative_to(ROOT)}:{node.lineno}" if node else str(path.relative_to(ROOT))


def circles(needs):
    """The circles of a graph, each as the way round; one at least of those that share an arrow."""
    found, done = [], set()

    def visit(module, way):
        if module in way:
            found.append(" -> ".join([*way[way.index(module) :], module]))
        elif module not in done:
            for needed in sorted(needs[module]):
                visit(needed, [*way, module])
            done.add(module)

    for module in sorted(needs):
        visit(module, [])
    return found


def test_modules_do_not_import_each_other_in_a_circle():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b -> c -> b"]
    found = circles(
        {
            name: {there for there, _ in imports(path) if there in MODULES} - {name}
            for name, path in MODULES.items()
        }
    )
    assert not found, "\n".join(found)


def test_pages_do_not_know_each_other_and_nobody_knows_a_page():
    wrong = [
        f"{place(path)}:{line} looks into {there}"
        for here, path in MODULES.items()
        for there, line in imports(path)
        if there.startswith("dashboard.views.") and here.split(".")[:3] != there.split(".")[:3]
    ]
    assert not wrong, "\n".join(wrong)


def test_a_folder_holds_one_idea():
    counted = Counter()
    for package in ("xai", "dashboard", "tests"):
        for path in (ROOT / package).rglob("*.py"):
            counted[path.parent] += path.stem not in ("__init__", "conftest")
    wrong = [
        f"{place(folder)} holds {count} files" for folder, count in counted.items() if count > MOST_FILES
    ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_says_its_job_in_one_sentence():
    wrong = []
    for folder in sorted({path.parent for path in FILES}):
        home = folder / "__init__.py"
        said = (ast.get_docstring(tree_of(home)) or "") if home.exists() else ""
        first = said.split("\n\n")[0]
        if not first.endswith("."):
            wrong.append(f"{place(folder)} does not say what it is for")
        if len(first) > MOST_SAID:
            wrong.append(f"{place(folder)} says it in {len(first)} characters; at most {MOST_SAID}")
    assert not wrong, "\n".join(wrong)


def test_every_public_name_is_documented():
    """Stricter than ruff, which leaves out what ``__all__`` does not list."""
    wrong = []
    for path in FILES:
        tree = tree_of(path)
        if tree.body and not ast.get_docstring(tree):
            wrong.append(f"{place(path)} does not say what it is for")
        for node in tree.body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                wrong.append(f"{place(path, node)} {node.name} has no docstring")
    assert not wrong, "\n".join(wrong)


def test_functions_stay_short():
    """Lines, docstrings among them, where ruff counts statements."""
    wrong = [
        f"{place(path, node)} {node.name} has {node.end_lineno - node.lineno} lines; at most {MOST_LINES}"
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno > MOST_LINES
    ]
    assert not wrong, "\n".join(wrong)


def test_public_names():
    assert list(xai.__all__) == sorted(xai._HOMES)
    assert [name for name in xai.__all__ if getattr(xai, name).__name__ != name] == []
    hidden = [name for name in xai.__all__ if f"xai.{name}" in MODULES]
    assert not hidden, f"a module of that name would be bound over {hidden} when it is imported"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = xai.nothing


def test_light_modules_stay_free_of_torch():
    """Each in an interpreter of its own: what one loads is not held against the next."""

    def loaded(module):
        code = f"import sys, {module}; print(*sorted({set(HEAVY)} & set(sys.modules)))"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().splitlines()[-1]

    with ThreadPoolExecutor(2) as two:
        found = dict(zip(LIGHT, two.map(loaded, LIGHT), strict=True))
    wrong = [f"{module}: {heavy}" for module, heavy in found.items() if heavy]
    assert not wrong, "\n".join(wrong)


def test_weights_and_cards_come_in_pairs():
    cards = {p.stem for p in (ROOT / "weights").glob("*.json")} - {"experiments"}
    tensors = {p.stem for p in (ROOT / "weights").glob("*.safetensors")}
    assert cards == tensors
    assert {"mobilenet_v2", "custom_cnn_relu_bn"} <= cards
