"""Labels meet detected faces by overlap, also in a photo that was turned."""

import numpy as np
import pytest

from tests.support.models import make_face
from xai.audit.sources.labels import Annotation, labels_of_faces
from xai.learning.data.formats import Extent
from xai.types import Box, Face

CROP = np.zeros((4, 4, 3), np.uint8)


def face(*box):
    one = make_face(CROP)
    return Face(one.photo_sha256, Box(*box), one.crop_box, CROP, one.landmarks, 0.9)


def test_each_box_goes_to_the_face_it_overlaps_most():
    faces = [face(0, 0, 10, 10), face(20, 0, 30, 10), face(60, 0, 70, 10)]
    known = [
        Annotation("uncovered", Extent(21, 0, 31, 10)),
        Annotation("covered", Extent(0, 1, 10, 11)),
        Annotation("incorrect", Extent(1, 0, 13, 12)),
    ]
    assert labels_of_faces(known, faces, (100, 50), 0) == (["covered", "uncovered", None], 1)


def test_the_label_of_a_picture_goes_to_its_largest_face():
    faces = [face(0, 0, 10, 10), face(20, 0, 50, 30)]
    assert labels_of_faces([Annotation("covered")], faces, (100, 50), 0) == ([None, "covered"], 0)
    assert labels_of_faces([Annotation("covered")], [], (100, 50), 0) == ([], 1)
    assert labels_of_faces([], faces, (100, 50), 0) == ([None, None], 0)


@pytest.mark.parametrize("turn", range(4))
def test_boxes_turn_with_the_photo(turn):
    """A photo 40 wide and 30 high in which only the box is bright, turned as the detector turns it."""
    pixels = np.zeros((30, 40), np.uint8)
    pixels[5:15, 22:36] = 1
    turned = np.rot90(pixels, -turn)
    rows, columns = np.nonzero(turned)
    seen = face(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    size = (turned.shape[1], turned.shape[0])
    known = [Annotation("covered", Extent(22, 5, 36, 15))]
    assert labels_of_faces(known, [seen], size, turn) == (["covered"], 0)
