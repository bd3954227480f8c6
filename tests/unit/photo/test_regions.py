"""Regions: disjoint and covering on any landmarks, in their places on faces, and hand-counted shares."""

from importlib import metadata
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from xai.photo.faces import find_faces
from xai.photo.mesh import five_of
from xai.photo.regions import region_masks, region_shares
from xai.types import REGION_SUMS, REGIONS, Box, Face, Image

FIVE = np.array([(60, 70), (100, 70), (80, 95), (63, 110), (97, 110)], np.float32)


def face_with(landmarks, side=160):
    crop = np.zeros((side, side, 3), np.uint8)
    box = Box(0, 0, side, side)
    return Face("0" * 64, box, box, crop, np.asarray(landmarks, np.float32), 1.0)


def turned(points, degrees, middle=(80, 80)):
    angle = np.radians(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (np.asarray(points) - middle) @ matrix.T + middle


@pytest.fixture(scope="module", params=["scikit-image:data/astronaut.png", "matplotlib:grace_hopper.jpg"])
def found(request):
    package, suffix = request.param.split(":")
    (path,) = [Path(f.locate()) for f in metadata.files(package) if str(f).endswith(suffix)]
    pixels = np.asarray(PIL.Image.open(path).convert("RGB"))
    return find_faces(Image(np.ascontiguousarray(pixels), "0" * 64))[0]


def at(masks, place):
    """The name of the region that holds a place (x, y)."""
    column, row = (int(v) for v in place)
    (name,) = [name for name, mask in masks.items() if mask[row, column]]
    return name


def assert_partition(masks, side):
    assert tuple(masks) == REGIONS
    total = np.zeros((side, side), int)
    for mask in masks.values():
        assert mask.dtype == bool
        total += mask
    assert (total == 1).all()


def test_masks_of_a_mesh_lie_where_the_names_say(found):
    masks = region_masks(found)
    points = found.landmarks
    assert len(points) == 468
    assert_partition(masks, len(found.crop))
    assert at(masks, points[1]) == "nose"  # tip
    assert at(masks, (points[98] + points[1]) / 2) == "nose"  # left wing
    assert at(masks, points[13]) == "mouth"  # between the lips
    assert at(masks, (points[164] + points[0]) / 2) == "mouth"  # skin above the lip
    for corner, other in ((33, 133), (362, 263)):
        assert at(masks, (points[corner] + points[other]) / 2) == "eyes"
    assert at(masks, points[105]) == at(masks, points[334]) == "eyes"  # brows
    assert at(masks, points[199]) == "chin"
    assert at(masks, points[50]) == at(masks, points[280]) == "cheeks"
    assert at(masks, points[151]) == "forehead"
    assert at(masks, (1, 1)) == "elsewhere"


def test_regions_of_five_points_agree_with_those_of_the_mesh(found):
    by_mesh = region_masks(found)
    by_points = region_masks(face_with(five_of(found.landmarks), len(found.crop)))
    assert_partition(by_points, len(found.crop))
    for name, least in {"eyes": 0.7, "nose": 0.6, "mouth": 0.7, "cheeks": 0.7, "chin": 0.6}.items():
        both = (by_mesh[name] & by_points[name]).sum()
        assert both / (by_mesh[name] | by_points[name]).sum() > least, name


@pytest.mark.parametrize("degrees", [-60, -25, 25, 90])
def test_regions_turn_with_the_head(degrees):
    """Areas stay, and the regions' middles turn: above and below are the face's, not the picture's."""
    upright, tilted = region_masks(face_with(FIVE)), region_masks(face_with(turned(FIVE, degrees)))
    assert_partition(tilted, 160)
    for name in ("eyes", "nose", "mouth", "chin", "cheeks", "forehead"):
        middle = np.argwhere(upright[name]).mean(axis=0)[::-1] + 0.5
        moved = np.argwhere(tilted[name]).mean(axis=0)[::-1] + 0.5
        assert np.abs(moved - turned(middle, degrees)).max() < 1.0, name
        assert tilted[name].sum() == pytest.approx(upright[name].sum(), rel=0.05), name


def test_turned_head_has_its_cheek_on_the_near_side():
    """Three-quarter view to the picture's right: the nose tip right of the middle, the near cheek left."""
    looking_right = FIVE + np.array([(0, 0), (-10, 0), (13, 0), (0, 0), (-9, 0)], np.float32)
    masks = region_masks(face_with(looking_right))
    columns = np.nonzero(masks["cheeks"])[1]
    nose = np.nonzero(masks["nose"])[1].mean()
    assert (columns < nose).sum() > 3 * (columns > nose).sum()


@pytest.mark.parametrize("seed", range(5))
def test_any_landmarks_give_a_partition(seed):
    random = np.random.default_rng(seed)
    for count, spread in ((5, 300), (468, 60), (5, 0)):
        masks = region_masks(face_with(random.normal(40, spread, (count, 2)), 80))
        assert_partition(masks, 80)


def test_no_landmarks_no_regions():
    assert region_masks(face_with(np.zeros((0, 2)))) is None


def grid(text):
    return np.array([[c == "x" for c in row] for row in text.split()])


def test_shares_counted_by_hand():
    """Positive sum 10: nose 1+3 = 4, mouth 2, elsewhere 4; the negative cells count nothing."""
    values = np.array([[1, 3, -5, 0], [0, 0, 0, 4], [2, -1, 0, 0], [0, 0, 0, -9]], np.float32)
    empty = np.zeros((4, 4), bool)
    nose, mouth = grid("xxx. .... .... ...."), grid(".... .... xx.. ....")
    masks = dict.fromkeys(REGIONS, empty) | {"nose": nose, "mouth": mouth, "elsewhere": ~(nose | mouth)}
    shares = region_shares(values, masks)
    assert shares.share["nose"] == pytest.approx(0.4)
    assert shares.share["mouth"] == pytest.approx(0.2)
    assert shares.share["elsewhere"] == pytest.approx(0.4)
    assert shares.area["nose"] == 3 / 16
    assert shares.area["mouth"] == 2 / 16
    assert sum(shares.share.values()) == pytest.approx(1)
    assert sum(shares.area.values()) == pytest.approx(1)
    assert shares.of(*REGION_SUMS["nose_and_mouth"]) == pytest.approx((0.6, 5 / 16))
    assert shares.lift(*REGION_SUMS["lower_face"]) == pytest.approx(0.6 / (5 / 16))
    assert shares.lift("chin") is None


def test_nothing_positive_has_no_shares():
    masks = dict.fromkeys(REGIONS, np.zeros((4, 4), bool)) | {"elsewhere": np.ones((4, 4), bool)}
    assert region_shares(np.full((4, 4), -1.0, np.float32), masks) is None
    assert region_shares(np.zeros((4, 4), np.float32), masks) is None


def test_masks_of_another_size_are_refused():
    masks = dict.fromkeys(REGIONS, np.zeros((5, 5), bool))
    with pytest.raises(ValueError, match="must be"):
        region_shares(np.ones((4, 4), np.float32), masks)
