"""Composites a drawing into a photo, with a shadow and the photo's own blur and grain."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.synthetic_masks.face_pose import FaceFrame
from xai.photo.synthetic_masks.lighting import Light, linear, photo_blur, photo_grain, srgb

__all__ = ["composite", "hollows", "surface_normals"]

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

_LEAST_BLUR = 0.2  # pixels; less is not worth filtering
_UNSEEN = 2e-3  # less coverage or shadow than this leaves a pixel unchanged


def composite(
    cut: Pixels, layers: Plane, catches: Plane, scene: tuple[FaceFrame, Light], rng: np.random.Generator
) -> Pixels:
    """The photo with the layers composited over it.

    Args:
        cut: RGB uint8 ``(h, w, 3)``, the window of the photo; not changed.
        layers: linear RGB times coverage, and coverage, float32 ``(h, w, 4)``.
        catches: float32 ``(h, w)``, 0..1, how much of the object's shadow a pixel receives.
        scene: the face and its light.
        rng: for the grain.
    """
    frame, light = scene
    sigma = photo_blur(cut)
    if sigma > _LEAST_BLUR:
        layers = np.asarray(cv2.GaussianBlur(layers, (0, 0), sigma))
    alpha = layers[..., 3]
    shadow = _shadow(alpha, frame, light) * catches * (1 - alpha)
    under = linear(cut) * ((1 - shadow) * (1 - alpha))[..., None]
    mixed = srgb(under + layers[..., :3])
    grain = cv2.GaussianBlur(rng.normal(0, 1, alpha.shape).astype(np.float32), (0, 0), 0.6) * 2.1
    mixed += (grain * photo_grain(cut) * alpha)[..., None]
    touched = (alpha > _UNSEEN) | (shadow > _UNSEEN)
    drawn = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
    return np.where(touched[..., None], drawn, cut)


def surface_normals(height: Plane) -> Plane:
    """Unit normals ``(h, w, 3)`` of a surface of ``height`` pixels ``(h, w)`` above the picture."""
    down, across = np.gradient(cv2.GaussianBlur(height, (0, 0), 0.8))
    normals = np.dstack([-across, -down, np.ones_like(height)])
    return np.asarray(normals / np.linalg.norm(normals, axis=2, keepdims=True), np.float32)


def hollows(folds: Plane, unit: float) -> Plane:
    """The factor by which hollows are darker than their surroundings; ``unit`` is the face's width."""
    raised = folds - cv2.GaussianBlur(folds, (0, 0), 0.02 * unit)
    return np.asarray(np.clip(1 + 26 * raised, 0.6, 1.12), np.float32)


def _shadow(alpha: Plane, frame: FaceFrame, light: Light) -> Plane:
    """Shadow of an object: close to its edge, and cast away from the light."""
    x, y = (0.02 * frame.down - 0.04 * light.direction[:2]) * frame.width
    moved = np.array([[1, 0, x], [0, 1, y]], np.float32)
    cast = cv2.warpAffine(alpha, moved, alpha.shape[::-1])
    close = cv2.GaussianBlur(alpha, (0, 0), max(0.5, 0.012 * frame.width))
    soft = cv2.GaussianBlur(cast, (0, 0), max(0.8, 0.03 * frame.width))
    return np.asarray(0.4 * np.maximum(close, soft), np.float32)
