"""Controls: which faces they are tested on, when they hold, and what is withheld where they do not."""

import json
from hashlib import sha256

import pytest
from torch import nn

from tests.support.audits import EMPTY, RIGHT, StandInControls, examine, picture
from tests.support.models import make_classifier
from xai.audit.claims.definitions import Claim
from xai.audit.controls import EXPECTED, SAMPLE, ControlModels, run_controls
from xai.audit.run import finish_audit, run_audit
from xai.audit.settings import Options
from xai.audit.sources.files import list_files
from xai.errors import DataRejected
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

CLAIMS = (
    Claim("rests_on_nose_and_mouth", "all", 0.3, 20),
    Claim("rests_on_lower_face", "all", 0.3, 20),
    Claim("same_for_small_faces", "all", 0.3, 20),
    Claim("not_on_mask_colour", "all", 0.3, 20),
    Claim("accuracy_per_class", "all", 0.3, 20),
)


class Killed(BaseException):
    """Ends the run where it is, as a signal does."""


@pytest.fixture
def models():
    return [make_classifier(nn.Identity(), 8, name=name) for name in ("first", "second")]


def photos(folder, count):
    """Pictures of which every tenth has no face, labelled by their folder."""
    for seed in range(1, count + 1):
        where = folder / ("covered" if seed % 2 else "uncovered")
        where.mkdir(parents=True, exist_ok=True)
        (where / f"{seed:03d}.png").write_bytes(picture(seed if seed % 10 else EMPTY + 256 * seed))
    return folder


def audited(folder, models, out):
    files = list_files([folder], print)
    run_audit(files, models, out, examine=examine, options=Options(CLAIMS, "gallery"))
    return files


def finished(files, models, out, controls):
    return finish_audit(files, [model.name for model in models], out, CLAIMS, controls)


