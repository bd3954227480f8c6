"""RISE and the effects of regions, next to literal loops and models whose answer is known."""

from itertools import permutations

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import make_classifier
from xai.attribution.base import AttributionRequest
from xai.attribution.methods import METHODS
from xai.attribution.occlusion.engine import baseline
from xai.attribution.rise import RiseMasks
from xai.errors import MapRefused
from xai.evidence.interventions.face_edits import FaceEdits
from xai.models.classifiers import load_classifier, to_input
from xai.photo.faces import find_faces
from xai.photo.regions import counted_regions
from xai.photo.sample_rendering import load_sample
from xai.pipeline import Pair, Wanted, maps_of_all
from xai.types import REGIONS

SIDE = 14


def quiet(done, total):
    pass


class Corner(nn.Module):
    """Sure of class 0 where the top left quarter is bright, as it is not where it is hidden."""

    def forward(self, batch):
        light = batch[:, :, : SIDE // 2, : SIDE // 2].mean(dim=(1, 2, 3))
        return torch.stack([8 * light, torch.zeros_like(light), torch.zeros_like(light)], dim=1)


@pytest.fixture
def corner():
    return make_classifier(Corner(), SIDE)


def request(classifier, target=0, regions=True):
    values = to_input(np.random.default_rng(3).integers(90, 256, (40, 40, 3), dtype=np.uint8), SIDE)
    index = (torch.arange(SIDE) * len(REGIONS) // SIDE).repeat(SIDE, 1)
    return AttributionRequest(classifier, values, target, regions=index if regions else None)


def made(name, asked, **params):
    return METHODS[name].run_all()([asked], METHODS[name].complete(params), quiet)[0]


def worth(asked, kept, fill="grey"):
    """The probability with only some regions shown."""
    shown = torch.isin(asked.regions, torch.tensor(sorted(kept), dtype=torch.int64))
    values = torch.where(shown, asked.values, baseline(asked.values, fill))
    return float(asked.classifier.probabilities(asked.classifier.normalise(values)[None])[0, asked.target])


def test_region_ablation_is_the_drop_without_each_region(corner):
    asked, every = request(corner), set(range(len(REGIONS)))
    found = made("region_ablation", asked).values
    for region in every:
        wanted = worth(asked, every) - worth(asked, every - {region})
        assert np.abs(found[asked.regions.numpy() == region] - wanted).max() < 1e-6


@pytest.mark.parametrize("fill", ["grey", "blur"])
def test_shapley_values_are_means_over_all_orders_and_add_up(corner, fill):
    asked, count = request(corner), len(REGIONS)
    known = {}
    sums = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        kept = frozenset()
        for region in order:
            more = kept | {region}
            for each in (kept, more):
                if each not in known:
                    known[each] = worth(asked, each, fill)
            sums[region] += known[more] - known[kept]
            kept = more
    found = made("region_shapley", asked, baseline=fill).values
    for region in range(count):
        assert found[asked.regions.numpy() == region].max() == pytest.approx(
            sums[region] / len(orders), abs=1e-6
        )
    total = sum(float(found[asked.regions.numpy() == region].max()) for region in range(count))
    assert total == pytest.approx(known[frozenset(range(count))] - known[frozenset()], abs=1e-5)


@pytest.mark.parametrize("name", ["region_ablation", "region_shapley"])
def test_a_face_without_regions_is_refused_with_the_reason(corner, name):
    refused = made(name, request(corner, regions=False))
    assert isinstance(refused, MapRefused)
    assert "no reliable mesh" in str(refused)


def test_rise_equals_a_plain_loop_over_the_same_masks(corner):
    asked, masks = request(corner), RiseMasks(300, 5, 0.4, SIDE)
    picture = corner.normalise(asked.values)
    answers, shown = [], []
    for number in range(300):
        mask = masks(number, number + 1, torch.device("cpu"))[0]
        answers.append(float(corner.probabilities((picture * mask)[None])[0, 0]))
        shown.append(mask.numpy())
    answers, shown = np.array(answers), np.stack(shown)
    wanted = ((answers - answers.mean())[:, None, None] * shown).sum(axis=0) / (0.4 * 300)
    found = made("rise", asked, masks=300, cells=5, keep=0.4).values
    assert np.abs(found - wanted).max() < 1e-5


def test_rise_finds_the_quarter_that_the_model_looks_at(corner):
    found = made("rise", request(corner), masks=2000).values
    quarter = found[: SIDE // 2 - 1, : SIDE // 2 - 1]
    assert quarter.mean() > 4 * np.abs(found[SIDE // 2 + 1 :, SIDE // 2 + 1 :]).mean()


def test_masks_show_the_share_that_was_asked_for_and_are_made_again_alike():
    masks = RiseMasks(2000, 7, 0.3, 35)
    whole = masks(0, 2000, torch.device("cpu"))
    assert whole.shape == (2000, 35, 35)
    assert float(whole.mean()) == pytest.approx(0.3, abs=0.01)
    assert (whole >= 0).all()
    assert (whole <= 1).all()
    assert torch.equal(masks(700, 702, torch.device("cpu")), whole[700:702])


def test_in_shares_a_region_counts_once_and_not_at_each_of_its_pixels():
    face = find_faces(load_sample("admiral-plain"))[0]
    classifier = load_classifier("custom_cnn_relu_bn", "cpu")
    found = maps_of_all([Pair(FaceEdits(face), classifier)], Wanted(("region_shapley",)))[0]
    values, masks = found.heatmaps["region_shapley"].values, counted_regions(face)
    means = {name: max(0.0, float(values[mask].mean())) for name, mask in masks.items()}
    total = sum(means.values())
    for name, share in found.shares["region_shapley"].share.items():
        assert share == pytest.approx(means[name] / total, abs=0.05)
