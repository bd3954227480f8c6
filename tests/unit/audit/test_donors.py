"""Which faces of a set lend their parts to the others, and that a run that goes on takes the same."""

import json
from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from tests.support.audits import RIGHT, StandInControls, examine
from tests.support.models import make_classifier
from xai.audit.claims.definitions import DEFAULT_CLAIMS
from xai.audit.donors import DONORS_FILE, LEAST, PER_CLASS, choose_donors, read_donors
from xai.audit.examine import examine_photo
from xai.audit.run import finish_audit, report_audit, run_audit
from xai.audit.settings import Options
from xai.audit.sources.files import list_files
from xai.audit.verify.comparison import Verification
from xai.audit.verify.recomputed import Again, check_photos
from xai.errors import DataRejected
from xai.evidence.interventions.face_edits import edits_with
from xai.models.classifiers import load_classifier
from xai.photo.images import encode_png
from xai.photo.sample_rendering import load_sample

WORN = {"uncovered": "admiral-plain", "covered": "astronaut-blue"}


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Class folders with ``LEAST`` photos each, every one of its own bytes, and one that is no picture."""
    folder = tmp_path_factory.mktemp("set")
    for label, sample in WORN.items():
        (folder / label).mkdir()
        pixels = load_sample(sample).pixels
        for shade in range(LEAST):
            (folder / label / f"{shade}.png").write_bytes(encode_png(pixels - np.minimum(pixels, 4 * shade)))
    (folder / "covered" / "text.jpg").write_text("no picture")
    return folder


@pytest.fixture
def files(labelled):
    return list_files([labelled], pytest.fail)


def chosen(out):
    return json.loads((out / DONORS_FILE).read_bytes())


def test_donors_are_labelled_faces_of_the_set_and_the_same_when_called_again(files, tmp_path):
    donors = choose_donors(files, tmp_path)
    assert chosen(tmp_path)["counts"] == {"covered": LEAST, "uncovered": LEAST}
    assert {line["photo"].split("/")[0]: line["class"] for line in chosen(tmp_path)["faces"]} == {
        "covered": "covered",
        "uncovered": "uncovered",
    }
    assert len({donor.group for donor in donors}) == 2 * LEAST <= 2 * PER_CLASS
    again = choose_donors(files, tmp_path)
    assert [(d.name, d.wearing, d.group) for d in again] == [(d.name, d.wearing, d.group) for d in donors]
    assert all((a.face.crop == b.face.crop).all() for a, b in zip(again, donors, strict=True))


def test_photos_of_one_group_give_one_donor_a_class(files, tmp_path):
    one = [replace(file, group="one photo") for file in files]
    assert choose_donors(one, tmp_path) is None
    assert chosen(tmp_path) == {"counts": {"covered": 1, "uncovered": 1}, "faces": []}


def test_a_set_of_one_class_takes_the_gallerys(labelled, tmp_path):
    assert choose_donors(list_files([labelled / "uncovered"], pytest.fail), tmp_path) is None
    assert read_donors([], tmp_path) is None
    assert read_donors([], tmp_path / "no audit") is None


def test_a_donor_whose_photo_has_changed_is_named(labelled, files, tmp_path):
    choose_donors(files, tmp_path)
    photo = labelled / chosen(tmp_path)["faces"][0]["photo"]
    kept = photo.read_bytes()
    photo.write_bytes(kept + b" ")
    try:
        with pytest.raises(DataRejected, match=rf"{photo.name}, whose face lends.* put the earlier one back"):
            read_donors(files, tmp_path)
    finally:
        photo.write_bytes(kept)


@pytest.mark.parametrize("damage", ["{", '{"faces": 3}', '{"faces": [{"photo": 1}]}'])
def test_a_damaged_list_of_donors_is_refused(files, tmp_path, damage):
    (tmp_path / DONORS_FILE).write_text(damage)
    with pytest.raises(DataRejected):
        read_donors(files, tmp_path)


def run(files, out, donors, seen):
    """Rows of the stand-in, and the donors that it was given."""

    def noting(data, classifiers, group, given):
        seen.append(given)
        return examine(data, classifiers)

    models = [make_classifier(nn.Identity(), 8, name="first")]
    run_audit(files, models, out, examine=noting, options=Options(donors=donors))
    finish_audit(files, ["first"], out, DEFAULT_CLAIMS, StandInControls(RIGHT))


@pytest.mark.parametrize("asked", ["set", "gallery"])
def test_photos_are_examined_with_the_donors_that_were_asked_for(files, tmp_path, asked):
    seen = []
    run(files, tmp_path / "out", asked, seen)
    assert len(seen) == 2 * LEAST + 1  # the text too
    given = {None if donors is None else len(donors) for donors in seen}
    assert given == ({2 * LEAST} if asked == "set" else {None})
    report_audit(tmp_path / "out", None)
    told = (tmp_path / "out" / "report.html").read_text()
    said = (
        f"of the set itself (worn correctly {LEAST} and no mask {LEAST})"
        if asked == "set"
        else "that come with the tool."
    )
    assert said in told
    assert ("donors.json" in (tmp_path / "out" / "manifest.json").read_text()) is (asked == "set")


def test_an_audit_whose_donor_has_changed_is_not_made_again_from_others(labelled, files, tmp_path):
    run(files, tmp_path / "out", "set", [])
    photo = labelled / chosen(tmp_path / "out")["faces"][0]["photo"]
    kept = photo.read_bytes()
    photo.write_bytes(kept[:-1] + b" ")
    try:
        found = Verification()
        check_photos(tmp_path / "out", Again(files, (), StandInControls(RIGHT), examine=examine), found)
    finally:
        photo.write_bytes(kept)
    assert any(photo.name in told for told in found.differs)
    assert any("not made again" in told for told in found.unchecked)


def test_the_evidence_of_a_face_says_whose_parts_were_lent_and_not_those_of_its_own_group(files, tmp_path):
    donors = choose_donors(files, tmp_path)
    classifier = load_classifier("custom_cnn_relu_bn", "cpu")
    plain = next(file for file in files if file.name.startswith("uncovered"))
    for given, told in ((donors, "set"), (None, "gallery")):
        photo = examine_photo(plain.read(), [classifier], donors=given)
        assert photo.explanations[0][0].evidence.donors == told
    own = {donor.group for donor in donors if donor.wearing == "uncovered"}
    lent = edits_with(photo.faces[0], donors, next(iter(own))).donors
    assert lent
    assert not {donor.group for donor in lent} & own  # the same picture, darker, is the same person


def test_a_photo_whose_copy_has_another_label_lends_nothing(labelled, tmp_path):
    """One of ``LEAST`` is left out, so that two classes have too few."""
    folder = tmp_path / "set"
    for path in labelled.rglob("*.png"):
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / path.parent.name / path.name).write_bytes(path.read_bytes())
    (folder / "covered" / "lie.png").write_bytes((labelled / "uncovered" / "0.png").read_bytes())
    assert choose_donors(list_files([folder], pytest.fail), tmp_path) is None
    assert chosen(tmp_path)["counts"] == {"covered": LEAST, "uncovered": LEAST - 1}
