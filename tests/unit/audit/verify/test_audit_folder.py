"""Every kind of tampering with an audit's folder is named; an untouched one agrees to the bit."""

import hashlib
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from torch import nn

from tests.support.audits import RIGHT, StandInControls, examine, picture
from tests.support.models import make_classifier
from xai.audit.claims.definitions import Claim
from xai.audit.photos import AuditedPhotos
from xai.audit.report.about import write_about
from xai.audit.run import finish_audit, report_audit, run_audit
from xai.audit.settings import Options
from xai.audit.sources.files import list_files
from xai.audit.verify.comparison import FLOAT_TOLERANCE, Verification, row_differences
from xai.audit.verify.recomputed import Again, check_photos
from xai.audit.verify.stored import check_folder, stored_outcomes
from xai.errors import XaiError

CLAIMS = (Claim("rests_on_nose_and_mouth", "all", 0.3, 20), Claim("accuracy_per_class", "all", 0.9, 20))
MODELS = [make_classifier(nn.Identity(), 8, name=name) for name in ("first", "second")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder with ``photos``, forty with a face in two parts, a twin and a text, and their audit ``out``."""
    folder = tmp_path_factory.mktemp("made")
    for seed in range(1, 41):
        where = folder / "photos" / ("covered" if seed % 2 else "uncovered")
        where.mkdir(parents=True, exist_ok=True)
        (where / f"{seed:03d}.png").write_bytes(picture(seed))
    (folder / "photos" / "twin.png").write_bytes(picture(2))
    (folder / "photos" / "text.jpg").write_text("no picture")
    files = list_files([folder / "photos"], print)
    run_audit(files, MODELS, folder / "out", examine=examine, options=Options(CLAIMS))
    finish_audit(files, ["first", "second"], folder / "out", CLAIMS, StandInControls(RIGHT))
    report_audit(folder / "out", files, StandInControls(RIGHT).find)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    return shutil.copytree(made, tmp_path / "copy")


def checked(folder, photos=None):
    found = Verification()
    check_folder(folder / "out", found, photos)
    return found


def shown(folder):
    """The photos, for the faces in the report."""
    files, outcomes = list_files([folder / "photos"], print), stored_outcomes(folder / "out")
    return AuditedPhotos(files, outcomes, StandInControls(RIGHT).find)


def with_photos(folder, **more):
    found = Verification()
    files = list_files([folder / "photos"], print)
    given = {"controls": StandInControls(RIGHT), "examine": examine, **more}
    check_photos(folder / "out", Again(files, given.pop("classifiers", MODELS), **given), found)
    return found


def named(found, *words):
    """The one line of ``differs`` with these words."""
    lines = [line for line in found.differs if all(word in line for word in words)]
    assert lines, f"no line with {words} in {found.differs}"
    return lines[0]


def edit_json(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, indent=1))


def edit_row(path, photo, model, column, value):
    table = pq.read_table(path)
    rows = table.to_pylist()
    row = next(row for row in rows if (row["photo"], row["model"]) == (photo, model))
    row[column] = value
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path, compression="zstd")


def test_an_untouched_audit_agrees_and_is_not_changed(made):
    before = {p: p.read_bytes() for p in made.rglob("*") if p.is_file()}
    found = checked(made, shown(made))
    assert found.as_dict()["ok"] is True
    assert "report.pdf, made again" in found.checked
    assert any("made again" in line for line in found.checked)
    again = with_photos(made)
    assert (again.differs, again.unchecked) == ([], [])
    assert "the bytes of 42 files" in again.checked
    assert "the rows of 41 of 41 photos, made again and compared to the bit" in again.checked
    assert "the controls on 20 of 20 faces, asked again" in again.checked
    assert {p: p.read_bytes() for p in made.rglob("*") if p.is_file()} == before


def test_a_photo_whose_copy_has_another_label_is_made_again_without_one(tmp_path):
    for seed, label in [*((seed, "covered") for seed in range(1, 13)), (3, "uncovered")]:
        (tmp_path / "photos" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / label / f"{seed:03d}.png").write_bytes(picture(seed))
    files, out = list_files([tmp_path / "photos"], print), tmp_path / "out"
    run_audit(files, MODELS, out, examine=examine, options=Options(CLAIMS))
    finish_audit(files, ["first", "second"], out, CLAIMS, StandInControls(RIGHT))
    write_about(out, {"set": "Doubles", "auditor": "A. B.", "purpose": ""})
    report_audit(out, None)
    rows = pq.read_table(out / "faces.parquet", columns=["photo", "label"]).to_pylist()
    assert {row["photo"] for row in rows if row["label"] is None} == {"covered/003.png"}
    assert "label_conflict" in (out / "findings.json").read_text()
    assert (checked(tmp_path).differs, with_photos(tmp_path).differs) == ([], [])
    edit_json(out / "about.json", lambda about: about.update(set="Singles"))
    assert named(checked(tmp_path), "about.json")


def test_models_that_are_not_installed_are_said_to_be_unchecked(made):
    assert sum("is not installed here" in line for line in checked(made).unchecked) == 2


def test_a_cell_of_the_rows_is_named(copy):
    edit_row(copy / "out" / "faces.parquet", "covered/007.png", "second", "verdict", "cannot tell")
    line = named(checked(copy), "covered/007.png", "model second", "column verdict")
    assert '"cannot tell" should be "' in line


def test_a_cell_of_a_part_is_named_whatever_the_ledger_says(copy):
    edit_row(copy / "out" / "parts" / "part-00000.parquet", "covered/007.png", "first", "confidence", 0.5)
    found = checked(copy)
    named(found, "parts/part-00000.parquet", "ledger.jsonl, line 1")
    named(found, "covered/007.png", "model first", "column confidence", "0.8125 should be 0.5")


def test_a_cell_that_all_digests_were_made_to_fit_is_named_with_the_photos(copy):
    part = copy / "out" / "parts" / "part-00000.parquet"
    for path in (part, copy / "out" / "faces.parquet"):
        edit_row(path, "covered/007.png", "first", "stay_held", 1)
    named(with_photos(copy), "covered/007.png", "face 0", "model first", "column stay_held", "1 should be")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda line: line[:-9], ("ledger.jsonl, line 2", "cannot be read")),
        (lambda line: line.replace("part-00001", "part-00007"), ("line 2", "part-00007")),
        (lambda line: line.replace('"faces": 1', '"faces": 2', 1), ("ledger.jsonl", "2 faces, and 1")),
        (lambda line: line.replace('"sha256": "', '"sha256": "0', 1), ("part-00001.parquet", "digest")),
    ],
)
def test_a_line_of_the_ledger_is_named(copy, change, words):
    path = copy / "out" / "ledger.jsonl"
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n{change(second)}\n")
    named(checked(copy), *words)


def test_a_claim_is_named(copy):
    path = copy / "out" / "summary.json"
    edit_json(path, lambda c: c["claims"]["accuracy_per_class"]["asked"].update(threshold=0.5))
    found = checked(copy)
    named(found, "summary.json, claims", "fixed before the audit")
    edit_json(path, lambda c: c["claims"]["accuracy_per_class"]["asked"].update(threshold=0.9))
    edit_json(path, lambda c: c["claims"]["accuracy_per_class"].update(result="holds"))
    named(checked(copy), "summary.json > claims > accuracy_per_class > result", '"holds"')


def test_the_controls_are_named(copy):
    edit_json(copy / "out" / "controls.json", lambda c: c["models"]["honest"].update(right=19))
    named(checked(copy), "controls.json > models > honest > right", "19", "20")
    noted = copy / "out" / "parts" / "controls.jsonl"
    noted.write_text(noted.read_text().replace('"honest": "supported"', '"honest": "mixed"', 1))
    named(with_photos(copy), "controls, photo covered/001.png", "honest")


def test_files_that_are_missing_or_changed_are_named(copy):
    path = copy / "out" / "files.csv"
    path.write_text(path.read_text().replace("covered/007.png,read", "covered/007.png,no_face"))
    named(checked(copy), "covered/007.png", "outcome", "no_face")
    path.unlink()
    (copy / "out" / "parts" / "part-00001.parquet").unlink()
    named(checked(copy), "parts/part-00001.parquet", "missing")


@pytest.mark.parametrize("name", ["report.html", "report.pdf", "report.json", "claims.csv", "findings.json"])
def test_one_byte_of_the_report_is_named(copy, name):
    path = copy / "out" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    named(checked(copy), name, "digest", "manifest.json")
    named(checked(copy, shown(copy)), name)


def test_a_report_rewritten_with_its_digest_is_named_with_the_photos(copy):
    out = copy / "out"
    (out / "report.html").write_text("<p>All is well.")
    digest = hashlib.sha256(b"<p>All is well.").hexdigest()
    edit_json(out / "manifest.json", lambda c: c["files"].update({"report.html": digest}))
    found = checked(copy, shown(copy))
    named(found, "report.html is not what follows from the rows")
    named(found, "manifest.json > files > report.html")
    blind = checked(copy)
    assert any("report.html and report.pdf show faces and need --photos" in line for line in blind.unchecked)


def test_a_report_without_faces_is_made_again_without_photos(copy):
    report_audit(copy / "out", None)
    found = checked(copy)
    assert found.differs == []
    assert "report.html, made again" in found.checked


def test_the_manifest_is_named(copy):
    path = copy / "out" / "manifest.json"
    edit_json(path, lambda c: c["files"].update({"claims.csv": "0" * 64}))
    found = checked(copy)
    named(found, "claims.csv does not have the digest that manifest.json lists")
    named(found, "manifest.json > files > claims.csv")


def test_one_changed_pixel_is_named(copy):
    path = copy / "photos" / "covered" / "007.png"
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    found = with_photos(copy)
    named(found, "covered/007.png", "bytes")
    assert "the rows of 40 of 40 photos, made again and compared to the bit" in found.checked
    assert len(found.differs) == 1


def test_another_set_is_named(copy):
    (copy / "photos" / "covered" / "007.png").rename(copy / "photos" / "covered" / "new.png")
    found = with_photos(copy)
    named(found, "covered/007.png", "not in the set")
    named(found, "covered/new.png", "was not audited")


def test_a_limit_examines_photos_that_are_evenly_spaced(made):
    seen = []

    def noting(data, classifiers, *_):
        seen.append(data)
        return examine(data, classifiers)

    found = with_photos(made, limit=4, examine=noting)
    assert found.differs == []
    assert "the rows of 4 of 41 photos, made again and compared to the bit" in found.checked
    covered = [f"covered/{seed:03d}.png" for seed in range(1, 41, 2)]
    uncovered = [f"uncovered/{seed:03d}.png" for seed in range(4, 41, 2)]
    names = [*covered, "text.jpg", "twin.png", *uncovered]  # uncovered/002.png repeats the twin
    assert seen == [(made / "photos" / names[n * 41 // 4]).read_bytes() for n in range(4)]


def test_on_another_machine_small_differences_pass_and_large_ones_do_not(copy):
    edit_json(copy / "out" / "settings.json", lambda c: c.update(device=["cuda (Another)"]))
    row = {
        "photo": "a.png",
        "face": 0,
        "model": "first",
        "confidence": 0.5,
        "box": [1, 2, 3, 4],
        "dhash": 0b1011,
    }
    near = {**row, "confidence": 0.5 + FLOAT_TOLERANCE / 2, "box": [1, 2, 3, 6], "dhash": 0b1000}
    assert list(row_differences([row], [near], exact=False)) == []
    for column, value in (
        ("confidence", 0.53),
        ("box", [1, 2, 3, 7]),
        ("dhash", 0b1100),
        ("model", "second"),
    ):
        assert list(row_differences([row], [{**row, column: value}], exact=False)), column
    assert len(list(row_differences([row], [near], exact=True))) == 3
    found = with_photos(copy)
    assert found.differs == []
    assert any("within 0.02 of a share and 2 of a number" in line for line in found.checked)


def test_an_audit_that_is_not_finished_says_so(copy):
    for name in ("summary.json", "manifest.json"):
        (copy / "out" / name).unlink()
    found = checked(copy)
    assert found.differs == []
    assert any("not finished" in line for line in found.unchecked)


def test_what_is_no_audit_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "settings.json").write_text("[]")
    with pytest.raises(XaiError, match="should hold the settings of an audit"):
        checked(tmp_path)
