"""How long a visitor waits for the answer after painting: ``python -m
tests.performance.counterfactual_latency ADDRESS``.

Drives Chromium against a running server. What is measured starts when the button of the mouse is let go and
ends when the bars of both models have changed and two frames have been drawn since.
"""

import json
import random
import sys
from dataclasses import asdict, dataclass

from tests.support.pages import until

WATCH = """() => {
  const note = [...document.querySelectorAll('*')]
    .map((one) => one.shadowRoot?.querySelector('p.note')).find(Boolean);
  const said = () => note.textContent;
  window.waited = [];
  let since = null, before = '';
  addEventListener('pointerup', () => { since = performance.now(); before = said(); }, true);
  new MutationObserver(() => {
    if (since === null || said() === before || !said()) return;
    const start = since;
    since = null;
    requestAnimationFrame(() => requestAnimationFrame(() => window.waited.push(performance.now() - start)));
  }).observe(note, { subtree: true, childList: true, characterData: true });
}"""


@dataclass(frozen=True)
class Waited:
    """Milliseconds that a visitor waits, over some actions."""

    actions: int
    p50: float
    p95: float


def measure(page, actions=50, seed=3):
    """Paint ``actions`` dabs, each on a place of its own, and clear now and then."""
    chance = random.Random(seed)
    page.evaluate(WATCH)
    canvas = page.locator("canvas.paint").bounding_box()
    cells = [(x, y) for x in range(10) for y in range(10)]
    chance.shuffle(cells)
    for number, (x, y) in enumerate(cells[:actions], start=1):
        at = [canvas[side] + canvas[size] * (0.05 + 0.1 * cell)
              for side, size, cell in (("x", "width", x), ("y", "height", y))]  # fmt: skip
        page.mouse.move(*at)
        page.mouse.down()
        page.mouse.move(at[0] + 5, at[1] + 3)
        page.mouse.up()
        until(page, f"window.waited.length >= {number}", seconds=30)
    waited = sorted(page.evaluate("window.waited"))
    return Waited(len(waited), waited[len(waited) // 2], waited[int(0.95 * (len(waited) - 1))])


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS, chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        shown = browser.new_page(viewport={"width": 1280, "height": 1100})
        shown.goto(f"{sys.argv[1]}/cover?try=paint&regions=none")
        shown.get_by_text("Nothing is covered").wait_for(timeout=120_000)
        sys.stdout.write(json.dumps(asdict(measure(shown))) + "\n")
        browser.close()
