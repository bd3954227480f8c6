"""A run is whole, goes on after a kill with the same bytes, and accounts for every file."""

import csv
import json
from collections import Counter

import pyarrow.parquet as pq
import pytest

from tests.support import evidences
from tests.support.audits import EMPTY, examine, picture, zipped
from xai.audit.claims.definitions import DEFAULT_CLAIMS
from xai.audit.ledger import OUTCOMES
from xai.audit.rows import SCHEMA
from xai.audit.run import PART_FILES, run_audit
from xai.audit.settings import Options, alone
from xai.audit.sources.files import list_files
from xai.audit.summary import summarise
from xai.errors import ThirdPartyMissing, XaiError
from xai.export import defused


class Killed(BaseException):
    """Ends the run where it is, as a signal does."""


@pytest.fixture
def folder(tmp_path):
    """Seventy files in three parts: pictures, one without a face, twins, and two that are no pictures."""
    made = tmp_path / "photos"
    made.mkdir()
    for seed in range(1, 67):
        (made / f"{seed:03d}.png").write_bytes(picture(seed))
    (made / "002 again.png").write_bytes(picture(2))
    (made / "empty.png").write_bytes(picture(EMPTY))
    (made / "=1+1.jpg").write_bytes(b"text and no picture")
    zipped(made / "nested.zip", [("1.png", picture(1))])
    return made


def audit(folder, models, out, **more):
    files = list_files([folder], print)
    ledger = run_audit(files, models, out, examine=more.pop("examine", examine), **more)
    return summarise(ledger, [model.name for model in models], out, (), {})


def everything(out):
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def killed_at(number, seen):
    def stopped(data, classifiers, *_):
        seen.append(data)
        if len(seen) == number:
            raise Killed
        return examine(data, classifiers)

    return stopped


def stop_at(done):
    def progress(now, total):
        if now == done:
            raise Killed

    return progress


def test_every_file_is_accounted_for(folder, models, tmp_path):
    summary = audit(folder, models, tmp_path / "out")
    assert summary["verdicts"] == {
        "first": {"supported": 33, "mixed": 33, "not supported": 0, "cannot tell": 0},
        "second": {"supported": 33, "mixed": 33, "not supported": 0, "cannot tell": 0},
    }
    counts = {name: n for name, n in summary.items() if name not in ("verdicts", "claims", "controls")}
    assert counts == {
        "files": 70, "photos": 67, "faces": 66, "refused": 2, "no_face": 1, "duplicates": 1, "unmatched": 0,
        "unexplained": 0,
    }  # fmt: skip
    with (tmp_path / "out" / "files.csv").open(newline="") as lines:
        rows = {row["name"]: row for row in csv.DictReader(lines)}
    assert len(rows) == 70
    assert set(Counter(row["outcome"] for row in rows.values())) <= set(OUTCOMES)
    assert rows["'=1+1.jpg"]["outcome"] == "refused"
    assert rows["'=1+1.jpg"]["sentence"]
    assert "zip inside the set" in rows["nested.zip"]["sentence"]
    twins = sorted(row["outcome"] for name, row in rows.items() if name.startswith("002"))
    assert twins == ["duplicate", "read"]
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == summary


def test_rows_are_one_per_face_and_model(folder, models, tmp_path):
    audit(folder, models, tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "faces.parquet")
    assert table.schema.equals(SCHEMA)
    rows = table.to_pylist()
    assert len(rows) == 66 * 2
    keys = [(row["photo"], row["face"], row["model"]) for row in rows]
    assert len(set(keys)) == len(keys)
    row = next(row for row in rows if row["photo"] == "007.png" and row["model"] == "second")
    assert (row["box"], row["face_width"], row["label"]) == ([40, 50, 90, 110], 50, None)
    assert row["confidence"] == 0.8125
    assert 0.45 < row["light"] < 0.55
    told = evidences.evidence(row["verdict"])
    assert row["reason"] == told.reasons[0].code
    assert (row["follow_held"], row["follow_of"]) == (told.follow.held, told.follow.of)
    assert (row["stay_held"], row["stay_of"]) == (told.stay.held, told.stay.of)
    assert [(f["family"], f["held"]) for f in row["families"]] == [
        (f.family, f.tally.held) for f in told.families
    ]
    by_method = Counter()
    for share in row["shares"]:
        by_method[share["method"]] += share["share"]
    assert dict(by_method) == pytest.approx({"occlusion": 1, "gradcam": 1}, abs=1e-5)


