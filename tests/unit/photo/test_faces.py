"""Faces: cropping against a literal loop; two real portraits, small, large, turned and many at once."""

import csv
import hashlib
import math
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from xai.photo import faces
from xai.photo.centerface import Detections
from xai.photo.faces import cut_crop, face_from_box, find_faces, whole_photo
from xai.types import Box, Image

PORTRAITS = {
    "astronaut": ("scikit-image", "skimage/data/astronaut.png", Box(180, 60, 270, 178)),
    "admiral": ("matplotlib", "sample_data/grace_hopper.jpg", Box(180, 120, 345, 345)),
}


def portrait(name):
    package, suffix, _ = PORTRAITS[name]
    (path,) = [Path(f.locate()) for f in metadata.files(package) if str(f).endswith(suffix)]
    return np.asarray(PIL.Image.open(path).convert("RGB"))


def as_image(pixels):
    return Image(np.ascontiguousarray(pixels), hashlib.sha256(pixels.tobytes()).hexdigest())


def iou(a, b):
    across = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    down = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    both = across * down
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def five(face):
    """Eyes, nose tip and mouth corners, whatever the landmarks are."""
    points = face.landmarks
    if len(points) == 5:
        return points
    eyes = [(points[33] + points[133]) / 2, (points[362] + points[263]) / 2]
    return np.array([*eyes, points[1], points[61], points[291]])


def crop_by_loop(pixels, box, margin):
    """The definition, pixel by pixel: walk outwards and turn round at the photo's edge."""

    def turned(i, length):
        while not 0 <= i < length:
            i = -i if i < 0 else 2 * (length - 1) - i
        return i

    longer = max(box.right - box.left, box.bottom - box.top)
    side = longer + 2 * margin * longer
    left = round((box.left + box.right) / 2 - side / 2)
    top = round((box.top + box.bottom) / 2 - side / 2)
    crop = np.zeros((round(side), round(side), 3), np.uint8)
    for y in range(len(crop)):
        for x in range(len(crop)):
            crop[y, x] = pixels[turned(top + y, len(pixels)), turned(left + x, pixels.shape[1])]
    return crop, Box(left, top, left + len(crop), top + len(crop))


@pytest.mark.parametrize("margin", [0.3, 0.0, 0.75])
@pytest.mark.parametrize(
    "box", [Box(12, 9, 25, 27), Box(0, 0, 9, 14), Box(30, 20, 41, 31), Box(0, 2, 41, 31), Box(5, 0, 36, 31)]
)
def test_crop_equals_the_slow_one(box, margin):
    pixels = np.random.default_rng(2).integers(0, 256, (31, 41, 3), dtype=np.uint8)
    crop, square = cut_crop(pixels, box, margin)
    expected, where = crop_by_loop(pixels, box, margin)
    assert square == where
    np.testing.assert_array_equal(crop, expected)


def test_large_crops_are_averaged_and_small_ones_never_enlarged():
    pixels = np.random.default_rng(3).integers(0, 256, (800, 800, 3), dtype=np.uint8)
    crop, square = cut_crop(pixels, Box(16, 16, 784, 784), margin=0.0)
    assert (square.width, crop.shape) == (768, (384, 384, 3))
    means = pixels[16:784, 16:784].reshape(384, 2, 384, 2, 3).mean(axis=(1, 3))
    assert np.abs(crop - means).max() <= 0.5
    assert cut_crop(pixels, Box(100, 100, 110, 120))[0].shape == (32, 32, 3)


@pytest.mark.shared
def test_crops_are_cut_as_the_training_crops_were(shared):
    """Annotated faces of whole photos against the crops that training sees, mirrored edges included."""
    with (shared / "fmd" / "labels.csv").open() as lines:
        rows = [r for r in csv.DictReader(lines) if r["source_image"] in ("maksssksksss495.png",)]
    photo = np.asarray(PIL.Image.open(shared / "photos" / "fmd" / "maksssksksss495.jpg").convert("RGB"))
    with (shared / "photos" / "fmd" / "boxes.csv").open() as lines:
        boxes = [r for r in csv.DictReader(lines) if r["file"] == "maksssksksss495.jpg"]
    compared = 0
    for row in rows:
        size = (float(row["box_w"]), float(row["box_h"]))
        fitting = [[round(float(b[k])) for k in ("x0", "y0", "x1", "y1")] for b in boxes]
        fitting = [b for b in fitting if (b[2] - b[0], b[3] - b[1]) == size]
        wanted = np.asarray(PIL.Image.open(shared / "fmd" / row["file"]).convert("RGB")).astype(float)
        if len(fitting) == 1:
            crop, square = cut_crop(photo, Box(*fitting[0]))
            assert crop.shape == wanted.shape
            assert (fitting[0][0] - square.left, fitting[0][1] - square.top) == (
                float(row["x0"]),
                float(row["y0"]),
            )
            assert np.abs(crop - wanted).mean() < 8  # both went through JPEG
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("name", PORTRAITS)
def test_portraits_are_found_with_plausible_landmarks(name):
    image = as_image(portrait(name))
    found = find_faces(image)
    assert len(found) == 1
    assert found.notices == ()
    face = found[0]
    assert iou(face.box.as_list(), PORTRAITS[name][2].as_list()) > 0.6
    assert face.score > 0.7
    assert face.photo_sha256 == image.sha256
    left_eye, right_eye, nose, left_mouth, right_mouth = five(face)
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    inner = len(face.crop) * np.array([0.3, 1.3]) / 1.6
    assert ((face.landmarks > inner[0] - 12) & (face.landmarks < inner[1] + 12)).all()


