"""The contact sheet: everything is on it, drawn on nobody but the public-domain portraits."""

import io
import json

import numpy as np
import PIL.Image
import pytest

from xai.learning.synthetic import contact_sheet as module
from xai.learning.synthetic.contact_sheet import contact_sheet
from xai.photo.occluders.renderer import OCCLUDERS
from xai.photo.synthetic_masks.catalog import MASK_CATALOG
from xai.photo.synthetic_masks.renderer import WORN

SIDE, CAPTION = 132, 15


SOME = ("surgical_blue", "cloth_dotted", "respirator_valve", "bandana_red")


@pytest.fixture(scope="module")
def sheet():
    """A sheet of some looks; all of them differ in nothing but time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MASK_CATALOG", {name: MASK_CATALOG[name] for name in SOME})
        return contact_sheet(0)


def tile(pixels, number):
    row, column = divmod(number, 2 * len(WORN))
    top, left = row * (SIDE + CAPTION), column * SIDE
    return pixels[top : top + SIDE, left : left + SIDE].astype(int)


def test_every_look_way_and_occluder_is_on_it(sheet):
    scarves = [name for name, look in MASK_CATALOG.items() if look.style == "scarf"]
    expected = [*OCCLUDERS]
    for name in SOME:
        ways = ("correct", "nose_out") if name in scarves else WORN
        expected += [f"{name} {way}" for way in ways]
    assert list(sheet.captions) == expected


def test_pictures_lie_in_reading_order_and_words_below_them(sheet):
    pixels = np.asarray(PIL.Image.open(io.BytesIO(sheet.png)))
    assert pixels.shape[1] == 2 * len(WORN) * SIDE
    first, second = tile(pixels, 2 * len(WORN)), tile(pixels, 2 * len(WORN) + 1)
    assert SOME[0] == "surgical_blue"
    blue = [(one[..., 2] > one[..., 0] + 20) & (one.sum(axis=2) > 380) for one in (first, second)]
    middle = (slice(60, 100), slice(45, 87))  # mouth and nose
    assert blue[0][middle].sum() > blue[1][middle].sum() + 150  # correct beside nose out
    words = pixels[2 * SIDE + CAPTION : 2 * (SIDE + CAPTION), :SIDE]
    assert (words < 128).any()
    assert (words[:, -3:] == 255).all()


def test_the_call_writes_the_file_whole(call, tmp_path, monkeypatch, sheet):
    monkeypatch.setattr(module, "contact_sheet", lambda seed: sheet)
    file = tmp_path / "sheet.png"
    status, out, _ = call("draw", "--sheet", file, "--json")
    assert (status, json.loads(out)["pictures"]) == (0, len(sheet.captions))
    assert file.read_bytes() == sheet.png
    assert list(tmp_path.iterdir()) == [file]
