"""A model of what is under the mask: a bare lower face that matches the visible upper face.

Principal components of generated portraits, of people who do not exist, in the frame of ``face_atlas`` (Turk
and Pentland, "Eigenfaces for Recognition", 1991; shape-free as in Cootes, Edwards and Taylor 1998). As a
probabilistic model (Tipping and Bishop, "Probabilistic Principal Component Analysis", 1999) the coefficients
given the forehead and eyes have a mean, the ridge solution, and a covariance. Donors are sampled from that
distribution. Nobody is recognised or restored: it is one of many faces that could be there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from xai.errors import WeightsUnavailable
from xai.evidence.interventions.face_atlas import FaceFrame

__all__ = ["SHA256", "BareFaceModel", "BareFit", "bare_face_model", "from_light", "ridge", "to_light"]

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]

SHA256 = "1b622ce60c70dceb2086c5eae1c96537972f0f8212fbc134d5b7f9d442d147fa"
"""Digest of ``bare_face.safetensors``."""

NOISE = 150.0
"""Weight of the prior in the fit, in squares of ``rest``: far above 1, because errors of neighbouring pixels
are correlated. Chosen from 3 to 600 on bare faces in real photos, whose lower half is known."""

SPREAD = 0.6
"""Share of the model's standard deviation from which donors are sampled: with all of it, every second one
looks odd."""

_OFFSET = 0.5
"""Standard deviation of the photo's own brightness and colour against the portraits', in ``to_light``."""

_OUTLYING = 0.22
"""Difference, in ``to_light``, from which a pixel is down-weighted: glasses, hair, a hand."""

_ROUNDS = 4
_JAW = 4  # frame pixels along the edge of the face that are ignored: hair, wall
_NECK = 0.45  # how much darker the neck is, in the unit of to_light
_SEAM = 9.0
"""Frame pixels over which the fit's residual at the last visible skin is extrapolated downwards."""

_FLOOR = 8.0
_VISIBLE_DOWN_TO = (117, 346, 197)
"""Mesh vertices below the eyes and on the bridge of the nose: nearly every mask leaves everything above
bare."""


@dataclass(frozen=True, eq=False)
class BareFit:
    """The model fitted to one face.

    Attributes:
        coefficients: float64 ``(K + 3,)``, of the components, then brightness of red, green, blue.
        root: float64 ``(K + 3, K + 3)``, maps independent standard normal numbers to deviations from them.
        seam: float32 ``(h, w, 3)``, added to every donor so that it joins the visible skin.
        unexplained: share of the visible part that the model does not explain, 0..1.
        seen: share of the upper face that faces the viewer, 0..1.
        likeness: correlation of the visible part with the mean face, -1..1.
    """

    coefficients: Vector
    root: Vector
    seam: Plane
    unexplained: float
    seen: float
    likeness: float


