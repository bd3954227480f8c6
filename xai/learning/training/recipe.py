"""A recipe: every setting of a training, by name, as data. It is copied onto the card of its model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from xai.types import CLASSES

__all__ = ["BINARY", "PRECISIONS", "SURROUNDINGS", "VIEWS", "Recipe"]

BINARY = ("with_mask", "without_mask")
"""Classes of the two-class project; a mask worn incorrectly has no class there and is left out."""

VIEWS = ("plain", "flip", "saturation", "moved", "strong")
"""Augmentations of training faces; see ``augmentation``."""

SURROUNDINGS = ("own", "exchange", "random")
"""What surrounds the lower face in training views: its own photo; in some views another person's; or, as the
control of that, another person's everywhere but in a region of the same size at random."""

PRECISIONS = ("fp32", "bf16")
"""Number formats of training; ``bf16`` is faster where the processor supports it, slower elsewhere."""

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Recipe:
    """Settings of one training.

    Raises ``ValueError`` where a setting makes no sense.

    Attributes:
        architecture: entry of ``ARCHITECTURES``.
        source: number of the published project, or ``"own"``.
        input_size: side of the input, pixels.
        epochs, batch_size, learning_rate, weight_decay: as usual; the optimiser is AdamW.
        one_cycle: True: one-cycle schedule (Smith & Topin 2019); False: constant rate.
        pretrained: start from ImageNet weights: the architecture's pinned file where it has one, else
            torchvision's, from the network.
        start: name of an earlier model whose weights this training starts from; empty: none.
        start_share: share, 0 to below 1, of the earlier model's weights in those that are kept: the mean of
            both keeps more of its accuracy (WiSE-FT, Wortsman et al. 2022, "Robust Fine-Tuning").
        views: entry of ``VIEWS``.
        surroundings: entry of ``SURROUNDINGS``; other than ``own`` only with strong views.
        exchanged: share of the views, 0..1, in which the surroundings are exchanged.
        place: share of the views, 0..1, in which nose and mouth alone are another face's, of any class, and
            the rest of the mask stays; ``admissible`` says what is then true.
        consistency: weight of the divergence between the answers to two views of the same lower face
            (Jensen-Shannon, as Hendrycks et al. 2020); 0: one view of each face.
        label_smoothing: share of the target given to the other classes (Szegedy et al. 2016).
        class_weight_power: class weights are frequency to minus this power; 1 balances, 0.5 half-way.
        class_weights: weights in the order of ``classes``, in place of those by frequency; empty: none.
        ema_decay: decay per step of the averaged weights that are kept, see ``averaged_network``; 0: the last
            weights are kept.
        choose_by: ``"aca"`` (highest) or ``"loss"`` (lowest, weighted as in training) on the validation
            part.
        precision: entry of ``PRECISIONS``; measuring is always in fp32.
        seed: of every random number.
        fold: the fold that is kept for testing; None: the set's own parts.
        mean, std: input normalisation.
        classes: classes of the outputs, in order.
        shares: set -> how many views of each of its faces an epoch holds on average; sets that are not
            named: one. With any, faces are drawn at random with these weights.
        find_faces: pictures without a face box are cropped by our own detector.
        choose_on: sets whose validation faces the best epoch is chosen on, where one of them is named; else
            those of all sets.
        row: the published row, where an architecture has several; empty: the architecture's name.
        trained_on: suffix of its models' names under the seed protocol: ``"fmd"`` or ``"mfn"``.
        published: metric -> value, as published.
        departures: where the training differs from the published one, sentences.
    """

    architecture: str
    source: str
    input_size: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 1e-2
    one_cycle: bool = True
    pretrained: bool = False
    start: str = ""
    start_share: float = 0.0
    views: str = "strong"
    surroundings: str = "own"
    exchanged: float = 0.0
    place: float = 0.0
    consistency: float = 0.0
    label_smoothing: float = 0.05
    class_weight_power: float = 0.5
    class_weights: tuple[float, ...] = ()
    ema_decay: float = 0.99
    choose_by: str = "aca"
    precision: str = "fp32"
    seed: int = 0
    fold: int | None = None
    mean: tuple[float, float, float] = _IMAGENET_MEAN
    std: tuple[float, float, float] = _IMAGENET_STD
    classes: tuple[str, ...] = CLASSES
    shares: Mapping[str, float] = field(default_factory=dict)
    find_faces: bool = False
    choose_on: tuple[str, ...] = ()
    row: str = ""
    trained_on: str = "fmd"
    published: Mapping[str, float] = field(default_factory=dict)
    departures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value, known in (
            ("views", self.views, VIEWS),
            ("precision", self.precision, PRECISIONS),
            ("surroundings", self.surroundings, SURROUNDINGS),
        ):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
        self._check_exchange()
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(f"the learning rate must be a number above 0, not {self.learning_rate}")
        if not all(math.isfinite(share) and share > 0 for share in self.shares.values()):
            raise ValueError(f"shares must be numbers above 0, not {dict(self.shares)}")
        if self.pretrained and self.start:
            raise ValueError(f"training starts from ImageNet weights or from {self.start}, not from both")
        if not 0 <= self.start_share < 1 or (self.start_share and not self.start):
            raise ValueError(
                "start_share is a share from 0 to below 1 of an earlier model's weights and needs a start, "
                f"not {self.start_share} with start {self.start!r}"
            )
        if self.class_weights and len(self.class_weights) != len(self.classes):
            raise ValueError(f"{len(self.classes)} classes need as many weights, not {self.class_weights}")

    def _check_exchange(self) -> None:
        for name, value in (("exchanged", self.exchanged), ("place", self.place)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is a share of the views from 0 to 1, not {value}")
        if not (math.isfinite(self.consistency) and self.consistency >= 0):
            raise ValueError(f"consistency is a weight of 0 or more, not {self.consistency}")
        if self.surroundings == "own":
            if self.exchanged or self.place or self.consistency:
                raise ValueError("exchanged, place and consistency need surroundings other than own")
        elif self.views != "strong":
            raise ValueError(f"surroundings are exchanged in strong views only, not in {self.views} ones")
        if self.consistency and self.batch_size % 2:
            raise ValueError(
                f"consistency compares pairs: the batch size must be even, not {self.batch_size}"
            )

    @property
    def name(self) -> str:
        """The name for ``train``: the row's name."""
        return self.row or self.architecture

    def model_name(self, protocol: str) -> str:
        """The name of the resulting model: under the seed protocol with fold and set as suffix."""
        fold = "" if self.fold is None else f"_fold{self.fold}"
        return f"{self.name}{fold}" + (f"_{self.trained_on}" if protocol == "seed" else "")
