"""The model process does once what the first page asks for, so that no visitor waits for it."""

import pytest

from dashboard.worker import handlers
from dashboard.worker.jobs import AnalyzeSample, ExplainFace, ModelRequest, PhotoAnalysis
from dashboard.worker.model_pool import ModelPool
from tests.support.models import make_classifier
from xai.errors import ThirdPartyMissing
from xai.models.architectures import ARCHITECTURES
from xai.types import Faces


@pytest.fixture
def models():
    """Three small classifiers in memory, and what was announced of them."""
    announced = []
    found = ModelPool(announced.append)
    for name in ("one", "two", "three"):
        network = ARCHITECTURES["custom_cnn_relu_bn"].build(3)
        found._loaded[name] = make_classifier(network, 35, name=name)
    return found, announced


def test_the_two_models_of_the_first_page_make_their_maps(models, monkeypatch):
    found, announced = models
    asked, perform = [], handlers.handle

    def listened(job, *rest):
        asked.append(job)
        return perform(job, *rest)

    monkeypatch.setattr(handlers, "handle", listened)
    handlers.warm_up(found, lambda _: None)
    assert isinstance(asked[0], AnalyzeSample)
    (job,) = asked[1:]
    assert job.requests == tuple(ModelRequest(name, test=False) for name in ("one", "two"))
    assert found.explained
    assert [(status.loading, status.ready) for status in announced] == [(False, ("one", "two", "three"))]


def test_a_visitor_who_was_quicker_is_not_kept_waiting(models, monkeypatch):
    found, announced = models
    found.explained = True
    monkeypatch.setattr(handlers, "handle", lambda *_: pytest.fail("something was done"))
    handlers.warm_up(found, lambda _: None)
    assert [status.loading for status in announced] == [False]


def test_what_goes_wrong_leaves_the_models_ready(models, monkeypatch):
    found, announced = models

    def broken(job, *_):
        raise ThirdPartyMissing("The detector is not installed.")

    monkeypatch.setattr(handlers, "handle", broken)
    with pytest.raises(ThirdPartyMissing):
        handlers.warm_up(found, lambda _: None)
    assert [status.loading for status in announced] == [False]


def test_a_visitors_map_counts(models, monkeypatch):
    found, _ = models
    seen = handlers.handle(AnalyzeSample("admiral-plain", ("one",)), found, lambda _: None)
    assert isinstance(seen, PhotoAnalysis)
    assert isinstance(seen.faces, Faces)
    assert not found.explained
    job = ExplainFace(seen.faces[0], (ModelRequest("one", test=False),), ("gradcam",))
    handlers.handle(job, found, lambda _: None)
    assert found.explained
