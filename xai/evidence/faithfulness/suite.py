"""Is a map faithful to the model it explains? Four checks of every map, and their cost.

Deletion and insertion (``deletion_insertion``), the cascading randomisation check (``randomization``),
stability under noise and shift (``stability``), region shares beside random networks (``region_baseline``).
They describe the map; the verdict on the model comes from interventions and does not use them.

Only the curves judge the given map itself. The other checks recompute the map many times: with the same
method and settings, but occlusion with a patch of ``REMADE_PATCH`` at a stride of its own size, and compare
it with an original computed the same way. A patch with a drawn mask or bare skin is then grey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.attribution.occlusion.patch import FACE_FILLS, FILLS
from xai.errors import MapRefused, UnknownName
from xai.evidence.faithfulness.deletion_insertion import CurveTest, Source, run_curves
from xai.evidence.faithfulness.pixel_order import PixelOrder, cell_means, edge_map
from xai.evidence.faithfulness.randomization import (
    REFERENCES,
    CascadingRandomization,
    Randomisation,
    compare_stages,
    has_batch_statistics,
)
from xai.evidence.faithfulness.recompute import MapRecomputer, Tally, own_grid, remaking
from xai.evidence.faithfulness.region_baseline import RandomBaselineShares, shares_beside_chance
from xai.evidence.faithfulness.stability import PerturbedInput, Stability, compare_neighbours, neighbours
from xai.evidence.map_similarity import Map
from xai.models.classifiers import Classifier, to_input
from xai.photo.regions import counted_regions
from xai.types import Explanation, Face, Heatmap, Params, Progress

__all__ = ["Checks", "Faithfulness", "cost", "faithfulness"]


@dataclass(frozen=True)
class Checks:
    """Extent of the checks. The defaults cost 606 forwards for occlusion and Grad-CAM together.

    Attributes:
        steps: of each curve, 1 or more.
        orders: random orders of each kind of cell, 2 or more.
        fill: the baseline of deletion, one of ``FILLS`` that is not drawn for one face.
        start: the baseline of insertion, likewise; blurred in the paper.
        stages: of the cascade, 1 or more.
        networks: fully randomised networks, the end of the cascade among them, 1 or more.
        noises: noisy copies.
        sigma: standard deviation of their noise, in units of 0..1.
        shifts: rows down and columns to the right, input pixels.
        seed: of every random choice.
    """

    steps: int = 12
    orders: int = 5
    fill: str = "grey"
    start: str = "blur"
    stages: int = 5
    networks: int = 5
    noises: int = 3
    sigma: float = 0.02
    shifts: tuple[tuple[int, int], ...] = ((1, 0), (0, 2))
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"steps": 1, "orders": 2, "stages": 1, "networks": 1, "noises": 0}
        for name, least_value in least.items():
            if getattr(self, name) < least_value:
                raise ValueError(f"{name} must be at least {least_value}, not {getattr(self, name)}")
        plain = [fill for fill in FILLS if fill not in FACE_FILLS]
        for fill in (self.fill, self.start):
            if fill not in plain:
                raise UnknownName("fill of a curve", fill, plain)
        if not self.sigma > 0 or (0, 0) in self.shifts:
            raise ValueError(f"noise and shifts must not be zero: {self.sigma} and {self.shifts}")


def cost(classifier: Classifier, methods: Sequence[str], checks: Checks | None = None) -> int:
    """Forward passes to check the maps of ``methods`` for one face.

    Exact, and known before anything runs; a pass with its gradient counts as one. Methods that explain a
    layer share its random orders.

    Raises:
        UnknownName: there is no such method.
    """
    checks = checks or Checks()
    plans = [remaking(name, {}, 0) for name in methods]
    grids = len({plan.patch is None for plan in plans})
    orders = len(plans) + grids * (checks.orders + 1)
    curves = 3 + 2 * (checks.steps - 1) * orders
    copies = checks.noises + len(checks.shifts)
    networks = checks.stages + checks.networks - 1
    maps = sum(plan.forwards(classifier.card.input_size) for plan in plans) * (1 + copies + networks)
    measured = REFERENCES * networks if has_batch_statistics(classifier.network) else 0
    return curves + maps + copies + 1 + 1 + measured


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """Results of the checks of one map.

    Attributes:
        method: name in ``METHODS``.
        target: the class that is explained.
        deletion: see ``CurveTest``.
        insertion: likewise.
        randomisation: whether the map follows the weights.
        stability: whether it holds under noise and shift.
        shares: None where the face has no accepted mesh or a map no positive value.
        grid: cells per side of the curves.
        remade: parameters of the recomputed maps; see above for how they differ from the map's.
        checks: extent of the checks.
        turned: whether the curves go from the face to one of another class; else to the fills of ``checks``.
    """

    method: str
    target: str
    deletion: CurveTest
    insertion: CurveTest
    randomisation: Randomisation
    stability: Stability
    shares: RandomBaselineShares | None
    grid: int
    remade: Params
    checks: Checks
    turned: bool = False


def faithfulness(
    face: Face,
    classifier: Classifier,
    maps: Explanation | Mapping[str, Heatmap],
    checks: Checks | None = None,
    progress: Progress | None = None,
    turned: NDArray[np.uint8] | None = None,
) -> Mapping[str, Faithfulness]:
    """Check maps of one face for faithfulness to their classifier.

    Args:
        face: what was explained; without an accepted mesh there are no shares.
        classifier: whose maps they are. It is never modified: random weights go into a copy.
        maps: an explanation, or method -> heat map; all of one target.
        checks: extent of the checks; ``cost`` gives the forwards.
        progress: called with (forwards done, forwards in all); raising in it stops the work.
        turned: the face edited to another class, RGB uint8 ``(S, S, 3)`` (``turned_face``): the baseline of
            deletion and insertion, in place of the fills of ``checks``. A grey patch does not lower
            ``covered``, since a hidden nose is what that class means.

    Returns:
        Method -> results, in the order of ``maps``.

    Raises:
        UnknownName: the method or target of a map does not exist.
        MapRefused: the classifier is a black box: it has no weights that could be randomised.
        ValueError: no map, or maps of several targets.
    """
    if classifier.is_black_box:
        raise MapRefused(
            f"Maps of {classifier.name} cannot be checked: a check needs weights that can be randomised, and "
            "it gives outputs alone; check the model as safetensors."
        )
    heatmaps = dict(maps.heatmaps if isinstance(maps, Explanation) else maps)
    target = _target(heatmaps)
    index = classifier.class_index(target)
    plans = {name: remaking(heatmap.method, heatmap.params, index) for name, heatmap in heatmaps.items()}
    checks = checks or Checks()
    methods = [plan.method.name for plan in plans.values()]
    tally = Tally(progress, cost(classifier, methods, checks))
    work = _Work(classifier, plans, checks, tally, turned)
    return work.judge(face, heatmaps)


@dataclass(frozen=True, eq=False)
class _Work:
    """The work on one face: every network and every picture is made once, for all methods."""

    classifier: Classifier
    plans: Mapping[str, MapRecomputer]
    checks: Checks
    tally: Tally
    turned: NDArray[np.uint8] | None

    def judge(self, face: Face, heatmaps: Mapping[str, Heatmap]) -> dict[str, Faithfulness]:
        """All checks of every map."""
        values = to_input(face.crop, self.classifier.card.input_size, self.classifier.device)
        originals = self.maps(self.classifier, values)
        grids = {n: own_grid(heatmaps[n], originals[n], values.shape[-1]) for n in self.plans}
        tests = self.curves(values, {n: cell_means(heatmaps[n].values, g) for n, g in grids.items()})
        stability = self.stability(values, originals)
        stages, random, layers = self.randomised(values)
        masks = counted_regions(face)

        def shares(name: str) -> RandomBaselineShares | None:
            chance = [stages[name][-1], *random[name]]
            return None if masks is None else shares_beside_chance(originals[name], chance, masks)

        return {
            name: Faithfulness(
                method=plan.method.name,
                target=heatmaps[name].target,
                deletion=tests[name][0],
                insertion=tests[name][1],
                randomisation=compare_stages(originals[name], stages[name], random[name], layers),
                stability=stability[name],
                shares=shares(name),
                grid=grids[name],
                remade=plan.params,
                checks=self.checks,
                turned=self.turned is not None,
            )
            for name, plan in self.plans.items()
        }

    def maps(self, classifier: Classifier, values: Tensor) -> dict[str, Map]:
        """Every method's map of one picture by one network."""
        return {name: plan.map(classifier, values, self.tally) for name, plan in self.plans.items()}

    def curves(self, values: Tensor, cells: Mapping[str, Map]) -> dict[str, tuple[CurveTest, CurveTest]]:
        """Deletion and insertion test of every map, given as its cell means ``(g, g)``."""
        checks = self.checks
        # Layer maps share their cells; an occlusion map has its own even at the same grid size.
        kinds = {name: (self.plans[name].patch is None, len(c)) for name, c in cells.items()}
        orders = {f"own {name}": PixelOrder.of(c, checks.seed) for name, c in cells.items()}
        edges = edge_map(values)
        for kind in dict.fromkeys(kinds.values()):
            orders[f"edges {kind}"] = PixelOrder.of(cell_means(edges, kind[1]), checks.seed)
            for number in range(checks.orders):
                orders[f"random {number} {kind}"] = PixelOrder.drawn(kind[1], (checks.seed, *kind, number))
        index = next(iter(self.plans.values())).target
        plan = (checks.steps, *self.sources())
        found = run_curves(self.classifier, values, index, orders, plan, self.tally.add)

        def test(which: int, name: str) -> CurveTest:
            random = tuple(found[f"random {n} {kinds[name]}"][which] for n in range(checks.orders))
            own, edge = found[f"own {name}"][which], found[f"edges {kinds[name]}"][which]
            return CurveTest(("deletion", "insertion")[which], own, edge, random)

        return {name: (test(0, name), test(1, name)) for name in cells}

    def sources(self) -> tuple[Source, Source]:
        """The baselines of deletion and insertion."""
        if self.turned is None:
            return self.checks.fill, self.checks.start
        picture = to_input(self.turned, self.classifier.card.input_size, self.classifier.device)
        return picture, picture

    def stability(self, values: Tensor, originals: Mapping[str, Map]) -> dict[str, Stability]:
        """Every method's stability under noise and shift."""
        checks = self.checks
        copies = neighbours(values, checks.noises, checks.sigma, checks.shifts, checks.seed)
        answers = self._answers([PerturbedInput(values), *copies])
        made = [self.maps(self.classifier, copy.values) for copy in copies]
        side = values.shape[-1]
        return {
            name: compare_neighbours(
                originals[name], [maps[name] for maps in made], copies, (answers[1:], answers[0]), side
            )
            for name in self.plans
        }

    def randomised(
        self, values: Tensor
    ) -> tuple[dict[str, list[Map]], dict[str, list[Map]], tuple[int, ...]]:
        """Maps after each stage of the cascade, maps of further random networks, layers per stage."""
        checks = self.checks
        cascade = CascadingRandomization(self.classifier, values, checks.stages, checks.seed)
        self.tally.add(1)
        measured = REFERENCES if has_batch_statistics(self.classifier.network) else 0

        def maps_of(network: Classifier) -> dict[str, Map]:
            self.tally.add(measured)
            return self.maps(network, values)

        staged = [maps_of(network) for network in cascade.stages()]
        random = [maps_of(cascade.random(number)) for number in range(1, checks.networks)]
        by_method = {name: [maps[name] for maps in staged] for name in self.plans}
        return by_method, {n: [maps[n] for maps in random] for n in self.plans}, cascade.layers

    def _answers(self, copies: Sequence[PerturbedInput]) -> list[int]:
        batch = self.classifier.normalise(torch.stack([copy.values for copy in copies]))
        found = self.classifier.probabilities(batch.contiguous(memory_format=torch.channels_last))
        self.tally.add(len(copies))
        answers: list[int] = found.argmax(dim=1).tolist()
        return answers


def _target(heatmaps: Mapping[str, Heatmap]) -> str:
    targets = {heatmap.target for heatmap in heatmaps.values()}
    if len(targets) != 1:
        raise ValueError(
            f"faithfulness needs one map or more, all of one class, not {len(heatmaps)} of "
            f"{sorted(targets)}; explain the classes one after the other"
        )
    return targets.pop()
