"""The gallery: whole, the same every time, and truly what it says."""

import hashlib
import io
from collections import Counter
from dataclasses import replace
from importlib import metadata

import numpy as np
import PIL.Image
import pytest

from xai.errors import ThirdPartyMissing, UnknownName
from xai.photo import portraits, sample_rendering
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample, sample_png
from xai.photo.samples import PORTRAITS, SAMPLES
from xai.types import CLASSES

pytestmark = pytest.mark.slow

TRUTHS = {
    "admiral-blue": ("covered",),
    "astronaut-grey": ("incorrect",),
    "admiral-plain": ("uncovered",),
    "both": ("covered", "incorrect"),
    "astronaut-red": ("covered",),
    "admiral-navy": ("incorrect",),
    "astronaut-plain": ("uncovered",),
    "astronaut-white": ("covered",),
    "admiral-green": ("incorrect",),
    "astronaut-blue": ("incorrect",),
    "admiral-hand": ("uncovered",),
    "astronaut-paper": ("uncovered",),
    "admiral-scarf": ("uncovered",),
    "astronaut-beard": ("uncovered",),
    "astronaut-phone": ("uncovered",),
    "astronaut-sticker": ("uncovered",),
}


def installed(portrait):
    """The portrait as Pillow reads it, with none of this library's code."""
    (path,) = [f.locate() for f in metadata.files(portrait.package) if str(f).endswith(portrait.file)]
    return np.asarray(PIL.Image.open(path).convert("RGB")).astype(int)


@pytest.fixture
def forgotten():
    """Nothing remembered from other tests, and nothing left for them."""
    remembered = (portraits.load_portrait, portraits.portrait_face, sample_rendering.sample_png)
    for made in remembered:
        made.cache_clear()
    yield
    for made in remembered:
        made.cache_clear()


def test_truths_and_names():
    assert {name: sample.truth for name, sample in SAMPLES.items()} == TRUTHS
    assert all(name == sample.id for name, sample in SAMPLES.items())
    assert len({sample.title for sample in SAMPLES.values()}) == len(SAMPLES)
    assert min(Counter(t for truth in TRUTHS.values() for t in truth)[c] for c in CLASSES) >= 2


def test_titles_do_not_give_the_truth_away():
    told = ("cover", "correct", "nose", "chin", "bare", "wrong", "without", "no mask")
    assert not [s for s in SAMPLES.values() if any(word in s.title.lower() for word in told)]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_loads_and_has_its_faces(name):
    image = load_sample(name)
    assert image.sha256 == hashlib.sha256(sample_png(name)).hexdigest()
    assert image.notices == ()
    decoded = PIL.Image.open(io.BytesIO(sample_png(name)))
    assert np.array_equal(np.asarray(decoded), image.pixels)
    assert not decoded.info
    boxes = [face.box for face in find_faces(image)]
    assert len(boxes) == len(SAMPLES[name].truth)
    assert [b.left for b in boxes] == sorted(b.left for b in boxes)


@pytest.mark.parametrize(
    ("name", "portrait"), [("admiral-plain", "admiral"), ("astronaut-plain", "astronaut")]
)
def test_plain_samples_are_the_portraits(name, portrait):
    assert np.abs(load_sample(name).pixels - installed(PORTRAITS[portrait])).max() <= 2


# Boxes set by hand on the portraits: left, top, right, bottom of what a mask may touch; nose tip; lips.
HANDS = {
    "admiral": ((120, 150, 400, 400), (265, 238), (265, 276)),
    "astronaut": ((150, 95, 300, 225), (224, 128), (223, 145)),
}


@pytest.mark.parametrize("name", [n for n, t in TRUTHS.items() if t in (("covered",), ("incorrect",))])
def test_drawn_samples_differ_only_where_the_mask_is(name):
    (wearer,) = SAMPLES[name].wearers
    (left, top, right, bottom), nose, lips = HANDS[wearer.portrait]
    changed = np.abs(load_sample(name).pixels - installed(PORTRAITS[wearer.portrait])).max(axis=2) > 2
    inside = changed[top:bottom, left:right].sum()
    assert inside == changed.sum() > 1500
    assert changed[nose[1], nose[0]] == (wearer.worn == "correct")
    assert changed[lips[1], lips[0]] == (wearer.worn in ("correct", "nose_out"))


@pytest.mark.parametrize("name", [n for n, s in SAMPLES.items() if s.traps and s.traps != ("sticker",)])
def test_what_is_held_changes_the_neighbourhood_of_the_face_alone(name):
    """A scarf and an arm reach down, so below the face nothing is asked."""
    (wearer,) = SAMPLES[name].wearers
    (left, top, right, _), _, lips = HANDS[wearer.portrait]
    changed = np.abs(load_sample(name).pixels - installed(PORTRAITS[wearer.portrait])).max(axis=2) > 2
    assert changed[top:].sum() == changed.sum() > 1500
    assert changed[top : lips[1], left:right].sum() == changed[: lips[1]].sum()
    assert changed[lips[1], lips[0]] == (wearer.held != "scarf")


def test_made_again_it_is_the_same(forgotten):
    first = sample_png("astronaut-red")
    sample_rendering.sample_png.cache_clear()
    assert sample_png("astronaut-red") == first


def test_credits_name_everybody_once():
    assert SAMPLES["both"].credit.count("public domain") == 2
    assert SAMPLES["admiral-blue"].credit == PORTRAITS["admiral"].credit


def test_unknown_sample_lists_those_that_exist():
    with pytest.raises(UnknownName, match=r"'nobody'; choose one of: .*admiral-plain.*, both"):
        load_sample("nobody")


def test_absent_and_altered_portraits_are_refused(monkeypatch, forgotten):
    admiral = PORTRAITS["admiral"]
    monkeypatch.setitem(PORTRAITS, "admiral", replace(admiral, package="no-such-package-here"))
    with pytest.raises(ThirdPartyMissing, match="no-such-package-here is not installed; run `make setup`"):
        load_sample("admiral-plain")
    monkeypatch.setitem(PORTRAITS, "admiral", replace(admiral, file="matplotlib/no-such-picture.jpg"))
    with pytest.raises(ThirdPartyMissing, match=r"no-such-picture\.jpg"):
        load_sample("admiral-plain")
    monkeypatch.setitem(PORTRAITS, "admiral", replace(admiral, sha256="0" * 64))
    with pytest.raises(ThirdPartyMissing, match="should have sha256 000000000000… but has a8ca6d734765…"):
        load_sample("admiral-plain")
