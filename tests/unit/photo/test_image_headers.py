import io
import random
import struct
import time
import zlib

import numpy as np
import PIL.Image
import pytest

from xai.errors import ImageRejected
from xai.photo import image_headers, images
from xai.photo.images import read_image
from xai.types import Image

ROW, COLUMN = np.mgrid[:48, :64]
SCENE = np.stack([40 + COLUMN * 2, 30 + ROW * 3, (ROW * COLUMN) % 256], axis=2).astype(np.uint8)
PNG = b"\x89PNG\r\n\x1a\n"


def saved(kind, pixels=SCENE, **options):
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def ihdr(width, height):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def riff(content):
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content


def refusal(data):
    """The sentence that ``data`` is refused with."""
    with pytest.raises(ImageRejected) as caught:
        read_image(data)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert len(sentence) < 200
    assert "\n" not in sentence
    assert ". " not in sentence
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return sentence


FRAMES = [PIL.Image.fromarray(SCENE[::-1])]
WHOLE = {
    "jpeg": saved("JPEG"),
    "jpeg progressive": saved("JPEG", progressive=True, comment=b"\xff\xd9"),
    "mpo": saved("MPO", save_all=True, append_images=FRAMES),
    "png": saved("PNG"),
    "png animated": saved("PNG", save_all=True, append_images=FRAMES),
    "webp": saved("WEBP"),
    "webp lossless": saved("WEBP", lossless=True),
    "webp extended": saved("WEBP", exif=b"Exif\0\0II*\0", icc_profile=b"none"),
    "webp animated": saved("WEBP", save_all=True, append_images=FRAMES, duration=9),
}


