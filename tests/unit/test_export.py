"""Explanations as a notebook shows them."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
from PIL import Image as Pillow

from tests.support import evidences
from tests.support.explanations import explanation


def test_a_notebook_shows_answer_verdict_maps_and_what_was_refused():
    made = explanation("net", evidences.evidence("mixed"))
    made = replace(made, refusals={"deeplift": "It does not add up to <1>."})
    html = made._repr_html_()
    assert f"{made.prediction.label} ({made.prediction.confidence:.0%})" in html
    assert "verdict: mixed" in html
    assert "deeplift: It does not add up to &lt;1&gt;." in html
    pictures = re.findall(r'alt="([^"]+)" src="data:image/png;base64,([^"]+)"', html)
    assert [name for name, _ in pictures] == ["face", *made.heatmaps]
    with Pillow.open(io.BytesIO(base64.b64decode(pictures[0][1]))) as face:
        assert (np.asarray(face) == made.face.crop).all()
    assert "src=" not in re.sub(r'src="data:', "", html)


def test_a_plot_has_the_face_and_each_map():
    made = explanation("net", evidences.evidence("supported"))
    figure = made.plot()
    assert [axes.get_title() for axes in figure.axes] == [made.prediction.label, *made.heatmaps]
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert file.tell() > 1000
