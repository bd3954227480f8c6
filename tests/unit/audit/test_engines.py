"""The rows are the same whatever examines the parts, and whoever dies doing so."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from tests.support.audits import EMPTY, DiesOnce, examine, picture
from tests.support.paths import ROOT
from xai.audit.engines.local import Local
from xai.audit.engines.ray import Ray
from xai.audit.run import PART_FILES, run_audit
from xai.audit.sources.files import list_files
from xai.errors import ThirdPartyMissing, XaiError

with_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is an extra")


@pytest.fixture
def folder(tmp_path):
    """Six parts: pictures, twins in other parts, one without a face and one that is no picture."""
    made = tmp_path / "photos"
    made.mkdir()
    for seed in range(1, 5 * PART_FILES):
        (made / f"{seed:03d}.png").write_bytes(picture(seed))
    for seed in (3, 40, 150):
        (made / f"{seed:03d} again.png").write_bytes(picture(seed))
    (made / "080 twin.png").write_bytes(picture(2))
    (made / "empty.png").write_bytes(picture(EMPTY))
    (made / "text.jpg").write_text("no picture")
    return made


def everything(out):
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def audit(folder, models, out, engine):
    run_audit(list_files([folder], print), models, out, examine=engine)
    return everything(out)


def running(notes):
    """The processes that examined and have not ended."""
    return [path.name for path in notes.glob("worked-*") if Path(f"/proc/{path.name.split('-')[1]}").exists()]


@pytest.fixture
def ray_here(monkeypatch, tmp_path):
    """Two workers on this machine, which find the tests as this process does."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    notes = tmp_path / "notes"
    notes.mkdir()
    return notes


def test_local_is_what_examines_without_an_engine(folder, models, tmp_path):
    run_audit(list_files([folder], print), models, tmp_path / "plain", examine=examine)
    assert audit(folder, models, tmp_path / "local", Local(examine)) == everything(tmp_path / "plain")


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_and_end_with_the_audit(folder, models, tmp_path):
    whole = audit(folder, models, tmp_path / "one", Local(examine))
    notes = tmp_path / "notes"
    notes.mkdir()
    assert audit(folder, models, tmp_path / "two", Local(DiesOnce(None, notes), workers=2)) == whole
    assert len(list(notes.glob("worked-*"))) == 2
    assert not running(notes)


@pytest.mark.slow
def test_a_process_that_dies_is_one_sentence_and_the_same_call_goes_on(folder, models, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    examiner = DiesOnce(picture(70), notes)
    with pytest.raises(XaiError, match="ended early, perhaps for want of memory; the same call goes on"):
        audit(folder, models, tmp_path / "two", Local(examiner, workers=2))
    assert not running(notes)
    whole = audit(folder, models, tmp_path / "one", Local(examine))
    assert audit(folder, models, tmp_path / "two", Local(examiner, workers=2)) == whole


@pytest.mark.slow
def test_a_process_that_cannot_start_is_the_same_sentence(folder, models, tmp_path, monkeypatch):
    monkeypatch.setattr("xai.audit.engines.local.sys.executable", "/bin/false")
    with pytest.raises(XaiError, match="ended early, perhaps for want of memory"):
        audit(folder, models, tmp_path / "two", Local(examine, workers=2))


@pytest.mark.slow
def test_what_ends_an_audit_ends_it_in_several_processes_too(folder, models, tmp_path):
    failing = DiesOnce(None, tmp_path / "missing")
    with pytest.raises(XaiError, match="The audit cannot go on: FileNotFoundError"):
        audit(folder, models, tmp_path / "two", Local(failing, workers=2))


@with_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_two_ray_workers_one_of_which_is_killed_give_the_same_bytes(folder, models, tmp_path, ray_here):
    whole = audit(folder, models, tmp_path / "local", Local(examine))
    examiner = DiesOnce(picture(70), ray_here)
    assert audit(folder, models, tmp_path / "ray", Ray(2, examiner)) == whole
    assert (ray_here / "killed").exists()
    assert len(list(ray_here.glob("worked-*"))) >= 3, "two workers and the one that took over"
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


@with_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_ends_an_audit_ends_it_on_ray_too_and_it_goes_on_elsewhere(folder, models, tmp_path, ray_here):
    failing = DiesOnce(None, ray_here / "missing")  # noting fails: the disk, and no photo, is at fault
    with pytest.raises(XaiError, match="The audit cannot go on: FileNotFoundError"):
        audit(folder, models, tmp_path / "ray", Ray(2, failing))
    whole = audit(folder, models, tmp_path / "local", Local(examine))
    assert audit(folder, models, tmp_path / "ray", Ray(2, DiesOnce(None, ray_here))) == whole


def test_ray_that_is_not_installed_is_one_sentence_with_the_command(folder, models, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ThirdPartyMissing, match=r"pip install -r requirements-ray\.txt"):
        audit(folder, models, tmp_path / "out", Ray(2))