@pytest.mark.parametrize("where", [1, PART_FILES, PART_FILES + 9, 64])
def test_a_killed_run_goes_on_to_the_same_bytes(folder, models, tmp_path, where):
    audit(folder, models, tmp_path / "whole")
    seen = []
    with pytest.raises(Killed):
        audit(folder, models, tmp_path / "killed", examine=killed_at(where, seen))
    again = []
    audit(folder, models, tmp_path / "killed", examine=killed_at(-1, again))
    assert everything(tmp_path / "killed") == everything(tmp_path / "whole")
    assert len(again) < 67 or where <= PART_FILES


def test_a_torn_line_and_a_part_without_its_line_are_done_again(folder, models, tmp_path):
    audit(folder, models, tmp_path / "out")
    whole = everything(tmp_path / "out")
    ledger = tmp_path / "out" / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-40])
    (tmp_path / "out" / "parts" / "part-00002.parquet.unfinished").write_bytes(b"half")
    (tmp_path / "out" / "faces.parquet").unlink()
    audit(folder, models, tmp_path / "out")
    assert everything(tmp_path / "out") == whole


def test_a_changed_part_is_refused(folder, models, tmp_path):
    audit(folder, models, tmp_path / "out")
    part = tmp_path / "out" / "parts" / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(XaiError, match=r"part-00001.parquet is missing or was changed"):
        audit(folder, models, tmp_path / "out")


def test_other_arguments_are_refused_with_what_differs(folder, models, tmp_path):
    audit(folder, models, tmp_path / "out")
    with pytest.raises(XaiError, match="holds an audit with other models; audit"):
        audit(folder, models[:1], tmp_path / "out")
    (folder / "new.png").write_bytes(picture(200))
    with pytest.raises(XaiError, match="other models and another set of files or labels"):
        audit(folder, models[:1], tmp_path / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(XaiError, match="not empty"):
        audit(folder, models, tmp_path / "full")
    (folder / "new.png").unlink()
    with pytest.raises(XaiError, match="holds an audit with other claims; audit"):
        run_audit(list_files([folder], print), models, tmp_path / "out", options=Options(DEFAULT_CLAIMS[:1]))


def test_two_runs_do_not_write_to_one_folder(folder, models, tmp_path):
    audit(folder, models, tmp_path / "out")
    with alone(tmp_path / "out"), pytest.raises(XaiError, match="Another run writes to"):
        audit(folder, models, tmp_path / "out")
    audit(folder, models, tmp_path / "out")


def test_a_twin_under_another_label_is_said_so_also_after_a_kill(models, tmp_path):
    """Thirty-three files: the twin comes after the first part."""
    for label, seeds in (("covered", range(1, 33)), ("uncovered", (7,))):
        (tmp_path / "set" / label).mkdir(parents=True)
        for seed in seeds:
            (tmp_path / "set" / label / f"{seed:02d}.png").write_bytes(picture(seed))
    with pytest.raises(Killed):
        audit(tmp_path / "set", models, tmp_path / "out", progress=stop_at(PART_FILES))
    audit(tmp_path / "set", models, tmp_path / "out")
    with (tmp_path / "out" / "files.csv").open(newline="") as lines:
        last = [*csv.DictReader(lines)][-1]
    assert (last["name"], last["outcome"]) == ("uncovered/07.png", "duplicate")
    assert last["sentence"] == "It has the same bytes as covered/07.png, and other labels."
    rows = pq.read_table(tmp_path / "out" / "faces.parquet").to_pylist()
    assert {row["photo"] for row in rows if row["label"] is None} == {"covered/07.png"}
    assert {row["label"] for row in rows if row["photo"] != "covered/07.png"} == {"covered"}


def test_what_is_missing_here_ends_the_run_and_is_no_fault_of_a_photo(folder, models, tmp_path):
    def broken(data, classifiers, *_):
        raise ThirdPartyMissing("The face mesh is not installed.")

    with pytest.raises(ThirdPartyMissing):
        audit(folder, models, tmp_path / "out", examine=broken)


def test_progress_counts_files(folder, models, tmp_path):
    told = []
    audit(folder, models, tmp_path / "out", progress=lambda *now: told.append(now))
    assert told == [(0, 70), (32, 70), (64, 70), (70, 70)]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\0x"])
def test_cells_that_begin_like_formulas_are_defused(cell):
    assert defused(cell) == f"'{cell}"
