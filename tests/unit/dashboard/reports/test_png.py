"""The picture that is taken away, pixel by pixel."""

import io

import numpy as np
import pytest
from PIL import Image as Pictures

from dashboard.reports import png
from dashboard.reports.png import CELL, WIDTH, sheet_png
from tests.support import evidences
from tests.support import explanations as by_hand
from tests.support.explanations import SIDE, explanation, sheet, two_models
from xai.errors import ThirdPartyMissing
from xai.evidence_types import Tally
from xai.render import excess, overlay


def pixels(data):
    with Pictures.open(io.BytesIO(data)) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


def places_of(picture, wanted):
    """Corners of every exact copy of ``wanted`` in ``picture``, looked for by its top right corner."""
    height, width = wanted.shape[:2]
    found = []
    first = (picture[: -height + 1, width - 1 :] == wanted[0, -1]).all(axis=2)
    for top, left in np.argwhere(first):
        row = picture[top, left : left + width]
        same = row.shape == wanted[0].shape and (row == wanted[0]).all()
        if same and (picture[top : top + height, left : left + width] == wanted).all():
            found.append((int(left), int(top)))
    return found


def enlarged(picture):
    """Every pixel repeated, by hand."""
    factor = CELL // SIDE
    assert factor * SIDE == CELL
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def test_the_face_and_every_map_stand_there_pixel_for_pixel_on_common_scales(monkeypatch):
    both = two_models()
    made = pixels(sheet_png(sheet(monkeypatch, both)))
    faces = places_of(made, enlarged(by_hand.CROP))
    assert len(faces) == 2
    scale = max(np.abs(each.heatmaps["occlusion"].values).max() for each in both)
    beyond = max(1.0, *(float(excess(each.heatmaps["gradcam"].values).max()) for each in both))
    cams = []
    for each in both:
        occlusion = overlay(by_hand.CROP, each.heatmaps["occlusion"].values, scale=float(scale))
        assert len(places_of(made, enlarged(occlusion))) == 2  # both models have the same by construction
        cam = overlay(by_hand.CROP, excess(each.heatmaps["gradcam"].values), scale=beyond)
        cams += places_of(made, enlarged(cam))
    assert [top for _, top in cams] == [top for _, top in faces]
    assert {left for left, _ in faces}.isdisjoint({left for left, _ in cams})


@pytest.mark.parametrize(("index", "lowest"), [(0, -1.0), (1, 0.0)])
def test_the_strip_of_colours_has_the_colour_of_each_value_where_the_value_stands(monkeypatch, index, lowest):
    made = sheet(monkeypatch, [explanation()])
    strips = []
    draw_strip = png.colour_bar

    def watched(*given, **named):
        strips.append(draw_strip(*given, **named))
        return strips[-1]

    monkeypatch.setattr(png, "colour_bar", watched)
    drawn = pixels(sheet_png(made))
    strip = strips[index]
    ((left, top),) = places_of(drawn, strip)
    scale, white = made.models[0].maps[index].scale, np.full((1, 1, 3), 255, np.uint8)
    for part in (0.0, 0.1, 0.35, 0.5, 0.8, 1.0):
        at = round(part * (strip.shape[1] - 1))
        share = at / (strip.shape[1] - 1)
        value = np.float32(scale * (lowest + (1.0 - lowest) * share))
        painted = overlay(white, np.full((1, 1), value, np.float32), scale=scale, opacity=1.0)
        np.testing.assert_allclose(drawn[top + 20, left + at].astype(int), painted[0, 0].astype(int), atol=4)


@pytest.mark.parametrize("code", ["en", "es"])
def test_it_is_wide_light_and_the_same_every_time(monkeypatch, code):
    made = sheet(monkeypatch, two_models(), code)
    data = sheet_png(made)
    assert data == sheet_png(made)
    drawn = pixels(data)
    assert drawn.shape[1] == WIDTH >= 1600
    border = np.concatenate(
        [drawn[:40].reshape(-1, 3), drawn[:, :40].reshape(-1, 3), drawn[:, -40:].reshape(-1, 3)]
    )
    assert (border == 255).all(), "something is set in the margin"
    assert (drawn[-40:] == 255).all()


def test_a_language_and_a_verdict_change_the_picture(monkeypatch):
    english, spanish = (sheet_png(sheet(monkeypatch, two_models(), code)) for code in ("en", "es"))
    untested = sheet_png(sheet(monkeypatch, [explanation(), explanation("custom_cnn_relu_bn", seed=2)]))
    counted = [
        sheet_png(sheet(monkeypatch, [explanation(evidence=evidences.evidence(stay=Tally(held, 24)))]))
        for held in (22, 21)
    ]
    assert len({english, spanish, untested, *counted}) == 5


def test_a_missing_font_is_named_and_nothing_else_is_taken(monkeypatch):
    from dashboard.reports import layout

    monkeypatch.setattr(layout, "find_spec", lambda name: None)
    layout.font_file.cache_clear()
    try:
        with pytest.raises(
            ThirdPartyMissing, match=r"DejaVuSans.ttf of the package matplotlib .* `make setup`"
        ):
            layout.font_file(False)
    finally:
        layout.font_file.cache_clear()
