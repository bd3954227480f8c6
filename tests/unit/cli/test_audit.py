"""The audit as scripts use it: JSON keys, files, one sentence for every refusal."""

import json

import pyarrow.parquet as pq
import pytest

from tests.support.audits import zipped
from xai.audit.claims.definitions import DEFAULT_CLAIMS
from xai.audit.claims.judge import RESULTS
from xai.cli.audit import gate
from xai.evidence_types import VERDICTS
from xai.photo.sample_rendering import sample_png

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two drawn samples in class folders, the second twice, and a text that is called a photo."""
    folder = tmp_path_factory.mktemp("set")
    for name, sample in (("covered/a.png", "admiral-blue"), ("uncovered/b.png", "admiral-plain")):
        (folder / name).parent.mkdir()
        (folder / name).write_bytes(sample_png(sample))
    (folder / "uncovered" / "c.png").write_bytes(sample_png("admiral-plain"))
    (folder / "note.jpg").write_text("no picture")
    return folder


def test_the_default_model_on_two_samples(call, photos, tmp_path):
    asked = ("audit", photos, "--out", tmp_path / "out", "--auditor", "A. B.", "--json")
    status, out, err = call(*asked)
    record = json.loads(out)
    about = json.loads((tmp_path / "out" / "about.json").read_text())
    assert about == {"set": photos.name, "auditor": "A. B."}
    assert status == 0
    assert "4 of 4 files" in err
    assert set(record) >= {
        "photos", "faces", "refused", "verdicts", "claims", "controls", "seconds", "out",
    }  # fmt: skip
    assert (record["photos"], record["faces"], record["refused"], record["duplicates"]) == (2, 2, 1, 1)
    assert record["out"] == str(tmp_path / "out")
    assert set(record["controls"]) == {"models", "hold", "sentence", "faces"}
    assert (record["controls"]["hold"], record["controls"]["faces"]) == (False, 0)
    assert "not enough faces" in record["controls"]["sentence"]
    assert list(record["claims"]) == [claim.kind for claim in DEFAULT_CLAIMS]
    for claim in record["claims"].values():
        assert set(claim) >= {"result", "value", "interval", "n", "unjudged", "power", "not_established"}
        assert claim["result"] == "not enough evidence", "two faces prove nothing"
    assert list(record["verdicts"]["mobilenet_v2"]) == list(VERDICTS)
    rows = pq.read_table(tmp_path / "out" / "faces.parquet").to_pylist()
    assert [(r["photo"], r["label"], r["prediction"]) for r in rows] == [
        ("covered/a.png", "covered", "covered"),
        ("uncovered/b.png", "uncovered", "uncovered"),
    ]
    status, out, _ = call("explain", photos / "covered" / "a.png", "--out", tmp_path / "one", "--json")
    told = json.loads(out)["faces"][0]["models"]["mobilenet_v2"]
    assert rows[0]["verdict"] == told["verdict"]
    assert rows[0]["reason"] == told["evidence"]["reasons"][0]["code"]
    assert (rows[0]["stay_held"], rows[0]["stay_of"]) == (told["stay"]["held"], told["stay"]["of"])
    shares = {s["region"]: s["share"] for s in rows[0]["shares"] if s["method"] == "occlusion"}
    assert shares["nose"] == pytest.approx(told["regions"]["nose"]["share"], abs=1e-6)


def test_a_zip_gives_a_table_and_a_second_call_has_nothing_to_do(call, tmp_path):
    path = zipped(tmp_path / "set.zip", [("1.png", b"no picture")])
    status, out, _ = call("audit", path, "--out", tmp_path / "out")
    assert status == 0
    assert "Verdicts are withheld" in out
    before = {p.name: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert call("audit", path, "--out", tmp_path / "out")[:2] == (0, out)
    assert {p.name: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


CLAIMS = """[[claim]]
kind = "accuracy_per_class"
model = "{model}"
threshold = 0.5
least_n = {least}
"""


def test_a_gate_is_shut_unless_every_claim_holds_and_claims_cannot_be_changed_afterwards(call, tmp_path):
    path, claims = zipped(tmp_path / "set.zip", [("1.png", b"no picture")]), tmp_path / "claims.toml"
    claims.write_text(CLAIMS.format(model="all", least=10))
    asked = ("audit", path, "--out", tmp_path / "out", "--claims", claims)
    status, out, _ = call(*asked)
    assert status == 0
    assert "not enough evidence" in out
    assert call(*asked, "--gate")[:2] == (1, out)
    claims.write_text(CLAIMS.format(model="all", least=1))
    status, out, err = call(*asked)
    assert (status, out) == (2, "")
    assert "holds an audit with other claims" in err
    assert len(err.strip().splitlines()) == 1


def test_the_gate_opens_where_all_claims_hold_and_only_there():
    def record(*results):
        return {"claims": {str(number): {"result": result} for number, result in enumerate(results)}}

    assert gate(record("holds", "holds")) == 0
    for other in set(RESULTS) - {"holds"}:
        assert gate(record("holds", other)) == 1


def test_wrong_claims_are_refused_before_the_set_is_read(call, tmp_path):
    claims = tmp_path / "claims.toml"
    for content, said in (
        (CLAIMS.format(model="nobody", least=10), "claim 1: model should be 'all' or one that is audited"),
        (CLAIMS.format(model="all", least=0), "claim 1: least_n should be a whole number"),
        ("[[claim]", "should be a TOML file of claims"),
    ):
        claims.write_text(content)
        status, out, err = call("audit", tmp_path / "missing", "--out", tmp_path / "out", "--claims", claims)
        assert (status, out) == (2, "")
        assert said in err
        assert len(err.strip().splitlines()) == 1
    claims.write_bytes(b"\xff\xfe")
    asked = ("audit", tmp_path / "missing", "--out", tmp_path / "out", "--claims")
    assert "no text in UTF-8" in call(*asked, claims)[2]
    assert call(*asked, tmp_path / "none.toml")[0] == 2


def test_bad_input_is_one_sentence(call, photos, tmp_path):
    for arguments, said in (
        ((tmp_path / "missing", "--out", tmp_path / "out"), "There is no file or folder"),
        ((photos, "--out", photos / "deep" / "out"), "lies in the set"),
        ((photos, "--out", tmp_path / "out", "--model", "nobody"), "There is no model"),
        ((photos, "--out", tmp_path), "is not empty"),
    ):
        (tmp_path / "letter.txt").write_text("mine")
        status, out, err = call("audit", *arguments)
        assert (status, out) == (2, "")
        assert said in err
        assert len(err.strip().splitlines()) == 1


def test_stopping_from_the_keyboard_is_one_sentence(call, photos, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("xai.audit.engines.local.examine_part", interrupted)
    status, out, err = call("audit", photos, "--out", tmp_path / "out")
    assert (status, out) == (130, "")
    assert "the same call goes on" in err.splitlines()[-1]
