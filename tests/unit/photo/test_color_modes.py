import io
import struct
import zlib

import numpy as np
import PIL.Image
import pytest

from xai.photo.images import read_image

HEIGHT, WIDTH = 48, 64
ROW, COLUMN = np.mgrid[:HEIGHT, :WIDTH]
SCENE = np.stack([40 + COLUMN * 2, 30 + ROW * 3, 200 - ROW - COLUMN], axis=2).astype(np.uint8)
GREY = SCENE[..., :1].repeat(3, axis=2)
ALPHA = (ROW * 5 + 10).astype(np.uint8)


def saved(pixels, kind, mode=None, **options):
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels, mode=mode).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(samples, depth, colour, *chunks):
    """A PNG written by the book: samples (H, W, C) of any depth, filter 0, chunks before the pixels."""
    height, width = samples.shape[:2]
    bits = (samples[..., None] >> np.arange(depth)[::-1]) & 1
    rows = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def levels(depth, channels=3):
    """The scene in ``depth`` bits, not through eight: every level of a deep picture differs."""
    ramp = np.stack([COLUMN / WIDTH, ROW / HEIGHT, (ROW + COLUMN) / (HEIGHT + WIDTH)], axis=2)
    return np.round(ramp * (2**depth - 1)).astype(np.int64)[..., :channels]


def over_white(samples, alpha, depth):
    """The definition, in floating point."""
    top = 2**depth - 1
    return (samples * alpha / top + top * (1 - alpha / top)) * 255 / top


def with_alpha(depth, channels):
    samples = levels(depth, channels)
    alpha = levels(depth)[..., ::-1][..., :1]
    return np.concatenate([samples, alpha], axis=2), over_white(samples, alpha, depth)


def with_key(depth, channels):
    samples = levels(depth, channels)
    key = samples[HEIGHT // 2, WIDTH // 2]
    alpha = np.where((samples == key).all(axis=2, keepdims=True), 0, 2**depth - 1)
    return samples, chunk(b"tRNS", struct.pack(f">{channels}H", *key)), over_white(samples, alpha, depth)


def cmyk_case(ycck):
    """CMYK as Adobe stores it: inverted; YCCK also turns C, M and Y to a luminance and two differences."""
    inks = np.dstack([SCENE, ALPHA // 2]).astype(np.float64)
    stored = 255 - inks
    if ycck:
        r, g, b = inks[..., 0], inks[..., 1], inks[..., 2]  # JFIF's formula on the inverse of what is stored
        luma = 0.299 * r + 0.587 * g + 0.114 * b
        stored[..., :3] = np.stack([luma, 128 + (b - luma) / 1.772, 128 + (r - luma) / 1.402], axis=2)
    planes = 255 - np.round(stored).clip(0, 255).astype(np.uint8)  # Pillow inverts what it writes
    data = saved(planes, "JPEG", "CMYK", quality=100)
    adobe = data.index(b"Adobe")
    assert data[adobe + 11] == 0
    marked = data[: adobe + 11] + bytes([2 if ycck else 0]) + data[adobe + 12 :]
    return marked, (255 - inks[..., :3]) * (255 - inks[..., 3:]) / 255


def palette_case(transparency):
    table = np.random.default_rng(1).integers(0, 256, (16, 3))
    index = (ROW // 6 + COLUMN // 8)[..., None] % 16
    alpha = np.full(16, 255)
    alpha[: len(transparency)] = list(transparency)
    chunks = [chunk(b"PLTE", table.astype(np.uint8).tobytes())]
    chunks += [chunk(b"tRNS", transparency)] if transparency else []
    wanted = over_white(table[index[..., 0]], alpha[index[..., 0]][..., None], 8)
    return png(index, 4, 3, *chunks), wanted


def key_case(depth, channels):
    samples, key, wanted = with_key(depth, channels)
    return png(samples, depth, 0 if channels == 1 else 2, key), wanted


def alpha_case(depth, channels):
    samples, wanted = with_alpha(depth, channels)
    return png(samples, depth, 4 if channels == 1 else 6), wanted


def plain_case(depth, channels):
    samples = levels(depth, channels)
    return png(samples, depth, 0 if channels == 1 else 2), samples * 255 / (2**depth - 1)


MODES = {
    "jpeg rgb": lambda: (saved(SCENE, "JPEG", quality=95, subsampling=0), SCENE),
    "jpeg progressive": lambda: (saved(SCENE, "JPEG", quality=95, subsampling=0, progressive=True), SCENE),
    "jpeg grey": lambda: (saved(GREY[..., 0], "JPEG", quality=95), GREY),
    "jpeg cmyk": lambda: cmyk_case(ycck=False),
    "jpeg ycck": lambda: cmyk_case(ycck=True),
    "webp": lambda: (saved(SCENE, "WEBP", quality=95), SCENE),
    "webp lossless": lambda: (saved(SCENE, "WEBP", lossless=True), SCENE),
    "webp alpha": lambda: (
        saved(np.dstack([SCENE, ALPHA]), "WEBP", lossless=True),
        over_white(SCENE.astype(float), ALPHA[..., None], 8),
    ),
    **{f"png grey {d}": lambda d=d: plain_case(d, 1) for d in (1, 2, 4, 8, 16)},
    **{f"png rgb {d}": lambda d=d: plain_case(d, 3) for d in (8, 16)},
    **{f"png grey key {d}": lambda d=d: key_case(d, 1) for d in (1, 2, 4, 8, 16)},
    **{f"png rgb key {d}": lambda d=d: key_case(d, 3) for d in (8, 16)},
    **{f"png grey alpha {d}": lambda d=d: alpha_case(d, 1) for d in (8, 16)},
    **{f"png rgba {d}": lambda d=d: alpha_case(d, 3) for d in (8, 16)},
    "png palette": lambda: palette_case(b""),
    "png palette alpha": lambda: palette_case(bytes(range(0, 160, 10))),
    "png palette one clear": lambda: palette_case(b"\xff\xff\xff\0"),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_comes_out_as_its_definition(name):
    data, wanted = MODES[name]()
    pixels = read_image(data).pixels
    wanted = np.broadcast_to(np.asarray(wanted, float), pixels.shape)
    assert np.abs(pixels - wanted).mean() <= 2
    if "jpeg" not in name and name != "webp":  # the others lose nothing but the rounding of 16 bits to 8
        assert np.abs(pixels - wanted).max() <= (2 if name.endswith("16") else 1)


def test_sixteen_bit_grey_keeps_its_mean():
    samples = np.random.default_rng(0).integers(0, 65536, (HEIGHT, WIDTH, 1))
    assert abs(read_image(png(samples, 16, 0)).pixels.mean() - samples.mean() / 257) < 0.5


def test_a_picture_of_many_strips_has_no_seam():
    samples = np.random.default_rng(0).integers(0, 256, (1100, 1001, 4)).astype(np.uint8)
    samples[::2, :, 3] = 255
    wanted = over_white(samples[..., :3].astype(float), samples[..., 3:], 8)
    assert np.abs(read_image(saved(samples, "PNG", compress_level=0)).pixels - wanted).max() <= 1


def test_transparency_is_told_only_where_there_is_some():
    see_through, opaque = np.dstack([SCENE, ALPHA]), np.dstack([SCENE, np.full_like(ALPHA, 255)])
    assert "transparent" in read_image(saved(see_through, "PNG")).notices[0]
    assert "transparent" in read_image(key_case(8, 3)[0]).notices[0]
    assert read_image(saved(opaque, "PNG")).notices == ()
