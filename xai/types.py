"""The value types of the library.

Frozen, validated on construction, and free of torch: the web server, the command line and the worker process
all use them. Arrays are numpy; pictures are RGB uint8, height first. Coordinates have their origin in the top
left corner, x to the right and y down; boxes are half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pkgutil import resolve_name
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from xai.evidence_types import Evidence

__all__ = [
    "CLASSES",
    "MAX_FACES",
    "MIN_FACE",
    "REGIONS",
    "REGION_SUMS",
    "Box",
    "ComputeInfo",
    "Display",
    "Explanation",
    "Face",
    "Faces",
    "Heatmap",
    "Image",
    "IncorrectReason",
    "Params",
    "Prediction",
    "Progress",
    "Provenance",
    "RegionShares",
]

CLASSES = ("covered", "incorrect", "uncovered")
"""The three classes, by name: mask worn correctly, worn incorrectly, no mask."""

REGIONS = ("eyes", "nose", "mouth", "chin", "cheeks", "forehead", "elsewhere")
"""The disjoint regions of a crop. ``elsewhere`` is hair, clothes, background and padding."""

REGION_SUMS = {"nose_and_mouth": ("nose", "mouth"), "lower_face": ("nose", "mouth", "chin", "cheeks")}
"""Sums of regions that are reported beside them."""

MAX_FACES = 20
"""Default for how many faces of one photo are kept."""

MIN_FACE = 12
"""Photo pixels of a box's shorter side below which a detection does not count as a face."""

Params = Mapping[str, float | int | str]
"""The parameters of a method, by name."""

Display = Literal["absolute", "density"]
"""How the values of a map are displayed: as measured, on a scale that maps share; or, without a unit that two
networks have in common, as what exceeds a map uniform over the picture."""

Progress = Callable[[int, int], None]
"""Called with (forwards done, forwards in all) between batches; may raise to stop the work."""


@dataclass(frozen=True, eq=False)
class Image:
    """A decoded photo.

    Attributes:
        pixels: RGB uint8 ``(H, W, 3)``, upright.
        sha256: hex digest of the bytes the photo came from (not of the pixels).
        notices: sentences for the reader about what was done (first frame only, rotated upright, ...).
        turn: quarter turns clockwise, 0..3, by which it was turned after reading.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    notices: tuple[str, ...] = ()
    turn: int = 0

    def __post_init__(self) -> None:
        _require_picture("Image.pixels", self.pixels)

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])


@dataclass(frozen=True)
class Box:
    """A rectangle in photo pixels, half-open: ``left <= x < right``, ``top <= y < bottom``.

    It may extend past the photo, as the margin round a face at the edge does.

    >>> Box(10, 20, 40, 60).width, Box(10, 20, 40, 60).height
    (30, 40)
    """

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError(f"a box needs left < right and top < bottom, not {self.as_list()}")

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return self.bottom - self.top

    def as_list(self) -> list[int]:
        """``[left, top, right, bottom]``."""
        return [self.left, self.top, self.right, self.bottom]


@dataclass(frozen=True, eq=False)
class Face:
    """One face, cropped from a photo. Nothing is ever drawn on a crop.

    Attributes:
        photo_sha256: digest of the photo it was cut from.
        box: the face itself, in photo pixels.
        crop_box: the square that was cropped, in photo pixels; it may extend past the photo.
        crop: RGB uint8 ``(S, S, 3)``, the pixels of ``crop_box``, reduced to at most a given side.
        landmarks: float32 ``(K, 2)``, x and y in crop pixels. K is 468 (mesh), 5 (left eye, right eye,
            nose tip, left and right mouth corner, as seen in the picture) or 0 (none known).
        score: confidence of the detector, 0..1.
        turn: quarter turns clockwise, 0..3, by which the photo was turned before it was cut.
        photo_size: width and height of the photo in pixels, beyond which the crop is mirrored; None where
            that is not known.
    """

    photo_sha256: str
    box: Box
    crop_box: Box
    crop: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    score: float
    turn: int = 0
    photo_size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        _require_picture("Face.crop", self.crop)
        if self.landmarks.ndim != 2 or self.landmarks.shape[1] != 2:
            raise ValueError(f"Face.landmarks must have shape (K, 2), not {self.landmarks.shape}")


class Faces(tuple[Face, ...]):
    """The faces of one photo, left to right as they are numbered, with notices for the reader.

    A tuple, so that it can be indexed and compared in length; ``notices`` says for example that a limit
    truncated the list.
    """

    notices: tuple[str, ...]

    def __new__(cls, faces: Iterable[Face] = (), notices: Iterable[str] = ()) -> Self:
        """Make the tuple and attach the notices."""
        made = super().__new__(cls, tuple(faces))
        made.notices = tuple(notices)
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Pickle it with its notices."""
        return (tuple(self), self.notices)


@dataclass(frozen=True)
class IncorrectReason:
    """Why a mask is worn incorrectly, as far as it can be told.

    Attributes:
        likeliest: the most probable reason.
        probability: of it, 0..1.
        threshold: the probability from which a reason is reported.
    """

    likeliest: str
    probability: float
    threshold: float

    @property
    def said(self) -> str | None:
        """The reason; None below the threshold."""
        return self.likeliest if self.probability >= self.threshold else None

    def as_dict(self) -> dict[str, str | float | None]:
        """``{said, likeliest, probability, threshold}``."""
        return {"said": self.said, **asdict(self)}


