from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import OneWindow, make_classifier, make_face
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.validation import verdict_rates as module
from xai.evidence.validation.labelled_faces import LabelledFace
from xai.evidence.validation.verdict_rates import Judged, judge_set, judged_from
from xai.evidence.verdict.run import examine
from xai.evidence_types import AreaEvidence, Condition, Evidence, Reason
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample


def evidence_of(effect, outside, verdict="supported", codes=("needed", "alone")):
    conditions = {
        "necessity": Condition(0.8, 0.5, True),
        "exclusion": Condition(outside / effect if effect > 0 else None, 0.12, None),
        "sufficiency": Condition(None, 0.65, None),
    }
    areas = {
        "strict": AreaEvidence(effect, 0.7, conditions, outside, "eyes", 1.0, verdict),
        "wide": AreaEvidence(99.0, 0.9, conditions, 77.0, "eyes", 1.0, verdict),
    }
    reasons = tuple(Reason(code) for code in codes)
    return Evidence("covered", "strict", verdict, reasons, (), 3.0, 5.0, areas, {}, 64, None, 9, 0.1)


def test_a_row_takes_its_numbers_from_the_deciding_area():
    found = judged_from(evidence_of(4.0, 1.0), "m", "a", "covered")
    assert found == Judged(
        "m", "a", "covered", "covered", "supported", "strict", 4.0, 1.0, 5.0, 0.8, 0.25, None, None
    )
    assert found.right is True
    assert found.lead == 3.0
    assert judged_from(evidence_of(4.0, 1.0), "m", "a", "uncovered").right is False
    assert judged_from(evidence_of(4.0, 1.0), "m", "a", None).right is None
    unsure = judged_from(evidence_of(4.0, 1.0, "cannot tell", ("unsteady", "needed")), "m", "a", None)
    assert (unsure.reason, unsure.lead) == ("unsteady", 3.0)


def test_a_row_of_a_face_without_effect_or_without_edits():
    found = judged_from(evidence_of(-0.5, 2.0, "not supported"), "m", "a", None)
    assert (found.exclusion, found.outside, found.lead) == (None, 2.0, -2.5)
    bare = replace(evidence_of(1.0, 0.1, "cannot tell", ("turned",)), areas={}, reach=None)
    assert judged_from(bare, "m", "a", "covered") == Judged(
        "m", "a", "covered", "covered", "cannot tell", "strict", reason="turned"
    )


class Brightness(nn.Module):
    """Two classes, by the brightness of the whole."""

    def forward(self, x):
        level = x.mean(dim=(1, 2, 3))
        return torch.stack([level, -level], dim=1)


def test_a_set_is_judged_face_by_face_with_shared_edits(monkeypatch):
    made, answers, said, told = [], [], [], []

    class Counted(FaceEdits):
        def __init__(self, face):
            super().__init__(face)
            made.append(face)

    def kept(edits, classifier, **options):
        answers.append(examine(edits, classifier, **options))
        return answers[-1]

    monkeypatch.setattr(module, "FaceEdits", Counted)
    monkeypatch.setattr(module, "examine", kept)
    seen = find_faces(load_sample("astronaut-red"))[0]
    blank = make_face(np.full((60, 60, 3), 90, np.uint8))
    faces = [LabelledFace(seen, "covered", "x"), LabelledFace(blank, "incorrect", "y")]
    models = [
        make_classifier(OneWindow(16, 10, 10), 32),
        make_classifier(Brightness(), 32, name="two", classes=("with_mask", "without_mask")),
    ]
    found = list(judge_set(models, faces, said.append, progress=lambda *counts: told.append(counts)))
    assert made == [seen, blank]
    assert [(j.model, j.group) for j in found] == [("small", "x"), ("two", "x"), ("small", "y"), ("two", "y")]
    assert [j.label for j in found] == ["covered", "with_mask", "incorrect", None]
    assert found == [
        judged_from(answer, j.model, j.group, j.label) for answer, j in zip(answers, found, strict=True)
    ]
    assert found[0].effect is not None
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
        list(judge_set([make_classifier(OneWindow(2, 2, 4), 8)], [face], lambda _: None, progress=stop))
