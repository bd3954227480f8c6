"""Bytes to pixels and back: the only place where pictures are decoded.

Uploaded files are untrusted. Their header is checked before anything is decoded (``image_headers``), Pillow
is allowed one decoder, and any failure becomes one sentence. Only the pixels of the file are passed on: EXIF,
XMP and comments end here, and so do colour profiles, which are ignored (samples are taken as sRGB).
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import PIL.Image
import PIL.WebPImagePlugin  # or Pillow would load all its decoders to find this one
from numpy.typing import NDArray
from PIL import ExifTags

from xai.errors import ImageRejected
from xai.photo.image_headers import check_header, check_size
from xai.types import Image

__all__ = ["encode_jpeg", "encode_png", "photo_frame", "read_image"]


def read_image(data: bytes) -> Image:
    """Decode an uploaded photo.

    Accepted: JPEG (of an MPO or Ultra HDR file the main picture), PNG and WebP (of an animation the first
    frame, with a notice). EXIF orientation is applied once, with a notice; illegal values and broken EXIF
    mean "as stored". Every colour mode comes out as RGB: grey is repeated, 16 bits are scaled to 8, CMYK and
    YCCK follow Adobe's inverted convention and ``R = (255 - C) (255 - K) / 255``, and transparent parts are
    composited over white, with a notice.

    A truncated file is refused. A file that is properly closed after missing pixels (a truncated JPEG with an
    end marker appended) cannot be distinguished from a complete one.

    Args:
        data: the bytes of the file.

    Returns:
        The picture: fresh, contiguous RGB uint8 ``(H, W, 3)``, upright, with the sha256 of ``data``.

    Raises:
        ImageRejected: anything else, anything damaged or truncated, and anything outside the limits of
            ``image_headers`` (20 MB, 50 megapixels, sides of up to 16,000 pixels).
        TypeError: ``data`` is not ``bytes``.
    """
    if not isinstance(data, bytes):
        raise TypeError(f"read_image takes the bytes of a picture file, not {type(data).__name__}")
    pixels, orientation, notices = _decode(check_header(data), data)
    if orientation in _UPRIGHT:
        pixels = np.ascontiguousarray(_UPRIGHT[orientation](pixels))
    return Image(pixels, hashlib.sha256(data).hexdigest(), notices)


def photo_frame(data: bytes) -> tuple[int, int, int]:
    """Width and height of the picture that ``read_image`` returns, and the EXIF orientation that it applies.

    Nothing is decoded but the header. The orientation is 1 where the picture is taken as stored.

    Raises:
        ImageRejected: as ``read_image``.
    """
    with _one_sentence(), PIL.Image.open(io.BytesIO(data), formats=[check_header(data)]) as picture:
        orientation, (width, height) = _orientation(picture), picture.size
    if orientation not in _UPRIGHT:
        return width, height, 1
    return (height, width, orientation) if orientation in _SIDEWAYS else (width, height, orientation)


def encode_jpeg(pixels: NDArray[np.uint8], quality: int = 90) -> bytes:
    """A JPEG made from nothing but ``pixels``: RGB uint8 ``(H, W, 3)``, no metadata; quality 1..95."""
    if not 1 <= quality <= 95:
        raise ValueError(f"JPEG quality must lie in 1..95, not {quality}")
    return _encode(pixels, "JPEG", quality=quality)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG made from nothing but ``pixels``: RGB uint8 ``(H, W, 3)``, no metadata, exact."""
    return _encode(pixels, "PNG")


def _encode(pixels: NDArray[np.uint8], kind: str, **options: int) -> bytes:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise ValueError(f"expected RGB uint8 (H, W, 3), not {pixels.dtype} of {pixels.shape}")
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Turn whatever Pillow raises into one refusal.

    Damaged files make it raise nearly anything (``OSError``, ``SyntaxError``, ``ValueError``,
    ``struct.error``, ``EOFError``, ``MemoryError`` and more), with pieces of the file in the text: neither
    the text nor the traceback is passed on.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # broken EXIF and the like, which does not affect the pixels
        warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
        try:
            yield
        except ImageRejected:
            raise
        except MemoryError:
            raise ImageRejected(
                "There is not enough memory to open a picture of this size; try later or with a smaller copy."
            ) from None
        except Exception:
            raise ImageRejected(
                "The picture cannot be decoded because it is damaged, cut off or of a rare kind; "
                "export it again as JPEG or PNG."
            ) from None


