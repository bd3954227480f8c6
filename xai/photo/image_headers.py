"""Checks of a picture file's header, before anything is decoded.

The content decides the format, never the name. Sizes are read here and not by Pillow, because Pillow's WebP
reader allocates the whole canvas to report its size. Every refusal says what was expected, what came and what
to do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from xai.errors import ImageRejected

__all__ = [
    "HEADER_BYTES",
    "MAX_BYTES",
    "MAX_CHUNKS",
    "MAX_PIXELS",
    "MAX_SCANS",
    "MAX_SEGMENTS",
    "MAX_SIDE",
    "MIN_SIDE",
    "check_header",
    "check_size",
    "is_picture",
]

MAX_BYTES = 20_000_000
"""Largest file that is read, in bytes (20 MB)."""

MAX_PIXELS = 50_000_000
"""Largest area that is decoded, in pixels (50 megapixels)."""

MAX_SIDE = 16_000
"""Longest side that is decoded, in pixels."""

MIN_SIDE = 1
"""Shortest side that is accepted, in pixels: labelled sets contain crops of a few pixels, and those count."""

MAX_SCANS = 64
"""Most scans of a progressive JPEG. Cameras and editors write 3 to 20; each costs a pass over the whole
picture (about 12 ms per 10 megapixels), so thousands in a small file would occupy a core for minutes."""

MAX_SEGMENTS = 600
"""Most segments of a JPEG, each byte of filler between those of its header counted as one."""

MAX_CHUNKS = 20_000
"""Most chunks of a PNG. Real files have dozens, rarely hundreds. Pillow iterates over them in Python and
copies a JPEG's EXIF again at each, so a file of nothing else would occupy a core for more than a minute."""

_KINDS: Mapping[str, bytes] = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "WEBP": rb"RIFF....WEBP",
}
"""Pillow's names of the accepted formats, by magic bytes."""


_FOREIGN: Mapping[str, bytes] = {
    "AVIF": rb"....ftyp(avi[fs]|(mif1|msf1|miaf).{0,48}avi[fs])",
    "HEIC": rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)",
    "GIF": rb"GIF8[79]a",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "BMP": rb"BM",
    "SVG": rb"(\xef\xbb\xbf)?\s*(<svg|<[?!].*<svg)",
    "PDF": rb"%PDF-",
    "JPEG 2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "JPEG XL": rb"\0\0\0\x0cJXL |\xff\x0a",
}
"""Formats that users do upload, by magic bytes, so that the refusal can name them."""


HEADER_BYTES = 16
"""So many bytes of a file say whether it is a picture."""


def is_picture(header: bytes) -> bool:
    """Whether a file that begins with these ``HEADER_BYTES`` is a JPEG, PNG or WebP, whatever its name."""
    return any(re.match(beginning, header[:HEADER_BYTES], re.DOTALL) for beginning in _KINDS.values())


def check_header(data: bytes) -> str:
    """Pillow's name of the format (``"JPEG"``, ``"PNG"`` or ``"WEBP"``) of a file that may be decoded.

    A header from which no size can be read passes: the decoder refuses it, or ``check_size`` does once the
    decoder has reported the size.

    Args:
        data: the bytes of the file.

    Raises:
        ImageRejected: another format, or a file outside the limits of this module.
    """
    if not data:
        raise ImageRejected("The file is empty; choose a JPEG, PNG or WebP picture.")
    if len(data) > MAX_BYTES:
        came = math.ceil(len(data) / 1e5) / 10  # rounded up, so that it never reads "20.0 and at most 20"
        raise ImageRejected(
            f"The file has {came:,.1f} MB and at most {MAX_BYTES // 1_000_000} MB are taken; make it smaller."
        )
    kind = _kind(data)
    size = {"JPEG": _jpeg_size, "PNG": _png_size, "WEBP": _webp_size}[kind](data)
    if size is not None:
        check_size(*size)
    return kind


def check_size(width: int, height: int) -> None:
    """Raise ``ImageRejected`` unless a picture of ``width`` by ``height`` pixels may be decoded."""
    came = f"The picture has {width:,} × {height:,} pixels"
    if min(width, height) < MIN_SIDE:
        raise ImageRejected(f"{came} and each side needs at least {MIN_SIDE}; choose a larger picture.")
    if max(width, height) > MAX_SIDE:
        raise ImageRejected(f"{came} and a side may have at most {MAX_SIDE:,}; make it smaller.")
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise ImageRejected(f"{came} and at most {limit} million in all are taken; make it smaller.")


def _kind(data: bytes) -> str:
    for kind, beginning in _KINDS.items():
        if re.match(beginning, data[:HEADER_BYTES], re.DOTALL):
            return kind
    for name, beginning in _FOREIGN.items():
        if re.match(beginning, data[:1024], re.DOTALL):
            raise ImageRejected(
                f"The file is {name} and only JPEG, PNG and WebP are taken; export as JPEG and try again."
            )
    raise ImageRejected(
        "The file is not a JPEG, PNG or WebP picture; choose a photo in one of these formats."
    )


def _png_size(data: bytes) -> tuple[int, int] | None:
    at, parts = 8, 0
    while at < len(data):
        at += 12 + int.from_bytes(data[at : at + 4])
        parts += 1
        _check_count(parts, MAX_CHUNKS, "chunks")
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _webp_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if data[12:16] == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None


_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # not a stuffed 0xFF, not a restart marker
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Size of the first picture in the file; trailing ones, as in an MPO, are ignored."""
    size = None
    at, parts, scans = 2, 0, 0
    while (found := _JPEG_MARKER.search(data, at)) and (marker := found[1][0]) != _JPEG_END:
        parts += 1 if scans else 1 + found.start() - at
        scans += marker == _JPEG_SCAN
        _check_count(parts, MAX_SEGMENTS, "segments")
        _check_count(scans, MAX_SCANS, "scans")
        length, at = int.from_bytes(data[found.end() : found.end() + 2]), found.end()
        if marker in _JPEG_FRAMES and at + 7 <= len(data):
            size = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 3 : at + 5])
        at += max(2, length)
    if not scans:
        raise ImageRejected("The JPEG is cut off before its picture begins; export it again.")
    return size


def _check_count(came: int, limit: int, what: str) -> None:
    if came > limit:
        raise ImageRejected(
            f"The file has more than {limit:,} {what}, which no camera or editor writes; "
            "export it again as a plain JPEG."
        )
