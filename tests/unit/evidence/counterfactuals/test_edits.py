from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.support.faces import turned_mesh
from xai.errors import UnknownName
from xai.evidence.counterfactuals.synthetic import FILLS, SHAMS, hide, reveal, sham
from xai.evidence.interventions.areas import area_under_test, feather_mask
from xai.evidence.interventions.feasibility import LIMITS, check_feasibility
from xai.photo.faces import find_faces
from xai.photo.mesh import eye_distance, five_of
from xai.photo.regions import region_masks
from xai.photo.sample_rendering import load_sample

SAMPLES = ("admiral-plain", "astronaut-plain", "admiral-blue", "astronaut-red")


@pytest.fixture(scope="module")
def faces():
    return {name: find_faces(load_sample(name))[0] for name in SAMPLES}


def change(edited, face, where):
    return float(np.abs(edited.astype(float) - face.crop)[where].mean())


@pytest.mark.parametrize("name", SAMPLES)
def test_frontal_portraits_are_believed(faces, name):
    belief = check_feasibility(faces[name])
    assert belief.holds
    assert belief.reason == ""


def test_the_wide_area_holds_the_strict_one_and_reaches_below_the_chin(faces):
    face = faces["admiral-plain"]
    masks = region_masks(face)
    strict, wide = area_under_test(face, "strict"), area_under_test(face, "wide")
    np.testing.assert_array_equal(strict, masks["nose"] | masks["mouth"])
    assert (wide & strict).sum() == strict.sum()
    assert not (wide & (masks["eyes"] | masks["forehead"])).any()
    chin = np.nonzero(masks["chin"].any(axis=1))[0].max()
    below = np.nonzero(wide.any(axis=1))[0].max() - chin
    unit = eye_distance(five_of(face.landmarks))
    assert 0.25 * unit <= below <= 0.45 * unit
    with pytest.raises(UnknownName, match="strict, wide"):
        area_under_test(face, "all")


