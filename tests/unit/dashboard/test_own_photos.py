"""A visitor's own photos: kept once each, within limits, until they are removed; then nothing is left."""

from types import SimpleNamespace

import pytest

from dashboard import own_photos, session_cache
from dashboard.own_photos import MEGABYTES, PHOTOS


@pytest.fixture(autouse=True)
def state(monkeypatch):
    """The state of a session."""
    held = {}
    monkeypatch.setattr(session_cache, "st", SimpleNamespace(session_state=held))
    return held


def numbers():
    return [photo.number for photo in own_photos.photos()]


def test_photos_are_numbered_in_their_order():
    taken, left_out = own_photos.add([("a.png", b"one"), ("b.png", b"two")])
    assert (numbers(), left_out) == ([1, 2], ())
    assert taken == own_photos.photos()
    assert [(photo.name, photo.data) for photo in taken] == [("a.png", b"one"), ("b.png", b"two")]
    assert "one" not in repr(taken[0])


def test_the_same_bytes_are_kept_once_and_are_taken_again():
    (first,), _ = own_photos.add([("a.png", b"one")])
    taken, left_out = own_photos.add([("copy.png", b"one"), ("b.png", b"two")])
    assert taken == own_photos.photos()
    assert taken[0] is first
    assert left_out == ()


def test_a_number_is_never_given_twice():
    (first,), _ = own_photos.add([("a.png", b"one")])
    own_photos.remove(first)
    assert own_photos.photos() == ()
    own_photos.add([("a.png", b"one")])
    assert numbers() == [2]


def test_files_beyond_the_number_are_named_and_the_same_again_is_not_beyond_it():
    files = [(f"{n}.png", bytes([n])) for n in range(PHOTOS + 2)]
    taken, left_out = own_photos.add(files)
    assert len(taken) == len(own_photos.photos()) == PHOTOS == 10
    assert left_out == ("10.png", "11.png")
    again, left_out = own_photos.add([("again.png", bytes([3]))])
    assert (again, left_out) == ((own_photos.photos()[3],), ())


def test_files_beyond_the_size_are_named_and_a_smaller_one_after_them_still_fits(monkeypatch):
    assert MEGABYTES == 60
    monkeypatch.setattr(own_photos, "MEGABYTES", 1)
    large, small = b"x" * (2**20 - 9), b"y" * 9
    taken, left_out = own_photos.add([("l.png", large), ("m.png", b"z" * 10), ("s.png", small)])
    assert [photo.data for photo in taken] == [large, small]
    assert left_out == ("m.png",)


def test_a_photo_that_is_removed_leaves_nothing_and_the_others_keep_everything(state):
    (one, two), _ = own_photos.add([("a.png", b"one"), ("b.png", b"two")])
    for photo in (one, two):
        face = (photo.sha256, 0, (1, 2, 3, 4))
        for kind in session_cache.CACHE_LIMITS:
            session_cache.cached(kind, photo.sha256, lambda photo=photo: photo.data)
            session_cache.cached(kind, (face, "model", None), lambda photo=photo: photo.data)
        for name in ("face", "boxes", "whole", "turn", "open box"):
            session_cache.set_state(f"{name} {photo.sha256}", 1)
        session_cache.set_state(f"truth {photo.sha256[:8]} {photo.sha256}-1", "covered")
    before = {name: str(value) for name, value in state.items()}
    assert sum(one.sha256 in name or one.sha256 in value for name, value in before.items()) > 20
    own_photos.remove(one)
    assert own_photos.photos() == (two,)
    left = {name: repr(value) for name, value in state.items()}
    assert not [name for name in left if one.sha256 in name or one.sha256 in left[name]]
    assert not [name for name in left if repr(one.data) in left[name]]
    for name, value in state.items():
        if name.startswith("kept "):
            assert len(value) == 2, name
            assert two.sha256 in str(next(iter(value)))
    assert state[f"boxes {two.sha256}"] == 1
