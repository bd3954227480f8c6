"""The lock, what CPU=1 leaves out of it, and the licences, beside pip's records of what is installed."""

import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.static.licences import DOCUMENT, document, is_permissive
from tests.support.paths import ROOT

PINS = ("requirements.txt", "requirements-openvino.txt")
LOCK = (ROOT / "requirements.lock").read_text()
WEIGHTS = (ROOT / "weights" / "requirements.txt").read_text()


def entries(text):
    """(requirement, its hashes) of a requirements file."""
    lines = text.replace("\\\n", " ").splitlines()
    for line in lines:
        if line and not line.startswith(("#", "-")):
            wanted, *hashes = line.split("--hash=")
            yield Requirement(wanted.strip()), [part.strip() for part in hashes]


def here(text):
    """The specifier of every package that this Python on this system gets, by name."""
    wanted = (entry for entry, _ in entries(text) if entry.marker is None or entry.marker.evaluate())
    return {entry.name: entry.specifier for entry in wanted}


def needed(names, **environment):
    """What the records of installed packages say that these need, directly or not, themselves included."""
    found, waiting = set(), [(name, ("",)) for name in names]
    while waiting:
        package = waiting.pop()
        if package not in found:
            found.add(package)
            for line in map(Requirement, distribution(package[0]).requires or ()):
                extras = [{**environment, "extra": extra} for extra in package[1]]
                # Reports its use over the network: left out on purpose.
                if line.name != "openvino-telemetry" and (
                    line.marker is None or any(map(line.marker.evaluate, extras))
                ):
                    waiting.append((canonicalize_name(line.name), ("", *sorted(line.extras))))
    return {name for name, _ in found}


def has_cuda():
    try:
        return bool(distribution("triton"))
    except PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def without_cuda(tmp_path_factory):
    """What the Makefile makes of the lock for CPU=1."""
    folder = tmp_path_factory.mktemp("venv")
    plan = ["make", "--no-print-directory", "--dry-run", "setup", "CPU=1", f"VENV={folder}"]
    commands = subprocess.run(plan, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    (command,) = (line.split(" > ")[0] for line in commands if line.startswith("sed "))
    return subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_entry_has_one_version_and_hashes(without_cuda):
    for text in (LOCK, WEIGHTS, without_cuda):
        packages = list(entries(text))
        assert packages
        for package, hashes in packages:
            assert re.fullmatch(r"==[^*,]+", str(package.specifier)), package
            assert hashes, package
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), package


def test_the_lock_holds_the_pins():
    pins = {name: specifier for path in PINS for name, specifier in here((ROOT / path).read_text()).items()}
    assert len(pins) > 10
    assert {name: here(LOCK).get(name) for name in pins} == pins


def test_the_lock_is_what_is_needed_and_installed(without_cuda):
    locked = here(LOCK if has_cuda() else without_cuda)
    assert set(locked) == needed(here("".join((ROOT / path).read_text() for path in PINS)))
    assert {name: version(name) for name in locked if version(name) not in locked[name]} == {}


def test_cpu_leaves_out_cuda_and_nothing_else(without_cuda):
    if not has_cuda():
        pytest.skip("CUDA is not installed here")
    linux, elsewhere = (needed(["torch"], platform_system=system) for system in ("Linux", "Darwin"))
    assert here(LOCK).keys() - here(without_cuda).keys() == linux - elsewhere


def test_cpu_installs_the_pinned_torch():
    text = (ROOT / "requirements-cpu.txt").read_text()
    assert {entry.name: str(entry.specifier) for entry, _ in entries(text)} == {
        name: f"{here(LOCK)[name]}+cpu" for name in ("torch", "torchvision")
    }


def test_the_licences_are_those_of_the_lock():
    listed = re.findall(r"^\| ([\w-]+) \| (\d\S*)(?:, (\S+))? \|", DOCUMENT.read_text(), re.MULTILINE)
    listed = {(name, number) for name, *numbers in listed for number in numbers if number}
    locked = {
        (entry.name, str(entry.specifier)[2:])
        for entry, _ in entries(LOCK + WEIGHTS)
        if entry.name != "colorama"  # Windows alone
    }
    assert listed == locked


def test_the_licences_are_what_the_packages_state():
    if not has_cuda():
        pytest.skip("CUDA is not installed here, and the list has its licences")
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "call make licences and read what changed"


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("BSD-3-Clause AND 0BSD AND MIT", True),
        ("MPL-2.0 AND MIT", False),
        ("LGPL-3.0-only", False),
        ("MIT, GPL-3.0-or-later", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_a_licence_counts_as_permissive_where_all_of_it_is(licence, permissive):
    assert is_permissive(licence) is permissive


@pytest.mark.slow
def test_what_pip_installs_has_every_file_that_is_read_and_the_command(tmp_path):
    """A wheel of the library, its models as empty files; then the library out of that wheel."""
    tree, made, home = tmp_path / "tree", tmp_path / "made", tmp_path / "home"
    shutil.copytree(ROOT / "xai", tree / "xai", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "LICENSE", *(path.name for path in ROOT.glob("require*.txt"))):
        shutil.copy(ROOT / name, tree / name)
    weights = {
        path.relative_to(ROOT)
        for path in (ROOT / "weights").rglob("*")
        if path.suffix in {".json", ".safetensors", ".csv"} and not {"folds", "seeds"} & {*path.parts}
    }
    for path in weights:
        (tree / path).parent.mkdir(exist_ok=True, parents=True)
        (tree / path).touch()
    build = ["wheel", ".", "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w", str(made)]
    subprocess.run([sys.executable, "-m", "pip", *build], cwd=tree, check=True, capture_output=True)
    with zipfile.ZipFile(next(made.glob("mask_xai-*.whl"))) as wheel:
        files = {name for name in wheel.namelist() if ".dist-info/" not in name}
        (points,) = [wheel.read(n).decode() for n in wheel.namelist() if n.endswith("/entry_points.txt")]
        wheel.extractall(home)
    code = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "xai").rglob("*.*") if path.suffix != ".pyc"
    }
    assert files == code | {f"xai/{path.as_posix()}" for path in weights}
    assert "mask-xai = xai.__main__:main" in points
    found = subprocess.run(
        [sys.executable, "-c", "from xai.models import cards; print(cards.weights_folders()[0])"],
        cwd=home, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    assert Path(found) == home / "xai" / "weights"
