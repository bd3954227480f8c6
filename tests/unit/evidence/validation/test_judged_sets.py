from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import OneWindow, make_classifier, make_face
from xai.errors import DataRejected
from xai.evidence.interventions.face_edits import edits_with
from xai.evidence.validation import verdict_rates as module
from xai.evidence.validation.labelled_faces import LabelledFace
from xai.evidence.validation.verdict_rates import FaceVerdict, donors_of, evaluate_verdicts, judged_from
from xai.evidence.verdict.run import run_causal_test
from xai.evidence_types import Evidence, FamilyEvidence, Reason, Tally
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

pytestmark = pytest.mark.slow


def evidence_of(verdict="supported", codes=("follows", "stays"), families=None, **more):
    families = families or (
        FamilyEvidence("lower_face", "follow", Tally(5, 6), 8.0, None, True, 1),
        FamilyEvidence("outside", "stay", Tally(3, 4), 1.0, 0.125, True, 1),
        FamilyEvidence("same_class", "sham", Tally(3, 3), 0.1, None, None, 1),
    )
    reasons = tuple(Reason(code) for code in codes)
    tallies = {"follow": Tally(5, 6), "place": Tally(1, 2), "stay": Tally(3, 4)}
    fields = {**tallies, "place_share": 0.4, **more}
    return Evidence(
        target="covered", verdict=verdict, reasons=reasons, flags=(), contrast=3.0, reach=5.0,
        families=families, edits=(), strip=(), donors="gallery", forwards=9, seconds=0.1, **fields,
    )  # fmt: skip


def test_a_row_takes_its_numbers_from_the_families():
    found = judged_from(evidence_of(), "m", "a", "covered")
    assert found == FaceVerdict(
        "m", "a", "covered", "covered", "supported", 5 / 6, 0.4, 0.75, {"outside": 0.75},
        {"lower_face": 8.0, "outside": 1.0, "same_class": 0.1}, "follows",
    )  # fmt: skip
    assert found.right is True
    assert judged_from(evidence_of(), "m", "a", "uncovered").right is False
    assert judged_from(evidence_of(), "m", "a", None).right is None


def test_a_row_of_a_face_that_nothing_was_asked_of():
    none = Tally(0, 0)
    bare = replace(
        evidence_of("cannot tell", ("turned",)),
        families=(),
        follow=none,
        place=none,
        stay=none,
        place_share=None,
    )
    found = judged_from(bare, "m", "a", "covered")
    assert found == FaceVerdict("m", "a", "covered", "covered", "cannot tell", reason="turned")
    assert not found.told


class Brightness(nn.Module):
    """Two classes, by the brightness of the whole."""

    def forward(self, x):
        level = x.mean(dim=(1, 2, 3))
        return torch.stack([level, -level], dim=1)


def test_a_set_is_judged_face_by_face_with_shared_edits(monkeypatch):
    made, answers, said, told = [], [], [], []

    def counted(face, donors, group):
        made.append(face)
        return edits_with(face, donors, group)

    def kept(edits, classifier, **options):
        answers.append(run_causal_test(edits, classifier, **options))
        return answers[-1]

    monkeypatch.setattr(module, "edits_with", counted)
    monkeypatch.setattr(module, "run_causal_test", kept)
    seen = find_faces(load_sample("astronaut-red"))[0]
    blank = make_face(np.full((60, 60, 3), 90, np.uint8))
    faces = [LabelledFace(seen, "covered", "x"), LabelledFace(blank, "incorrect", "y")]
    models = [
        make_classifier(OneWindow(16, 10, 10), 32),
        make_classifier(Brightness(), 32, name="two", classes=("with_mask", "without_mask")),
    ]
    found = list(evaluate_verdicts(models, faces, said.append, progress=lambda *counts: told.append(counts)))
    assert made == [seen, blank]
    assert [(j.model, j.group) for j in found] == [("small", "x"), ("two", "x"), ("small", "y"), ("two", "y")]
    assert [j.label for j in found] == ["covered", "with_mask", "incorrect", None]
    assert found == [
        judged_from(answer, j.model, j.group, j.label) for answer, j in zip(answers, found, strict=True)
    ]
    assert found[0].followed is not None
    assert found[0].target == models[0].predict([seen.crop])[0].label
    assert {j.reason for j in found[2:]} == {"no_mesh"}
    assert told[0] == (0, 4)
    assert told[-1] == (4, 4)
    assert told == sorted(told)
    assert (1, 4) in told
    assert said == ["judging: face 0 of 2"]


def test_a_set_stops_when_progress_says_so():
    def stop(done, total):
        raise InterruptedError

    face = LabelledFace(find_faces(load_sample("astronaut-red"))[0], "covered", "x")
    with pytest.raises(InterruptedError):
        list(
            evaluate_verdicts([make_classifier(OneWindow(2, 2, 4), 8)], [face], lambda _: None, progress=stop)
        )


def test_parts_come_from_other_photos_of_the_set():
    names = {"astronaut-red": "covered", "admiral-plain": "uncovered", "admiral-blue": "covered"}
    faces = [
        LabelledFace(find_faces(load_sample(n))[0], truth, n.split("-")[0]) for n, truth in names.items()
    ]
    donors = donors_of([*faces, LabelledFace(make_face(np.full((60, 60, 3), 90, np.uint8)), "covered", "x")])
    assert [(d.wearing, d.group) for d in donors] == [
        ("covered", "astronaut"), ("uncovered", "admiral"), ("covered", "admiral"),
    ]  # fmt: skip
    seen = []

    def kept(edits, classifier, **options):
        seen.append([d.group for d in edits.donors])
        return run_causal_test(edits, classifier, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "run_causal_test", kept)
        list(
            evaluate_verdicts(
                [make_classifier(OneWindow(16, 10, 10), 32)], faces, lambda _: None, own_donors=True
            )
        )
    assert seen == [["admiral"] * 2, ["astronaut"], ["astronaut"]]


def test_a_set_that_cannot_lend_is_refused_in_one_sentence():
    face = LabelledFace(find_faces(load_sample("astronaut-red"))[0], "covered", "x")
    with pytest.raises(DataRejected, match=r"1 faces of the set 1 can lend parts.*--donors gallery\."):
        list(
            evaluate_verdicts(
                [make_classifier(OneWindow(2, 2, 4), 8)], [face], lambda _: None, own_donors=True
            )
        )