@dataclass(frozen=True, eq=False)
class Prediction:
    """A classifier's prediction for one face.

    Attributes:
        classes: class names in the classifier's own order.
        probabilities: float32 ``(C,)``, summing to 1.
        reason: why, where the answer is ``incorrect`` and the classifier has a reason head.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    reason: IncorrectReason | None = None

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(self.classes),):
            raise ValueError(
                f"{len(self.classes)} classes need as many probabilities, not {self.probabilities.shape}"
            )
        if not np.isfinite(self.probabilities).all():
            raise ValueError("probabilities must be finite; the model returned NaN or infinity")

    @property
    def label(self) -> str:
        """The most probable class."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """The probability of ``label``."""
        return float(self.probabilities.max())

    def of(self, name: str) -> float:
        """The probability of the class ``name``; raises ``KeyError`` where it does not exist."""
        if name not in self.classes:
            raise KeyError(name)
        return float(self.probabilities[self.classes.index(name)])

    def as_dict(self) -> dict[str, float]:
        """``{class: probability}`` in the classifier's order."""
        return {name: float(p) for name, p in zip(self.classes, self.probabilities, strict=True)}


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Where a model looked, pixel for pixel on the crop; raw and signed, never scaled for display.

    Attributes:
        values: float32 ``(H, W)``, finite, same size as the crop it explains.
        unit: what one unit of a value means, e.g. ``"probability"`` (a drop of 1 = from certain to
            impossible) or ``"activation"`` (the method's own, comparable within one map alone).
        method: name in ``METHODS``.
        params: the parameters the method ran with.
        target: the class that is explained.
        against: a second class: why the target and not this one; None: why the target at all.
    """

    values: NDArray[np.float32]
    unit: str
    method: str
    params: Mapping[str, float | int | str]
    target: str
    against: str | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise ValueError(f"Heatmap.values must have shape (H, W), not {self.values.shape}")
        if not np.isfinite(self.values).all():
            raise ValueError(f"the {self.method} map holds NaN or infinity and is not shown")


@dataclass(frozen=True)
class RegionShares:
    """How the positive evidence of one map falls on the regions of the face.

    Regions are disjoint and cover the crop, so both mappings sum to 1. Sums of regions (``of``) are
    made on demand.

    Attributes:
        share: region -> part of the positive evidence that lies in it, 0..1.
        area: region -> part of the crop's pixels that it covers, 0..1.
    """

    share: Mapping[str, float]
    area: Mapping[str, float]

    def of(self, *regions: str) -> tuple[float, float]:
        """``(share, area)`` of the regions together."""
        return sum(self.share[r] for r in regions), sum(self.area[r] for r in regions)

    def lift(self, *regions: str) -> float | None:
        """Share over area: 1 is what a uniform map would give. None where the area is empty."""
        share, area = self.of(*regions)
        return share / area if area > 0 else None


@dataclass(frozen=True)
class ComputeInfo:
    """Runtime and precision of a map and, for half precision, its measured error.

    Attributes:
        runtime: library, precision and device, e.g. ``"openvino float32 on cpu"``.
        checked: patch positions that were measured again in float32 and replaced; 0 for a map in float32.
        error: largest difference in probability of the explained class at those positions before that; None
            where none was checked.
        correlation: rank correlation (Spearman) with the map in float32, estimated from these differences;
            None where none was checked.
        redone: why the whole map was then recomputed in float32 (``peak`` or ``ranking`` in doubt), or empty.
    """

    runtime: str
    checked: int = 0
    error: float | None = None
    correlation: float | None = None
    redone: str = ""


@dataclass(frozen=True)
class Provenance:
    """Provenance of an explanation, enough to reproduce it.

    Attributes:
        model: the classifier's name.
        weights_sha256: digest of its weights file; "" of a function, which has none.
        device: where it ran, e.g. ``"cpu"``.
        versions: package -> version.
        seconds: method -> wall-clock seconds.
        computed: method -> runtime and precision.
    """

    model: str
    weights_sha256: str
    device: str
    versions: Mapping[str, str]
    seconds: Mapping[str, float] = field(default_factory=dict)
    computed: Mapping[str, ComputeInfo] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Explanation:
    """Everything that was measured of one face with one classifier.

    Attributes:
        face: what was explained.
        prediction: the classifier's prediction.
        target: the class that the maps explain.
        heatmaps: method -> map.
        shares: method -> region shares, or None where the map has no positive evidence or the face no
            accepted mesh.
        probability: float32 ``(H, W)`` on the crop, or None without occlusion: the target's probability with
            the patch there.
        becomes: int8 ``(H, W)`` on the crop, or None without occlusion: index into ``prediction.classes`` of
            the class predicted with the patch there.
        provenance: its provenance.
        evidence: whether the answer depends on nose and mouth; None where that was not tested.
        refusals: method -> why it has no map, one sentence.
    """

    face: Face
    prediction: Prediction
    target: str
    heatmaps: Mapping[str, Heatmap]
    shares: Mapping[str, RegionShares | None]
    probability: NDArray[np.float32] | None
    becomes: NDArray[np.int8] | None
    provenance: Provenance
    evidence: Evidence | None = None
    refusals: Mapping[str, str] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        """Answer, verdict and maps, for a notebook."""
        shown: str = resolve_name("xai.export:html_of")(self)
        return shown

    def plot(self) -> Any:
        """The face and its maps side by side, a figure of matplotlib."""
        return resolve_name("xai.export:figure_of")(self)


def _require_picture(name: str, pixels: NDArray[np.uint8]) -> None:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise ValueError(f"{name} must be RGB uint8 of shape (H, W, 3), not {pixels.dtype} of {pixels.shape}")
