"""What is one visitor's own turns up with nobody else: not on a page, not in the logs, not in an error."""

import hashlib
import io
import re
import secrets
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image as Pictures
from PIL import PngImagePlugin

from tests.security.client import Visit, ask, media, models_loaded, serving, wait
from tests.support.paths import ROOT
from xai.photo.sample_rendering import sample_png

pytestmark = pytest.mark.slow

VISITORS = 8
FAULT = """
import streamlit

def fail(*_, **__):
    raise ValueError("canary-of-the-message /home/someone/photo.jpg")

streamlit.logo = fail
"""


def canary():
    """A photo of its own: name, bytes with a mark in their text, and the marks to recognise it by."""
    mark = secrets.token_hex(8)
    picture = Pictures.open(io.BytesIO(sample_png("astronaut-plain"))).convert("RGB")
    noise = np.random.default_rng(int(mark, 16)).integers(0, 256, (40, 40, 3), np.uint8)
    picture.paste(Pictures.fromarray(noise), (0, 0))
    noted = PngImagePlugin.PngInfo()
    noted.add_text("Comment", f"text-{mark}")
    stream = io.BytesIO()
    picture.save(stream, "PNG", pnginfo=noted)
    data = stream.getvalue()
    return f"name-{mark}.png", data, (f"name-{mark}", f"text-{mark}", hashlib.sha256(data).hexdigest())


def test_many_visitors_at_once_see_their_own_photo_and_no_other(tmp_path):
    with serving(tmp_path) as site, ThreadPoolExecutor(VISITORS) as together:
        wait(lambda: models_loaded(site))
        canaries = [canary() for _ in range(VISITORS)]
        visits = [Visit(site).open() for _ in canaries]
        seen = list(together.map(lambda visit, photo: visit.hand_in(*photo[:2]), visits, canaries))
        pictures = [
            media(each.partition(name.encode())[2]) for each, (name, _, _) in zip(seen, canaries, strict=True)
        ]
        for number, (_, _, marks) in enumerate(canaries):
            assert marks[0].encode() in seen[number]
            for other in range(VISITORS):
                if other != number:
                    assert not [mark for mark in marks if mark.encode() in seen[other]], (number, other)
        own = [
            each - set().union(*(pictures[:number] + pictures[number + 1 :]))
            for number, each in enumerate(pictures)
        ]
        assert all(own), "every visitor is shown pictures of the own photo"
        logged = site.logged()
        ids = [visit.session_id for visit in visits] + [visit.cookies["visitor"] for visit in visits]
        assert not [mark for _, _, marks in canaries for mark in marks if mark in logged]
        assert not [each for each in ids if each in logged]
        for visit in visits:
            visit.socket.close()
        gone = [address.decode() for each in own for address in each]
        assert ask(site, gone[0]).status == 200
        wait(lambda: all(ask(site, each).status == 404 for each in gone), 60)


def test_an_error_is_a_number_without_a_trace_on_the_page_and_in_the_log(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(FAULT)
    with serving(tmp_path, PYTHONPATH=str(tmp_path)) as site:
        visit = Visit(site).open()
        sent = b"".join(data for _, data in visit.messages())
        visit.socket.close()
        (number,) = set(re.findall(rb"tell us the number ([0-9a-f]{8})", sent))
        for trace in (
            b"Traceback",
            b"canary-of-the-message",
            b"ValueError",
            b"dashboard/",
            str(ROOT).encode(),
        ):
            assert trace not in sent
        logged = site.logged()
        assert f"incident {number.decode()}: ValueError" in logged
        assert "canary-of-the-message" not in logged
        assert "photo.jpg" not in logged
