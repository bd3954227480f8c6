"""The plan of the house, held: which way imports run, how large a folder may grow, what stays light."""

import ast
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest

import xai
from tests.support.paths import ROOT

FILES = sorted(path for package in ("xai", "dashboard") for path in (ROOT / package).rglob("*.py"))

LEVELS = {
    "xai": {
        "__main__": 11,
        "cli": 10,
        "benchmark": 9,
        "explain": 8,
        "export": 8,
        "evidence": 7,
        "attribution": 6,
        "learning": 6,
        "models": 5,
        "photo": 4,
        "render": 4,
        "classes": 3,
        "types": 2,
        "packaged_files": 2,
        "atomic_write": 2,
        "evidence_types": 1,
        "errors": 0,
    },
    "dashboard": {
        "app": 10,
        "server": 10,
        "views": 9,
        "widgets": 8,
        "components": 7,
        "reports": 7,
        "text": 6,
        "charts": 6,
        "session": 5,
        "prefetch": 4,
        "worker": 3,
        "records": 2,
        "i18n": 2,
        "session_cache": 1,
        "preferences": 1,
        "url_state": 0,
    },
}
"""Package -> room -> level. A room imports from lower levels; rooms of one level do not know each other."""

OFFLINE = ("xai.learning", "xai.evidence.validation", "xai.benchmark", "xai.cli")
"""What a visitor's photo never enters."""

MOST_FILES = 12
"""Python files of one folder, ``__init__`` and ``conftest`` aside."""


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
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module, node.lineno


def ours(path):
    return {module for module, _ in imports(path) if module in MODULES} - {module_name(path)}


def room(module):
    return module.split(".")[1] if "." in module else ""


def test_imports_run_one_way():
    for here, path in MODULES.items():
        for there, line in imports(path):
            package = there.split(".")[0]
            if here.startswith("xai"):
                assert package not in ("streamlit", "dashboard"), f"{path}:{line} knows the dashboard"
            if package == here.split(".")[0] and room(here) and room(there):
                a, b = room(here), room(there)
                known = LEVELS[package]
                assert a == b or known[a] > known[b], f"{path}:{line}: {a} must not import {b}"


def test_there_is_no_circle():
    """Modules without imports of ours are put aside until nothing is left, or only circles."""
    left = {module: ours(path) for module, path in MODULES.items()}
    while done := {module for module, needs in left.items() if not needs & left.keys()}:
        left = {module: needs for module, needs in left.items() if module not in done}
    assert not left


def test_pages_do_not_know_each_other():
    for here, path in MODULES.items():
        for there, line in imports(path):
            if there.startswith("dashboard.views."):
                assert here.split(".")[:3] == there.split(".")[:3], f"{path}:{line} looks into {there}"


def test_what_a_photo_goes_through_is_apart_from_what_is_done_offline():
    reached, waiting = set(), ["xai.explain", "dashboard.worker.process"]
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += ours(MODULES[module])
    assert len(reached) > 60
    assert not [module for module in reached if module.startswith(OFFLINE)]


def test_a_folder_holds_one_idea():
    counted = Counter()
    for package in ("xai", "dashboard", "tests"):
        for path in (ROOT / package).rglob("*.py"):
            counted[path.parent] += path.stem not in ("__init__", "conftest")
    assert not {str(folder): count for folder, count in counted.items() if count > MOST_FILES}


def test_every_folder_says_its_job_in_one_sentence():
    folders = {path.parent for path in FILES}
    for folder in folders:
        said = ast.get_docstring(tree_of(folder / "__init__.py")) or ""
        first = said.split("\n\n")[0]
        assert first.endswith("."), f"{folder} does not say what it is for"
        assert len(first) <= 160, f"{folder} says it at length"


def test_public_names():
    assert list(xai.__all__) == sorted(xai._HOMES)
    for name in xai.__all__:
        assert getattr(xai, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = xai.nothing


def test_explain_stays_the_function_when_its_module_is_imported():
    code = "import xai.explain, xai; from xai.explain import explain; assert xai.explain is explain"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    "module",
    [
        "xai",
        "xai.types",
        "xai.evidence_types",
        "xai.errors",
        "xai.render",
        "xai.models.cards",
        "xai.attribution.methods",
        "xai.classes",
        "xai.evidence.counterfactuals.probes",
        "xai.evidence.verdict.decision",
        "xai.photo.samples",
        "xai.__main__",
        "dashboard.server",
        "dashboard.text.verdict_numbers",
    ],
)
def test_light_modules_stay_free_of_torch(module):
    heavy = "{'torch', 'torchvision', 'cv2', 'captum', 'pytorch_grad_cam', 'matplotlib'}"
    code = f"import sys, {module}; found = {heavy} & set(sys.modules); assert not found, found"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_every_public_name_is_documented():
    for path in FILES:
        tree = tree_of(path)
        assert ast.get_docstring(tree) or not tree.body, f"{path} does not say what it is for"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}:{node.lineno} {node.name} has no docstring"


def test_functions_stay_short():
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno <= 50, f"{path}:{node.lineno} {node.name} is too long"


def test_weights_and_cards_come_in_pairs():
    cards = {p.stem for p in (ROOT / "weights").glob("*.json")} - {"experiments"}
    tensors = {p.stem for p in (ROOT / "weights").glob("*.safetensors")}
    assert cards == tensors
    assert {"mobilenet_v2", "custom_cnn_relu_bn"} <= cards
