"""The only place where a number becomes a colour. Free of torch.

Signed maps are drawn on a diverging scale with zero in the middle and fully transparent, so that the face
stays visible where it has no effect: towards purple where a pixel is evidence *for* the answer, towards teal
where it is evidence *against* it. Both ends differ in hue and lightness from skin and from each other in
every common form of colour blindness. The scale is an argument: two maps that share it can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from xai.classes import Hue, class_info
from xai.types import Box, Display, Face, Heatmap

__all__ = [
    "Mark",
    "beyond_even",
    "class_colour",
    "colour_bar",
    "common_scale",
    "density",
    "dim_outside",
    "display_scale",
    "display_values",
    "draw_boxes",
    "excess",
    "excess_scale",
    "outline_regions",
    "overlay",
    "paint_classes",
]

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

_SHADES: Mapping[Hue, Colour] = {
    "green": (27, 128, 62),
    "orange": (201, 96, 0),
    "red": (190, 30, 45),
    "grey": (95, 99, 104),
}
"""Shades on which white text is readable; always shown with the class's label."""

_FOR: tuple[Colour, ...] = ((197, 120, 214), (142, 36, 170), (74, 0, 114))
_AGAINST: tuple[Colour, ...] = ((118, 200, 196), (0, 137, 132), (0, 77, 79))
_LEVELS = 128
_OUTSIDE, _OUTSIDE_OPACITY = (128.0, 128.0, 128.0), 0.8
_OUTLINED_SIDE = 384
_LINES_PER_SIDE = 250


@dataclass(frozen=True)
class Mark:
    """A face to mark on a photo.

    Attributes:
        box: in pixels of the picture.
        number: shown in the box's corner.
        caption: a label shown with the number, or "".
        label: the class that sets the colour, however a model spells it.
    """

    box: Box
    number: int
    caption: str
    label: str


def class_colour(name: str) -> Colour:
    """RGB of a class, however a model spells it; grey for an unknown name."""
    return _SHADES[class_info(name).hue]


def display_values(heatmap: Heatmap, display: Display) -> NDArray[np.float32]:
    """The values of a map as displayed, ``(H, W)``.

    Args:
        heatmap: the map, raw.
        display: of its method: ``absolute`` as measured, ``density`` as ``excess``.
    """
    return heatmap.values if display == "absolute" else excess(heatmap.values)


def display_scale(maps: Iterable[Heatmap], display: Display) -> float:
    """The scale that maps of one method share: the value of ``display_values`` that gets the full colour."""
    return common_scale(maps) if display == "absolute" else excess_scale(maps)


def common_scale(maps: Iterable[Heatmap]) -> float:
    """The largest absolute value of all maps: the scale on which they can be compared; 0 for none.

    Raises:
        ValueError: the maps have different units, so no scale can serve both.
    """
    maps = list(maps)
    units = {m.unit for m in maps}
    if len(units) > 1:
        raise ValueError(f"maps in different units ({', '.join(sorted(units))}) have no common scale")
    return max((float(np.abs(m.values).max()) for m in maps), default=0.0)


