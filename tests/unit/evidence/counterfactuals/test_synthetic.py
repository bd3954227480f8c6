"""Drawn masks and other things: against geometry and models that are known by construction."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.faces import turned_mesh
from tests.support.models import make_classifier, make_face
from xai.errors import XaiError
from xai.evidence.counterfactuals.probes import whatif
from xai.evidence.counterfactuals.synthetic import COLOURS, HEIGHTS, reveal
from xai.evidence.interventions.areas import area_under_test
from xai.photo.faces import find_faces
from xai.photo.occluders.renderer import draw_occluder
from xai.photo.sample_rendering import load_sample
from xai.photo.synthetic_masks.renderer import LOOKS, MaskSpec, render_mask
from xai.photo.synthetic_masks.wear_styles import Fit

pytestmark = pytest.mark.slow

TOP, BOTTOM = (195, 197), (199, 175)
"""Mesh vertices that hold the middle of the top edge of a mask: worn correctly, and under the chin."""


class Bluish(nn.Module):
    """Says ``covered`` where a small window is bluer than red, else what it is told."""

    def __init__(self, x, y, side, otherwise):
        super().__init__()
        self.rows, self.columns = slice(y - 1, y + 2), slice(x - 1, x + 2)
        self.otherwise = otherwise

    def forward(self, values):
        red = values[:, 0, self.rows, self.columns] * 0.2 + 0.4
        blue = values[:, 2, self.rows, self.columns] * 0.3 + 0.6
        lead = (blue - red).mean(dim=(1, 2)) * 50
        scores = torch.full((len(values), 3), -1e3)
        scores[:, 0], scores[:, self.otherwise] = lead, -lead
        return scores


@pytest.fixture(scope="module")
def bare():
    return find_faces(load_sample("astronaut-plain"))[0]


@pytest.fixture(scope="module")
def masked():
    return find_faces(load_sample("astronaut-grey"))[0]


def at_vertex(face, vertex, otherwise=2):
    """A classifier that looks at one vertex of the mesh, at the size of the crop."""
    x, y = face.landmarks[vertex].round().astype(int)
    return make_classifier(Bluish(x, y, len(face.crop), otherwise), len(face.crop))


@pytest.mark.parametrize("vertex", [4, 0, 17], ids=["nose tip", "upper lip", "under the lip"])
def test_the_answer_flips_where_the_edge_of_the_mask_passes_the_window(bare, vertex):
    """The window sees blue as long as the mask covers it: the height is the window's place on the face."""
    top, bottom = (bare.landmarks[list(ends)].mean(axis=0) for ends in (TOP, BOTTOM))
    down, reach = bottom - top, bare.landmarks[vertex] - top
    foretold = 1 - float(reach @ down / (down @ down))
    found = whatif(bare, at_vertex(bare, vertex), "pull_down")
    assert found.start.label == "covered"
    assert found.flips_at == pytest.approx(foretold, abs=0.1)
    labels = [answer.label for answer in found.answers]
    at = found.values.index(found.flips_at)
    assert labels == ["covered"] * at + ["uncovered"] * (len(labels) - at)


def test_the_heights_fall_and_the_mask_falls_with_them(bare):
    found = whatif(bare, at_vertex(bare, 4), "pull_down")
    assert found.values == HEIGHTS
    assert HEIGHTS[0] == 1
    assert HEIGHTS[-1] == 0
    edges = []
    for picture in found.pictures:
        change = np.abs(picture.astype(int) - bare.crop).max(axis=2) > 25
        x = int(bare.landmarks[4, 0].round())
        edges.append(int(np.nonzero(change[:, x - 2 : x + 3].all(axis=1))[0].min()))
    assert all(low <= high + 1 for low, high in pairwise(edges))
    assert edges[-1] - edges[0] > 0.8 * (bare.landmarks[BOTTOM[1], 1] - bare.landmarks[TOP[0], 1])
    for seen, (_, y) in zip(edges, found.edges, strict=True):
        assert y == pytest.approx(seen, abs=0.03 * len(bare.crop))


