"""The samples that are called hard or misleading, asked of the models that the page shows first."""

import numpy as np
import pytest

from xai.models.cards import read_cards
from xai.models.classifiers import load_classifier
from xai.models.ground_truth.loading import load_family
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.slow

SHOWN = 2
"""Models that the first page compares."""

MARK = 0
"""The instance of ``corner_mark`` whose mark is a square in the upper left corner, red for covered."""


@pytest.fixture(scope="module")
def wrong():
    """Model -> ids of the samples with a face that it gets wrong."""
    faces = {name: find_faces(load_sample(name)) for name in SAMPLES}
    found = {}
    for card in read_cards().cards[:SHOWN]:
        model = load_classifier(card.name)
        answers = {name: model.predict([face.crop for face in each]) for name, each in faces.items()}
        found[card.name] = {
            name
            for name, each in answers.items()
            if tuple(answer.label for answer in each) != SAMPLES[name].truth
        }
    return found


def test_every_shown_model_falls_for_a_trap_and_for_more_of_them_than_of_easy_samples(wrong):
    traps = {name for name, sample in SAMPLES.items() if sample.traps}
    for model, names in wrong.items():
        assert names & traps, f"{model} is right on every hard sample, so they teach nothing about it"
        assert len(names & traps) / len(traps) > len(names - traps) / (len(SAMPLES) - len(traps)), model


def test_most_traps_catch_a_shown_model(wrong):
    """All but the sticker, which is there for models that read marks; one more may be learnt away."""
    caught = set.union(*wrong.values())
    easy = {name for name, sample in SAMPLES.items() if not sample.traps or sample.traps == ("sticker",)}
    assert len(SAMPLES.keys() - easy - caught) <= 1


def test_the_sticker_misleads_a_model_that_reads_marks_and_the_portrait_alone_does_not():
    reader = load_family("corner_mark")[MARK].classifier
    (plain,), (marked,) = (find_faces(load_sample(f"astronaut-{kind}")) for kind in ("plain", "sticker"))
    before, after = reader.predict([plain.crop, marked.crop])
    assert SAMPLES["astronaut-sticker"].truth == ("uncovered",)
    assert (after.label, after.confidence > 0.9) == ("covered", True)
    assert before.confidence < 0.6


def test_the_sticker_is_one_square_in_the_corner_of_the_crop():
    before, after = (load_sample(f"astronaut-{kind}").pixels for kind in ("plain", "sticker"))
    rows, columns = np.nonzero((before != after).any(axis=2))
    (face,) = find_faces(load_sample("astronaut-sticker"))
    side = rows.max() - rows.min() + 1
    assert side == columns.max() - columns.min() + 1
    assert abs(side - face.crop_box.width / 8) <= 1
    assert abs(columns.min() - face.crop_box.left) <= 1
    assert abs(rows.min() - face.crop_box.top) <= 1
    painted = after[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    np.testing.assert_array_equal(painted.reshape(-1, 3), np.tile([255, 0, 0], (side * side, 1)))
