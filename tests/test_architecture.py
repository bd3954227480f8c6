"""The plan of the house, held: which way imports run, what is public, what stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import xai

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "xai").rglob("*.py")) + sorted((ROOT / "dashboard").rglob("*.py"))

LEVELS = {
    "__main__": 9,
    "cli": 8,
    "audit": 7,
    "benchmark": 7,
    "export": 7,
    "explain": 6,
    "evidence": 5,
    "learning": 4,
    "attribution": 4,
    "models": 3,
    "photo": 2,
    "render": 2,
    "packaged_files": 1,
    "types": 1,
    "atomic_write": 1,
    "evidence_types": 0,
    "errors": 0,
}
"""Room -> level. A room imports from its own and lower levels; rooms of one level do not know each other."""


def module_name(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.module, node.lineno
            if node.module == "xai":
                yield from ((f"xai.{alias.name}", node.lineno) for alias in node.names)


def room(module):
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_run_one_way(path):
    here = module_name(path)
    for module, line in imports(path):
        if here.startswith("xai"):
            assert not module.startswith(("streamlit", "dashboard")), f"{path}:{line} knows the dashboard"
        if module.startswith("xai.") and here.startswith("xai."):
            a, b = room(here), room(module)
            assert a == b or LEVELS[a] > LEVELS[b], f"{path}:{line}: {a} must not import {b}"


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
        "xai.__main__",
    ],
)
def test_light_modules_stay_free_of_torch(module):
    heavy = "{'torch', 'torchvision', 'cv2', 'captum', 'pytorch_grad_cam', 'matplotlib'}"
    code = f"import sys, {module}; found = {heavy} & set(sys.modules); assert not found, found"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_every_public_name_is_documented(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body, f"{path} does not say what it is for"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path}:{node.lineno} {node.name} has no docstring"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_functions_stay_short(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno <= 50, f"{path}:{node.lineno} {node.name} is too long"


def test_weights_and_cards_come_in_pairs():
    cards = {p.stem for p in (ROOT / "weights").glob("*.json")} - {"experiments"}
    tensors = {p.stem for p in (ROOT / "weights").glob("*.safetensors")}
    assert cards == tensors
    assert {"mobilenet_v2", "custom_cnn_relu_bn"} <= cards
