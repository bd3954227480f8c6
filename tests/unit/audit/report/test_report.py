"""The report says what the audit's files say, in HTML and PDF alike, with the same bytes every time."""

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pypdf import PdfReader
from torch import nn

from tests.support.audits import EMPTY, HOSTILE, RIGHT, StandInControls, audited, examine, picture
from tests.support.models import make_classifier
from tests.support.paths import ROOT
from xai.audit.claims.definitions import DEFAULT_CLAIMS, NOT_ESTABLISHED
from xai.audit.findings.collect import find, write_findings
from xai.audit.ledger import Ledger
from xai.audit.report.about import write_about
from xai.audit.report.record import finding_key, read_record
from xai.audit.report.rendering.document import ISOLATES
from xai.audit.report.results import SHOWN
from xai.audit.report.write import REPORT_FILES, wanted_faces, write_report
from xai.audit.run import FACES_FILE, finish_audit, run_audit, write_results
from xai.audit.settings import Options, check_settings, settings_of
from xai.audit.sources.files import list_files
from xai.errors import XaiError

NAMES = ("first", '<b>second" =1</b>')


class Page(HTMLParser):
    """What stands on a page: elements with their attributes, ids, and text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.headings = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] != "style":
            self.words.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def pictures_of(out, side=80):
    """A crop of one colour for each wanted face."""
    return {
        key: np.full((side, side + 7, 3), (17 * number % 200, 90, 120), np.uint8)
        for number, key in enumerate(wanted_faces(out))
    }


def squeezed(words):
    """Without spaces and isolates: where a line ends is nobody's business."""
    return re.sub(rf"[\s{ISOLATES}]+", "", words)


def pdf_text(data):
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of an audit of photos with hostile names, with its report and a note."""
    folder = tmp_path_factory.mktemp("audit")
    out = folder / "out"
    audited(folder / "photos", out, names=NAMES, hostile=HOSTILE.values())
    first = json.loads((out / "findings.json").read_text())["findings"][0]
    notes = {
        finding_key(first): {"status": "disputed", "note": "It is the club's logo <i>\u202e.\nSee mail."},
        "0" * 16: {"status": "open", "note": "Of an earlier audit."},
    }
    (out / "notes.json").write_text(json.dumps(notes))
    write_report(out, pictures_of(out))
    return out


@pytest.fixture(scope="module")
def page(made):
    return Page((made / "report.html").read_text(encoding="utf-8"))


@pytest.fixture
def copied(made, tmp_path):
    """A folder of one's own."""
    return shutil.copytree(made, tmp_path / "out")


def test_every_claim_is_told_with_its_result_and_what_it_does_not_establish(made, page):
    claims = json.loads((made / "summary.json").read_text())["claims"]
    for words in (squeezed("".join(page.words)), pdf_text((made / "report.pdf").read_bytes())):
        for claim in claims.values():
            assert squeezed(claim["not_established"]) in words
            assert squeezed(claim["result"]) in words
            assert f"{claim['n']:,}" in words
        assert set(NOT_ESTABLISHED) == {claim["asked"]["kind"] for claim in claims.values()}
        assert squeezed("is no evidence of conformity with any law or standard") in words


def test_pdf_and_page_hold_the_same_words(made, page):
    """Each text of the page is in the PDF; a letter that the font lacks stands there as its number."""
    found = pdf_text((made / "report.pdf").read_bytes())
    texts = [squeezed(text).replace("\U0001f9a0", "(U+1F9A0)") for text in page.words]
    arabic = HOSTILE["arabic"].removesuffix(".png")
    missing = [text for text in texts if text not in found and arabic not in text]
    assert missing == []
    assert len(texts) > 500


def test_names_are_text_and_nothing_else(made, page):
    assert {tag for tag, _ in page.elements} & {"script", "b", "i", "iframe", "object"} == set()
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    words = "".join(page.words)
    assert HOSTILE["script"] in words
    assert HOSTILE["attribute"] in words
    assert NAMES[1] in words
    assert "⟨U+202E⟩" in words
    assert "\u202e" not in words
    assert HOSTILE["long"] not in words
    assert re.search(r"covered/n{30,}…n{30,}\.png", words)
    assert squeezed("See mail.") in squeezed(words)
    assert "Of an earlier audit." in words
    assert f"{ISOLATES[0]}covered/{HOSTILE['emoji']}{ISOLATES[1]}" in words


