"""The light on a face, and the blur and noise of its photo, estimated from the picture.

Luminance here is linear (sRGB with its gamma undone), 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.synthetic_masks.face_pose import FaceFrame

__all__ = ["Light", "linear", "measure_light", "photo_blur", "photo_grain", "skin_likeness", "srgb"]

Points = NDArray[np.float32]
Plane = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_SKIN = (
    50, 280, 101, 330, 205, 425, 36, 266, 117, 346, 118, 347, 123, 352, 147, 376, 187, 411, 5, 4, 195,
    151, 9, 108, 337, 69, 299, 104, 333, 142, 371,
)  # fmt: skip
"""Mesh vertices that are nearly always bare skin: cheeks, nose, forehead."""
_FROM_ABOVE = np.array([1.0, 0.0, -0.45])  # fallback where the face does not tell
_FORWARD = 0.45  # share of the light from the viewer's side; not measurable from one photo
_OWN_BLUR = 0.7**2 + 0.75**2  # variance that the measurement adds: smoothing, and the pixel and slope filters
_UNLINEAR = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Light:
    """How light falls on one face.

    Attributes:
        ambient: share of the mean luminance that reaches every surface.
        direction: float32 ``(3,)``, added luminance per unit of the surface normal (x right, y down, z to
            the viewer), in the same unit.
        exposure: linear luminance that a white sheet facing the camera would have, 0..1.1.
        tint: float32 ``(3,)``, colour of the light, mean 1.
        spots: float32 ``(N, 2)``, skin samples in photo pixels.
        residual: float32 ``(N,)``, remaining factor that direction alone does not explain.
        reach: pixels over which a residual is smoothed.
    """

    ambient: float
    direction: Points
    exposure: float
    tint: Points
    spots: Points
    residual: Plane
    reach: float

    def on(self, normals: Plane) -> Plane:
        """Brightness ``(H, W)`` relative to the face's mean, for unit ``normals`` ``(H, W, 3)``."""
        return np.asarray(np.clip(self.ambient + normals @ self.direction, 0.25, 1.7), np.float32)

    def local(self, points: Points) -> Plane:
        """The residual factor ``(N,)``, smoothed, at ``points`` ``(N, 2)`` of the photo."""
        squared = ((points[:, None] - self.spots[None]) ** 2).sum(axis=2)
        near = np.exp(-squared / (2 * self.reach**2)) + 1e-6
        return np.asarray(near @ self.residual / near.sum(axis=1), np.float32)


def linear(pixels: Pixels) -> Plane:
    """uint8 sRGB to linear float32 0..1, same shape."""
    return _UNLINEAR[pixels]


def srgb(values: Plane) -> Plane:
    """Linear 0..1 to sRGB float32 0..255, same shape."""
    return np.asarray(255 * np.clip(values, 0, 1) ** (1 / 2.2), np.float32)


def measure_light(pixels: Pixels, landmarks: Points, frame: FaceFrame) -> Light:
    """Fit ambient and first-order directional light to the skin of the face, with a sphere's normals.

    First-order lighting as in Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance
    Environment Maps" (2001), with the head taken as an ellipsoid.
    """
    spots = landmarks[list(_SKIN)]
    seen = _smooth(pixels, frame)
    luminance = np.array([_sample(seen, p) for p in spots]) @ _LUMA
    middle = float(np.median(luminance)) + 1e-3
    trust = np.exp(-(((luminance / middle - 1) / 0.35) ** 2))
    normals = _head_normals(spots, landmarks, frame)
    known = np.hstack([np.ones((len(spots), 1)), normals[:, :2]])
    damping = np.diag([1e-3, 1.0, 1.0])
    weighted = known * trust[:, None]
    goal = weighted.T @ (luminance / middle) + damping @ _FROM_ABOVE
    fit = np.linalg.solve(known.T @ weighted + damping, goal)
    forward = _FORWARD * float(fit[0])
    residual = np.clip(luminance / middle / np.maximum(known @ fit, 0.2), 0.7, 1.3)
    residual = 1 + trust * (residual - 1)
    return Light(
        ambient=float(fit[0]) - forward * float(normals[:, 2].mean()),
        direction=np.array([fit[1], fit[2], forward], np.float32),
        exposure=_exposure(seen, frame, middle),
        tint=_tint(seen, frame),
        spots=spots,
        residual=residual.astype(np.float32),
        reach=0.25 * frame.width,
    )


