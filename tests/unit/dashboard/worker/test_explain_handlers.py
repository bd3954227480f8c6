"""Maps in the model process: a preview goes out before the map, and changes nothing of it."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from dashboard.worker import explain_handlers
from dashboard.worker.jobs import Explain, Explained, Part, Stage
from dashboard.worker.results import Preview
from tests.support.models import make_face
from tests.support.oracles import occlusion_by_loop
from xai.attribution.crop_maps import on_crop
from xai.attribution.occlusion.engine import baseline
from xai.attribution.occlusion.patch import Patch
from xai.errors import Cancelled
from xai.models.classifiers import to_input


def job_of(crop, *, glimpse):
    return Explain(make_face(crop), "small", ("gradcam", "occlusion"), "incorrect", {}, glimpse)


@pytest.fixture
def told(small_cnn, noise_crop):
    news = []
    found = explain_handlers.explain(job_of(noise_crop, glimpse=True), small_cnn, news.append)
    return found, news


def test_one_preview_comes_before_the_map_and_the_map_is_the_one_without_it(told, small_cnn, noise_crop):
    found, news = told
    (at,) = [i for i, each in enumerate(news) if isinstance(each, Part)]
    assert news[at].name == "small"
    assert any(isinstance(each, Stage) and each.done > 20 for each in news[at:])
    plain = []
    alone = explain_handlers.explain(job_of(noise_crop, glimpse=False), small_cnn, plain.append)
    assert not any(isinstance(each, Part) for each in plain)
    ulp = np.finfo(np.float32).eps  # an occlusion map is exact to the rounding of its probabilities
    for method, heatmap in alone.explanation.heatmaps.items():
        np.testing.assert_allclose(
            found.explanation.heatmaps[method].values,
            heatmap.values,
            atol=max(2 * ulp, 1e-5 * np.abs(heatmap.values).max()),
        )
    np.testing.assert_array_equal(found.explanation.becomes, alone.explanation.becomes)
    assert (found.passes, found.check_passes) == (alone.passes, alone.check_passes)


def test_the_preview_is_drawn_from_every_fourth_place(told, small_cnn, noise_crop):
    """Each place's answer from four measured ones by hand, then the mean over the patches on each pixel."""
    _, news = told
    (preview,) = [each.value for each in news if isinstance(each, Part)]
    values, patch = to_input(noise_crop, 35), Patch()
    windows = patch.windows(35)
    knots = sorted({*range(0, len(windows), 4), len(windows) - 1})
    with np.errstate(invalid="ignore"):  # a mean over no patch, which is not used
        places = [windows[k] for k in knots]
        _, answers = occlusion_by_loop(small_cnn, values, places, baseline(values, "grey"))
    total, count = np.zeros((35, 35)), np.zeros((35, 35))
    for row, (top, bottom) in enumerate(windows):
        for column, (left, right) in enumerate(windows):
            (a, b, v), (c, d, w) = between(knots, row), between(knots, column)
            corner = {(y, x): answers[windows[y][0], windows[x][0]][1] for y in (a, b) for x in (c, d)}
            estimate = (1 - v) * ((1 - w) * corner[a, c] + w * corner[a, d])
            estimate += v * ((1 - w) * corner[b, c] + w * corner[b, d])
            total[top:bottom, left:right] += estimate
            count[top:bottom, left:right] += 1
    expected = preview.prediction.of("incorrect") - total / count
    face = make_face(noise_crop)
    assert np.abs(preview.heatmap.values - on_crop(expected.astype(np.float32), face)).max() < 1e-5
    assert (preview.heatmap.method, preview.heatmap.target) == ("occlusion", "incorrect")


def between(knots, place):
    """The knots round a place, and how far it is from the first to the second."""
    above = next(k for k in knots if k >= place)
    below = max(k for k in knots if k <= place)
    return below, above, 0.0 if above == below else (place - below) / (above - below)


def test_a_job_can_be_stopped_after_its_preview(small_cnn, noise_crop):
    seen = []

    def tell(news):
        if seen and isinstance(news, Stage):
            raise Cancelled("the visitor has seen enough")
        if isinstance(news, Part):
            seen.append(news)

    with pytest.raises(Cancelled):
        explain_handlers.explain(job_of(noise_crop, glimpse=True), small_cnn, tell)
    assert len(seen) == 1


def test_what_comes_back_is_read_without_torch(told):
    found, news = told
    assert isinstance(found, Explained)
    previews = [each for each in news if isinstance(each, Part)]
    assert isinstance(previews[0].value, Preview)
    code = (
        "import pickle, sys; pickle.loads(sys.stdin.buffer.read());"
        "sys.exit('torch' if 'torch' in sys.modules else 0)"
    )
    sent = pickle.dumps((found, previews))
    assert subprocess.run([sys.executable, "-c", code], input=sent, check=False).returncode == 0
