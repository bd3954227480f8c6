"""The game "spot the cheat" on the real models: it can be won by looking, and only so."""

from collections import Counter

import numpy as np
import pytest

from dashboard.worker.results import ShortcutRoundRequest
from dashboard.worker.shortcut_game import ROUND_SAMPLES, _covered, _place_of_cheat, _places, build_round
from xai.models.ground_truth.alignment import aligned_face
from xai.models.ground_truth.loading import load_family
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.slow

CORNERS = tuple(f"corner_{side}" for side in ("top_left", "top_right", "bottom_left", "bottom_right"))


@pytest.fixture(scope="module", params=range(2 * len(ROUND_SAMPLES)))
def suspects(request):
    return build_round(ShortcutRoundRequest(request.param))


def labels(suspects, place):
    return [answer.label for answer in suspects.answers[place]]


def moved(suspects, place):
    """Who gives another answer when a place is covered, by index."""
    return {i for i, label in enumerate(labels(suspects, place)) if label != labels(suspects, "")[i]}


def test_the_answers_before_a_cover_are_the_same_and_right(suspects):
    assert labels(suspects, "") == [suspects.truth] * 3


def test_every_round_is_decided_by_two_covers_and_by_no_other(suspects):
    honest = {0, 1, 2} - {suspects.cheat}
    assert moved(suspects, "nose_and_mouth") == honest
    movers = [place for place in CORNERS if moved(suspects, place)]
    assert [moved(suspects, place) for place in movers] == [{suspects.cheat}]
    for place in set(suspects.answers) - {"nose_and_mouth", *movers}:
        assert moved(suspects, place) == set()


def test_the_maps_tell_the_cheat_from_the_honest(suspects):
    """Most of an honest model's evidence lies on nose and mouth; the cheat's strongest place in a corner."""
    for index, made in enumerate(suspects.maps):
        share, area = made.shares["occlusion"].of("nose", "mouth")
        values = made.heatmaps["occlusion"].values
        row, column = np.unravel_index(values.argmax(), values.shape)
        side = len(values)
        in_corner = min(row, side - 1 - row) < side / 6 and min(column, side - 1 - column) < side / 6
        assert in_corner == (index == suspects.cheat)
        assert share < area if index == suspects.cheat else share > 5 * area
        np.testing.assert_array_equal(made.face.crop, suspects.pictures[""])


def test_no_letter_is_a_better_guess_than_another():
    for block in range(0, 600, 6):
        assert Counter(map(_place_of_cheat, range(block, block + 6))) == {0: 2, 1: 2, 2: 2}
    assert len({tuple(map(_place_of_cheat, range(block, block + 6))) for block in range(0, 60, 6)}) > 5


@pytest.mark.parametrize("sample", ROUND_SAMPLES)
def test_every_honest_model_can_be_asked_about_every_face(sample):
    """Rounds to come draw other models: none may be wrong, or stay when nose and mouth are covered."""
    face = aligned_face(find_faces(load_sample(sample))[0])
    truth = SAMPLES[sample].truth[0]
    hidden = _covered(face.crop, _places(face)["nose_and_mouth"])
    for model in load_family("aperture_nose_and_mouth"):
        bare, covered = model.classifier.predict([face.crop, hidden])
        assert bare.label == truth
        assert covered.label != truth


def test_a_cover_changes_only_what_it_covers(suspects):
    whole = suspects.pictures[""]
    for place in CORNERS:
        changed = (suspects.pictures[place] != whole).any(axis=2)
        rows, columns = changed.nonzero()
        side = whole.shape[0]
        assert (rows < side / 2).all() if "top" in place else (rows >= side / 2).all()
        assert (columns < side / 2).all() if "left" in place else (columns >= side / 2).all()


def test_a_round_is_the_same_again_and_rounds_differ():
    one, again, other = (
        build_round(ShortcutRoundRequest(3)),
        build_round(ShortcutRoundRequest(3)),
        build_round(ShortcutRoundRequest(4)),
    )
    assert (one.pictures[""] == again.pictures[""]).all()
    assert one.cheat == again.cheat
    assert one.sample != other.sample
