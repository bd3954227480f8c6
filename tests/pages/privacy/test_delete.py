"""*Delete my photos* leaves nothing of a photo in the server; the notice stands on every page."""

import gc
import hashlib

import pytest

from dashboard.i18n import messages
from dashboard.own_photos import OwnPhoto
from dashboard.worker.audit_jobs import SetFile
from dashboard.worker.jobs import PhotoAnalysis
from tests.support import evidences
from tests.support.pages import address, give_verdicts, go, page_at, press, text, upload
from xai.photo.sample_rendering import sample_png
from xai.types import Face

pytestmark = pytest.mark.usefixtures("one_model_process")

DATA = sample_png("astronaut-plain")
DIGEST = hashlib.sha256(DATA).hexdigest()
ME = ("me.png", DATA, "image/png")
SAID = messages("en")


@pytest.fixture(autouse=True)
def _verdicts(monkeypatch):
    supported = evidences.evidence("supported")
    give_verdicts(monkeypatch, lambda _model: supported)


def labels(page):
    return [button.label for button in page.button]


def about_the_photo():
    """Types of the objects in the whole process that hold the photo, its faces or a result."""
    gc.collect()
    marks = {OwnPhoto: "sha256", PhotoAnalysis: "sha256", SetFile: "sha256", Face: "photo_sha256"}
    found = [each for each in gc.get_objects() if type(each) in marks]
    return {type(each).__name__ for each in found if DIGEST in str(getattr(each, marks[type(each)]))}


def kept(page):
    """What the session holds: name -> value as text."""
    return {name: str(value) for name, value in page.session_state._state.filtered_state.items()}


def test_nothing_of_a_photo_is_left_and_the_preferences_stay():
    page = page_at("", level="technical").run()
    assert SAID["privacy.delete"] not in labels(page)
    upload(page, ME)
    assert address(page)["photo"] == "1"
    before = [name for name in kept(page) if DIGEST in name]
    assert before
    assert about_the_photo() >= {"OwnPhoto", "PhotoAnalysis", "Face"}
    press(page, SAID["privacy.delete"])
    assert [toast.value for toast in page.toast] == [SAID["privacy.deleted"]]
    assert address(page) == {"level": "technical"}
    left = kept(page)
    assert not [name for name in left if DIGEST in name or DIGEST in left[name] or "me.png" in left[name]]
    assert about_the_photo() == set()
    assert SAID["privacy.delete"] not in labels(page)
    assert "me.png" not in text(page)
    upload(page, ("again.png", *ME[1:]))
    assert address(page)["photo"] == "2", "an address from before never names another photo"


@pytest.mark.parametrize("other", ["compare", "cover", "models", "audit", "studies", "learn"])
def test_every_page_has_the_notice_and_where_photos_are_kept_the_button(other):
    page = upload(page_at("").run(), ME)
    go(page, other)
    assert SAID["privacy.notice"].strip() in text(page)
    assert about_the_photo() > set()
    assert SAID["privacy.no_contact"] in text(page)
    press(page, SAID["privacy.delete"])
    assert SAID["privacy.delete"] not in labels(page)
    assert about_the_photo() == set()


def test_the_notice_names_whom_to_ask(monkeypatch):
    monkeypatch.setenv("XAI_CONTACT", "office@school.example")
    page = page_at("studies").run()
    assert "office@school.example" in text(page)
    assert SAID["privacy.no_contact"] not in text(page)


def test_a_set_to_audit_goes_too():
    page = page_at("audit").run()
    page.file_uploader[0].set_value([ME]).run()
    assert about_the_photo() == {"SetFile"}
    press(page, SAID["privacy.delete"])
    assert about_the_photo() == set()
    assert "audit set" not in page.session_state
