"""Two audits of the same photos, compared face by face: every number is counted by hand."""

from dataclasses import replace

import pytest
from torch import nn

from tests.support import evidences
from tests.support.audits import RIGHT, StandInControls, examine, picture
from tests.support.models import make_classifier
from xai.audit.claims.definitions import Claim
from xai.audit.difference import audit_difference
from xai.audit.run import finish_audit, run_audit
from xai.audit.settings import Options
from xai.audit.sources.files import list_files
from xai.cli.tables import difference_table
from xai.errors import XaiError

CLAIMS = (Claim("rests_on_nose_and_mouth", "all", 0.2, 20),)


def supported_from(first):
    """The stand-in, whose verdict is *supported* from a brightness on and else *not supported*."""

    def examined(data, classifiers, *_):
        photo = examine(data, classifiers)
        level = int(photo.image.pixels[5, 5, 0])
        told = evidences.evidence("supported" if level >= first else "not supported")
        return replace(photo, explanations=[[replace(e, evidence=told) for e in photo.explanations[0]]])

    return examined


def audit(folder, out, model, examined, claims=CLAIMS):
    models = [make_classifier(nn.Identity(), 8, name=model)]
    files = list_files([folder], print)
    run_audit(files, models, out, examine=examined, options=Options(claims))
    finish_audit(files, [model], out, claims, StandInControls(RIGHT))
    return out


@pytest.fixture
def folders(tmp_path):
    """Forty photos; thirty of them again under other names, with two new ones."""
    for name, seeds in (("first", range(1, 41)), ("second", range(11, 43))):
        (tmp_path / name / "covered").mkdir(parents=True)
        for seed in seeds:
            (tmp_path / name / "covered" / f"{name}{seed:03d}.png").write_bytes(picture(seed))
    return tmp_path


def test_answers_verdicts_and_claims_that_changed_are_counted_and_named(folders):
    first = audit(folders / "first", folders / "a", "old", supported_from(11))
    second = audit(folders / "second", folders / "b", "new", supported_from(17))
    found = audit_difference(first, second)
    assert found["photos"] == {"both": 30, "only_first": 10, "only_second": 2}
    assert found["settings"] == ["models", "set"]
    (model,) = found["models"]
    assert (model["first"], model["second"], model["n"], model["changed"]) == ("old", "new", 30, 6)
    assert model["answers"] == [{"first": "covered", "second": "covered", "n": 30}]
    assert model["verdicts"] == [
        {"first": "supported", "second": "not supported", "n": 6},
        {"first": "supported", "second": "supported", "n": 24},
    ]
    assert {each["photo"] for each in model["faces"]} == {
        f"covered/first{seed:03d}.png" for seed in range(11, 17)
    }
    assert model["faces"][0]["first"] == ["covered", "supported"]
    assert model["faces"][0]["second"] == ["covered", "not supported"]
    supported = model["supported"]
    assert (supported["only_first"], supported["only_second"]) == (6, 0)
    assert supported["difference"] == pytest.approx(6 / 30)
    assert supported["p"] == pytest.approx(2 * 0.5**6)  # McNemar's exact test: six of six to one side
    assert model["accuracy"]["difference"] == 0
    assert found["claims"] == {"rests_on_nose_and_mouth": {"first": "holds", "second": "holds"}}


def test_an_audit_is_no_different_from_itself(folders):
    out = audit(folders / "first", folders / "a", "old", examine)
    found = audit_difference(out, out)
    assert (found["settings"], found["models"][0]["changed"], found["models"][0]["faces"]) == ([], 0, [])
    assert found["models"][0]["supported"]["p"] == 1
    assert "40 photos in both; 0 answers or verdicts changed" in difference_table(found)


def test_a_claim_that_only_one_audit_made_has_no_result_in_the_other(folders):
    first = audit(folders / "first", folders / "a", "old", examine)
    other = (Claim("accuracy_per_class", "all", 0.5, 10),)
    second = audit(folders / "first", folders / "b", "old", examine, other)
    claims = audit_difference(first, second)["claims"]
    assert claims["accuracy_per_class"] == {"first": None, "second": "holds"}
    assert claims["rests_on_nose_and_mouth"]["second"] is None


def test_audits_of_other_photos_and_other_folders_are_refused(folders, tmp_path):
    first = audit(folders / "first", folders / "a", "old", examine)
    (tmp_path / "third").mkdir()
    for seed in range(100, 112):
        (tmp_path / "third" / f"{seed}.png").write_bytes(picture(seed))
    with pytest.raises(XaiError, match="no photo with a face in common"):
        audit_difference(first, audit(tmp_path / "third", tmp_path / "c", "old", examine))
    with pytest.raises(XaiError, match="should be the folder of a finished audit"):
        audit_difference(first, tmp_path / "third")