def test_a_mask_that_is_there_gives_way_to_bare_skin_first(masked):
    """For a model that sees a mask the drawn one lies on the revealed face; for another, on the face."""
    area = area_under_test(masked, "wide")
    revealed = reveal(masked, area)[0]
    beyond = [int(masked.landmarks[10, 1]), int(masked.landmarks[10, 0])]
    sees = whatif(masked, at_vertex(masked, 9, otherwise=1), "pull_down").pictures[-1]
    sees_none = whatif(masked, at_vertex(masked, 9, otherwise=2), "pull_down").pictures[-1]
    x, y = masked.landmarks[13].round().astype(int)
    assert np.abs(sees[y, x].astype(int) - revealed[y, x]).max() <= 2
    assert np.abs(sees_none[y, x].astype(int) - masked.crop[y, x]).max() <= 2
    np.testing.assert_array_equal(sees[tuple(beyond)], masked.crop[tuple(beyond)])
    told = whatif(masked, at_vertex(masked, 9, otherwise=2), "pull_down", drawn_as="covered").pictures[-1]
    np.testing.assert_array_equal(told, sees)


@pytest.mark.parametrize(("otherwise", "worn"), [(2, "correct"), (1, "nose_out")])
def test_the_same_mask_comes_in_every_colour(bare, otherwise, worn):
    found = whatif(bare, at_vertex(bare, 9, otherwise), "recolour")
    assert found.values == tuple(COLOURS)
    ground = bare.crop if otherwise == 2 else reveal(bare, area_under_test(bare, "wide"))[0]
    for name, picture in zip(found.values, found.pictures, strict=True):
        look = replace(LOOKS["surgical_blue"], colour=LOOKS[COLOURS[name]].colour)
        wanted = render_mask(ground, bare.landmarks, MaskSpec(look, worn, fit=Fit(loose=0.0)))
        np.testing.assert_array_equal(picture, wanted)


def test_a_colour_that_changes_the_answer_is_named(bare):
    found = whatif(bare, at_vertex(bare, 17), "recolour")
    assert found.start.label == "covered"
    assert found.flips_at in ("white", "black", "grey", "red")
    labels = dict(zip(found.values, (answer.label for answer in found.answers), strict=True))
    assert labels["red"] == "uncovered"


@pytest.mark.parametrize("thing", ["hand", "paper", "beard", "scarf"])
def test_things_are_drawn_on_the_face_as_it_is(bare, thing):
    classifier = at_vertex(bare, 17)
    found = whatif(bare, classifier, thing)
    assert found.values == (1, 2, 3, 4)
    for number, picture in zip(found.values, found.pictures, strict=True):
        wanted = draw_occluder(bare.crop, bare.landmarks, thing, number - 1)
        np.testing.assert_array_equal(picture, wanted)
    np.testing.assert_array_equal(found.start.probabilities, classifier.predict([bare.crop])[0].probabilities)


@pytest.mark.parametrize("probe", ["pull_down", "recolour", "hand"])
def test_a_face_without_a_mesh_is_refused_in_one_sentence(small_cnn, probe):
    crop = np.full((80, 80, 3), 120, np.uint8)
    scattered = np.array([[32, 52], [50, 30], [30, 30], [48, 52], [40, 42]], np.float32)
    for points in (np.zeros((0, 2), np.float32), scattered):
        with pytest.raises(XaiError, match=r"^Nothing can be drawn on this face: eyes, nose and [^.]+\.$"):
            whatif(make_face(crop, points), small_cnn, probe)


def test_a_head_turned_away_is_refused(bare, small_cnn):
    with pytest.raises(XaiError, match=r"turned too far"):
        whatif(make_face(bare.crop, turned_mesh(bare, 70)), small_cnn, "scarf")