def _decode(kind: str, data: bytes) -> tuple[NDArray[np.uint8], int, tuple[str, ...]]:
    """RGB uint8 ``(H, W, 3)`` as stored, the orientation, and the notices."""
    with _one_sentence(), PIL.Image.open(io.BytesIO(data), formats=[kind]) as picture:
        check_size(*picture.size)
        picture.load()
        orientation = _orientation(picture)
        notices = []
        if kind != "JPEG" and getattr(picture, "is_animated", False):
            notices.append("The picture is animated; only its first frame is used.")
        if _is_see_through(picture):
            notices.append("The picture has transparent parts; they are laid over white.")
        if orientation in _UPRIGHT:
            notices.append("The picture was turned upright, as its camera noted.")
        return _rgb(picture, depth=data[24]), orientation, tuple(notices)


_UPRIGHT: Mapping[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored.swapaxes(0, 1)[:, ::-1],
    7: lambda stored: stored.swapaxes(0, 1)[::-1, ::-1],
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}
"""EXIF orientation -> transform that makes the stored picture upright (Exif 2.32, tag 0x0112)."""


_SIDEWAYS = (5, 6, 7, 8)
"""Orientations that exchange width and height."""


def _orientation(picture: PIL.Image.Image) -> int:
    try:
        noted = picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # whatever is wrong with the EXIF is not wrong with the pixels
        return 1
    return noted if isinstance(noted, int) else 1


def _is_see_through(picture: PIL.Image.Image) -> bool:
    if "A" in picture.getbands():
        return picture.getchannel("A").getextrema() != (255, 255)  # screenshots often have an unused alpha
    return picture.has_transparency_data


_STRIP_PIXELS = 1 << 20
"""Pixels converted at a time, so that a large picture is never in memory three times."""


def _rgb(picture: PIL.Image.Image, depth: int) -> NDArray[np.uint8]:
    width, height = picture.size
    key = _key_colour(picture, depth)
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = _strip_rgb(picture.crop((0, top, width, bottom)), key)
    return pixels


def _key_colour(picture: PIL.Image.Image, depth: int) -> NDArray[np.int64] | None:
    """The one transparent colour of a PNG without alpha, in Pillow's sample format.

    Removed from ``picture.info``, because Pillow compares it unscaled. Sixteen-bit RGB arrives with eight
    bits, and so does its key: neighbours within 1/256 become transparent with it.
    """
    if picture.mode not in ("1", "L", "RGB", "I;16") or "transparency" not in picture.info:
        return None
    key = np.asarray(picture.info.pop("transparency"), np.int64)
    if picture.mode in ("1", "I;16"):
        return key
    return key >> 8 if depth == 16 else key * 255 // (2**depth - 1)


def _strip_rgb(strip: PIL.Image.Image, key: NDArray[np.int64] | None) -> NDArray[np.uint8]:
    if strip.has_transparency_data:
        white = PIL.Image.new("RGBA", strip.size, "white")
        return np.asarray(PIL.Image.alpha_composite(white, strip.convert("RGBA")).convert("RGB"))
    if strip.mode == "I;16":  # Pillow's own conversion clips at 255 and makes nearly every pixel white
        samples = np.asarray(strip)[..., None]
        rgb = np.repeat(((samples.astype(np.uint32) + 128) // 257).astype(np.uint8), 3, axis=2)
    else:
        samples = rgb = np.asarray(strip.convert("RGB"))
    if key is None:
        return rgb
    return np.where((samples == key).all(axis=2, keepdims=True), np.uint8(255), rgb)