def everything(out):
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(("faces", "asked"), [(9, 0), (10, 10), (21, 20), (100, 25), (200, 40)])
def test_the_sample_is_evenly_spaced_over_the_faces_that_can_be_tested(models, tmp_path, faces, asked):
    folder = tmp_path / "set"
    folder.mkdir()
    for seed in range(1, faces + 1):
        (folder / f"{seed:03d}.png").write_bytes(picture(seed))
    files = audited(folder, models, tmp_path / "out")
    controls = StandInControls(RIGHT)
    record = run_controls(files, tmp_path / "out", controls)
    wanted = [number * faces // asked for number in range(asked)]
    digests = [sha256(picture(number + 1)).hexdigest() for number in wanted]
    assert [digest for digest, _ in controls.asked] == digests
    assert (record["faces"], record["hold"]) == (asked, asked >= 10)
    assert asked <= SAMPLE[1]


def test_labels_are_those_of_the_rows(models, tmp_path):
    files = audited(photos(tmp_path / "set", 44), models, tmp_path / "out")
    controls = StandInControls(RIGHT)
    run_controls(files, tmp_path / "out", controls)
    by_digest = {sha256(file.read()).hexdigest(): file.annotations[0].label for file in files}
    assert controls.asked == [(digest, by_digest[digest]) for digest, _ in controls.asked]
    assert {label for _, label in controls.asked} == {"covered", "uncovered"}


def test_controls_as_expected_leave_the_claims_as_they_are(models, tmp_path):
    files = audited(photos(tmp_path / "set", 80), models, tmp_path / "out")
    summary = finished(files, models, tmp_path / "out", StandInControls(RIGHT))
    record = json.loads((tmp_path / "out" / "controls.json").read_text())
    assert summary["controls"] == record
    assert record["hold"] is True
    for name, found in record["models"].items():
        assert (found["faces"], found["right"], found["as_expected"]) == (20, 20, True)
        assert found["expected"] == list(EXPECTED[name])
        assert found["verdicts"][RIGHT[name]] == 20
        # Wilson at a share of 1 of 20 photos, Student's quantile of 19 degrees of freedom: 20 / (20 + q²)
        assert found["interval"] == pytest.approx([20 / (20 + 2.0930240544**2), 1.0])
    assert record["sentence"] == (
        "On these photos the verdict is right about the honest network on 20 of 20 faces, the planted mark "
        "on 20 of 20 faces and the untrained one on 20 of 20 faces."
    )
    assert summary["claims"]["rests_on_nose_and_mouth"]["value"] == pytest.approx(0.5, abs=0.1)


def wrong_on(control, verdict, count):
    return lambda number, _: {**RIGHT, control: verdict} if number < count else RIGHT


@pytest.mark.parametrize(
    ("control", "verdict", "said"),
    [
        ("honest", "not supported", "misjudges the honest network on 3 of 20 faces, so"),
        ("planted_mark", "supported", "misjudges the planted mark on 3 of 20 faces, so"),
        ("untrained", "supported", "misjudges the untrained one on 3 of 20 faces, so"),
    ],
)
def test_a_misjudged_control_withholds_the_claims_made_of_verdicts(models, tmp_path, control, verdict, said):
    files = audited(photos(tmp_path / "set", 80), models, tmp_path / "out")
    plain = finished(files, models, tmp_path / "out", StandInControls(RIGHT))
    (tmp_path / "out" / "parts" / "controls.jsonl").unlink()
    summary = finished(files, models, tmp_path / "out", StandInControls(wrong_on(control, verdict, 3)))
    assert summary["controls"]["hold"] is False
    assert said in summary["controls"]["sentence"]
    assert [n for n, found in summary["controls"]["models"].items() if not found["as_expected"]] == [control]
    for kind, claim in summary["claims"].items():
        if kind == "accuracy_per_class":
            assert claim == plain["claims"][kind]
        else:
            assert (claim["result"], claim["value"]) == ("not enough evidence", None)
            assert claim["reasons"] == {"controls": claim["n"]}
            assert claim["n"] == claim["unjudged"] == plain["claims"][kind]["n"]


def test_one_wrong_verdict_in_ten_is_the_most_that_is_borne(models, tmp_path):
    files = audited(photos(tmp_path / "set", 80), models, tmp_path / "out")
    record = run_controls(files, tmp_path / "out", StandInControls(wrong_on("honest", "not supported", 2)))
    assert (record["models"]["honest"]["right"], record["hold"]) == (18, True)
    assert "the honest network on 18 of 20 faces" in record["sentence"]


def test_too_few_faces_confirm_nothing(models, tmp_path):
    files = audited(photos(tmp_path / "set", 22), models, tmp_path / "out")

    def unsure(number, _):
        return RIGHT if number < 9 else {"untrained": "cannot tell"}

    summary = finished(files, models, tmp_path / "out", StandInControls(unsure))
    assert summary["controls"]["hold"] is False
    assert summary["controls"]["models"]["honest"]["faces"] == 9
    assert summary["controls"]["models"]["honest"]["interval"] is None
    assert "There are not enough faces for the controls" in summary["controls"]["sentence"]
    assert "the honest network 9 and the planted mark 9" in summary["controls"]["sentence"]
    assert summary["claims"]["not_on_mask_colour"]["reasons"] == {"controls": 40}


@pytest.mark.parametrize("where", [0, 1, 13])
def test_killed_controls_go_on_to_the_same_bytes(models, tmp_path, where):
    photos(tmp_path / "set", 80)
    files = audited(tmp_path / "set", models, tmp_path / "whole")
    finished(files, models, tmp_path / "whole", StandInControls(RIGHT))
    audited(tmp_path / "set", models, tmp_path / "killed")

    def stops(number, _):
        if number == where:
            raise Killed
        return RIGHT

    with pytest.raises(Killed):
        finished(files, models, tmp_path / "killed", StandInControls(stops))
    noted = tmp_path / "killed" / "parts" / "controls.jsonl"
    with noted.open("a") as file:
        file.write('{"photo": "half')
    again = StandInControls(RIGHT)
    finished(files, models, tmp_path / "killed", again)
    assert len(again.asked) == 20 - where
    assert everything(tmp_path / "killed") == everything(tmp_path / "whole")
    idle = StandInControls(RIGHT)
    finished(files, models, tmp_path / "killed", idle)
    assert idle.asked == []


def test_a_photo_that_changed_since_it_was_audited_is_named(models, tmp_path):
    files = audited(photos(tmp_path / "set", 80), models, tmp_path / "out")
    first = next(file for file in files if file.name == "covered/001.png")
    path = tmp_path / "set" / first.name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataRejected, match=r"The photo covered/001.png has changed since it was audited"):
        run_controls(files, tmp_path / "out", StandInControls(RIGHT))


@pytest.mark.slow
@pytest.mark.parametrize("label", ["uncovered", None])
def test_the_control_networks_are_judged_as_expected_on_a_drawn_face(label):
    face = find_faces(load_sample("admiral-plain"))[0]
    found = ControlModels("cpu").ask(face, label, "", None)
    assert {"planted_mark", "untrained"} <= set(found)
    assert found["planted_mark"] == "not supported"
    for name, verdict in found.items():
        assert verdict in EXPECTED[name]


@pytest.mark.slow
def test_a_control_is_not_asked_where_its_answer_is_known_to_be_wrong():
    face = find_faces(load_sample("admiral-plain"))[0]
    assert "honest" not in ControlModels("cpu").ask(face, "covered", "", None)
