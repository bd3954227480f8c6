"""Where Quantus has the measure, ours agrees with it. Skipped where the package is not installed."""

import warnings

import numpy as np
import pytest
import torch

from xai.evidence.faithfulness.deletion_insertion import run_curves
from xai.evidence.faithfulness.pixel_order import PixelOrder
from xai.evidence.faithfulness.region_baseline import shares_beside_chance
from xai.evidence.map_similarity import relative_change, spearman
from xai.models.classifiers import to_input

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    quantus = pytest.importorskip("quantus")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def batch(small_cnn, noise_crop):
    values = to_input(noise_crop, 35)
    prepared = small_cnn.normalise(values)[None].numpy()
    heat = np.random.default_rng(4).normal(size=(35, 35))
    return values, prepared, heat


def test_deletion_is_their_pixel_flipping(small_cnn, batch):
    values, prepared, heat = batch
    grey = small_cnn.normalise(torch.full((3, 35, 35), 0.5))[:, 0, 0].tolist()
    metric = quantus.PixelFlipping(
        features_in_step=49,
        abs=False,
        normalise=False,
        perturb_func=quantus.functions.perturb_func.batch_baseline_replacement_by_indices,
        perturb_func_kwargs={"perturb_baseline": 0.0},
        return_auc_per_sample=False,
        disable_warnings=True,
        display_progressbar=False,
    )
    # Their baseline is one number for all channels, so the same mean and spread serve for all here.
    theirs_model = Shifted(small_cnn.network, torch.tensor(grey)[:, None, None])
    theirs = metric(
        model=theirs_model.eval(),
        x_batch=prepared - np.array(grey, np.float32)[:, None, None],
        y_batch=np.array([2]),
        a_batch=heat[None, None],
        channel_first=True,
        softmax=True,
    )[0]
    deletion, _ = run_curves(small_cnn, values, 2, {"map": PixelOrder.of(heat, 0)}, (25, "grey", "blur"))[
        "map"
    ]
    # They count every channel of a pixel for itself.
    np.testing.assert_allclose(deletion.probabilities[1:], theirs[2::3], atol=1e-5)


class Shifted(torch.nn.Module):
    """The network with grey at zero."""

    def __init__(self, network, grey):
        super().__init__()
        self.network, self.grey = network, grey

    def forward(self, x):
        return self.network(x + self.grey)


def test_the_rank_correlation_is_theirs(batch):
    other = np.random.default_rng(5).normal(size=(35, 35)) + batch[2]
    theirs = quantus.correlation_spearman(a=batch[2].ravel(), b=other.ravel())
    assert spearman(batch[2], other) == pytest.approx(float(np.squeeze(theirs)), abs=1e-6)


def test_the_largest_change_is_their_max_sensitivity(small_cnn, batch):
    """Their explanation is any function of the picture; here one whose change is easy to make again."""
    _, prepared, _ = batch
    drawn = [np.random.default_rng(n).normal(0, 0.1, prepared.shape).astype(np.float32) for n in range(3)]
    given = iter(drawn)

    def explanation(model=None, inputs=None, targets=None, **_):
        return np.abs(np.asarray(inputs)).sum(axis=1, keepdims=True)

    metric = quantus.MaxSensitivity(
        nr_samples=3,
        abs=False,
        normalise=False,
        norm_numerator=quantus.norm_func.fro_norm,
        norm_denominator=quantus.norm_func.fro_norm,
        similarity_func=quantus.difference,
        perturb_func=lambda arr, **_: arr + next(given).reshape(arr.shape),
        disable_warnings=True,
        display_progressbar=False,
    )
    theirs = metric(
        model=small_cnn.network,
        x_batch=prepared,
        y_batch=np.array([2]),
        explain_func=explanation,
        channel_first=True,
    )[0]
    original = explanation(inputs=prepared)[0, 0].astype(float)
    maps = [explanation(inputs=prepared + noise)[0, 0].astype(float) for noise in drawn]
    assert max(relative_change(m, original) for m in maps) == pytest.approx(
        float(np.squeeze(theirs)), rel=1e-4
    )


def test_a_share_is_their_relevance_mass_where_all_is_positive(small_cnn, batch):
    _, prepared, heat = batch
    inside = np.zeros((35, 35), bool)
    inside[10:20, 5:30] = True
    metric = quantus.RelevanceMassAccuracy(
        abs=False, normalise=False, disable_warnings=True, display_progressbar=False
    )
    theirs = metric(
        model=small_cnn.network,
        x_batch=prepared,
        y_batch=np.array([2]),
        a_batch=np.abs(heat)[None, None],
        s_batch=inside[None, None],
        channel_first=True,
    )[0]
    found = shares_beside_chance(np.abs(heat), [np.ones((35, 35))], {"nose": inside, "elsewhere": ~inside})
    assert found.own.share["nose"] == pytest.approx(float(theirs), abs=1e-6)
    assert found.expected("nose") == pytest.approx(inside.mean(), abs=1e-9)