def skin_likeness(pixels: Pixels, window: Pixels, landmarks: Points, frame: FaceFrame) -> Plane:
    """How much each pixel of ``window`` looks like the skin of the face: float32 ``(h, w)``, 0..1."""
    chroma = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    samples = np.array([_sample(chroma, p) for p in landmarks[list(_SKIN)]])
    middle = np.median(samples, axis=0)
    spread = np.median(np.abs(samples - middle), axis=0) * 1.5 + np.array([30, 6, 6])
    seen = cv2.cvtColor(window, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    far = (((seen - middle) / spread) ** 2) @ np.array([0.15, 0.6, 0.6])
    likeness = np.exp(-far / 4).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(likeness, (0, 0), max(0.6, 0.012 * frame.width)))


def photo_blur(pixels: Pixels) -> float:
    """Sigma in pixels of the photo's own blur, from its strongest edges, 0..4.

    An edge blurred a second time loses the more contrast the sharper it was (Zhuo and Sim, "Defocus Map
    Estimation from a Single Image", 2011).
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    once, twice = _slope(grey, 0.7), _slope(grey, np.sqrt(0.7**2 + 1))
    strong = once > max(4.0, float(np.quantile(once, 0.97)))
    if not strong.any():
        return 0.0
    ratio = float(np.median(once[strong] / np.maximum(twice[strong], 1e-3)))
    total = 1 / max(ratio**2 - 1, 0.05)
    return float(np.clip(np.sqrt(max(total - _OWN_BLUR, 0.0)), 0.0, 4.0))


def photo_grain(pixels: Pixels) -> float:
    """Standard deviation of the photo's noise in grey levels, robustly, 0..12."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    return float(min(12.0, 1.48 * np.median(np.abs(cv2.filter2D(grey, -1, kernel)))))


def _smooth(pixels: Pixels, frame: FaceFrame) -> Plane:
    size = max(3, int(0.05 * frame.width) | 1)
    return np.asarray(cv2.blur(linear(pixels), (size, size)))


def _sample(picture: Plane, point: Points) -> Points:
    height, width = picture.shape[:2]
    x, y = (round(float(c)) for c in point)
    return np.asarray(picture[min(max(y, 0), height - 1), min(max(x, 0), width - 1)])


def _head_normals(points: Points, landmarks: Points, frame: FaceFrame) -> Plane:
    middle = (landmarks.max(axis=0) + landmarks.min(axis=0)) / 2
    x = (points - middle) @ frame.right / (0.6 * frame.width)
    y = (points - middle) @ frame.down / (0.85 * frame.height)
    flat = np.clip(x, -0.95, 0.95)[:, None] * frame.right + np.clip(y, -0.95, 0.95)[:, None] * frame.down
    z = np.sqrt(np.maximum(0.05, 1 - (flat**2).sum(axis=1)))
    normals = np.hstack([flat, z[:, None]])
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))


def _around(picture: Plane, frame: FaceFrame) -> Plane:
    """The pixels within a face width of the face."""
    x, y = frame.centre
    left, top = (max(0, int(c - frame.width)) for c in (x, y - 0.3 * frame.height))
    return picture[top : int(y + frame.width) + 1, left : int(x + frame.width) + 1].reshape(-1, 3)


def _exposure(seen: Plane, frame: FaceFrame, skin: float) -> float:
    """White under this light: between what the scene's brightest parts and what the skin suggest.

    Skin reflects from a tenth to more than half of the light, so alone it would make masks on dark skin
    too dark; the scene alone would make masks on faces against a window too bright.
    """
    scene = float(np.quantile(_around(seen, frame) @ _LUMA, 0.98))
    bounded = np.clip(scene, skin / 0.6, skin / 0.09)
    return float(np.clip(1.1 * bounded**0.6 * (skin / 0.32) ** 0.4, 0.03, 1.1))


def _tint(seen: Plane, frame: FaceFrame) -> Points:
    """Colour of the light, from what is bright and nearly without colour: walls, collars, paper."""
    around = _around(seen, frame)
    luminance = around @ _LUMA
    greyish = np.exp(-((np.ptp(around, axis=1) / (around.max(axis=1) + 1e-3) / 0.2) ** 2))
    trust = greyish * luminance**2 * (luminance < 0.97) + 1e-9
    bright = (around * trust[:, None]).sum(axis=0) / trust.sum() + 1e-3
    sure = float(min(1.0, 8 * (trust > 0.1).mean()))
    colour = (bright / bright.mean()) ** (0.7 * sure)
    return np.asarray(np.clip(colour / colour.mean(), 0.88, 1.12), np.float32)


def _slope(grey: Plane, sigma: float) -> Plane:
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, x, 1 - x) for x in (1, 0))
    return np.asarray(np.hypot(across, down), np.float32)