def density(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Positive part over its mean: 1 is what a uniform map has everywhere; 0 where nothing is positive.

    This is how class activation maps of different networks are compared: their raw units have nothing in
    common, their spatial distributions do.
    """
    positive = np.maximum(values, 0)
    mean = float(positive.mean())
    return (positive / mean if mean > 0 else np.zeros_like(positive)).astype(np.float32)


def excess(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the density exceeds a uniform map's: 0 = uniform or less, 1 = twice uniform.

    The displayed values of a class activation map. The map of a network with a coarse last layer is positive
    nearly everywhere; drawn as it is, it would colour the whole face and say nothing.
    """
    return beyond_even(density(values))


def beyond_even(dense: NDArray[np.float32]) -> NDArray[np.float32]:
    """What of a density exceeds a uniform map."""
    return np.maximum(dense - 1, 0).astype(np.float32)


def excess_scale(maps: Iterable[Heatmap]) -> float:
    """The common scale of the excesses: their largest value, at least 1, so that a nearly uniform map looks
    faint.
    """
    return max(1.0, *(float(excess(m.values).max()) for m in maps), 1.0)


def overlay(crop: Pixels, values: NDArray[np.float32], *, scale: float, opacity: float = 0.7) -> Pixels:
    """``values`` overlaid on ``crop``; see the module's docstring for the colours.

    Args:
        crop: RGB uint8 ``(H, W, 3)``.
        values: ``(H, W)``, signed.
        scale: absolute value at the end of the scale; larger ones are clipped. 0 draws nothing.
        opacity: of the strongest colour, 0..1; weaker values are more transparent.
    """
    if values.shape != crop.shape[:2]:
        raise ValueError(f"the map {values.shape} must have the size of the crop {crop.shape[:2]}")
    if scale <= 0:
        return crop.copy()
    relative = np.clip(np.float32(1 / scale) * values, np.float32(-1), np.float32(1))
    level = np.rint(relative * np.float32(_LEVELS)).astype(np.int16) + _LEVELS
    alpha = np.float32(opacity) * np.abs(relative) ** np.float32(0.75)
    return _blend(crop, _lookup().take(level, axis=0), alpha[..., None])


def paint_classes(
    crop: Pixels, becomes: NDArray[np.int8], classes: Sequence[str], opacity: float = 0.5
) -> Pixels:
    """Every pixel in the colour of the class predicted with the patch there.

    ``becomes`` is ``(H, W)`` with indices into ``classes``.
    """
    colours = np.array([class_colour(name) for name in classes], dtype=np.float32)
    return _blend(crop, colours.take(becomes, axis=0), np.float32(opacity))


def outline_regions(crop: Pixels, masks: Mapping[str, NDArray[np.bool_]]) -> Pixels:
    """Thin light contours with a dark rim round every region but ``elsewhere``; visible on any skin.

    A crop smaller than 384 px is enlarged first, by a whole factor, so that the lines stay thin.
    """
    factor = max(1, -(-_OUTLINED_SIDE // crop.shape[0]))
    side = (crop.shape[1] * factor, crop.shape[0] * factor)
    drawn = np.array(Pillow.fromarray(crop).resize(side, Pillow.Resampling.BICUBIC))
    large = {n: m.repeat(factor, axis=0).repeat(factor, axis=1) for n, m in masks.items() if n != "elsewhere"}
    line = max(1, round(side[1] / _LINES_PER_SIDE))
    for mask in large.values():
        drawn[_grown(mask, 2 * line) & ~mask] = (20, 20, 20)
    for mask in large.values():
        drawn[_grown(mask, line) & ~mask] = (255, 255, 255)
    return drawn


def dim_outside(picture: Pixels, face: Face) -> Pixels:
    """``picture`` with grey over the part that lies outside the photo, for display alone.

    There a crop is mirrored, as in training: a classifier sees it, but a reader takes it for a second ear.

    Args:
        picture: of the face's crop, at any size: RGB uint8 ``(H, W, 3)``; itself where nothing is outside.
        face: where the crop lies in the photo.
    """
    if face.photo_size is None:
        return picture
    square, (width, height) = face.crop_box, face.photo_size
    across = square.left + (np.arange(picture.shape[1]) + 0.5) * square.width / picture.shape[1]
    down = square.top + (np.arange(picture.shape[0]) + 0.5) * square.height / picture.shape[0]
    inside = ((down >= 0) & (down < height))[:, None] & ((across >= 0) & (across < width))
    if inside.all():
        return picture
    grey = np.full(picture.shape, _OUTSIDE, np.float32)
    return _blend(picture, grey, np.float32(_OUTSIDE_OPACITY) * ~inside[..., None])


def draw_boxes(pixels: Pixels, marks: Sequence[Mark]) -> Pixels:
    """A copy of the photo with numbered boxes: colour by class, and the caption beside the number."""
    picture = Pillow.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    unit = max(pixels.shape[:2]) / 640
    line = max(2, round(2.5 * unit))
    for mark in marks:
        box = mark.box.as_list()
        draw.rectangle(box, outline=(255, 255, 255), width=line + 2)
        draw.rectangle(box, outline=class_colour(mark.label), width=line)
    for mark in marks:
        _draw_tag(draw, mark, _font(round(max(13.0, 15 * unit))), picture.size)
    return np.asarray(picture)


def colour_bar(width: int, height: int, *, signed: bool = True) -> Pixels:
    """The scale as a colour bar: from *against* over nothing to *for*; unsigned: from nothing to *for*."""
    relative = np.linspace(-1.0 if signed else 0.0, 1.0, width, dtype=np.float32)
    white = np.full((height, width, 3), 255, dtype=np.uint8)
    return overlay(white, np.broadcast_to(relative, (height, width)), scale=1.0, opacity=1.0)


def _blend(crop: Pixels, colours: NDArray[np.float32], alpha: NDArray[np.float32] | np.float32) -> Pixels:
    """Crop and colours blended in float32, in the colours' own memory: pages draw a dozen at once."""
    colours -= crop
    colours *= alpha
    colours += crop
    return np.rint(colours, out=colours).clip(0, 255).astype(np.uint8)


@cache
def _lookup() -> NDArray[np.float32]:
    """Colours of the levels -128..128, ``(257, 3)``."""
    steps = np.linspace(0, 1, _LEVELS + 1)
    knots = np.linspace(0, 1, len(_FOR))
    ends = [
        np.stack([np.interp(steps, knots, [c[channel] for c in side]) for channel in range(3)], axis=1)
        for side in (_AGAINST, _FOR)
    ]
    return np.concatenate([ends[0][:0:-1], ends[1]]).astype(np.float32)


def _draw_tag(
    draw: ImageDraw.ImageDraw, mark: Mark, font: ImageFont.FreeTypeFont, size: tuple[int, int]
) -> None:
    """Number and caption on a filled tag above the box, or inside it where there is no room above."""
    text = f"{mark.number} {mark.caption}".strip()
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    wide, high = right - left + 8, bottom - top + 8
    x = max(0, min(mark.box.left, size[0] - wide))
    y = mark.box.top - high if mark.box.top >= high else mark.box.top
    draw.rectangle((x, y, x + wide, y + high), fill=class_colour(mark.label))
    draw.text((x + 4 - left, y + 4 - top), text, fill=(255, 255, 255), font=font)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType; install the wheel of requirements.txt")
    return font


def _grown(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """The mask grown by ``by`` pixels in every direction."""
    grown = mask.copy()
    for _ in range(by):
        wide = np.pad(grown, 1)
        grown = wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    return grown
