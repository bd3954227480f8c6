"""Boxes that a person set: whose landmarks they get, in which order they come, and what they never invent."""

import numpy as np
import pytest

from xai.photo.faces import cut_crop, face_from_box, find_faces, set_by_hand
from xai.photo.sample_rendering import load_sample
from xai.types import Box, Faces

WALL = Box(10, 300, 90, 380)
"""Part of the admiral's and the astronaut's picture in which nobody is."""


@pytest.fixture(scope="module")
def pair():
    image = load_sample("both")
    return image, find_faces(image)


def scaled(box, by):
    """The box about the same middle, ``by`` times as wide and high."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    half = by * box.width / 2, by * box.height / 2
    return Box(round(x - half[0]), round(y - half[1]), round(x + half[0]), round(y + half[1]))


def in_photo(face):
    return face.landmarks * face.crop_box.width / len(face.crop) + (face.crop_box.left, face.crop_box.top)


def test_without_boxes_the_faces_stay_as_they_were(pair):
    image, found = pair
    assert set_by_hand(image, found, {}) == found


def test_a_moved_box_takes_the_place_of_its_face_and_an_added_one_comes_last(pair):
    image, found = pair
    moved, added = scaled(found[1].box, 1.1), scaled(found[0].box, 1.2)
    faces = set_by_hand(image, Faces(found, ["a notice"]), {2: added, 1: moved})
    assert [face.box for face in faces] == [found[0].box, moved, added]
    assert faces[0] is found[0]
    assert faces.notices == ("a notice",)
    for face, box in zip(faces[1:], (moved, added), strict=True):
        crop, square = cut_crop(image.pixels, box)
        assert face.crop_box == square
        np.testing.assert_array_equal(face.crop, crop)


@pytest.mark.parametrize("by", [0.7, 1.0, 1.9])
def test_a_loose_or_tight_frame_keeps_the_landmarks_of_its_face(pair, by):
    image, found = pair
    frame = scaled(found[0].box, by)
    (face, _) = set_by_hand(image, found, {0: frame})
    assert len(face.landmarks) == len(found[0].landmarks) == 468
    assert np.abs(in_photo(face) - in_photo(found[0])).max() < 0.08 * found[0].box.width
    assert face.score > 0.4


def test_a_frame_round_the_whole_head_overlaps_too_little_to_pass_as_an_annotation(pair):
    """Why frames by hand have a rule of their own: 1 / 1.9² is less than the overlap asked of annotations."""
    image, found = pair
    assert len(face_from_box(image, scaled(found[0].box, 1.9)).landmarks) == 0


@pytest.mark.parametrize("aside", [WALL, "shoulder"])
def test_where_no_face_is_none_is_invented(pair, aside):
    image, found = pair
    box = found[0].box
    if aside == "shoulder":  # its crop shows half of the face, whose middle lies outside of the frame
        aside = Box(box.left, box.bottom, box.right, box.bottom + box.height)
    (face, _) = set_by_hand(image, found, {0: aside})
    assert (len(face.landmarks), face.score) == (0, 0.0)


def test_a_box_outside_of_the_photo_is_refused(pair):
    image, found = pair
    with pytest.raises(ValueError, match="lies outside the photo"):
        set_by_hand(image, found, {0: Box(image.width, 0, image.width + 50, 50)})
