"""The jobs of an audit leave what the command line leaves, photo by photo, and go on where they were."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from dashboard.worker import audit_jobs, handlers
from dashboard.worker.audit_jobs import (
    AskedAgain,
    BeginAudit,
    ClosePart,
    CutFaces,
    ExamineFile,
    FinishAudit,
    ListSet,
    ResumeAudit,
    SetFile,
    Upload,
    WriteReport,
)
from dashboard.worker.model_pool import ModelPool
from dashboard.worker.tasks import audit
from tests.support.audits import StandInControls, examine, picture
from xai.audit import photos
from xai.audit.claims.definitions import DEFAULT_CLAIMS, parse_claims
from xai.audit.rows import FACES_FILE
from xai.audit.run import PART_FILES, finish_audit, run_audit
from xai.audit.settings import Options
from xai.audit.sources.files import list_files
from xai.errors import XaiError
from xai.photo.images import encode_png, read_image

MODELS = ("mobilenet_v2", "custom_cnn_relu_bn")


@pytest.fixture(scope="module")
def pool():
    return ModelPool(lambda _: None)


@pytest.fixture
def stand_in(monkeypatch):
    """Photos are examined by the stand-in, which tells of its steps as the real one does."""

    def examined(data, classifiers, _group, _donors, progress):
        photo = examine(data, classifiers)
        progress(0, len(photo.faces))
        return photo

    monkeypatch.setattr(audit, "examine_photo", examined)


@pytest.fixture
def job(pool):
    return lambda each: handlers.handle(each, pool, lambda _: None)


def folder_of_photos(path, count):
    for number in range(count):
        name = path / ("with_mask", "uncovered")[number % 2] / f"{number:03d}.png"
        name.parent.mkdir(parents=True, exist_ok=True)
        name.write_bytes(picture(number % (count - 2)))  # the last two repeat the first two
    (path / "notes.txt").write_text("no photo")


def uploaded(job, path):
    """The set as the page holds it."""
    found = sorted(each for each in path.rglob("*") if each.is_file())
    uploads = tuple(Upload(f"set/{each.relative_to(path)}", each.stat().st_size) for each in found)
    listed = job(ListSet(uploads, 10**9))
    data = [found[file.upload].read_bytes() for file in listed.files]
    return tuple(
        replace(file, data=each, sha256=hashlib.sha256(each).hexdigest())
        for file, each in zip(listed.files, data, strict=True)
    )


def bare(files):
    return tuple(replace(file, data=b"") for file in files)


def audited(job, files, folder, start=0, stop=None):
    """The folder after the files from ``start`` on were examined."""
    folder, waiting, seen = dict(folder), [], set()
    for number, file in enumerate(files[:stop]):
        if number >= start:
            waiting.append(job(ExamineFile(file, MODELS, file.sha256 in seen)))
        seen.add(file.sha256)
        if number >= start and (len(waiting) == PART_FILES or number + 1 == len(files)):
            folder |= job(ClosePart(folder, bare(files), tuple(waiting)))
            waiting = []
    return folder


def packed(folder):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in folder.items():
            archive.writestr(name, data)
    return stream.getvalue()


CONTROLS = {"honest": "supported", "planted_mark": "mixed", "untrained": "cannot tell"}


def test_the_jobs_leave_the_folder_that_the_command_line_leaves(tmp_path, job, pool, stand_in, monkeypatch):
    controls = StandInControls(CONTROLS)
    monkeypatch.setattr(audit, "_controls", lambda: controls)
    folder_of_photos(tmp_path / "set", 40)
    files = uploaded(job, tmp_path / "set")
    folder = audited(job, files, job(BeginAudit(bare(files), MODELS, DEFAULT_CLAIMS)))
    done = job(FinishAudit(folder, bare(files), MODELS, DEFAULT_CLAIMS))
    steps = []
    while isinstance(done, AskedAgain):
        steps.append(done.done)
        folder |= done.folder
        chosen = tuple(file if file.name in done.photos else replace(file, data=b"") for file in files)
        done = job(FinishAudit(folder, chosen, MODELS, DEFAULT_CLAIMS))
    folder |= done.folder

    out, classifiers = tmp_path / "out", [pool.get(name) for name in MODELS]
    listed = list_files([tmp_path / "set"], pytest.fail)
    run_audit(listed, classifiers, out, examine=examine, options=Options(donors="gallery"))
    summary = finish_audit(listed, MODELS, out, DEFAULT_CLAIMS, StandInControls(CONTROLS))
    there = {each.relative_to(out).as_posix(): each.read_bytes() for each in out.rglob("*") if each.is_file()}
    assert len(there) >= 7
    assert {name: folder[name] for name in there} == there
    assert set(folder) - set(there) == {"claims.toml", "about.json"}  # the page asks whose audit it is
    assert done.summary == summary
    assert summary["duplicates"] == 2
    assert steps == list(range(0, 20, audit.CONTROL_FACES))
    assert len(controls.asked) == 20
    assert [each["outcome"] for each in done.outcomes].count("refused") == 1
    assert len(done.rows) == summary["faces"] * len(MODELS)


def test_a_resume_file_goes_on_where_the_command_line_audits(tmp_path, job, pool, stand_in):
    folder_of_photos(tmp_path / "set", 40)
    files = uploaded(job, tmp_path / "set")
    begun = audited(job, files, job(BeginAudit(bare(files), MODELS, DEFAULT_CLAIMS)), stop=PART_FILES)
    out, classifiers = tmp_path / "out", [pool.get(name) for name in MODELS]
    for name, data in begun.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    listed, seen = list_files([tmp_path / "set"], pytest.fail), []

    def noting(data, *given):
        seen.append(data)
        return examine(data, *given)

    claims = parse_claims((out / "claims.toml").read_text(), "claims.toml")
    run_audit(listed, classifiers, out, examine=noting, options=Options(claims, "gallery"))
    assert 0 < len(seen) <= len(files) - PART_FILES
    run_audit(listed, classifiers, tmp_path / "whole", examine=examine, options=Options(donors="gallery"))
    assert (out / FACES_FILE).read_bytes() == (tmp_path / "whole" / FACES_FILE).read_bytes()


def test_the_report_shows_notes_and_faces_or_leaves_faces_out(tmp_path, job, stand_in, monkeypatch):
    monkeypatch.setattr(audit, "_controls", lambda: StandInControls(CONTROLS))
    monkeypatch.setattr(photos, "faces_in", StandInControls(CONTROLS).find)
    folder_of_photos(tmp_path / "set", 6)
    files = uploaded(job, tmp_path / "set")
    folder = audited(job, files, job(BeginAudit(bare(files), MODELS, DEFAULT_CLAIMS)))
    done = job(FinishAudit(folder, files, MODELS, DEFAULT_CLAIMS))
    folder |= done.folder
    assert done.findings["findings"][0]["code"] == "duplicates"
    assert len(done.keys) == len(done.findings["findings"])
    notes = {done.keys[0]: {"status": "disputed", "note": "Two cameras."}}
    made = job(WriteReport(folder, files, notes, done.wanted))
    assert {"report.html", "report.pdf", "report.json", "notes.json", "manifest.json"} <= set(made)
    assert b"Two cameras." in made["report.html"]
    assert made["report.html"].count(b"data:image/jpeg") > 0
    plain = job(WriteReport(folder, bare(files), {}, None))
    assert b"data:image/jpeg" not in plain["report.html"]
    assert b"Two cameras." not in plain["report.html"]


def test_a_resume_file_goes_on_to_the_same_bytes(tmp_path, job, stand_in):
    folder_of_photos(tmp_path / "set", 40)
    files = uploaded(job, tmp_path / "set")
    begun = job(BeginAudit(bare(files), MODELS, DEFAULT_CLAIMS))
    whole, half = audited(job, files, begun), audited(job, files, begun, stop=35)
    resumed = job(ResumeAudit(bare(files), packed(half)))
    assert (resumed.models, resumed.claims) == (tuple(sorted(MODELS)), DEFAULT_CLAIMS)
    assert [each["name"] for each in resumed.outcomes] == [file.name for file in files[:PART_FILES]]
    assert audited(job, files, resumed.folder, start=PART_FILES) == whole


def test_a_resume_file_of_another_audit_is_told_by_what_differs(tmp_path, job, stand_in):
    folder_of_photos(tmp_path / "set", 34)
    files = uploaded(job, tmp_path / "set")
    folder = audited(job, files, job(BeginAudit(bare(files), MODELS, DEFAULT_CLAIMS)))
    assert job(ResumeAudit(bare(files[1:]), packed(folder))).other == ("set",)
    changed = (replace(files[0], sha256="0" * 64), *files[1:])  # as large, and another photo
    assert job(ResumeAudit(bare(changed), packed(folder))).other == ("set",)
    settings = json.loads(folder["settings.json"])
    older = folder | {"settings.json": json.dumps({**settings, "code": "older"}).encode()}
    assert job(ResumeAudit(bare(files), packed(older))).other == ("code",)
    claims = folder | {"claims.toml": folder["claims.toml"].replace(b"0.95", b"0.5")}
    assert job(ResumeAudit(bare(files), packed(claims))).other == ("claims",)


@pytest.mark.parametrize(
    "content",
    [{}, {"settings.json": b"[]", "claims.toml": b""}, {"settings.json": b"{", "claims.toml": b"x"}],
)
def test_a_file_without_an_audit_is_one_sentence(job, content):
    with pytest.raises(XaiError, match=r"holds no audit|should"):
        job(ResumeAudit((), packed(content)))
    with pytest.raises(XaiError, match="not a zip"):
        job(ResumeAudit((), b"no zip"))


def test_a_resume_file_with_a_changed_part_or_with_paths_of_its_own_is_not_taken(tmp_path, job, stand_in):
    folder_of_photos(tmp_path / "set", 4)
    files = uploaded(job, tmp_path / "set")
    folder = audited(job, files, job(BeginAudit(bare(files), MODELS, DEFAULT_CLAIMS)))
    name = "parts/part-00000.parquet"
    with pytest.raises(XaiError, match="missing or was changed"):
        job(ResumeAudit(bare(files), packed(folder | {name: folder[name] + b"x"})))
    resumed = job(ResumeAudit(bare(files), packed(folder | {"../out.txt": b"x", "parts/evil.sh": b"x"})))
    assert set(resumed.folder) == set(folder)


def test_a_face_is_cut_out_as_a_square_from_the_turned_photo(job):
    pixels = np.zeros((60, 100, 3), np.uint8)
    pixels[10:30, 60:80] = 255, 0, 0
    whole = SetFile("a.png", 0, 0, data=encode_png(pixels))
    (upright,) = job(CutFaces(whole, 0, ((60, 10, 80, 30),)))
    (turned,) = job(CutFaces(whole, 1, ((30, 60, 50, 80),)))  # a quarter clockwise: x is 60 - y
    for cut in (read_image(upright).pixels, read_image(turned).pixels):
        assert cut.shape == (audit.THUMBNAIL, audit.THUMBNAIL, 3)
        assert abs(int(cut[72, 72, 0]) - 255) < 20
        assert (cut[72, 72, 1:] < 20).all()
        assert (cut[4, 4] < 20).all()


def test_no_folder_outlives_a_job_or_a_process_that_was_killed(tmp_path, job, stand_in, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    killed, alive = (tmp_path / "temporary" / f"xai-audit-{pid}-x" for pid in (process.pid, os.getpid()))
    for each in (killed, alive):
        each.mkdir(parents=True)
        (each / "report.html").write_text("faces")
    folder_of_photos(tmp_path / "set", 3)
    files = uploaded(job, tmp_path / "set")
    audited(job, files, job(BeginAudit(bare(files), MODELS, DEFAULT_CLAIMS)))
    assert list((tmp_path / "temporary").iterdir()) == [alive]


def test_parts_have_as_many_files_as_those_of_the_command_line():
    assert audit_jobs.PART_FILES == PART_FILES
