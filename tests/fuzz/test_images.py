"""Whatever a picture file holds, it is decoded or refused, and its header says the same as its pixels."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from xai.errors import ImageRejected
from xai.photo.images import photo_frame, read_image

NOISE = np.random.default_rng(0).integers(0, 256, (9, 14, 3), np.uint8)


def saved(kind, mode="RGB", **options):
    stream = io.BytesIO()
    exif = Pillow.Exif()
    exif[0x0112] = options.pop("orientation", 1)
    Pillow.fromarray(NOISE).convert(mode).save(stream, kind, exif=exif, **options)
    return stream.getvalue()


FILES = [
    *(saved("JPEG", orientation=turn) for turn in (1, 3, 6)),
    saved("JPEG", progressive=True), saved("JPEG", "CMYK"), saved("JPEG", "L"),
    saved("PNG"), saved("PNG", "P"), saved("PNG", "RGBA"), saved("PNG", "1"), saved("PNG", orientation=8),
    saved("WEBP"), saved("WEBP", "RGBA", lossless=True),
]  # fmt: skip


@st.composite
def damaged(draw):
    """A picture with a few bytes changed, moved or cut off."""
    data = bytearray(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=6))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 3)) == 0 else data)


def outcome(data):
    """The picture, or what is said instead."""
    try:
        return read_image(data), ""
    except ImageRejected as refusal:
        return None, str(refusal)


@given(data=st.one_of(damaged(), st.binary(max_size=80)))
def test_a_picture_is_decoded_or_refused(data):
    image, said = outcome(data)
    if image is None:
        assert said.endswith(".")
        assert said.isprintable()
        return
    assert image.pixels.dtype == np.uint8
    assert image.pixels.ndim == 3
    assert photo_frame(data)[:2] == (image.width, image.height)


@pytest.mark.parametrize("data", FILES)
def test_every_sound_file_is_decoded(data):
    assert read_image(data).pixels.size == NOISE.size
