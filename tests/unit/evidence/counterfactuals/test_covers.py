"""Covers held against literal loops and against models whose tipping point is known."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import OneWindow, make_classifier, make_face
from xai.errors import UnknownName, XaiError
from xai.evidence.counterfactuals.covers import cover_up
from xai.evidence.counterfactuals.probes import (
    COVER_FILLS,
    GRID,
    PROBES,
    Probed,
    Rectangle,
    find_probe,
    pieces,
    whatif,
)
from xai.photo.faces import find_faces
from xai.photo.regions import region_masks
from xai.photo.sample_rendering import load_sample

pytestmark = pytest.mark.slow

SIDE = 64
CELL = SIDE // GRID


class Bright(nn.Module):
    """Says ``covered`` while a window holds more than so many bright pixels, else ``incorrect``."""

    def __init__(self, rows, columns, most):
        super().__init__()
        self.rows, self.columns, self.most = rows, columns, most

    def forward(self, x):
        red = x[:, 0, self.rows, self.columns] * 0.2 + 0.4  # the card's mean and deviation undone
        count = (red > 0.75).sum(dim=(1, 2)) - self.most - 0.5
        return torch.stack([count, -count, torch.full_like(count, -1e3)], dim=1)


@pytest.fixture(scope="module")
def face():
    return find_faces(load_sample("admiral-plain"))[0]


def bright_face():
    return make_face(np.full((SIDE, SIDE, 3), 250, np.uint8))


def test_every_probe_can_be_found_and_no_other():
    assert all(callable(find_probe(name).run()) for name in PROBES)
    with pytest.raises(UnknownName, match="pull_down"):
        find_probe("push_up")


def test_a_cover_shows_the_content_where_it_lies_and_the_crop_elsewhere():
    rng = np.random.default_rng(1)
    crop, content = rng.integers(0, 256, (2, 9, 9, 3), dtype=np.uint8)
    place = rng.random((9, 9)) < 0.4
    covered = cover_up(crop, place, content)
    for row in range(9):
        for column in range(9):
            wanted = content if place[row, column] else crop
            assert (covered[row, column] == wanted[row, column]).all()


@pytest.mark.parametrize(
    ("probe", "parts"),
    [("hide_nose", ["nose"]), ("hide_mouth", ["mouth"]), ("hide_nose_and_mouth", ["nose", "mouth"])],
)
def test_hiding_paints_its_region_and_nothing_else(face, small_cnn, probe, parts):
    found = whatif(face, small_cnn, probe)
    masks = region_masks(face)
    hidden = np.any([masks[name] for name in parts], axis=0)
    assert found.values == COVER_FILLS
    for fill, picture, answer in zip(found.values, found.pictures, found.answers, strict=True):
        np.testing.assert_array_equal(picture[~hidden], face.crop[~hidden])
        alone = small_cnn.predict([picture])[0]
        np.testing.assert_allclose(answer.probabilities, alone.probabilities, atol=1e-6)
        if fill == "grey":
            assert (picture[hidden] == 128).all()
        if fill == "mean":
            np.testing.assert_allclose(picture[hidden][0], face.crop.mean(axis=(0, 1)), atol=0.51)
        if fill == "blur":
            assert len(np.unique(picture[hidden].reshape(-1, 3), axis=0)) > 5
    alone = small_cnn.predict([face.crop])[0]
    np.testing.assert_allclose(found.start.probabilities, alone.probabilities, atol=1e-6)


def test_hiding_needs_landmarks(small_cnn):
    with pytest.raises(XaiError, match="landmarks were not found"):
        whatif(bright_face(), small_cnn, "hide_nose")


def test_the_cover_is_as_small_as_the_models_tipping_point_allows():
    """The window has four cells and tips when more than half of it is gone."""
    classifier = make_classifier(Bright(slice(16, 32), slice(24, 40), 128), SIDE)
    found = whatif(bright_face(), classifier, "smallest_cover")
    assert found.start.label == "covered"
    assert found.answers[-1].label == "incorrect"
    assert found.flips_at == found.values[-1]
    inside = sum(part.area for part in found.cover)
    assert inside == 128  # the least that leaves no more than 128 of 256 bright
    assert found.flips_at == inside / SIDE**2
    for part in found.cover:
        assert 24 <= part.left < part.right <= 40
        assert 16 <= part.top < part.bottom <= 32
    assert [answer.label for answer in found.answers[:-1]] == ["covered"] * (len(found.answers) - 1)


def test_nothing_can_be_taken_off_the_cover():
    classifier = make_classifier(Bright(slice(3, 50), slice(10, 45), 1200), SIDE)
    found = whatif(bright_face(), classifier, "smallest_cover")
    for part in found.cover:
        bare = found.pictures[-1].copy()
        bare[part.top : part.bottom, part.left : part.right] = 250
        assert classifier.predict([bare])[0].label == found.start.label


def literal_growth(face, classifier):
    """The growing covers, as one loop over cells that are painted on the crop one at a time."""
    crop = face.crop
    label = classifier.predict([crop])[0].label
    taken = []
    while len(taken) < GRID * GRID // 2:
        tried = []
        for row in range(GRID):
            for column in range(GRID):
                if (row, column) not in taken:
                    painted = crop.copy()
                    for r, c in [*taken, (row, column)]:
                        painted[r * CELL : (r + 1) * CELL, c * CELL : (c + 1) * CELL] = 128
                    answer = classifier.predict([painted])[0]
                    tried.append((answer.label == label, answer.of(label), (row, column)))
        kept, _, cell = min(tried, key=lambda one: one[:2])
        if not kept:
            return taken, True
        taken.append(cell)
    return taken, False


def test_the_search_grows_as_a_literal_loop_does(small_cnn):
    crop = np.random.default_rng(8).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    face = make_face(crop)
    taken, flipped = literal_growth(face, small_cnn)
    found = whatif(face, small_cnn, "smallest_cover")
    assert (found.flips_at is not None) == flipped
    grown = found.values[:-1] if flipped else found.values
    assert list(grown) == [number / GRID**2 for number in range(1, len(taken) + 1)]
    painted = crop.copy()
    for row, column in taken:
        painted[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = 128
    if taken:
        np.testing.assert_array_equal(found.pictures[len(taken) - 1], painted)


def test_where_nothing_flips_half_the_picture_was_tried():
    classifier = make_classifier(Bright(slice(0, SIDE), slice(0, SIDE), 1), SIDE)
    found = whatif(bright_face(), classifier, "smallest_cover")
    assert found.flips_at is None
    assert found.cover == ()
    assert found.values[-1] == 0.5


def test_the_fill_is_what_the_cover_shows():
    classifier = make_classifier(OneWindow(0, 0, 8), SIDE)
    crop = np.full((SIDE, SIDE, 3), 250, np.uint8)
    crop[:, 32:] = 20
    found = whatif(make_face(crop), classifier, "smallest_cover", "mean")
    first = found.pictures[0]
    changed = (first != crop).any(axis=2)
    assert (first[changed] == 135).all()
    with pytest.raises(UnknownName, match="grey, blur, mean"):
        whatif(make_face(crop), classifier, "smallest_cover", "pink")


class Both(nn.Module):
    """Says ``covered`` unless each of two far windows has lost some of its brightness."""

    def forward(self, x):
        red = x[:, 0] * 0.2 + 0.4
        lost = [(red[:, rows, columns] < 0.75).any(dim=2).any(dim=1) for rows, columns in FAR]
        kept = 1.0 - 2.0 * (lost[0] & lost[1]).float() + 0.1 * (~lost[0]).float() + 0.1 * (~lost[1]).float()
        return torch.stack([kept, -kept, torch.full_like(kept, -1e3)], dim=1)


FAR = ((slice(0, 8), slice(0, 8)), (slice(0, 8), slice(32, 40)))
"""Two cells of the grid in its first row, three cells between them."""


def flooded(cover):
    """How many pieces a cover has, pixel by pixel."""
    left = {(x, y) for p in cover for x in range(p.left, p.right) for y in range(p.top, p.bottom)}
    count = 0
    while left:
        count, edge = count + 1, [left.pop()]
        while edge:
            x, y = edge.pop()
            near = {(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)} & left
            left -= near
            edge += near
    return count


@pytest.mark.parametrize("seed", range(20))
def test_pieces_are_those_that_a_flood_finds(seed):
    rng = np.random.default_rng(seed)
    cells = [Rectangle(4 * x, 4 * y, 4 * x + 4, 4 * y + 4) for x in range(5) for y in range(5)]
    halves = [half for c in cells for half in (Rectangle(c.left, c.top, c.left + 2, c.bottom),
                                               Rectangle(c.left + 2, c.top, c.right, c.bottom))]  # fmt: skip
    cover = [half for half in halves if rng.random() < 0.45]
    assert pieces(cover) == flooded(cover)


def test_two_far_places_are_covered_in_two_pieces_or_by_one_that_reaches_from_one_to_the_other():
    classifier = make_classifier(Both(), SIDE)
    apart = whatif(bright_face(), classifier, "smallest_cover")
    whole = whatif(bright_face(), classifier, "smallest_patch")
    assert [found.answers[-1].label for found in (apart, whole)] == ["incorrect"] * 2
    assert (pieces(apart.cover), pieces(whole.cover)) == (2, 1)
    assert sum(part.area for part in apart.cover) == 2 * 2 * 2  # a sixteenth of a cell in either place
    reach = {column for part in whole.cover for column in range(part.left, part.right)}
    assert set(range(8, 32)) < reach
    assert sum(part.area for part in whole.cover) <= 8 * 40


def test_one_piece_does_as_well_where_the_evidence_is_in_one_place():
    classifier = make_classifier(Bright(slice(16, 32), slice(24, 40), 128), SIDE)
    found = whatif(bright_face(), classifier, "smallest_patch")
    assert sum(part.area for part in found.cover) == 128
    assert pieces(found.cover) == 1
    for part in found.cover:
        rest = [other for other in found.cover if other is not part]
        bare = found.pictures[-1].copy()
        bare[part.top : part.bottom, part.left : part.right] = 250
        assert classifier.predict([bare])[0].label == found.start.label or flooded(rest) > 1


def test_progress_never_passes_its_end_and_can_stop_the_work(small_cnn):
    steps = []
    whatif(bright_face(), small_cnn, "smallest_cover", progress=lambda *step: steps.append(step))
    assert steps
    assert all(0 < done <= total for done, total in steps)

    def stop(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        whatif(bright_face(), small_cnn, "smallest_cover", progress=stop)


def test_wrong_values_are_refused_in_a_sentence(small_cnn):
    with pytest.raises(ValueError, match="0 <= left < right"):
        Rectangle(4, 0, 4, 2)
    start = small_cnn.predict([bright_face().crop])[0]
    with pytest.raises(ValueError, match="a value, an answer and a picture"):
        Probed(start, (1, 2), (start,), ())
