"""A model dropped onto the page is tried, is there on the other pages at once, and is removed again."""

import pytest

from dashboard.i18n import messages
from tests.browser.conftest import running_server
from tests.support.pages import until
from tests.support.trials import put_model

pytestmark = pytest.mark.browser

PATIENCE = 120_000
SAID = messages()


@pytest.fixture
def own_server(browser, tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "own"))
    with running_server() as running:
        yield running


@pytest.mark.parametrize("width", [1280, 390])
def test_a_model_is_dropped_added_and_removed(browser, own_server, tmp_path, shots, width):
    card = put_model(tmp_path / "made", "zebra", protocol="product", source="own", data={})
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{own_server.address}/models", timeout=PATIENCE)
    page.get_by_role("heading", name=SAID["own.heading"]).scroll_into_view_if_needed(timeout=PATIENCE)
    add = page.get_by_role("button", name=SAID["own.add"])
    assert add.is_disabled()
    files = [card.path.with_suffix(".json"), card.path]
    page.locator("input[type=file]").set_input_files(files, timeout=PATIENCE)
    until(page, "!document.querySelector('.st-key-own-add button').disabled")
    page.screenshot(path=shots / f"add-model-{width}.png")
    add.click()
    added = page.get_by_text(SAID["own.added"].format(model="zebra"))
    added.wait_for(timeout=PATIENCE)
    added.scroll_into_view_if_needed()
    page.screenshot(path=shots / f"add-model-{width}-added.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name=SAID["own.remove"].format(model="zebra")).click()
    page.get_by_text(SAID["own.removed"].format(model="zebra")).wait_for(timeout=PATIENCE)
    assert list((tmp_path / "own").iterdir()) == []
    assert not faults
    context.close()
