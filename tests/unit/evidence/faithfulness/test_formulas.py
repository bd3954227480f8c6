"""Every formula of the faithfulness checks against the same thing done slowly, one forward at a time."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from tests.support.oracles import gaussian_blur_by_loop, region_shares_by_hand
from xai.attribution.methods import METHODS
from xai.evidence.faithfulness import deletion_insertion
from xai.evidence.faithfulness.deletion_insertion import Curve, CurveTest, run_curves
from xai.evidence.faithfulness.pixel_order import PixelOrder, cell_means, edge_map
from xai.evidence.faithfulness.randomization import CascadingRandomization, compare_stages
from xai.evidence.faithfulness.region_baseline import shares_beside_chance
from xai.evidence.faithfulness.stability import compare_neighbours, neighbours, shifted_back
from xai.evidence.map_similarity import mean_of, relative_change, spearman
from xai.models.classifiers import to_input


@pytest.fixture
def values(noise_crop):
    return to_input(noise_crop, 35)


def ask(classifier, picture):
    with torch.no_grad():
        batch = classifier.normalise(torch.as_tensor(picture, dtype=torch.float32))[None]
        return classifier.network(batch)[0].double().softmax(0).tolist()


def curve_by_loop(classifier, start, end, turn, steps, target):
    """``turn``: cell (row, column) -> its place in the order; cells are cut by hand."""
    grid, side = math.isqrt(len(turn)), start.shape[-1]
    xs, ys = [], []
    for step in range(steps + 1):
        count = round(step * grid * grid / steps)
        picture = start.clone()
        for y in range(side):
            for x in range(side):
                if turn[y * grid // side, x * grid // side] < count:
                    picture[:, y, x] = end[:, y, x]
        xs.append(count / grid**2)
        ys.append(ask(classifier, picture)[target])
    area = sum((b - a) * (p + q) / 2 for a, b, p, q in zip(xs, xs[1:], ys, ys[1:], strict=False))
    return xs, ys, area


def turn_by_loop(cells, seed):
    grid = len(cells)
    chance = np.random.default_rng(seed).permutation(grid * grid)
    places = [(y, x) for y in range(grid) for x in range(grid)]
    places.sort(key=lambda place: (-cells[place], chance[place[0] * grid + place[1]]))
    return {place: number for number, place in enumerate(places)}


@pytest.mark.parametrize(
    ("steps", "grid", "fill"), [(5, 7, "grey"), (4, 3, "mean"), (12, 2, "blur"), (1, 5, "grey")]
)
def test_curves_equal_the_loop(small_cnn, values, steps, grid, fill):
    cells = np.random.default_rng(1).integers(0, 4, (grid, grid)).astype(float)  # with ties
    found = run_curves(
        small_cnn,
        values,
        2,
        {"map": PixelOrder.of(cells, 9), "other": PixelOrder.drawn(4, (3, 1))},
        (steps, fill, "blur"),
    )
    blurred = torch.from_numpy(gaussian_blur_by_loop(values.numpy(), 3.5))
    removed = {
        "grey": torch.full_like(values, 0.5),
        "mean": values.mean(dim=(1, 2), keepdim=True) + 0 * values,
        "blur": blurred,
    }[fill]
    ends = ((values, removed), (blurred, values))
    for curve, (start, end) in zip(found["map"], ends, strict=True):
        xs, ys, area = curve_by_loop(small_cnn, start, end, turn_by_loop(cells, 9), steps, 2)
        np.testing.assert_allclose(curve.changed, xs, atol=1e-12)
        np.testing.assert_allclose(curve.probabilities, ys, atol=1e-6)
        assert curve.area == pytest.approx(area, abs=1e-6)
    drawn = np.random.default_rng([3, 1]).permutation(16).tolist()
    turn = {(cell // 4, cell % 4): number for number, cell in enumerate(drawn)}
    _, ys, _ = curve_by_loop(small_cnn, values, removed, turn, steps, 2)
    np.testing.assert_allclose(found["other"][0].probabilities, ys, atol=1e-6)


def test_batch_size_does_not_change_the_curves(small_cnn, values, monkeypatch):
    orders = {"a": PixelOrder.drawn(5, (1,)), "b": PixelOrder.drawn(3, (2,))}
    whole = run_curves(small_cnn, values, 0, orders, (6, "grey", "mean"))
    sizes = []
    monkeypatch.setattr(deletion_insertion, "_BATCH_PIXELS", 3 * 35 * 35)
    parts = run_curves(small_cnn, values, 0, orders, (6, "grey", "mean"), sizes.append)
    assert sizes == [3] + [3] * 6 + [2]
    for name in orders:
        for one, other in zip(whole[name], parts[name], strict=True):
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)


def curve(*probabilities):
    return Curve(np.linspace(0, 1, len(probabilities)), np.array(probabilities, float))


def test_gain_and_spread_by_hand():
    own, edges = curve(1, 0.2, 0), curve(1, 0.6, 0)
    random = (curve(1, 1, 0), curve(1, 0.8, 0), curve(1, 0.9, 0))
    test = CurveTest("deletion", own, edges, random)
    # areas: .35, .55; random .75 .65 .70
    assert own.area == pytest.approx(0.35)
    assert (test.gain, test.spread, test.gain_over_edges) == pytest.approx((0.35, 0.05, 0.2))
    assert test.beats_random is True
    assert test.span == pytest.approx(1)
    back = CurveTest("insertion", own, edges, random)
    assert (back.gain, back.gain_over_edges, back.span) == pytest.approx((-0.35, -0.2, -1))
    assert back.beats_random is None
    near = CurveTest("deletion", curve(1, 0.7, 0), edges, random)
    assert near.gain == pytest.approx(0.1)  # two spreads
    assert near.beats_random is False
    flat = CurveTest("deletion", curve(0.5, 0.499, 0.5), curve(0.5, 0.5, 0.5), (curve(0.5, 0.5, 0.5),) * 2)
    assert flat.gain > 0 == flat.spread
    assert flat.beats_random is None
    small = CurveTest("deletion", curve(0.5, 0.24, 0), curve(0.5, 0.25, 0), (curve(0.5, 0.25, 0),) * 2)
    assert small.gain == pytest.approx(0.005)
    assert small.beats_random is False


def test_edges_and_cells_equal_loops(values):
    luma = (0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2]).double().numpy()
    wide = np.pad(luma, 1, mode="edge")
    slow = np.zeros((35, 35))
    for y in range(35):
        for x in range(35):
            w = wide[y : y + 3, x : x + 3]
            across = w[0, 2] + 2 * w[1, 2] + w[2, 2] - w[0, 0] - 2 * w[1, 0] - w[2, 0]
            down = w[2, 0] + 2 * w[2, 1] + w[2, 2] - w[0, 0] - 2 * w[0, 1] - w[0, 2]
            slow[y, x] = math.hypot(across, down)
    np.testing.assert_allclose(edge_map(values), slow, atol=1e-6)
    cells = cell_means(slow, 7)
    for row, column in itertools.product(range(7), range(7)):
        part = [slow[y, x] for y in range(row * 5, row * 5 + 5) for x in range(column * 5, column * 5 + 5)]
        assert cells[row, column] == pytest.approx(sum(part) / 25, abs=1e-9)


def ranks_by_counting(line):
    return [sum(w < v for w in line) + (sum(w == v for w in line) + 1) / 2 for v in line]


def spearman_by_loop(a, b):
    a, b = ranks_by_counting(a.ravel().tolist()), ranks_by_counting(b.ravel().tolist())
    x, y = sum(a) / len(a), sum(b) / len(b)
    top = sum((p - x) * (q - y) for p, q in zip(a, b, strict=True))
    return top / math.sqrt(sum((p - x) ** 2 for p in a) * sum((q - y) ** 2 for q in b))


@pytest.mark.parametrize("kinds", [3, 1000])
def test_spearman_equals_counting_and_scipy(kinds):
    random = np.random.default_rng(kinds)
    a, b = random.integers(0, kinds, (2, 6, 6)).astype(float)
    assert spearman(a, b) == pytest.approx(spearman_by_loop(a, b), abs=1e-9)
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a.ravel(), b.ravel()).statistic, abs=1e-9)
    assert spearman(a, -a) == pytest.approx(-1)
    assert spearman(a, np.ones((6, 6))) is None
    assert mean_of((None, 0.5, 0.0)) == 0.25
    assert mean_of((None,)) is None


def camlike(classifier, values):
    return METHODS["gradcam"].run()(classifier, values, 1, {}, lambda done, total: None).values.astype(float)


def randomised_by_hand(network, values, classifier, upto, seeds):
    """The last ``upto`` layers started anew, group by group; statistics measured on picture and negative."""
    network = copy.deepcopy(network)
    layers = [
        m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear | nn.BatchNorm2d | nn.BatchNorm1d)
    ]
    layers.reverse()
    state = torch.get_rng_state()
    start = 0
    for stop, seed in zip(upto, seeds, strict=True):
        torch.manual_seed(seed)
        for layer in layers[start:stop]:
            layer.reset_parameters()
        start = stop
    torch.set_rng_state(state)
    for layer in layers[:start]:
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            layer.train()
            layer.momentum = 1.0  # only the last batch counts
    batch = torch.stack([values, torch.flip(1 - values, dims=(2,))])
    with torch.no_grad():
        network(classifier.normalise(batch))
    return network.eval(), len(layers)


def test_the_cascade_equals_resetting_by_hand(small_cnn, values):
    cascade = CascadingRandomization(small_cnn, values, stages=3, seed=4)
    maps = [camlike(network, values) for network in cascade.stages()]
    last = camlike(cascade.random(1), values)
    original = camlike(small_cnn, values)
    found = compare_stages(original, maps, [last], cascade.layers)
    _, count = randomised_by_hand(small_cnn.network, values, small_cnn, (), ())
    stops = [sum(len(p) for p in np.array_split(np.arange(count), 3)[: n + 1]) for n in range(3)]
    assert cascade.layers == tuple(stops)
    assert stops[-1] == count
    slow = []
    for n in range(3):
        network, _ = randomised_by_hand(small_cnn.network, values, small_cnn, stops[: n + 1], range(4, 5 + n))
        slow.append(camlike(type(small_cnn)(small_cnn.card, network, small_cnn.device), values))
        np.testing.assert_allclose(maps[n], slow[n], atol=1e-6)
        assert found.stages[n] == pytest.approx(spearman_by_loop(original, slow[n]), abs=1e-6)
        assert found.stages_absolute[n] == pytest.approx(
            spearman_by_loop(abs(original), abs(slow[n])), abs=1e-6
        )
    network, _ = randomised_by_hand(small_cnn.network, values, small_cnn, (count,), (1004,))
    other = camlike(type(small_cnn)(small_cnn.card, network, small_cnn.device), values)
    ends = [spearman_by_loop(original, m) for m in (slow[-1], other)]
    assert found.random == pytest.approx(ends, abs=1e-6)
    absolute = [spearman_by_loop(abs(original), abs(m)) for m in (slow[-1], other)]
    assert found.likeness == pytest.approx(max(sum(ends) / 2, sum(absolute) / 2), abs=1e-6)


def test_a_sign_that_flips_hides_no_likeness():
    original = np.arange(16.0).reshape(4, 4) - 8
    found = compare_stages(original, [-original], [], (3,))
    assert found.random == (-1.0,)
    assert found.likeness == pytest.approx(1.0)
    assert found.follows_weights is False
    nothing = compare_stages(original, [original], [], (0,))
    assert (nothing.likeness, nothing.follows_weights) == (None, None)


def test_stability_equals_loops(values):
    shifts = ((1, 0), (-2, 1))
    copies = neighbours(values, 2, 0.05, shifts, seed=8)
    random = torch.Generator().manual_seed(8)
    for noisy in copies[:2]:
        drawn = torch.randn((3, 35, 35), generator=random).numpy()
        slow = np.minimum(np.maximum(values.numpy() + np.float32(0.05) * drawn, 0), 1)
        np.testing.assert_allclose(noisy.values.numpy(), slow, atol=1e-6)
    for moved in copies[2:]:
        down, right = moved.shift
        for y, x in itertools.product(range(35), range(35)):
            there = values[:, min(max(y - down, 0), 34), min(max(x - right, 0), 34)]
            assert torch.equal(moved.values[:, y, x], there)
    draw = np.random.default_rng(2)
    original, *maps = draw.normal(size=(5, 7, 7))
    found = compare_neighbours(original, maps, copies, ([0, 1, 0, 0], 0), 35)
    back = [
        *maps[:2],
        *(moved_back_by_loop(m, c.shift, 35) for m, c in zip(maps[2:], copies[2:], strict=True)),
    ]
    likeness = [spearman_by_loop(original, m) for m in back]
    length = math.sqrt(sum(v * v for v in original.ravel()))
    change = [
        math.sqrt(sum((v - w) ** 2 for v, w in zip(m.ravel(), original.ravel(), strict=True))) / length
        for m in back
    ]
    assert (*found.noise, *found.shift) == pytest.approx(likeness, abs=1e-6)
    assert found.noise_change == pytest.approx(max(change[:2]), abs=1e-6)
    assert found.shift_change == pytest.approx(max(change[2:]), abs=1e-6)
    assert found.kept == 0.75
    assert relative_change(original, np.zeros((7, 7))) is None


def moved_back_by_loop(values, shift, side):
    cells = len(values)
    moved = np.zeros_like(values)

    def at(y, x):
        return values[min(max(y, 0), cells - 1), min(max(x, 0), cells - 1)]

    for y, x in itertools.product(range(cells), range(cells)):
        v = min(max(y + shift[0] * cells / side, 0), cells - 1)
        u = min(max(x + shift[1] * cells / side, 0), cells - 1)
        top, left = math.floor(v), math.floor(u)
        low = at(top, left) * (1 - (u - left)) + at(top, left + 1) * (u - left)
        high = at(top + 1, left) * (1 - (u - left)) + at(top + 1, left + 1) * (u - left)
        moved[y, x] = low * (1 - (v - top)) + high * (v - top)
    return moved


def test_a_whole_shift_is_undone_exactly():
    line = np.arange(25.0).reshape(5, 5)
    moved = np.roll(line, 1, axis=0)
    np.testing.assert_array_equal(shifted_back(moved, (1, 0), 5)[:-1], line[:-1])
    np.testing.assert_array_equal(shifted_back(moved, (2, 0), 10)[:-1], line[:-1])


def test_shares_beside_chance_equal_counting():
    draw = np.random.default_rng(6)
    own, *random = draw.normal(size=(4, 4, 4))
    random.append(-np.ones((4, 4)))  # no positive evidence: left out
    where = draw.integers(0, 3, (12, 12))
    masks = {name: where == number for number, name in enumerate(("nose", "mouth", "elsewhere"))}
    found = shares_beside_chance(own, random, masks)
    slow = [region_shares_by_hand(np.kron(m, np.ones((3, 3))), masks) for m in (own, *random[:3])]
    expected = [s["nose"] + s["mouth"] for s in slow[1:]]
    mean = sum(expected) / 3
    mine = slow[0]["nose"] + slow[0]["mouth"]
    assert found.expected("nose", "mouth") == pytest.approx(mean, abs=1e-6)
    assert found.beyond("nose", "mouth") == pytest.approx(mine - mean, abs=1e-6)
    assert found.ratio("nose", "mouth") == pytest.approx(mine / mean, abs=1e-6)
    spread = math.sqrt(sum((e - mean) ** 2 for e in expected) / 2)
    assert found.spread("nose", "mouth") == pytest.approx(spread, abs=1e-6)
    assert shares_beside_chance(-abs(own), random, masks) is None
    assert shares_beside_chance(own, random[-1:], masks) is None
    tiny = shares_beside_chance(own * 1e-60, random, masks)
    assert tiny.own.share == pytest.approx(found.own.share, abs=1e-6)
