"""The style that comes with the HTML of the page, and whether Streamlit's HTML still has a place for it."""

import re
from pathlib import Path

import pytest
import streamlit

from dashboard.i18n import languages, messages
from dashboard.middleware import headers
from dashboard.styles import ratio_key, stylesheet, upload_key

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"


@pytest.mark.parametrize("code", languages())
def test_the_page_has_its_style_language_and_name_before_anything_is_drawn(code):
    scope = {"query_string": f"lang={code}".encode(), headers._NONCE: "n0nce"}
    html = headers._complete(INDEX.read_bytes(), scope).decode()
    assert f'<html lang="{code}">' in html
    assert f"<title>{messages(code)['app.title']}</title>" in html
    head, body = html.split("</head>")
    assert html.count("<script") == html.count('<script nonce="n0nce"') > 1
    assert "BACKEND_BASE_URL" in head
    assert body.index('id="root"') < body.index(stylesheet()) < body.index("</body>"), "after Streamlit's own"


def test_every_style_sheet_is_in_it_and_its_braces_are_closed():
    found = stylesheet()
    assert found.count("{") == found.count("}")
    for name in ("site-switches", "photo-bar", "verdict-card", "edited-faces", "focus-bars", "lesson-nav"):
        assert name in found
    for code in languages():
        assert f'.st-key-{upload_key(code)}{{--upload-label:"{messages(code)["photo.upload"]}"}}' in found


@pytest.mark.parametrize(("width", "height"), [(400, 300), (300, 400), (1000, 999), (9000, 10), (10, 9000)])
def test_a_picture_has_its_ratio_within_two_hundredths_or_the_nearest_there_is(width, height):
    rule = re.search(rf"\.st-key-{ratio_key(width, height)} img{{aspect-ratio:auto ([\d.]+)}}", stylesheet())
    assert float(rule[1]) == pytest.approx(min(max(width / height, 0.2), 4.0), abs=0.02)