def test_the_page_needs_no_network_and_allows_none(made, page):
    text = (made / "report.html").read_text(encoding="utf-8")
    (policy,) = [m["content"] for m in page.named("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = hashlib.sha256(style.encode()).digest()
    assert "default-src 'none'" in policy
    assert f"'sha256-{__import__('base64').b64encode(digest).decode()}'" in policy
    addresses = [a.get("src") or a.get("href") for _, a in page.elements if "src" in a or "href" in a]
    assert all(address.startswith(("data:image/", "#")) for address in addresses)
    assert "url(" not in style
    assert "@import" not in style
    assert not any("style" in attributes for _, attributes in page.elements), "the policy forbids it"


def test_the_page_can_be_read_by_a_screen_reader(page):
    assert page.named("html")[0]["lang"] == "en"
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.named("a")} <= set(ids)
    assert all(heading.get("scope") in ("col", "row") for heading in page.named("th"))
    assert all(image["alt"] for image in page.named("img"))
    assert all(svg["aria-label"] and svg["role"] == "img" for svg in page.named("svg"))
    assert len(page.named("table")) == len(page.named("caption")) > 5


def test_the_pdf_has_an_outline_page_numbers_and_tagged_pictures(made, page):
    data = (made / "report.pdf").read_bytes()
    pdf = PdfReader(io.BytesIO(data))
    titles = [each.title for each in pdf.outline if not isinstance(each, list)]
    assert titles[0] == pdf.metadata.title == "Audit of face-mask classifiers"
    assert titles[1:] == [
        "How to read this report", "The claims one by one", "Controls: the tool tested on these photos",
        "Findings", "The models one by one", "Models compared", "Methods", "How often the verdict is right",
        "Files", "Technical documentation", "Glossary", "Limits",
    ]  # fmt: skip
    for number, each in enumerate(pdf.pages, 1):
        assert squeezed(f"{number} of {len(pdf.pages)}") in squeezed(each.extract_text())
    contents = next(t for t in (p.extract_text() for p in pdf.pages) if "Contents" in t)
    for each in pdf.outline:
        if not isinstance(each, list) and each.title in titles[1:]:
            at = pdf.get_destination_page_number(each) + 1
            assert squeezed(f"{each.title}{at}") in squeezed(contents)
    assert pdf.trailer["/Root"]["/Lang"] == "en"
    assert data.count(b"/S /Figure") == len(page.named("img")) + len(page.named("svg"))


def test_five_pictures_go_with_a_finding_and_none_without_pictures(made, copied, page):
    findings = json.loads((made / "findings.json").read_text())["findings"]
    images = [image["src"] for image in page.named("img")]
    assert len(wanted_faces(made)) == len(set(wanted_faces(made)))
    shown = [face for finding in findings for face in finding["faces"][:SHOWN]]
    assert wanted_faces(made)[:1] == [tuple(shown[0])]
    assert {tuple(face) for face in shown} <= set(wanted_faces(made))
    assert len(images) > len(shown) > 30
    write_report(copied, None)
    bare = Page((copied / "report.html").read_text(encoding="utf-8"))
    assert bare.named("img") == []
    assert squeezed("".join(bare.words)) == squeezed("".join(page.words))
    assert b"DCTDecode" not in (copied / "report.pdf").read_bytes()


def test_pictures_hold_pixels_and_no_metadata(made, page):
    import base64

    for image in page.named("img"):
        data = base64.b64decode(image["src"].split(",")[1])
        picture = Image.open(io.BytesIO(data))
        assert max(picture.size) <= 192
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_confusion_matrix_counts_and_marks_right_answers(made, page):
    words = squeezed("".join(page.words))
    matrix = json.loads((made / "findings.json").read_text())["models"]["first"]["confusion"]
    assert matrix["predictions"] == ["covered"]
    right, wrong, other = (len(row[0]) for row in matrix["cells"])
    assert squeezed(f"worn correctly{right}✓worn incorrectly{wrong}no mask{other}") in words
    assert (
        squeezed(f"Labelled worn incorrectly, answered worn correctly: {wrong} faces; 5 are shown") in words
    )


def test_the_json_holds_every_number_of_the_audit(made):
    told = json.loads((made / "report.json").read_text())
    for name in ("settings", "summary", "controls"):
        assert told[name] == json.loads((made / f"{name}.json").read_text())
    findings = json.loads((made / "findings.json").read_text())
    assert told["findings"]["models"] == findings["models"]
    first = told["findings"]["findings"][0]
    assert first["auditor"]["status"] == "disputed"
    assert first["key"] == finding_key(findings["findings"][0])
    assert told["calibration"]["rates"]


def test_the_csvs_hold_the_rows_and_no_formula(made):
    rows = pq.read_table(made / "faces.parquet").to_pylist()
    header, *cells = rows_of(made / "faces.csv")
    assert len(cells) == len(rows)
    assert not {"aligned_map", "surround"} & set(header)
    for row, cell in zip(rows, cells, strict=True):
        told = dict(zip(header, cell, strict=True))
        assert told["photo"].removeprefix("'") == row["photo"]
        assert float(told["confidence"]) == pytest.approx(row["confidence"], abs=1e-6)
        assert json.loads(told["families"]) == row["families"]
    claims = json.loads((made / "summary.json").read_text())["claims"]
    assert [row[0] for row in rows_of(made / "claims.csv")[1:]] == list(claims)
    codes = [each["code"] for each in json.loads((made / "findings.json").read_text())["findings"]]
    assert [row[2] for row in rows_of(made / "findings.csv")[1:]] == codes
    for name in ("faces.csv", "claims.csv", "findings.csv"):
        for cell in (cell for row in rows_of(made / name) for cell in row):
            assert not cell.startswith(("=", "+", "@", "\t")), cell
            assert not cell.startswith("-") or float(cell) < 0


def test_the_manifest_names_every_file_by_its_digest(made):
    listed = json.loads((made / "manifest.json").read_text())
    there = {str(p.relative_to(made)) for p in made.rglob("*") if p.is_file()} - {"manifest.json"}
    assert set(listed["files"]) == there
    assert set(REPORT_FILES) <= there
    for name, digest in listed["files"].items():
        assert hashlib.sha256((made / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("seeds", [(), (1, 2, 3)])
def test_an_audit_without_faces_or_labels_says_so(tmp_path, seeds):
    (tmp_path / "photos").mkdir()
    for seed in (EMPTY, *seeds):
        (tmp_path / "photos" / f"{seed}.png").write_bytes(picture(seed))
    files, out = list_files([tmp_path / "photos"], print), tmp_path / "out"
    run_audit(files, [make_classifier(nn.Identity(), 8, name="first")], out, examine=examine)
    finish_audit(files, ["first"], out, DEFAULT_CLAIMS, StandInControls(RIGHT))
    write_findings(out, find(pq.read_table(out / FACES_FILE), Ledger(out).outcomes(), ["first"]))
    write_report(out, None)
    words = "".join(Page((out / "report.html").read_text(encoding="utf-8")).words)
    assert f"{len(seeds)} faces in {len(seeds)} photos (1 further photo has none) to 1 model" in words
    assert "There are not enough faces for the controls" in words
    assert "Only one model was audited, so nothing is compared." in words
    assert ("No face was found for it." in words) is not bool(seeds)
    assert ("No face has a label, so there is no confusion matrix." in words) is bool(seeds)
    assert "1 photo has no face that was found" in words
    assert "were not looked for under worn correctly, worn incorrectly and no mask: that takes 30" in words


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(made, copied):
    """With other hashes of strings, in another time zone, over a report that is there."""
    code = (
        "import sys; from pathlib import Path; from tests.unit.audit.report.test_report import pictures_of;"
        "from xai.audit.report.write import write_report; out = Path(sys.argv[1]);"
        "write_report(out, pictures_of(out))"
    )
    environment = {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LANG": "C", "PATH": ""}
    subprocess.run([sys.executable, "-c", code, copied], cwd=ROOT, env=environment, check=True)
    for name in (*REPORT_FILES, "manifest.json"):
        assert (copied / name).read_bytes() == (made / name).read_bytes(), name


def test_what_is_missing_or_damaged_is_named_and_nothing_is_written(copied):
    before = {path.name: path.read_bytes() for path in copied.iterdir() if path.is_file()}
    for name, damaged, said in (
        ("summary.json", "{", "cannot be read"),
        ("findings.json", '{"models": {}}', "should have the key 'comparisons'"),
        ("notes.json", '{"a": {"status": "maybe", "note": ""}}', "open, agreed, disputed"),
        ("faces.parquet", "no parquet", "cannot be read"),
        ("settings.json", None, "is missing"),
    ):
        (copied / name).unlink()
        if damaged is not None:
            (copied / name).write_text(damaged)
        with pytest.raises(XaiError, match=said):
            write_report(copied, None)
        (copied / name).write_bytes(before[name])
    assert {path.name: path.read_bytes() for path in copied.iterdir() if path.is_file()} == before


def test_an_unknown_finding_is_refused(copied):
    found = json.loads((copied / "findings.json").read_text())
    found["findings"][0]["code"] = "sorcery"
    (copied / "findings.json").write_text(json.dumps(found))
    with pytest.raises(XaiError, match="'sorcery' is of another version"):
        write_report(copied, None)


def test_a_tool_that_is_not_confirmed_says_so_on_the_first_page(copied):
    controls = json.loads((copied / "controls.json").read_text())
    controls |= {"hold": False, "sentence": "On these photos the verdict misjudges the planted mark."}
    for content, said in ((controls, controls["sentence"]), ({}, "The tool was not checked on these photos")):
        (copied / "controls.json").write_text(json.dumps(content))
        write_report(copied, None)
        first = PdfReader(copied / "report.pdf").pages[0].extract_text()
        assert squeezed(said) in squeezed(first)
        assert (copied / "report.html").read_text().index(said) < (copied / "report.html").read_text().index(
            "Verdict per claim"
        )


def test_what_could_not_be_judged_stands_on_the_first_page_with_its_reasons(copied):
    path = copied / "summary.json"
    summary = json.loads(path.read_text())
    summary["faces"] = 50
    summary["untold"] = {NAMES[0]: {"seam": 30, "turned": 9, "small": 2, "unsure": 1}, NAMES[1]: {}}
    path.write_text(json.dumps(summary))
    write_report(copied, None)
    first = squeezed(PdfReader(copied / "report.pdf").pages[0].extract_text())
    assert re.search(
        r"42of50answers\(84%\)of.*,sinceaneditthatshouldchangenothingchangedtheanswer\(30\)", first
    )
    assert squeezed("the face is too small to edit (2), for other reasons (1).") in first
    summary["untold"] = {name: {} for name in NAMES}
    path.write_text(json.dumps(summary))
    write_report(copied, None)
    assert squeezed("Every answer could be judged.") in squeezed(
        PdfReader(copied / "report.pdf").pages[0].extract_text()
    )


def test_what_rests_on_verdicts_is_withheld_everywhere_where_the_controls_fail(copied):
    controls = json.loads((copied / "controls.json").read_text())
    controls |= {"hold": False, "sentence": "On these photos the verdict misjudges the planted mark."}
    (copied / "controls.json").write_text(json.dumps(controls))
    write_results(list(NAMES), copied, DEFAULT_CLAIMS, controls)
    write_report(copied, None)
    words = squeezed("".join(Page((copied / "report.html").read_text(encoding="utf-8")).words))
    assert words.count(squeezed("Supported, of the faces that could be judged: withheld.")) == len(NAMES)
    assert words.count(squeezed("Answers by verdict: Withheld")) == len(NAMES)
    assert squeezed("No answer could be judged: verdicts are withheld") in words
    found = json.loads((copied / "findings.json").read_text())
    assert found["withheld"]
    assert not {"right_elsewhere", "label_doubt"} & {each["code"] for each in found["findings"]}
    assert re.search(r"\(\d+(\.\d)?%\),(supported|mixed|notsupported|cannottell)", words) is None


def test_set_auditor_purpose_and_day_stand_on_the_first_page_and_change_nothing_else(copied):
    before = {name: (copied / name).read_bytes() for name in ("summary.json", "findings.json")}
    settings = json.loads((copied / "settings.json").read_text())
    (copied / "settings.json").write_text(json.dumps({**settings, "begun": "2024-05-06"}))
    write_about(copied, {"set": "Door <7>", "auditor": "A. B.", "purpose": ""})
    write_report(copied, None)
    pdf = PdfReader(copied / "report.pdf")
    first = squeezed(pdf.pages[0].extract_text())
    for said in ("Set Door <7>", "Auditor A. B.", "Purpose not stated", "Begun 2024-05-06"):
        assert squeezed(said) in first
    assert pdf.metadata.creation_date.date().isoformat() == "2024-05-06"
    assert {name: (copied / name).read_bytes() for name in before} == before
    (copied / "about.json").write_text('{"author": "A. B."}')
    with pytest.raises(XaiError, match="set, auditor, purpose"):
        write_report(copied, None)


def test_an_audit_goes_on_on_another_day(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    check_settings(tmp_path / "out", settings_of([], [], Options()))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(86400))
    check_settings(tmp_path / "out", settings_of([], [], Options()))
    assert json.loads((tmp_path / "out" / "settings.json").read_text())["begun"] == "1970-01-01"


def test_a_key_of_a_finding_changes_with_what_it_says_alone(made):
    first, second = json.loads((made / "findings.json").read_text())["findings"][:2]
    assert finding_key(first) == finding_key({**first, "faces": [], "photos": ["x"]})
    assert (
        len({finding_key(e) for e in (first, second, {**first, "model": "m"}, {**first, "values": {}})}) == 4
    )


def test_a_card_that_was_not_audited_is_not_quoted(made):
    record = read_record(made)
    assert record.cards == dict.fromkeys(NAMES)
    assert "SHA-256" in (made / "report.html").read_text()


@pytest.mark.slow
def test_five_thousand_faces_are_quick_and_what_is_left_out_is_counted(made, copied):
    """Rows as they are, photos renamed; every face of one cell of the matrix."""
    import time

    import pyarrow as pa

    table = pq.read_table(copied / "faces.parquet")
    tables = []
    for number in range(5000 // (len(table) // 2) + 1):
        names = pa.array([f"{number}/{name}" for name in table["photo"].to_pylist()])
        tables.append(table.set_column(table.column_names.index("photo"), table.schema.field("photo"), names))
    many = pa.concat_tables(tables)
    pq.write_table(many, copied / "faces.parquet")
    found = json.loads((copied / "findings.json").read_text())
    keys = [
        list(key)
        for key in dict.fromkeys(zip(*(many[c].to_pylist() for c in ("photo", "face")), strict=True))
    ]
    found["models"]["first"]["confusion"]["cells"][1] = [keys]
    (copied / "findings.json").write_text(json.dumps(found))
    refused = [f"{n}.jpg,refused,,0,0,0,It is damaged." for n in range(3000)]
    with (copied / "files.csv").open("a") as file:
        file.write("\n".join(refused) + "\n")
    began = time.process_time()
    write_report(copied, pictures_of(copied))
    assert time.process_time() - began < 30
    text = (copied / "report.html").read_text()
    assert f"{len(keys):,} faces; 5 are shown, all are in faces.csv" in text
    assert "40 of 3,001 are listed; all are in files.csv" in text
    assert len(text) < 2_000_000
    assert len(rows_of(copied / "faces.csv")) == len(many) + 1
