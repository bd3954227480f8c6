"""Which edits are asked for: what each one states to be true, what is asked again, and what it costs."""

import numpy as np
import pytest

from xai.evidence.interventions.cue_conflict import most_edits, plan
from xai.evidence.interventions.donors import Donor
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.interventions.families import FAMILIES, ROUNDS, named_families
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.types import CLASSES

WEARS = {"astronaut-red": "covered", "admiral-plain": "uncovered", "astronaut-grey": "incorrect"}


@pytest.fixture(scope="module")
def edits():
    return {truth: FaceEdits(find_faces(load_sample(name))[0]) for name, truth in WEARS.items()}


@pytest.mark.parametrize("own", CLASSES)
def test_every_family_is_asked_where_it_has_a_meaning(edits, own):
    planned = plan(edits[own], (own,), CLASSES)
    asked = {edit.family for edit in planned}
    drawn = {
        "covered": {"removed", "drawn_down", "mask_look"},
        "incorrect": {"removed", "completed", "mask_look"},
        "uncovered": {"drawn_on", "drawn_down"},
    }
    every = set().union(*drawn.values())
    assert asked == set(FAMILIES) - every | drawn[own]
    assert set(named_families(own)) <= asked
    assert most_edits(own) - 1 <= len(planned) <= most_edits(own) <= 95  # a portrait has two bare donors
    assert len({(edit.family, edit.edit) for edit in planned}) == len(planned)


@pytest.mark.parametrize("own", CLASSES)
def test_what_is_true_follows_from_what_was_laid_or_drawn(edits, own):
    wears = {donor.name: donor.wearing for donor in edits[own].donors}
    drawn = {
        "drawn_on": "covered",
        "completed": "covered",
        "drawn_down": "incorrect",
        "removed": "uncovered",
    }
    for turn in range(ROUNDS):
        for edit in plan(edits[own], (own,), CLASSES, turn):
            asks = FAMILIES[edit.family].asks
            if asks == "follow":
                assert edit.truth == (wears.get(edit.edit) or drawn[edit.family],)
                assert own not in edit.truth
            elif asks == "whole":
                assert edit.truth == (wears[edit.edit],) != (own,)
            else:
                assert edit.truth == (own,)


@pytest.mark.parametrize("own", CLASSES)
def test_places_are_left_alone_that_are_not_asked_about(edits, own):
    """Whatever *stays* changes nothing where the lower face is, and *place* nothing beyond nose and mouth."""
    face = edits[own]
    lower, inner = face.place("wide") == 1, face.place("strict")
    for edit in plan(face, (own,), CLASSES):
        family = FAMILIES[edit.family]
        changed = np.abs(face.render(edit.layers, 999).astype(int) - face.face.crop) > 0
        if family.asks == "stay" and family.level == "place" and edit.family != "mask_look":
            assert not changed[lower].any(), edit
            assert changed.any(), edit
        if edit.family == "nose_and_mouth":
            assert not changed[inner == 0].any()
        if edit.family in ("lower_face", "same_class", "mask_look", "removed", "drawn_on"):
            assert not changed[face.place("wide") == 0].any()


def test_a_second_round_takes_what_the_first_did_not(edits):
    for own, face in edits.items():
        first, second = (plan(face, (own,), CLASSES, turn) for turn in range(ROUNDS))
        once = {(edit.family, edit.layers) for edit in first}
        again = {(edit.family, edit.layers) for edit in second}
        assert not once & again
        stays = {name for name, family in FAMILIES.items() if family.asks == "stay"}
        assert {edit.family for edit in first} & stays == {edit.family for edit in second} & stays


def test_two_classes_ask_only_what_their_card_states(edits):
    """Without a word on masks worn incorrectly, no edit is asked of which that would be true."""
    wears = {donor.name: donor.wearing for donor in edits["covered"].donors}
    planned = plan(edits["covered"], ("covered",), ("covered", "uncovered"))
    assert "incorrect" not in {wears.get(edit.edit) for edit in planned}
    assert "drawn_down" not in {edit.family for edit in planned}
    both = plan(edits["covered"], ("covered", "incorrect"), CLASSES)
    assert {edit.truth for edit in both if edit.family == "lower_face"} == {("uncovered",)}
    assert {edit.truth for edit in both if edit.family == "light"} == {("covered", "incorrect")}
    incorrect = plan(edits["incorrect"], ("incorrect",), CLASSES)
    truths = {edit.truth for edit in incorrect if edit.family == "lower_face"}
    assert truths == {("covered",)}, "a bare lower face leaves a hanging mask where it is"
    without = plan(edits["covered"], ("covered",), CLASSES)
    assert {t for edit in without if edit.family == "lower_face" for t in edit.truth} == {
        "incorrect",
        "uncovered",
    }


def test_donors_of_a_set_are_taken_by_class_in_turn(edits):
    """Twelve people: those of each class in turn, the fittest first, and every person once."""
    base = edits["covered"]
    people = [Donor(base.donors[0].face, CLASSES[1 + i % 2], f"p{i}", f"person {i}") for i in range(12)]
    own = FaceEdits(base.original, people)
    taken = [e.edit for e in plan(own, ("covered",), CLASSES) if e.family == "lower_face"]
    assert taken == [f"person {i}" for i in range(6)]
    again = [e.edit for e in plan(own, ("covered",), CLASSES, 1) if e.family == "lower_face"]
    assert again == [f"person {i}" for i in range(6, 12)]
    gallery = [e.edit.split()[0] for e in plan(base, ("covered",), CLASSES) if e.family == "lower_face"]
    assert set(gallery) == {"admiral"}, "nothing is taken from the picture itself"


def test_without_donors_nothing_is_laid(edits):
    bare = FaceEdits(edits["covered"].original, ())
    assert {FAMILIES[e.family].donors for e in plan(bare, ("covered",), CLASSES)} == {0}
