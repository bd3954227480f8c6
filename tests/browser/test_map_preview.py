"""A preview is seen before the map, and the map takes its place to the pixel."""

from collections import Counter

import pytest

from dashboard.text.model_names import model_name
from tests.performance.latency import _variant
from tests.support.pages import until
from xai.models.cards import read_cards

pytestmark = pytest.mark.browser

PATIENCE = 240_000
MODEL = model_name(read_cards().cards[0])
STEPS = ("Preview of where", "Where covering", "Occlusion map")
"""How the picture of a map is named: the preview, the map beside another's preview, the map at rest."""

WATCH = """([model, steps]) => {
  window.seen = [];
  const look = () => {
    for (const step of steps) {
      const img = document.querySelector(`img[alt^="${step}"][alt*="${model}"]`);
      if (!img || !img.complete || !img.naturalWidth) continue;
      const box = img.getBoundingClientRect(), top = document.querySelector('h1').getBoundingClientRect().top;
      window.seen.push([step, box.left, box.top - top, box.width, box.height]);
      break;
    }
    requestAnimationFrame(look);
  };
  look();
}"""
RESTING = """last => {
  const shown = window.seen.findLastIndex(([step]) => step.startsWith('Preview'));
  return shown >= 0 && window.seen.slice(shown).filter(([step]) => step === last).length > 30;
}"""
JUMP = 2
"""Pixels by which the picture may move or grow."""


def test_the_map_takes_the_place_of_its_preview(browser, server):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
    try:
        page.goto(server.address)
        maps = page.locator('img[alt^="Occlusion map"]')
        maps.nth(1).wait_for(timeout=PATIENCE)
        page.get_by_text("can the maps be trusted?").nth(1).wait_for(timeout=PATIENCE)
        page.evaluate(WATCH, [MODEL, STEPS])
        file = {"name": "photo.png", "mimeType": "image/png", "buffer": _variant(11)}
        page.locator("input[type=file]").first.set_input_files([file])
        until(page, RESTING, STEPS[-1])
        seen = page.evaluate("() => window.seen")
    finally:
        page.close()
    # For a frame or two the page may still be laid out for the photo before: a preview rests where it stays.
    resting = Counter(tuple(each) for each in seen if each[0] == STEPS[0]).most_common(1)[0][0]
    _, *preview = resting
    for step, *box in seen[seen.index([*resting]) :]:
        assert max(abs(a - b) for a, b in zip(preview, box, strict=True)) <= JUMP, (step, box, preview)
