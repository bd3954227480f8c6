import hashlib
import io
import struct

import numpy as np
import PIL.Image
import PIL.ImageFile
import pytest

from tests.support.paths import SHARED
from xai.errors import ImageRejected
from xai.photo.images import encode_jpeg, encode_png, read_image
from xai.types import Image

ROW, COLUMN = np.mgrid[:48, :64]
SCENE = np.stack([40 + COLUMN * 2, 30 + ROW * 3, 200 - ROW - COLUMN], axis=2).astype(np.uint8)
PHOTOS = SHARED / "photos"


def saved(pixels, kind, **options):
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


# Exif 2.32, tag 0x0112: where the stored picture's first row and first column belong.
PLACES = {1: "top left", 2: "top right", 3: "bottom right", 4: "bottom left"}
PLACES |= {5: "left top", 6: "right top", 7: "right bottom", 8: "left bottom"}


def turned(stored, orientation):
    """Pixel by pixel, by the standard's table."""
    rows, columns = stored.shape[:2]
    first_row, first_column = PLACES[orientation].split()
    across = first_row in ("left", "right")
    upright = np.zeros((columns, rows, 3) if across else (rows, columns, 3), np.uint8)
    for r in range(rows):
        for c in range(columns):
            along = r if first_row in ("top", "left") else rows - 1 - r
            aside = c if first_column in ("top", "left") else columns - 1 - c
            upright[(aside, along) if across else (along, aside)] = stored[r, c]
    return upright


def exif(value, kind=3):
    """EXIF with a camera's name and the orientation entry alone, little-endian."""
    entries = struct.pack("<HHII", 0x010F, 2, 4, int.from_bytes(b"Cam\0", "little"))
    entries += struct.pack("<HHII", 0x0112, kind, 1, value)
    return b"Exif\0\0II*\0\x08\0\0\0\x02\0" + entries + b"\0\0\0\0"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations(kind, orientation):
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "PNG": {}, "WEBP": {"lossless": True}}[kind]
    image = read_image(saved(SCENE, kind, exif=exif(orientation), **options))
    wanted = turned(SCENE, orientation)
    assert image.pixels.shape == wanted.shape
    assert np.abs(image.pixels - wanted.astype(int)).max() <= (6 if kind == "JPEG" else 0)
    assert any("turned" in notice for notice in image.notices) == (orientation != 1)


@pytest.mark.parametrize(
    "broken",
    [
        *(exif(value) for value in (0, 9, 65535)),
        exif(ord("6"), kind=2),
        exif(6, kind=99),
        exif(6)[:20],
        exif(6).replace(b"II*", b"XX*"),
        b"Exif\0\0" + bytes(range(256)) * 200,
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x07\0\xff\xff\xff\xff\0\0\0\0" * 4000,
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_illegal_orientation_and_broken_exif_mean_as_stored(kind, broken):
    image = read_image(saved(SCENE, kind, exif=broken, quality=95))
    assert np.abs(image.pixels - SCENE.astype(int)).mean() <= 2
    assert image.notices == ()


@pytest.mark.parametrize("profile", [b"garbage", bytes(600_000)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_broken_colour_profile_is_ignored(kind, profile):
    pixels = read_image(saved(SCENE, kind, icc_profile=profile, quality=95)).pixels
    assert np.abs(pixels - SCENE.astype(int)).mean() <= 2


def animation(kind, **options):
    frames = [PIL.Image.fromarray(np.roll(SCENE, 9 * n, axis=1)) for n in range(1, 3)]
    return saved(SCENE, kind, save_all=True, append_images=frames, **options)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("WEBP", {"lossless": True, "duration": 50}),
        ("PNG", {"duration": 50}),
        ("PNG", {"duration": 50, "default_image": True}),
    ],
)
def test_an_animation_is_its_first_frame_and_says_so(kind, options):
    image = read_image(animation(kind, **options))
    np.testing.assert_array_equal(image.pixels, SCENE)
    assert len(image.notices) == 1
    assert "first frame" in image.notices[0]


def test_mpo_is_read_as_the_jpeg_that_it_is():
    image = read_image(animation("MPO", quality=95))
    assert np.abs(image.pixels - SCENE.astype(int)).mean() <= 2
    assert image.notices == ()


def test_the_result_is_fresh_and_carries_the_digest_of_the_bytes():
    data = saved(SCENE, "PNG", exif=exif(6))
    first, second = read_image(data), read_image(data)
    assert first.sha256 == hashlib.sha256(data).hexdigest()
    assert first.pixels.flags.c_contiguous
    first.pixels[:] = 0
    assert second.pixels.max() > 0


def test_nothing_but_pixels_goes_further():
    canary = b"GPS-CANARY-51.5N"
    data = saved(SCENE, "JPEG", exif=exif(6) + canary, icc_profile=canary, comment=canary) + canary
    assert data.count(canary) == 4
    image = read_image(data)
    assert set(vars(image)) == {"pixels", "sha256", "notices", "turn"}
    assert image.turn == 0
    for again in (encode_jpeg(image.pixels), encode_png(image.pixels)):
        assert canary not in again
        assert b"Exif" not in again
        assert isinstance(read_image(again), Image)


def test_png_is_exact_and_holds_no_chunk_but_pixels():
    data = encode_png(SCENE)
    np.testing.assert_array_equal(read_image(data).pixels, SCENE)
    names, at = [], 8
    while at < len(data):
        names.append(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4])
    assert (names[0], set(names[1:-1]), names[-1]) == (b"IHDR", {b"IDAT"}, b"IEND")


def test_jpeg_is_close_ends_where_it_ends_and_obeys_its_quality():
    data = encode_jpeg(SCENE)
    assert np.abs(read_image(data).pixels - SCENE.astype(int)).mean() <= 2
    assert data.endswith(b"\xff\xd9")
    assert len(encode_jpeg(SCENE, quality=30)) < len(data)
    assert set(PIL.Image.open(io.BytesIO(data)).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("encode", [encode_jpeg, encode_png])
def test_only_rgb_uint8_is_encoded(encode):
    for wrong in (SCENE.astype(np.float32), SCENE[..., 0], np.dstack([SCENE, SCENE]), SCENE[:0]):
        with pytest.raises(ValueError, match="RGB uint8"):
            encode(wrong)


def test_jpeg_quality_has_bounds():
    for quality in (0, 96):
        with pytest.raises(ValueError, match=r"1\.\.95"):
            encode_jpeg(SCENE, quality)


@pytest.mark.shared
@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the pictures are not beside the repository")
def test_real_photos_equal_another_decoder():
    cv2 = pytest.importorskip("cv2")
    paths = sorted(p for p in PHOTOS.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"})
    assert paths
    for path in paths[:: max(1, len(paths) // 20)]:
        data = path.read_bytes()
        other = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert np.abs(read_image(data).pixels - other.astype(int)).mean() <= 2


def test_too_little_memory_is_not_laid_to_the_file(monkeypatch):
    def no_room(*_, **__):
        raise MemoryError

    data = saved(np.zeros((9, 9, 3), np.uint8), "PNG")
    monkeypatch.setattr(PIL.Image.Image, "load", no_room)
    monkeypatch.setattr(PIL.ImageFile.ImageFile, "load", no_room)
    with pytest.raises(ImageRejected, match="not enough memory"):
        read_image(data)