def test_nothing_one_byte_and_magic_alone():
    assert "empty" in refusal(b"")
    for start in (b"\xff", b"\xff\xd8\xff", PNG, b"RIFF\0\0\0\0WEBP", b"RIFF\0\0\0\0WEBPVP8X", b"RIFF"):
        refusal(start)
    with pytest.raises(TypeError, match="bytes"):
        read_image("photo.jpg")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("HEIC", b"\0\0\0\x28ftypheic\0\0\0\0mif1MiHEheic"),
        ("HEIC", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic"),
        ("AVIF", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"),
        ("AVIF", b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"),
        ("GIF", saved("GIF")),
        ("TIFF", saved("TIFF")),
        ("TIFF", b"MM\0*\0\0\0\x08"),
        ("BMP", saved("BMP")),
        ("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("SVG", b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="9"/>'),
        ("PDF", saved("PDF")),
        ("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n"),
        ("JPEG XL", b"\xff\x0a\xfa\x7f"),
    ],
)
def test_known_formats_are_named_and_told_what_to_do(name, data):
    assert f"is {name} " in refusal(data)
    assert "export as JPEG" in refusal(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<html><img src=x></html>",
        b"%!PS-Adobe-3.0 EPSF",
        b"PK\x03\x04",
        b"\x80\x04\x95pickle.",
        b"P6 64 48 255 ",
    ],
)
def test_everything_else_never_reaches_a_decoder(data, monkeypatch):
    monkeypatch.setattr(PIL.Image, "open", None)
    assert "JPEG, PNG or WebP" in refusal(data + bytes(9999))


BOMBS = {
    "png 50k": (PNG + ihdr(50_000, 50_000), "50,000 × 50,000"),
    "png 2^31": (PNG + ihdr(2**31 - 1, 2**31 - 1), "2,147,483,647"),
    "png thin": (PNG + ihdr(60_000_000, 20), "16,000"),
    "png 100 MP": (PNG + ihdr(10_000, 10_000), "50 million"),
    "jpeg": (
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xfe\x03" + bytes(9) + b"\xff\xda\0\x02",
        "65,534 × 65,535",
    ),
    "webp extended": (riff(b"VP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff"), "16,777,216 × 16,777,216"),
    "webp lossless": (riff(b"VP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f" + bytes(9)), "16,384 × 16,384"),
    "webp lossy": (riff(b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(9)), "16,383 × 16,383"),
    "too small": (PNG + ihdr(0, 20), "0 × 20"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_sizes_are_refused_by_name_before_a_decoder_sees_them(name, monkeypatch):
    monkeypatch.setattr(PIL.Image, "open", None)
    data, named = BOMBS[name]
    start = time.process_time()
    assert named in refusal(data)
    assert time.process_time() - start < 0.1


def test_the_caps_are_where_they_say():
    image_headers.check_size(16_000, 3_125)
    image_headers.check_size(1, 1)
    for width, height in ((16_001, 16), (0, 16), (8_001, 6_250)):
        with pytest.raises(ImageRejected, match=f"{width:,} × {height:,}"):
            image_headers.check_size(width, height)
    jpeg = WHOLE["jpeg"]
    padded = jpeg + bytes(image_headers.MAX_BYTES - len(jpeg))
    np.testing.assert_array_equal(read_image(padded).pixels, read_image(jpeg).pixels)
    assert "20.1 MB and at most 20 MB" in refusal(padded + b"\0")
    assert read_image(saved("PNG", np.zeros((16, 16_000, 3), np.uint8))).width == 16_000


@pytest.mark.parametrize("name", WHOLE)
def test_the_header_tells_the_size_that_the_decoder_finds(name, monkeypatch):
    seen = []
    monkeypatch.setattr(image_headers, "check_size", lambda *size: seen.append(size))
    kind = image_headers.check_header(WHOLE[name])
    assert seen == [(64, 48)]
    assert PIL.Image.open(io.BytesIO(WHOLE[name]), formats=[kind]).size == (64, 48)


def progressive(scans):
    """A progressive JPEG whose last scan, which refines, comes again and again."""
    data = saved("JPEG", progressive=True)
    first, last, end = data.index(b"\xff\xda"), data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    tables = data.rindex(b"\xff\xc4", first, last)
    return data[:end] + data[tables:end] * (scans - data.count(b"\xff\xda")) + data[end:]


def test_progressive_scans_are_counted_in_the_picture_alone():
    assert read_image(progressive(image_headers.MAX_SCANS)).width == 64
    assert "64 scans" in refusal(progressive(image_headers.MAX_SCANS + 1))
    comment = b"\xff\xfe\x01\x92" + b"\xff\xda\0\x02" * 100
    jpeg = WHOLE["jpeg"]
    assert read_image(jpeg[:2] + comment + jpeg[2:] + b"\0\x02" + b"\xff\xda\0\x02" * 100).width == 64


def test_files_of_nothing_but_parts_are_refused_at_once(monkeypatch):
    jpeg, png = WHOLE["jpeg"], WHOLE["png"]
    text, comment = chunk(b"tEXt", b"a\0b"), b"\xff\xfe\0\x04ab"
    assert read_image(jpeg[:2] + comment * 500 + jpeg[2:]).width == 64
    assert read_image(png[:33] + text * 500 + png[33:]).width == 64
    monkeypatch.setattr(PIL.Image, "open", None)
    assert "600 segments" in refusal(jpeg[:2] + comment * 601 + jpeg[2:])
    assert "600 segments" in refusal(jpeg[:20] + bytes(601) + jpeg[20:])
    assert "before its picture begins" in refusal(b"\xff\xd8" + b"\xff" * 100_000)
    assert "20,000 chunks" in refusal(png[:33] + text * 20_001 + png[33:])


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
def test_inflating_text_and_profiles_are_refused(name):
    png = WHOLE["png"]
    bomb = chunk(name, b"a\0\0" + zlib.compress(bytes(1 << 24)))
    assert "damaged" in refusal(png[:33] + bomb + png[33:])


@pytest.mark.parametrize("name", WHOLE)
def test_a_cut_file_is_refused_or_whole(name):
    data = WHOLE[name]
    whole = read_image(data).pixels
    for cut in range(0, len(data), max(1, len(data) // 150)):
        try:
            left = read_image(data[:cut]).pixels
        except ImageRejected:
            continue
        np.testing.assert_array_equal(left, whole)
    refusal(data[: len(data) // 4])  # of the files with two pictures, too, the first is cut here


@pytest.mark.parametrize("name", WHOLE)
def test_flipped_bits_end_in_a_picture_or_a_sentence(name):
    rng = random.Random(name)
    for _ in range(60):
        data = bytearray(WHOLE[name])
        for _ in range(rng.choice((1, 1, 8, 64))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        try:
            image = read_image(bytes(data))
        except ImageRejected:
            image = None
        assert isinstance(image, Image) or refusal(bytes(data))


@pytest.mark.parametrize(
    "start", [b"", b"\xff\xd8\xff", PNG, PNG + ihdr(64, 48), b"RIFF\xff\xff\0\0WEBPVP8 "]
)
def test_garbage_ends_in_a_sentence(start):
    rng = random.Random(0)
    for _ in range(60):
        refusal(start + rng.randbytes(rng.choice((1, 30, 3000))))


@pytest.mark.parametrize(
    "error", [OSError, SyntaxError, struct.error, EOFError, MemoryError, ValueError, KeyError]
)
def test_nothing_of_a_decoder_error_is_told(error, monkeypatch):
    def broken(*_, **__):
        raise error("/secret/path <object at 0x7f>")

    monkeypatch.setattr(PIL.Image, "open", broken)
    assert "secret" not in refusal(WHOLE["png"])


def test_a_size_that_only_the_decoder_finds_is_checked_as_well(monkeypatch):
    monkeypatch.setattr(images, "check_header", lambda data: "PNG")
    monkeypatch.setattr(image_headers, "MAX_SIDE", 60)
    assert f"{SCENE.shape[1]} × 15" in refusal(saved("PNG", SCENE[:15]))


@pytest.mark.parametrize("limit", [1000, 2000])
def test_pillows_own_bomb_warning_and_error_are_refusals(limit, monkeypatch):
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", limit)
    refusal(WHOLE["png"])
