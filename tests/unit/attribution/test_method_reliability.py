"""What the methods' own tests say of them: one file, which the benchmark writes and the pages read."""

import json

import pytest

from tests.support.paths import ROOT
from xai.attribution import method_reliability
from xai.attribution.method_reliability import best_first, failures, write_reliability
from xai.attribution.methods import METHODS
from xai.benchmark.map_faithfulness import MEASURES, MethodScore, measured_rows, reliability_record
from xai.evidence.validation.statistics import Figure


def codes(method):
    return [failure.code for failure in failures(method)]


def score(pointing, rank, likeness):
    figures = {name: Figure(0.5, (0.4, 0.6), 9, 3) for name in MEASURES}
    figures |= {
        "pointing": Figure(pointing, None, 9, 3),
        "rank": Figure(rank, None, 9, 3),
        "likeness": Figure(likeness, None, 9, 3),
    }
    return MethodScore(9, 1, 0.02, figures)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes scores by method as the benchmark does, in place of the committed file."""
    monkeypatch.setattr(method_reliability, "RECORD", tmp_path / "figures.json")

    def written(**scores):
        return write_reliability(reliability_record(scores, "measure it", "a machine"))

    yield written
    method_reliability._measured.cache_clear()


def test_what_fails_which_test(written):
    written(
        occlusion=score(0.9, 0.5, 0.1),
        gradcam=score(0.9, 0.7, 0.5),
        rise=score(0.74, 0.6, 0.49),
        hirescam=score(0.1, 0.9, 0.9),
        layercam=score(None, None, None),
    )
    assert codes("occlusion") == []
    assert codes("gradcam") == ["random_weights"]
    assert codes("rise") == ["elsewhere"]
    assert codes("hirescam") == ["random_weights", "elsewhere"]
    assert codes("layercam") == codes("deeplift") == ["untested"]
    assert (failures("gradcam")[0].value, failures("gradcam")[0].limit) == (0.5, 0.5)


def test_the_best_come_first_and_those_that_failed_last(written):
    written(
        occlusion=score(0.9, 0.5, 0.1), xgradcam=score(0.9, 0.6, 0.1),
        gradcam=score(0.9, 0.99, 0.9), rise=score(0.1, 0.7, 0.1),
    )  # fmt: skip
    found = best_first()
    assert found[:4] == ("xgradcam", "occlusion", "gradcam", "rise")
    assert sorted(found) == sorted(METHODS)


def test_the_file_says_what_the_table_says(written):
    """Value by value to two decimals, in the table's order, with command and machine."""
    scores = {"occlusion": score(0.961, 0.544, -0.08), "gradcam": score(0.99, 0.734, 0.288)}
    found = json.loads(written(**scores).read_text())
    assert (found["command"], found["machine"]) == ("measure it", "a machine")
    assert list(found["methods"]) == ["gradcam", "occlusion"]
    assert found["methods"]["gradcam"]["rank"] == {"value": 0.73, "interval": None}
    assert found["methods"]["gradcam"]["mass"] == {"value": 0.5, "interval": [0.4, 0.6]}
    assert (found["methods"]["gradcam"]["maps"], found["methods"]["gradcam"]["refused"]) == (9, 1)
    assert [row[0] for row in measured_rows(scores)[1:]] == [METHODS[name].title for name in found["methods"]]


def test_the_committed_file_is_that_of_the_documents_table():
    record = json.loads(method_reliability.RECORD.read_text())
    page = (ROOT / "docs" / "methods.md").read_text().split("<!-- benchmark faithfulness -->")[1]
    said, _, rest = page.strip().partition("\n")
    assert said == f"Measured by `{record['command']}` on {record['machine']}."
    lines = [line for line in rest.splitlines() if line.startswith("| ")][1:]
    assert len(lines) == len(METHODS)
    for line, (name, found) in zip(lines, record["methods"].items(), strict=True):
        cells = [
            f"{f['value']:.2f} ({f['interval'][0]:.2f} to {f['interval'][1]:.2f})"
            for f in map(found.get, MEASURES)
        ]
        row = (METHODS[name].title, str(found["maps"]), str(found["refused"]), *cells)
        assert line == f"| {' | '.join(row)} |"


def test_recording_needs_every_method(call, tmp_path):
    status, _, err = call("benchmark", "faithfulness", "--record", "--method", "rise", "--data", tmp_path)
    assert status == 2
    assert "leave out --method or --record" in err
