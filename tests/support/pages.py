"""Pages as a visitor opens them, without a browser."""

import re
import time
from dataclasses import replace

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import face_explanations, session
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import JobProgress
from tests.support.map_checks import check
from tests.support.paths import APP


class Clock:
    """The module ``time`` of a page: seconds that pass only when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


def page_at(address, **parameters):
    """The page at an address with its parameters, not run yet. Streamlit tells pages apart by address."""
    page = AppTest.from_file(str(APP), default_timeout=280)
    for name, value in parameters.items():
        page.query_params[name] = value
    page._page_hash = calc_hash(address)
    page.context["url"] = f"http://localhost/{address}"
    return page


def until(page, condition, argument=None, seconds=240):
    """Wait until JavaScript says so in a page in Chromium. Playwright's own wait evaluates text inside the
    page, which the pages' content policy forbids.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(condition, argument):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        page.wait_for_timeout(50)


def go(page, address, **parameters):
    """The same visitor at another address, or at another entry of the history: as a link of the menu or the
    button *Back* does it, with these parameters and no others.
    """
    page.query_params = dict(parameters)
    page._page_hash = calc_hash(address)
    page.context["url"] = f"http://localhost/{address}"
    return page.run()


def give_verdicts(monkeypatch, verdict_of, check_of=None):
    """Verdicts and checks of maps by hand in place of the long measuring; maps stay as they are measured.

    Args:
        monkeypatch: of the test.
        verdict_of: called with a model; returns its evidence, or the failure that ends the test.
        check_of: called with a map's model and method; returns its check, or the failure that ends the
            checks of the model. Without it every map passes.
    """
    explain = face_explanations.explain

    def explain_with_verdicts(job, listener):
        arrived, tell = [], listener.maps
        listener.maps = lambda model, explained: (arrived.append(model), tell(model, explained))
        explain(replace(job, requests=tuple(replace(each, test=False) for each in job.requests)), listener)
        for request in job.requests:
            if request.test and request.model in arrived:
                listener.progress(request.model, JobProgress("examining", 3, 9, request.model))
                found = verdict_of(request.model)
                told = listener.failed if isinstance(found, JobError) else listener.evidence
                told(request.model, found)

    monkeypatch.setattr(face_explanations, "explain", explain_with_verdicts)
    give_checks(monkeypatch, check_of)


def give_checks(monkeypatch, check_of=None):
    """Checks of maps by hand; as of ``give_verdicts``."""
    checked = check_of or (lambda _model, _method: check())

    def check_by_hand(maps, show):
        model = maps.provenance.model
        show(JobProgress("checking", 3, 9, model))
        found = {method: checked(model, method) for method in maps.heatmaps}
        for each in found.values():
            if isinstance(each, JobError):
                raise each
        return found

    monkeypatch.setattr(face_explanations, "check_faithfulness", check_by_hand)


def address(page):
    """The parameters of the page's address."""
    return {name: v if isinstance(v, str) else v[-1] for name, v in page.query_params.items()}


def no_more_jobs(monkeypatch):
    """From now on it is an error to ask the model process for anything."""

    def refuse(*_, **__):
        raise AssertionError("a job was handed in")

    monkeypatch.setattr(session.worker(), "submit", refuse)


def text(page):
    """All words of the page outside of its widgets; the page did not fail."""
    assert not page.exception
    parts = [*page.markdown, *page.caption, *page.error, *page.warning, *page.info]
    return "\n".join(str(part.value) for part in parts)


def upload(page, *files):
    """Hand in files: (name, bytes, type)."""
    return page.file_uploader[0].set_value(list(files)).run()


def shoot(page, name, data):
    """Take a picture with the camera."""
    return page.camera_input[0].set_value((name, data, "image/jpeg")).run()


def pick_face(page, number):
    """Choose a face of several by its number."""
    return chips(page).set_value(number - 1).run()


def chips(page):
    """The faces to choose from."""
    (found,) = (each for each in page.button_group if str(each.key).startswith("chips "))
    return found


def press(page, label):
    """Press the first button with this label."""
    return next(button for button in page.button if button.label == label).click().run()


def tell_truth(page, answer):
    """Say the correct answer, beside the first model: a class, or ``none``."""
    return next(b for b in page.button if str(b.key).startswith(f"truth {answer} ")).click().run()


def cards(page):
    """The verdict of each model as HTML, in the page's order."""
    return [part.proto.body for part in page.get("html") if 'class="verdict-card"' in part.proto.body]


def pills(page):
    """Where each model looked, with the shape before it."""
    found = (re.search(r'<p class="looked-at [^"]*">(.*?)</p>', card)[1] for card in cards(page))
    return [re.sub(r"<[^>]+>", "", each) for each in found]


def statuses(page):
    """Whether each model's answer is right, as a mark with words."""
    marked = (re.fullmatch(r":(green|red|gray)\[\*\*(.+)\*\*\]", str(part.value)) for part in page.markdown)
    return [found[2] for found in marked if found]


def alts(page):
    """The text alternative of each picture."""
    return [each.proto.imgs[0].alt for each in page.get("image")]


def blocks(page):
    """All containers of the page, from the outside to the inside."""
    waiting, found = list(page.main.children.values()), []
    while waiting:
        block = waiting.pop(0)
        if hasattr(block, "children"):
            found.append(block)
            waiting = [*block.children.values(), *waiting]
    return found


def keys(page):
    """The keys of the containers."""
    ids = (str(getattr(block.proto, "id", "")) for block in blocks(page))
    return [each.split("-", 2)[2] for each in ids if each]


def menus(page):
    """The labels of the menus that open on a click."""
    return [block.proto.popover.label for block in blocks(page) if block.type == "popover"]
