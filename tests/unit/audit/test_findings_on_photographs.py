"""The limits of the checks of a set, on photographs: real sets are quiet, and what is planted is named.

With ``-s`` they print the figures that the docstrings of ``class_signs`` and ``duplicates`` give.
"""

import csv
import io
import random
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image as Pillow

from tests.support.audits import face_row
from xai.audit.findings.answers import answers_by_model
from xai.audit.findings.class_signs import areas_under_curve, class_lights, class_marks
from xai.audit.findings.duplicates import near_duplicates
from xai.audit.measures import difference_hash, light_of, seen_of, surround_of
from xai.audit.rows import SCHEMA
from xai.photo.faces import cut_crop
from xai.photo.images import read_image
from xai.photo.orientation import find_faces_upright
from xai.types import CLASSES

pytestmark = [pytest.mark.shared, pytest.mark.slow]

PER_CLASS = 60


def listed(folder, per_class):
    """Some pictures of each class of a set: (file, class, group)."""
    with (folder / "labels.csv").open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if float(row["box_w"] or 0) >= 30]
    random.Random(7).shuffle(rows)
    return [
        (folder / row["file"], row["class"], row["group"])
        for label in CLASSES
        for row in [row for row in rows if row["class"] == label][:per_class]
    ]


@pytest.fixture(scope="module")
def found(shared):
    """(photo, its largest face, class, group)."""
    made = []
    for path, label, group in listed(shared / "ilc", PER_CLASS):
        image, faces = find_faces_upright(read_image(path.read_bytes()))
        if faces:
            made.append((image.pixels, max(faces, key=lambda face: face.box.width), label, group))
    return made


def measured(faces):
    """The rows of (crop, face, class, group), as answers."""
    made = [
        face_row(
            number, label=label, group=group, light=light_of(crop), dhash=difference_hash(crop),
            surround=surround_of(crop).ravel(), seen=seen_of(face),
        )
        for number, (crop, face, label, group) in enumerate(faces)
    ]  # fmt: skip
    return answers_by_model(pa.Table.from_pylist(made, schema=SCHEMA))["default"]


def planted(found, change, label="covered"):
    """The faces after ``change`` of the photos of one class, each cut again where it was."""
    return measured(
        [
            (cut_crop(change(pixels.copy()) if own == label else pixels, face.box)[0], face, own, group)
            for pixels, face, own, group in found
        ]
    )


def marked(part, colour):
    def change(pixels):
        side = round(part * max(pixels.shape))
        pixels[:side, -side:] = colour
        return pixels

    return change


def test_photographs_as_they_are_have_no_sign_of_a_class(found):
    faces = planted(found, lambda pixels: pixels)
    assert class_marks(faces) == []
    assert class_lights(faces) == []
    light = faces.light[:, None]
    for label in CLASSES:
        (area,), _ = areas_under_curve(light, np.asarray(faces.label == label, bool), faces.groups)
        print(f"light of {label}: area {area:.3f}")  # noqa: T201
        assert 0.38 < area < 0.62


@pytest.mark.parametrize("colour", [(230, 40, 200), (128, 128, 128), (0, 0, 0), (20, 160, 40)])
def test_a_mark_in_the_corner_of_one_class_is_named(found, colour):
    (mark,) = class_marks(planted(found, marked(0.1, colour)))
    print(f"mark {colour}: area {mark.area:.3f} in row {mark.row}, column {mark.column}, {mark.colour}")  # noqa: T201
    assert mark.label == "covered"
    assert mark.row <= 2
    assert mark.column >= 9


@pytest.mark.parametrize("label", CLASSES)
def test_a_class_that_is_a_quarter_darker_is_named_and_no_mark(found, label):
    faces = planted(found, lambda pixels: (pixels * 0.75).astype(np.uint8), label)
    (sign,) = class_lights(faces)
    print(f"{label} darker: area {sign.area:.3f}, median {sign.median:.3f}, others {sign.others:.3f}")  # noqa: T201
    assert (sign.label, sign.area < 0.35) == (label, True)
    assert class_marks(faces) == []


@pytest.mark.parametrize(("scale", "least"), [(1.0, 0.35), (0.75, 0.15)])
def test_photos_saved_again_are_found_and_no_others(found, scale, least):
    """Thirty photos are reduced and saved at quality 60; their faces are detected again."""
    copies = []
    for pixels, face, label, group in found[:: len(found) // 30][:30]:
        stored = io.BytesIO()
        side = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
        Pillow.fromarray(pixels).resize(side).save(stored, "JPEG", quality=60)
        image, again = find_faces_upright(read_image(stored.getvalue()))
        if again:
            best = max(again, key=lambda face: face.box.width)
            copies.append(
                (image.pixels, replace(best, photo_sha256=face.photo_sha256), label, f"copy {group}")
            )
    whole = [*found, *copies]
    faces = measured([(face.crop, face, label, group) for _, face, label, group in whole])
    pairs, _ = near_duplicates(faces)
    groups = [group for _, _, _, group in whole]
    numbers = {int(photo[:5]): place for place, (photo, _) in enumerate(faces.keys)}
    at = {place: groups[number] for number, place in numbers.items()}
    true = [pair for pair in pairs if at[pair[0]].removeprefix("copy ") == at[pair[1]].removeprefix("copy ")]
    print(f"{len(true)} of {len(copies)} copies, {len(pairs) - len(true)} other pairs of {len(whole)} faces")  # noqa: T201
    assert len(true) >= least * len(copies)
    assert len(pairs) == len(true)


def test_portraits_in_one_framing_are_not_taken_for_one_another(shared):
    """Generated people before plain walls, every one of them placed alike."""
    paths = sorted((shared / "ganfaces" / "uncovered").glob("*.jpg"))
    faces = []
    for number, path in enumerate(random.Random(7).sample(paths, 120)):
        _, seen = find_faces_upright(read_image(path.read_bytes()))
        faces += [(face.crop, face, "uncovered", str(number)) for face in seen[:1]]
    assert len(faces) > 100
    assert near_duplicates(measured(faces)) == ([], 0)
