"""Boxes of photos with an EXIF orientation, in the frame of the stored photo or of the upright one."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from xai.errors import DataRejected
from xai.learning.data.box_frames import upright_extent
from xai.learning.data.formats import Extent
from xai.learning.data.splits import load_crop, read_examples
from xai.photo.images import read_image
from xai.photo.sample_rendering import sample_png

ORIENTATIONS = range(1, 9)
FACE = Extent(10, 20, 26, 40)  # in an upright photo of 60 × 90 pixels


def upright_photo():
    """Noise of even brightness, with one bright rectangle: the face."""
    pixels = np.full((90, 60, 3), 30, np.uint8)
    pixels[20:40, 10:26] = 220
    return pixels


def as_stored(pixels, orientation):
    """What a camera stores of an upright photo: the inverse of Pillow's own table."""
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    picture = Pillow.fromarray(pixels)
    return picture if orientation == 1 else picture.transpose(Pillow.Transpose(inverse[orientation]))


def saved(path, pixels, orientation):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    as_stored(pixels, orientation).save(path, exif=exif, quality=98, subsampling=0)


def bright(pixels):
    """The box round what is bright."""
    rows, columns = np.nonzero(np.asarray(pixels)[..., 0] > 125)
    return Extent(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_box_in_the_stored_photo_is_where_the_face_is_when_it_is_upright(tmp_path, orientation):
    path = tmp_path / "p.jpg"
    saved(path, upright_photo(), orientation)
    stored = as_stored(upright_photo(), orientation)
    assert np.abs(read_image(path.read_bytes()).pixels.astype(int) - upright_photo()).max() < 60
    found = upright_extent(path, bright(stored), stored.size, (60, 90, orientation), lambda: [FACE])
    assert found == FACE
    assert upright_extent(path, FACE, (60, 90), (60, 90, orientation), lambda: [FACE]) == FACE
    assert upright_extent(path, bright(stored), None, (60, 90, orientation), lambda: [FACE]) == FACE


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_size_of_neither_frame_is_refused(tmp_path, orientation):
    with pytest.raises(DataRejected, match=r"drawn in a photo of 120 × 180 pixels and it has 60 × 90"):
        upright_extent(tmp_path, FACE, (120, 180), (60, 90, orientation), lambda: [FACE])


def test_a_frame_that_nothing_tells_is_refused(tmp_path):
    with pytest.raises(DataRejected, match="cannot be told"):
        upright_extent(tmp_path, FACE, (60, 90), (60, 90, 3), list)


PORTRAIT = np.asarray(Pillow.open(io.BytesIO(sample_png("admiral-blue"))).convert("RGB"))[:358, :420]
ANNOTATION = (
    "<annotation><filename>p.jpg</filename><size><width>{}</width><height>{}</height></size><object>"
    "<name>with_mask</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>"
    "</object></annotation>"
)


def crop_of(folder, orientation, size, box):
    (folder / "images").mkdir(parents=True)
    (folder / "annotations").mkdir()
    saved(folder / "images" / "p.jpg", PORTRAIT, orientation)
    (folder / "annotations" / "p.xml").write_text(ANNOTATION.format(*size, *box))
    return load_crop(read_examples(folder)[0]).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("frame", ["stored", "upright"])
def test_the_crop_of_a_voc_photo_is_that_of_the_upright_one(tmp_path, orientation, frame):
    """Of a real face: orientations that keep the size are told apart by the face alone."""
    from xai.photo.faces import find_faces
    from xai.types import Image

    height, width = PORTRAIT.shape[:2]
    face = Extent(*find_faces(Image(PORTRAIT, sha256=""))[0].box.as_list())
    expected = crop_of(tmp_path / "one", 1, (width, height), face)
    mark = np.zeros_like(PORTRAIT)
    mark[int(face.top) : int(face.bottom), int(face.left) : int(face.right)] = 255
    stored = as_stored(mark, orientation)
    size, box = (stored.size, bright(stored)) if frame == "stored" else ((width, height), face)
    found = crop_of(tmp_path / "turned", orientation, size, box)
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 3  # two encodings as JPEG
