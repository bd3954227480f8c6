"""How much is checked of a map, and how many forwards that takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xai.attribution.occlusion.patch import FACE_FILLS, FILLS
from xai.errors import UnknownName
from xai.evidence.randomisation import REFERENCES, has_batch_statistics
from xai.evidence.remaking import remaking
from xai.models.classifiers import Classifier

__all__ = ["Checks", "cost"]


@dataclass(frozen=True)
class Checks:
    """How much is done. The defaults cost 606 forwards for occlusion and Grad-CAM together.

    Attributes:
        steps: of each curve, 1 or more.
        orders: random orders of each kind of cell, 2 or more.
        fill: what deletion leaves, one of ``FILLS`` that is not drawn for one face.
        start: what insertion starts from, likewise; blurred in the paper.
        stages: of the cascade, 1 or more.
        networks: wholly random networks, the cascade's end among them, 1 or more.
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
    """How many pictures go through a network to check the maps of ``methods`` for one face.

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