@pytest.mark.parametrize("name", ["admiral-blue", "astronaut-red"])
def test_nothing_beyond_the_seam_is_touched(faces, name):
    face = faces[name]
    area = area_under_test(face, "strict")
    away = cv2.distanceTransform((~area).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = away > 0.2 * eye_distance(five_of(face.landmarks)) + 1
    edits = [reveal(face, area)[0], *(hide(face, area, fill) for fill in FILLS)]
    edits += [sham(face, area, kind)[0] for kind in SHAMS]
    for edited in edits:
        np.testing.assert_array_equal(edited[outside], face.crop[outside])
        assert (edited[area] != face.crop[area]).any()


def test_the_seed_decides(faces):
    face = faces["astronaut-red"]
    area = area_under_test(face, "wide")
    together = reveal(face, area, (5, 6))
    # A matrix product of two seeds rounds otherwise than one of a single seed: a level, where it lies
    # half-way.
    alone = reveal(face, area, (6,))[0].astype(int)
    assert np.abs(together[1].astype(int) - alone).max() <= 1
    assert change(together[0], replace(face, crop=together[1]), area) > 1
    for kind in SHAMS:
        one, two, again = sham(face, area, kind, (1, 2, 1))
        np.testing.assert_array_equal(one, again)
        assert (one != two).any()
    np.testing.assert_array_equal(hide(face, area, "masked", 3), hide(face, area, "masked", 3))


@pytest.mark.parametrize("name", ["admiral-blue", "astronaut-red"])
@pytest.mark.parametrize("kind", ["moved", "masked"])
def test_a_sham_changes_less_than_a_reveal(faces, name, kind):
    face = faces[name]
    area = area_under_test(face, "strict")
    assert change(sham(face, area, kind)[0], face, area) < 0.5 * change(reveal(face, area)[0], face, area)


@pytest.mark.parametrize(
    ("covered", "bare"), [("admiral-blue", "admiral-plain"), ("astronaut-red", "astronaut-plain")]
)
def test_the_revealed_face_is_nearer_to_the_bare_one_than_the_mask_is(faces, covered, bare):
    """The same photo without its drawn mask is the truth here."""
    face, truth = faces[covered], faces[bare]
    size = truth.crop_box.width / len(truth.crop)
    turn = face.crop_box.width / len(face.crop)
    shift = (
        np.array([face.crop_box.left - truth.crop_box.left, face.crop_box.top - truth.crop_box.top]) / size
    )
    matrix = np.array([[turn / size, 0, shift[0]], [0, turn / size, shift[1]]])
    side = len(face.crop)
    seen = cv2.warpAffine(truth.crop, matrix, (side, side), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR)
    area = area_under_test(face, "strict")
    masked = change(seen, face, area)
    shown = np.abs(reveal(face, area)[0].astype(float) - seen)[area].mean()
    assert shown < 0.7 * masked


@pytest.mark.parametrize("name", ["admiral-plain", "astronaut-plain"])
def test_a_bare_face_on_itself_stays_close(faces, name):
    face = faces[name]
    area = area_under_test(face, "strict")
    assert change(reveal(face, area)[0], face, area) < 0.6 * change(hide(face, area, "grey"), face, area)


@pytest.mark.parametrize(
    ("covered", "bare"), [("admiral-blue", "admiral-plain"), ("astronaut-red", "astronaut-plain")]
)
def test_revealed_skin_has_the_colour_of_the_skin(faces, covered, bare):
    """The lower face as it is without the drawn mask is the truth; the fit has seen the upper one alone."""
    face = faces[covered]
    lower = [region_masks(f)["cheeks"] | region_masks(f)["chin"] for f in (face, faces[bare])]
    shown = reveal(face, area_under_test(face, "wide"), range(4)).astype(float)
    skin = np.median(faces[bare].crop[lower[1]].astype(float), axis=0)
    revealed = np.median(shown[:, lower[0]].reshape(-1, 3), axis=0)
    mask = np.median(face.crop[lower[0]].astype(float), axis=0)
    assert np.abs(revealed - skin).max() < 40
    assert np.abs(revealed - skin).sum() < 0.5 * np.abs(mask - skin).sum()


def test_a_grey_photo_stays_grey(faces):
    face = faces["astronaut-red"]
    grey = np.repeat(face.crop.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    shown = reveal(replace(face, crop=grey), area_under_test(face, "wide"))[0]
    assert np.ptp(shown.astype(int), axis=2).max() <= 1


def test_hiding_fills_what_it_says(faces):
    face = faces["admiral-plain"]
    area = area_under_test(face, "strict")
    assert set(np.unique(hide(face, area, "grey")[area])) <= {127, 128}
    mean = np.rint(face.crop.reshape(-1, 3).mean(axis=0))
    np.testing.assert_allclose(hide(face, area, "mean")[area], np.tile(mean, (area.sum(), 1)), atol=1)
    sharp, soft = (cv2.Laplacian(p, cv2.CV_32F)[area].std() for p in (face.crop, hide(face, area, "blur")))
    assert soft < 0.1 * sharp
    with pytest.raises(UnknownName, match="grey, mean, blur, masked"):
        hide(face, area, "bare")


def test_the_seam_is_whole_in_the_area_and_falls_with_the_distance(faces):
    face = faces["admiral-plain"]
    area = area_under_test(face, "strict")
    weight = feather_mask(face, area)
    away = cv2.distanceTransform((~area).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    unit = eye_distance(five_of(face.landmarks))
    assert (weight[area] == 1).all()
    assert (weight[away > 0.2 * unit + 1] == 0).all()
    near, far = weight[(away > 0) & (away < 0.06 * unit)], weight[(away > 0.1 * unit) & (away < 0.14 * unit)]
    assert near.min() > far.max()
    with pytest.raises(ValueError, match="as the crop is"):
        feather_mask(face, area[:-1])


def test_no_mesh_no_reveal(faces):
    face = faces["astronaut-red"]
    five = replace(face, landmarks=five_of(face.landmarks))
    bare = replace(face, landmarks=np.zeros((0, 2), np.float32))
    scattered = replace(face, landmarks=five.landmarks[[3, 1, 0, 4, 2]])
    unsure = replace(five, score=0.4)
    assert check_feasibility(five, reveal=False).holds
    for without in (bare, scattered, unsure):
        assert not check_feasibility(without).holds
        assert "could not be located" in check_feasibility(without).reason
    with pytest.raises(ValueError, match="468"):
        reveal(bare, np.ones(face.crop.shape[:2], bool))
    assert area_under_test(bare, "wide") is None
    assert (hide(five, area_under_test(five, "strict"), "grey") != face.crop).any()
    with pytest.raises(UnknownName, match="moved, masked, bare"):
        sham(face, area_under_test(face, "strict"), "nothing")


def test_a_profile_is_refused(faces):
    face = faces["admiral-plain"]
    assert check_feasibility(replace(face, landmarks=turned_mesh(face, 55)), reveal=False).holds
    belief = check_feasibility(replace(face, landmarks=turned_mesh(face, 65)))
    assert not belief.holds
    assert "turned" in belief.reason


def test_what_hides_the_upper_face_is_refused(faces):
    face = faces["admiral-plain"]
    masks = region_masks(face)
    upper = masks["eyes"] | masks["forehead"] | masks["cheeks"]
    plain, noise = face.crop.copy(), face.crop.copy()
    plain[upper] = (220, 225, 230)
    noise[upper] = np.random.default_rng(0).integers(0, 256, (int(upper.sum()), 3))
    for crop in (plain, cv2.blur(noise, (3, 3))):
        belief = check_feasibility(replace(face, crop=crop))
        assert not belief.holds
        assert "upper face" in belief.reason


def test_a_small_face_is_refused(faces):
    face = faces["admiral-plain"]
    scale = 0.9 * LIMITS.eye_distance / eye_distance(five_of(face.landmarks))
    side = round(len(face.crop) * scale)
    small = cv2.resize(face.crop, (side, side), interpolation=cv2.INTER_AREA)
    belief = check_feasibility(replace(face, crop=small, landmarks=face.landmarks * np.float32(scale)))
    assert not belief.holds
    assert "11" in belief.reason
