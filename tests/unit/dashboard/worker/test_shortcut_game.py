"""The game "spot the cheat" on the real models: it can be won by looking, and only so."""

from collections import Counter

import numpy as np
import pytest

from dashboard.worker.results import ShortcutRoundRequest
from dashboard.worker.shortcut_rounds import COVERS, CUES, round_of
from dashboard.worker.tasks.shortcut_game import _cheat, _covered, _places, _prepared, build_round
from xai.models.ground_truth.alignment import aligned_face
from xai.models.ground_truth.loading import load_family
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.slow

ROUNDS = 8
"""After so many, sample and cue come again."""

OVERLAPS = {"mark": {"corners", "clothes", "background"}}
"""Cue -> covers that may hide it; any other cue is hidden by its own cover alone."""


@pytest.fixture(scope="module", params=range(ROUNDS))
def game(request):
    return build_round(ShortcutRoundRequest(request.param))


def labels(game, place):
    return [answer.label for answer in game.answers[place]]


def moved(game, place):
    """Who gives another answer when a place is covered, by index."""
    return {i for i, label in enumerate(labels(game, place)) if label != labels(game, "")[i]}


def test_the_answers_before_a_cover_are_the_same_and_right(game):
    assert list(game.pictures) == ["", *COVERS]
    assert labels(game, "") == [game.truth] * 3


def test_nose_and_mouth_tell_the_honest_models_and_nothing_else_moves_them(game):
    cheat = game.played.cheat
    assert moved(game, "nose_and_mouth") == {0, 1, 2} - {cheat}
    for place in set(COVERS) - {"nose_and_mouth"}:
        assert moved(game, place) <= {cheat}


def test_the_cheat_moves_when_its_cue_is_covered_and_a_tint_cannot_be(game):
    cue = game.played.cue
    places = {place for place in COVERS if game.played.cheat in moved(game, place)}
    if cue == "tint":
        assert game.played.cover is None
        assert places == set()
    else:
        assert game.played.cover in places
        assert places <= OVERLAPS.get(cue, {cue})


def test_what_is_shown_as_read_is_the_smallest_cover_that_counts(game):
    for index in range(3):
        where = game.read_by(index)
        own = "nose_and_mouth" if index != game.played.cheat else game.played.cover
        if own is None:
            assert where is None
        else:
            np.testing.assert_array_equal(where, game.places[own])


def test_every_picture_carries_every_mark_that_could_be_read(game):
    """The picture must not tell: clothes, background and a corner are coloured in each round."""
    plain = aligned_face(find_faces(load_sample(game.played.sample))[0]).crop
    changed = (game.pictures[""] != plain).any(axis=2)
    for place in ("clothes", "background", "corners"):
        assert changed[game.places[place]].mean() > 0.2
    assert not changed[game.places["nose_and_mouth"]].any() or game.played.cue == "tint"


def test_the_cheats_vary():
    assert {round_of(number).cue for number in range(4)} == set(CUES)
    for number in range(60):
        assert round_of(number).cue != round_of(number + 1).cue


def test_no_letter_is_a_better_guess_than_another():
    for block in range(0, 600, 6):
        assert Counter(round_of(n).cheat for n in range(block, block + 6)) == {0: 2, 1: 2, 2: 2}
    assert len({tuple(round_of(n).cheat for n in range(b, b + 6)) for b in range(0, 60, 6)}) > 5


@pytest.mark.parametrize("number", range(ROUNDS))
def test_every_model_and_every_mark_can_be_drawn_in_every_round(number):
    """Rounds to come draw others: none may be wrong, or stay when what it reads is covered."""
    played = round_of(number)
    face = aligned_face(find_faces(load_sample(played.sample))[0])
    truth, places = SAMPLES[played.sample].truth[0], _places(face)
    for mark in range(4):
        shown = _prepared(face, played, truth, mark)
        asked = {"nose_and_mouth": [m.classifier for m in load_family("aperture_nose_and_mouth")]}
        asked |= {played.cover: [_cheat(played, mark)]} if played.cover else {}
        for place, models in asked.items():
            for model in models:
                bare, covered = model.predict([shown, _covered(shown, places[place])])
                assert bare.label == truth
                assert covered.label != truth


def test_a_cover_changes_only_what_it_covers(game):
    for place, where in game.places.items():
        changed = (game.pictures[place] != game.pictures[""]).any(axis=2)
        assert not changed[~where].any()


def test_a_round_is_the_same_again_and_rounds_differ():
    one, again, other = (build_round(ShortcutRoundRequest(number)) for number in (3, 3, 4))
    assert (one.pictures[""] == again.pictures[""]).all()
    assert one.played == again.played
    assert one.played != other.played