@pytest.mark.parametrize("degrees", [-20, -10, 10, 20])
def test_landmarks_turn_with_the_head(degrees):
    pixels = portrait("astronaut")
    turn = cv2.getRotationMatrix2D((225, 118), -degrees, 1.0)
    turned = cv2.warpAffine(pixels, turn, (512, 512), flags=cv2.INTER_LINEAR)
    left_eye, right_eye = five(find_faces(as_image(turned))[0])[:2]
    upright = five(find_faces(as_image(pixels))[0])[:2]
    tilt = [math.degrees(math.atan2(*(eyes[1] - eyes[0])[::-1])) for eyes in ((left_eye, right_eye), upright)]
    assert tilt[0] - tilt[1] == pytest.approx(degrees, abs=5)


def test_small_face_in_a_large_photo_is_found():
    small = cv2.resize(portrait("astronaut"), (256, 256), interpolation=cv2.INTER_AREA)
    canvas = np.full((3000, 4000, 3), 90, np.uint8)
    canvas[1900:2156, 3100:3356] = small
    found = find_faces(as_image(canvas))
    assert len(found) == 1
    assert iou(found[0].box.as_list(), (3190, 1930, 3235, 1989)) > 0.5


@pytest.mark.parametrize("side", [60, 400, 1500])
def test_face_that_fills_the_photo_is_one_face(side):
    close = cv2.resize(portrait("astronaut")[50:180, 160:290], (side, side), interpolation=cv2.INTER_CUBIC)
    found = find_faces(as_image(close))
    assert len(found) == 1
    share = np.array(found[0].box.as_list()) / side
    assert iou(share, (20 / 130, 10 / 130, 110 / 130, 128 / 130)) > 0.7


def test_cap_keeps_the_largest_and_says_how_many_were_left_out():
    face = portrait("astronaut")[20:220, 120:320]
    canvas = np.zeros((1000, 1000, 3), np.uint8)
    sides = [190 if (row, column) in {(0, 0), (2, 3)} else 120 for row in range(5) for column in range(5)]
    for number, side in enumerate(sides):
        top, left = (200 * k for k in divmod(number, 5))
        canvas[top : top + side, left : left + side] = cv2.resize(face, (side, side))
    found = find_faces(as_image(canvas))
    assert len(found) == 20
    assert found.notices == ("25 faces were found, showing the 20 largest, most confident; 5 left out.",)
    middles = [(f.box.left + f.box.right) / 2 for f in found]
    assert middles == sorted(middles)
    large = find_faces(as_image(canvas), limit=2)
    assert [(f.box.left // 200, f.box.top // 200) for f in large] == [(0, 0), (3, 2)]


def test_faces_too_small_are_left_out_with_a_notice(monkeypatch):
    boxes = np.array([[10, 10, 21.5, 40], [50, 10, 64, 26], [-9, 60, 4, 80]], np.float32)
    monkeypatch.setattr(
        faces, "detect", lambda _: Detections(boxes, np.zeros((3, 5, 2), np.float32), np.ones(3, np.float32))
    )
    found = find_faces(as_image(np.zeros((100, 100, 3), np.uint8)))
    assert [f.box for f in found] == [Box(50, 10, 64, 26)]
    assert found.notices == ("Faces under 12 pixels were left out: 2.",)


@pytest.mark.parametrize("shape", [(200, 300, 3), (1, 1, 3), (300, 2, 3)])
def test_black_picture_has_no_face(shape):
    found = find_faces(as_image(np.zeros(shape, np.uint8)))
    assert (len(found), found.notices) == (0, ())


def test_limit_must_be_positive():
    with pytest.raises(ValueError, match="at least 1, not 0"):
        find_faces(as_image(np.zeros((9, 9, 3), np.uint8)), limit=0)


def test_whole_photo_is_mirrored_to_a_square():
    pixels = np.random.default_rng(4).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    face = whole_photo(as_image(pixels))
    assert (face.box, face.crop_box) == (Box(0, 0, 30, 20), Box(0, -5, 30, 25))
    np.testing.assert_array_equal(face.crop[5:25], pixels)
    np.testing.assert_array_equal(face.crop[:5], pixels[1:6][::-1])
    assert (len(face.landmarks), face.score) == (0, 0.0)


def test_hand_made_box_has_landmarks_only_where_a_face_is():
    image = as_image(portrait("astronaut"))
    by_hand = face_from_box(image, Box(184, 62, 272, 180))
    found = find_faces(image)[0]
    assert by_hand.box == Box(184, 62, 272, 180)
    in_photo = [
        five(f) * f.crop_box.width / len(f.crop) + (f.crop_box.left, f.crop_box.top) for f in (by_hand, found)
    ]
    assert np.abs(in_photo[0] - in_photo[1]).max() < 5
    elsewhere = face_from_box(image, Box(10, 300, 90, 380))
    assert (len(elsewhere.landmarks), elsewhere.score) == (0, 0.0)
    with pytest.raises(ValueError, match="lies outside the photo of 512x512"):
        face_from_box(image, Box(600, 10, 700, 90))