@dataclass(frozen=True, eq=False)
class BareFaceModel:
    """Mean and components of bare faces in a frame, in the unit of ``to_light``.

    Attributes:
        frame: the frame.
        mean: float32 ``(P, 3)`` over the pixels that the frame's triangles cover.
        components: float32 ``(K, P, 3)``, each as large as its standard deviation.
        rest: standard deviation of a pixel's residual.
    """

    frame: FaceFrame
    mean: Plane
    components: Plane
    rest: float

    def visible(self) -> NDArray[np.bool_]:
        """The part that is fitted: inside the oval, down to below the eyes; bool ``(h, w)``."""
        upper = self.frame.oval()
        upper[int(self.frame.vertices[list(_VISIBLE_DOWN_TO), 1].mean()) :] = False
        return upper

    def fit(self, sheet: Plane, facing: NDArray[np.bool_]) -> BareFit:
        """Fit the model to the visible part of a face.

        Rows that the model explains badly are down-weighted: glasses, hair, a hand (iteratively reweighted
        least squares with Geman-McClure weights).

        Args:
            sheet: float32 ``(h, w, 3)``, 0..255, the face in the frame, as from ``FaceFrame.read``.
            facing: bool ``(h, w)``, its visible part.
        """
        visible = self.visible()
        chosen = visible & facing
        within = chosen[self.frame.oval()]
        light = to_light(sheet)[chosen]
        design = self._design(within)
        penalty = np.ones(design.shape[1]) * NOISE * self.rest**2
        penalty[-3:] /= _OFFSET**2
        trust = np.ones(len(light), np.float64)
        for _ in range(_ROUNDS):
            goal = (light - self.mean[within]).ravel().astype(np.float64)
            coefficients, normal = ridge(design, goal, np.repeat(trust, 3), penalty)
            left = (goal - design @ coefficients).reshape(-1, 3)
            size = np.sqrt((left**2).mean(axis=1))
            trust = (1 + (size / _OUTLYING) ** 2) ** -2
        trusted = np.zeros((*self.frame.size, 4), np.float32)
        trusted[chosen] = np.column_stack([left * trust[:, None], trust])
        return BareFit(
            coefficients=coefficients,
            root=np.sqrt(NOISE) * self.rest * np.linalg.inv(np.linalg.cholesky(normal)).T,
            seam=_carried_on(trusted),
            unexplained=float((size > _OUTLYING).mean()),
            seen=float(chosen.sum() / visible.sum()),
            likeness=_correlation(light.mean(axis=1), self.mean[within].mean(axis=1)),
        )

    def donors(self, fit: BareFit, seeds: Sequence[int]) -> Plane:
        """Bare faces sampled from the fit, one per seed.

        Returns:
            float32 ``(N, h, w, 3)``, 0..255, in frame pixels. The same seed gives the same face, whatever
            the other seeds are.
        """
        drawn = np.stack([np.random.default_rng(seed).normal(size=len(fit.root)) for seed in seeds])
        coefficients = fit.coefficients + SPREAD * drawn @ fit.root.T
        sheets = np.zeros((len(seeds), *self.frame.size, 3), np.float32)
        flat = self.components.reshape(len(self.components), -1)
        light = coefficients[:, :-3].astype(np.float32) @ flat
        light = light.reshape(len(seeds), -1, 3) + self.mean + coefficients[:, None, -3:]
        sheets[:, self.frame.oval()] = light
        return from_light(np.stack([self._continued(sheet + fit.seam) for sheet in sheets]))

    def _continued(self, light: Plane) -> Plane:
        """The skin of the jaw extrapolated beyond the face, darker with the distance, as a neck is."""
        core = cv2.erode(self.frame.oval().astype(np.uint8), np.ones((2 * _JAW + 1, 2 * _JAW + 1), np.uint8))
        away, nearest = cv2.distanceTransformWithLabels(
            1 - core, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        colours = np.zeros((int(nearest.max()) + 1, 3), np.float32)
        colours[nearest[core > 0]] = light[core > 0]
        beyond = cv2.GaussianBlur(colours[nearest], (0, 0), 3.0)
        beyond -= _NECK * (1 - np.exp(-away / 9))[..., None]
        inside = self.frame.oval()
        share = np.where(inside, np.clip((away - 1) / _JAW, 0, 1), 1)[..., None]
        return np.asarray(light * (1 - share) + beyond * share, np.float32)

    def _design(self, chosen: NDArray[np.bool_]) -> Vector:
        """Components and the three offsets at the chosen pixels: ``(3 n, K + 3)``."""
        parts = self.components[:, chosen].reshape(len(self.components), -1).T
        offsets = np.tile(np.eye(3), (int(chosen.sum()), 1))
        return np.hstack([parts, offsets]).astype(np.float64)


def bare_face_model() -> BareFaceModel:
    """The shipped model, read once.

    Raises:
        WeightsUnavailable: its file is missing or does not match this version.
    """
    return _read(Path(__file__).with_name("bare_face.safetensors"))


def ridge(design: Vector, goal: Vector, weights: Vector, penalty: Vector) -> tuple[Vector, Vector]:
    """Weighted least squares with a penalty on each coefficient's square.

    Args:
        design: float64 ``(D, K)``.
        goal: float64 ``(D,)``.
        weights: float64 ``(D,)``, how much each row counts, not negative.
        penalty: float64 ``(K,)``, positive.

    Returns:
        The coefficients ``(K,)`` that make ``sum(weights * (goal - design @ c)**2) + sum(penalty * c**2)``
        smallest, and the matrix ``(K, K)`` of its normal equations.
    """
    weighted = design * weights[:, None]
    normal = design.T @ weighted + np.diag(penalty)
    return np.asarray(np.linalg.solve(normal, weighted.T @ goal), np.float64), normal


def to_light(pixels: Plane) -> Plane:
    """0..255 to the model's unit, a logarithm: halving the light is the same step on every skin."""
    return np.asarray(np.log((pixels + _FLOOR) / 255), np.float32)


def from_light(light: Plane) -> Plane:
    """The inverse of ``to_light``, clipped to 0..255."""
    return np.asarray((np.exp(light) * 255 - _FLOOR).clip(0, 255), np.float32)


def _correlation(one: Plane, other: Plane) -> float:
    if one.std() < 1e-3 or other.std() < 1e-3:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _carried_on(trusted: Plane) -> Plane:
    """Residuals times weight, and weight ``(h, w, 4)`` -> residuals extrapolated to their surroundings."""
    spread = cv2.GaussianBlur(trusted, (0, 0), _SEAM)
    return np.asarray(spread[..., :3] / (spread[..., 3:] + 0.05), np.float32)


@cache
def _read(path: Path) -> BareFaceModel:
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise WeightsUnavailable(
            f"The model of the bare face {path.name} is missing or altered; restore it from the repository."
        )
    found = load(data)
    size = (int(found["size"][0]), int(found["size"][1]))
    frame = FaceFrame(found["vertices"], found["triangles"].astype(np.int32), size)
    mean = found["mean"].astype(np.float32).reshape(-1, 3)
    components = found["components"].astype(np.float32).reshape(len(found["components"]), -1, 3)
    return BareFaceModel(frame, mean, components, float(found["rest"][0]))
