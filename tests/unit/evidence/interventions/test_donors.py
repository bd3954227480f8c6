"""Other people's faces laid over a face: geometry against a slow truth, light and skin by hand."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from tests.support.models import make_face
from xai.evidence.interventions import donors as module
from xai.evidence.interventions.areas import face_unit
from xai.evidence.interventions.donors import Donor, Warp, gallery_donors, matched, mirrored, pose_of
from xai.evidence.interventions.face_edits import FaceEdits
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.types import CLASSES


@pytest.fixture(scope="module")
def face():
    return FaceEdits(find_faces(load_sample("astronaut-plain"))[0]).face


@pytest.fixture(scope="module")
def bank():
    return gallery_donors()


def test_the_gallery_lends_every_class_from_two_people(bank):
    assert {(d.group, d.wearing) for d in bank} == {(g, w) for g in ("admiral", "astronaut") for w in CLASSES}
    assert len({d.name for d in bank}) == len(bank) == 28
    assert all(d.face.crop.shape[0] <= module.SIDE for d in bank)
    assert sum("mirrored" in d.name for d in bank) == 14


def test_a_face_laid_on_itself_is_itself(face):
    own = Donor(face, "uncovered", "x", "itself")
    laid = Warp(face).lay(own)
    assert laid.shape == face.crop.shape
    assert np.abs(laid - face.crop)[8:-8, 8:-8].mean() < 2


def warped_slowly(goal, source, points):
    """Where places of one face lie on another: similarity, then one spline per coordinate, point by point."""
    side = len(goal.crop)
    mesh, other = goal.landmarks.astype(float), source.landmarks.astype(float)
    design, wanted = [], []
    for (x, y), (u, v) in zip(mesh, other, strict=True):
        design += [[x, -y, 1, 0], [y, x, 0, 1]]
        wanted += [u, v]
    a, b, tx, ty = np.linalg.lstsq(np.array(design), np.array(wanted), rcond=None)[0]

    def turned(p):
        return np.array([a * p[0] - b * p[1] + tx, b * p[0] + a * p[1] + ty])

    held = sorted({*module._OVAL, *range(0, 468, module._EVERY)})
    reach = module._BEYOND * side
    line = np.linspace(-reach, side + reach, 4)
    knots = [mesh[i] for i in held] + [
        np.array([x, y]) for x in line for y in line if {x, y} & {line[0], line[-1]}
    ]
    left = [other[i] - turned(mesh[i]) for i in held] + [np.zeros(2)] * (len(knots) - len(held))
    spline = RBFInterpolator(
        np.array(knots) / side, np.array(left), kernel="thin_plate_spline", smoothing=module._SMOOTH, degree=1
    )
    return np.array([turned(p) for p in points]) + spline(np.array(points) / side)


def test_the_mesh_of_the_donor_comes_to_lie_on_the_mesh_of_the_face(face, bank):
    """A donor whose picture says where each pixel lies, in red and green: what is laid says where it was
    taken."""
    other = next(d.face for d in bank if d.group == "admiral" and d.wearing == "uncovered")
    y, x = np.mgrid[: len(other.crop), : len(other.crop)]
    where = np.stack([x, y, np.full_like(x, 128)], axis=-1).astype(np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_relit", lambda pixels, *_: pixels)
        laid = Warp(face).lay(Donor(replace(other, crop=where), "uncovered", "x", "ruler"))
    side = len(face.crop)
    inner = [
        p
        for p in np.argwhere(np.ones((side, side)))[:: side * 3 + 7, ::-1]
        if (p > 20).all() and (p < side - 20).all()
    ]
    expected = warped_slowly(face, other, inner)
    within = ((expected > 1) & (expected < len(other.crop) - 2)).all(axis=1)
    taken = np.array([laid[y, x, :2] for x, y in inner])
    assert within.sum() > 20
    assert np.abs(taken - expected)[within].max() < 1.5
    nose, mouth = face.landmarks[1].round().astype(int), face.landmarks[13].round().astype(int)
    for point, number in ((nose, 1), (mouth, 13)):
        assert np.abs(laid[point[1], point[0], :2] - other.landmarks[number]).max() < 0.06 * face_unit(other)


def test_light_and_skin_come_to_those_of_the_face(face, bank):
    dark = replace(face, crop=(face.crop * 0.5).astype(np.uint8))
    donor = next(d for d in bank if d.group == "admiral" and d.wearing == "uncovered")
    for goal in (face, dark):
        laid = Warp(goal).lay(donor)
        seen = module._skin_of(replace(goal, crop=np.rint(laid).astype(np.uint8)))
        assert np.abs(seen - module._skin_of(goal)).max() < 0.12
    blue = next(
        d for d in bank if "surgical_blue" in d.name and d.group == "admiral" and d.wearing == "covered"
    )
    cheek = tuple(face.landmarks[164].round().astype(int)[::-1])
    red, _, sky = Warp(face).lay(blue)[cheek]
    assert sky > red, "a blue mask stays blue"


def test_a_mirrored_face_is_the_mesh_of_the_mirrored_picture(face):
    twice = mirrored(mirrored(face))
    np.testing.assert_array_equal(twice.crop, face.crop)
    assert np.abs(twice.landmarks - face.landmarks).max() < 0.15 * face_unit(face)
    found = mirrored(face)
    assert pose_of(found.landmarks)[0] == pytest.approx(-pose_of(face.landmarks)[0], abs=0.05)
    left, right = face.landmarks[33], found.landmarks[263]
    assert right[0] == pytest.approx(len(face.crop) - 1 - left[0], abs=0.1 * face_unit(face))


def test_the_fittest_donors_come_first_and_never_of_the_same_group(face, bank):
    turned = face.landmarks.copy()
    turned[1] += 0.3 * (turned[454] - turned[1])
    other = np.ascontiguousarray(face.crop[::-1])  # another picture: it is upside down
    strange = Donor(replace(face, crop=other, landmarks=turned), "covered", "c", "turned")
    dim = Donor(replace(face, crop=(other * 0.3).astype(np.uint8)), "covered", "b", "dim")
    same = Donor(replace(face, crop=other), "covered", "a", "same")
    like = Donor(replace(face, crop=cv2.GaussianBlur(other, (0, 0), 1)), "covered", "d", "alike")
    assert [d.name for d in matched(face, [strange, dim, same, like], "a")] == ["alike", "dim", "turned"]
    assert matched(face, [], "a") == []


@pytest.mark.parametrize(
    "name", ["astronaut-red", "astronaut-grey", "both", "admiral-green", "astronaut-phone"]
)
def test_a_portrait_of_the_gallery_lends_nothing_to_itself(name, bank):
    """With a mask, with a hand before it or cut out of another photo it is the same portrait."""
    people = ["admiral", "astronaut"] if name == "both" else [name.split("-")[0]]
    for seen, person in zip(find_faces(load_sample(name)), people, strict=True):
        assert {d.group for d in matched(FaceEdits(seen).face, bank)} == {"admiral", "astronaut"} - {person}


def test_nothing_is_laid_on_a_face_without_a_mesh(face):
    with pytest.raises(ValueError, match="468 points, not on 0"):
        Warp(make_face(face.crop))
