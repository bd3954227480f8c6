"""The whole examination, on models whose right verdict is known from how they are built."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.faces import turned_mesh
from tests.support.models import make_classifier, make_face
from xai.errors import Cancelled, UnknownName, XaiError
from xai.evidence.interventions.cue_conflict import plan
from xai.evidence.interventions.face_edits import FaceEdits, log_odds
from xai.evidence.interventions.families import FAMILIES
from xai.evidence.verdict.region_detail import detail_of
from xai.evidence.verdict.run import Case, forwards_of, run_causal_test, run_causal_tests, turned_face
from xai.evidence_types import Tally
from xai.models.cards import DEFAULT_MODEL
from xai.models.classifiers import load_classifier
from xai.models.ground_truth import load_family
from xai.photo.faces import find_faces
from xai.photo.mesh import five_of
from xai.photo.sample_rendering import load_sample
from xai.types import CLASSES

pytestmark = pytest.mark.slow

TRUTH = {"astronaut-red": "covered", "admiral-plain": "uncovered"}


def asked(kind, edits, number):
    """What comes out for one model of a kind, planted and asked about the true class; not where it errs."""
    known, found = load_family(kind, "cpu")[number], {}
    for name, own in edits.items():
        crop = known.plant(own.original.crop, TRUTH[name])
        if known.classifier.predict([crop])[0].label == TRUTH[name]:
            planted = own if crop is own.original.crop else FaceEdits(replace(own.original, crop=crop))
            found[name] = run_causal_test(planted, known.classifier)
    return found


@pytest.mark.parametrize(
    ("kind", "number", "verdict"),
    [
        ("aperture_forehead", 0, "not supported"),
        ("corner_mark", 3, "not supported"),
        ("tint", 0, "not supported"),
        ("mixture_075", 0, "not supported"),
        ("mixture_100", 0, "not supported"),
        ("constant", 0, "cannot tell"),
        ("constant", 2, "cannot tell"),
    ],
)
def test_models_whose_answer_is_known(kind, number, verdict, edits):
    found = asked(kind, edits, number)
    assert found, "the model errs on both faces; take another number"
    for name, evidence in found.items():
        assert evidence.verdict == verdict, (name, evidence.reasons)
        assert evidence.target == TRUTH[name]
        assert evidence.donors == "gallery"
        if verdict == "cannot tell":
            assert evidence.reasons[0].code == "nothing_moves"
            assert evidence.follow.held == evidence.stay.of - evidence.stay.held == 0
            assert evidence.reach == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("kind", ["aperture_nose_and_mouth", "mixture_000"])
def test_who_sees_nose_and_mouth_alone_is_never_accused(kind, edits):
    """A mask below the mouth is beyond its window: it follows now and then, and nothing else moves it."""
    found = asked(kind, edits, 5)
    assert found
    for evidence in found.values():
        assert evidence.verdict in ("supported", "mixed")
        assert evidence.reasons[0].code in ("follows", "follows_partly")


def test_the_default_classifier_is_supported_on_a_gallery_sample():
    """The needle moves: a real network that follows the lower face and stays at everything else."""
    own = FaceEdits(find_faces(load_sample("astronaut-red"))[0])
    evidence = run_causal_test(own, load_classifier(DEFAULT_MODEL, "cpu"))
    assert (evidence.target, evidence.verdict) == ("covered", "supported")
    assert evidence.follow.share == 1
    assert evidence.place_share > 0.3


class Places(nn.Module):
    """Red against green in one window of an aligned face, for any number of classes."""

    def __init__(self, window, weight, classes=3):
        super().__init__()
        self.window, self.weight, self.classes = window, weight, classes

    def forward(self, x):
        rows, columns = self.window
        red, green = (x[:, channel, rows, columns].mean(dim=(1, 2)) for channel in (0, 1))
        level = self.weight * (red - green) - 1
        rest = [torch.full_like(level, -30.0)] * (self.classes - 2)
        return torch.stack([level, torch.zeros_like(level), *rest], dim=1)


MOUTH = (slice(57, 62), slice(41, 55))
FOREHEAD = (slice(16, 24), slice(38, 58))


def reader(window=MOUTH, weight=12, **card):
    classes = card.get("classes", CLASSES)
    return make_classifier(Places(window, weight, len(classes)), 96, mean=(0.0,) * 3, std=(1.0,) * 3, **card)


def test_every_answer_is_what_the_network_says_of_the_picture(edits):
    """Label, probability and loss of every edited face, asked one by one of pictures made by hand."""
    own, classifier = edits["astronaut-red"], reader()
    evidence = run_causal_test(own, classifier, "covered")
    planned = plan(own, ("covered",), CLASSES)
    start = log_odds(classifier, own, [()], 0)[0]
    assert evidence.contrast == pytest.approx(start, abs=1e-5)
    for edit, answer in list(zip(planned, evidence.edits, strict=False))[::9]:
        (value,) = log_odds(classifier, own, [edit.layers], 0)
        assert (answer.family, answer.edit, answer.truth) == (edit.family, edit.edit, edit.truth)
        assert answer.drop == pytest.approx(start - value, abs=1e-5)
        assert answer.probability == pytest.approx(1 / (1 + np.exp(-value)), abs=1e-5)
        assert answer.label == ("covered" if value > 0 else "incorrect")
        kept = answer.label == "covered"
        if FAMILIES[edit.family].asks != "follow":
            assert answer.held == kept
        else:
            assert answer.held == (not kept or answer.drop >= 0.5 * max(evidence.reach, 0.2))


def test_the_figures_are_counts_of_the_answers(edits):
    evidence = run_causal_test(edits["astronaut-red"], reader(), "covered")
    own = {name: [a.held for a in evidence.edits if a.family == name] for name in FAMILIES}
    wearing = [held for n, f in FAMILIES.items() if f.level == "wearing" for held in own[n]]
    stay = [held for n, f in FAMILIES.items() if f.asks == "stay" for held in own[n]]
    assert evidence.follow == Tally(sum(wearing), len(wearing))
    assert evidence.place == Tally(sum(own["nose_and_mouth"]), len(own["nose_and_mouth"]))
    assert evidence.stay == Tally(sum(stay), len(stay))
    assert evidence.forwards == len(evidence.edits) + 1


def test_the_strip_shows_both_questions_with_their_pictures(edits):
    own = edits["astronaut-red"]
    evidence = run_causal_test(own, reader(FOREHEAD, 60), "covered")
    asks = [FAMILIES[shown.answer.family].asks for shown in evidence.strip]
    assert asks == ["follow"] * 4 + ["stay"] * 4
    assert any(s.answer.held is False for s in evidence.strip), "what failed is shown"
    for shown in evidence.strip:
        assert shown.picture.dtype == np.uint8
        assert shown.picture.shape == (min(112, len(own.face.crop)),) * 2 + (3,)
        assert shown.answer in evidence.edits
    assert len({(s.answer.family, s.answer.edit) for s in evidence.strip}) == 8


def test_a_family_that_fails_is_asked_again_and_all_its_answers_count(edits):
    evidence = run_causal_test(edits["astronaut-red"], reader(FOREHEAD, 60), "covered")
    rounds = {f.family: f.rounds for f in evidence.families}
    assert rounds["background"] == rounds["outside"] == rounds["same_class"] == 2
    assert rounds["grain"] == 1
    assert sum(a.family == "background" for a in evidence.edits) == 8
    assert evidence.verdict != "supported"


@pytest.mark.parametrize(
    "classes",
    [
        ("Covered", "INCORRECT", "un covered"),
        ("mask_worn_correctly", "Mask weared incorrect", "uncovered"),
        ("with_mask", "mask_weared_incorrect", "without_mask"),
    ],
)
def test_every_spelling_gets_the_same_verdict(edits, classes):
    own = edits["astronaut-red"]
    plain = run_causal_test(own, reader(), "covered")
    if classes[2] == "un covered":
        classes = (*classes[:2], "Uncovered")
    spelt = run_causal_test(own, reader(classes=classes), classes[0])
    assert spelt.verdict == plain.verdict
    assert (spelt.follow, spelt.place, spelt.stay) == (plain.follow, plain.place, plain.stay)
    assert spelt.place_share == plain.place_share
    assert [a.drop for a in spelt.edits] == [a.drop for a in plain.edits]


def test_an_unknown_class_is_named_and_not_guessed(edits):
    evidence = run_causal_test(edits["astronaut-red"], reader(classes=("masque", "bare", "other")), "masque")
    assert (evidence.verdict, evidence.reasons[0].code) == ("cannot tell", "unknown_class")
    assert evidence.reasons[0].values == {"name": "masque"}
    assert evidence.edits == ()


@pytest.mark.parametrize(
    ("goes", "truth"), [("unknown", None), ("with", "with_mask"), ("without", "without_mask")]
)
def test_two_classes_are_asked_what_their_card_states(edits, goes, truth):
    classifier = reader(classes=("with_mask", "without_mask"))
    classifier = replace(classifier, card=replace(classifier.card, incorrect=goes))
    evidence = run_causal_test(edits["astronaut-red"], classifier, "with_mask")
    lowered = [a for a in evidence.edits if a.family == "drawn_down"]
    assert bool(lowered) == (goes == "without")
    assert {a.truth for a in evidence.edits if a.family == "light"} == {("with_mask",)}
    followed = {a.truth for a in evidence.edits if a.family == "lower_face"}
    assert followed == {("without_mask",)}
    assert truth in (None, *classifier.card.classes)


def turned_away(face):
    return replace(face, landmarks=turned_mesh(face, 65))


def tiny(face):
    small = np.ascontiguousarray(face.crop[::5, ::5])
    return replace(face, crop=small, landmarks=face.landmarks / 5)


def mixed_up(face):
    five = np.array([[78, 117], [118, 74], [74, 74], [114, 117], [96, 101]], np.float32)
    return replace(face, landmarks=five)


@pytest.mark.parametrize(
    ("spoilt", "code", "measured"),
    [
        (lambda face: make_face(face.crop), "no_mesh", False),
        (mixed_up, "no_mesh", False),
        (tiny, "small", True),
        (turned_away, "turned", True),
    ],
)
@pytest.mark.parametrize("target", ["covered", "uncovered"])
def test_where_nothing_can_be_laid_nobody_can_tell(faces, spoilt, code, measured, target):
    face, classifier = spoilt(faces["astronaut-red"]), reader()
    found = run_causal_test(FaceEdits(face), classifier, target)
    assert (found.verdict, found.reasons[0].code, len(found.reasons)) == ("cannot tell", code, 1)
    assert set(found.reasons[0].values) == ({"value", "limit"} if measured else set())
    assert (found.edits, found.families, found.strip, found.reach) == ((), (), (), None)
    assert found.forwards == 1
    index = classifier.class_index(target)
    assert found.contrast == pytest.approx(log_odds(classifier, FaceEdits(face), [()], index)[0], abs=1e-6)


def test_a_mask_elsewhere_changes_what_is_true_of_the_edits(edits):
    own = edits["astronaut-red"]
    case = Case(own, reader(), "incorrect", reason="elsewhere")
    assert run_causal_tests([case])[0].reasons[0].code == "mask_elsewhere"
    assert run_causal_tests([replace(case, reason="nose")])[0].reasons[0].code != "mask_elsewhere"
    assert run_causal_tests([replace(case, target="covered")])[0].edits


def test_a_class_that_is_not_the_answer(edits):
    own, classifier = edits["astronaut-red"], reader()
    found = run_causal_test(own, classifier, "incorrect")
    assert (found.target, found.verdict, found.reasons[0].code) == ("incorrect", "cannot tell", "unsure")
    assert found.reasons[0].values["value"] == pytest.approx(found.contrast)
    assert found.contrast < 0
    with pytest.raises(UnknownName, match="covered, incorrect, uncovered"):
        run_causal_test(own, classifier, "hat")


def timeless(evidence):
    pictures = tuple(shown.picture.tobytes() for shown in evidence.strip)
    plain = {k: v for k, v in vars(evidence).items() if k not in ("seconds", "strip")}
    return plain, pictures, [shown.answer for shown in evidence.strip]


def test_the_same_question_has_the_same_answer_in_any_company(faces):
    one, other = reader(), reader(FOREHEAD, 60)
    face = faces["astronaut-red"]
    shared, backwards = FaceEdits(face), FaceEdits(face)
    first, second = run_causal_test(shared, one), run_causal_test(shared, other)
    assert timeless(run_causal_test(shared, one)) == timeless(first)
    assert timeless(run_causal_test(backwards, other)) == timeless(second)
    assert timeless(run_causal_test(backwards, one)) == timeless(first)
    assert first.seconds > 0


class Spoilt(nn.Module):
    """Sound on the face as it is, and NaN where the picture is darker."""

    def __init__(self, level):
        super().__init__()
        self.level = level

    def forward(self, x):
        mean = x.mean(dim=(1, 2, 3))
        sound = torch.stack([mean + 3, mean, mean], dim=1)
        return torch.where((mean < self.level)[:, None], torch.nan, sound)


def test_a_model_that_answers_nan_is_named(edits):
    own = edits["astronaut-red"]
    level = float(own.original.crop.mean()) / 255 - 0.02
    broken = make_classifier(Spoilt(level), 96, mean=(0.0,) * 3, std=(1.0,) * 3)
    with pytest.raises(XaiError, match=r"small is left out: it answered a picture with NaN or infinity"):
        run_causal_test(own, broken, "covered")


def test_progress_reaches_its_end_and_can_stop(edits):
    seen, classifier = [], reader()
    run_causal_test(edits["astronaut-red"], classifier, "covered", progress=lambda *p: seen.append(p))
    total = forwards_of("covered")
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)

    def stop(done, total):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        run_causal_test(edits["astronaut-red"], classifier, "covered", progress=stop)


def test_the_price_is_what_is_really_run(edits):
    classifier, counted = reader(), []
    handle = classifier.network.register_forward_hook(lambda _, x, __: counted.append(len(x[0])))
    plain = run_causal_test(edits["astronaut-red"], classifier, "covered")
    handle.remove()
    assert sum(counted) == plain.forwards <= 120
    assert plain.detail is None


def test_the_detail_is_measured_only_where_it_is_asked_for(edits):
    classifier, own = reader(), edits["astronaut-red"]
    plain = run_causal_test(own, classifier, "covered")
    detailed = run_causal_test(own, classifier, "covered", detail=True)
    assert detailed.detail == detail_of(own, classifier, "covered")
    assert detailed.forwards == plain.forwards + detailed.detail.forwards
    assert timeless(replace(detailed, detail=None, forwards=plain.forwards)) == timeless(plain)


def test_a_turned_face_is_of_another_class(edits):
    assert (
        np.abs(
            turned_face(edits["astronaut-red"], "with_mask").astype(int)
            - turned_face(edits["astronaut-red"], "Covered")
        ).max()
        == 0
    )
    masked, bare = (turned_face(edits["admiral-plain"], t) for t in ("uncovered", "covered"))
    assert (masked != bare).any()
    assert turned_face(FaceEdits(make_face(np.zeros((9, 9, 3), np.uint8))), "covered") is None


def test_five_points_and_a_turned_head_are_judged_and_called_coarse(faces):
    face, classifier = faces["astronaut-red"], reader()
    coarse = replace(face, landmarks=five_of(face.landmarks))
    found = run_causal_test(FaceEdits(coarse), classifier, "covered")
    precise = run_causal_test(FaceEdits(face), classifier, "covered")
    assert (found.coarse, precise.coarse) == (("five_points",), ())
    assert found.verdict == precise.verdict
    assert found.follow.share == pytest.approx(precise.follow.share, abs=0.35)
    assert FaceEdits(replace(face, landmarks=turned_mesh(face, 50))).coarse == ("turned",)
