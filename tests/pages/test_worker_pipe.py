"""What travels between the server and the model process for one face of a photo."""

import io
from multiprocessing.connection import Connection

import pytest
from PIL import Image

from dashboard import session
from dashboard.worker.jobs import METHODS_SHOWN, AnalyzePhoto, ExplainFace, ModelRequest
from xai.models.cards import read_cards
from xai.photo.sample_rendering import sample_png

pytestmark = pytest.mark.usefixtures("one_model_process")

MODELS = tuple(card.name for card in read_cards().cards[:2])
LIMIT = 8e6
"""Bytes, both ways together; it was 17.5 million when maps went down again and pictures travelled raw."""


@pytest.fixture
def travelled(monkeypatch):
    """Sizes of everything that is sent and received from now on."""
    sizes, send, receive = [], Connection._send_bytes, Connection._recv_bytes

    def counted_send(self, data):
        sizes.append(len(data))
        return send(self, data)

    def counted_receive(self, *limit):
        data = receive(self, *limit)
        sizes.append(data.getbuffer().nbytes)
        return data

    monkeypatch.setattr(Connection, "_send_bytes", counted_send)
    monkeypatch.setattr(Connection, "_recv_bytes", counted_receive)
    return sizes


def test_a_face_with_two_models_travels_light(travelled):
    portrait = Image.open(io.BytesIO(sample_png("admiral-blue"))).convert("RGB").resize((1280, 1500))
    file = io.BytesIO()
    portrait.save(file, "JPEG", quality=92)
    face = session.run_job(AnalyzePhoto(file.getvalue(), MODELS[:1]), lambda _: None).faces[0]
    assert face.crop.shape == (384, 384, 3), "the largest there is"
    parts = []
    requests = tuple(ModelRequest(model) for model in MODELS)
    session.run_job(ExplainFace(face, requests, METHODS_SHOWN, previews=True), lambda _: None, parts.append)
    assert [part.name for part in parts].count(MODELS[1]) >= 4, "prediction, preview, maps, evidence"
    assert 1e6 < sum(travelled) - len(file.getvalue()) < LIMIT
