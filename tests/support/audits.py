"""Small files for audits, and a stand-in for the pipeline whose answers follow from the pixels."""

import hashlib
import zipfile
from dataclasses import replace

import numpy as np

from tests.support import evidences
from tests.support.explanations import FACE, explanation
from xai.audit.examine import Photo
from xai.photo.images import encode_png, read_image
from xai.types import Faces

EMPTY = 0
"""Brightness of a picture in which the stand-in finds no face."""


def picture(seed, side=24):
    """A PNG of one brightness, unlike that of any other seed."""
    pixels = np.full((side, side, 3), seed % 256, np.uint8)
    pixels[0, 0] = seed // 256, 1, 2
    return encode_png(pixels)


def zipped(path, members, compression=zipfile.ZIP_STORED):
    """A zip of (name, bytes), at ``path``, which is returned."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def examine(data, classifiers):
    """One face per picture; the model's name and the brightness decide the verdict."""
    image = read_image(data)
    level = int(image.pixels[5, 5, 0])
    if level == EMPTY:
        return Photo(image, Faces(), ())
    face = replace(FACE, photo_sha256=image.sha256)
    made = [
        explanation(c.name, evidences.evidence(("supported", "mixed")[(level + i) % 2]), face=face)
        for i, c in enumerate(classifiers)
    ]
    return Photo(image, Faces([face]), (made,))


class StandInControls:
    """Answers for the control models without networks; the stand-in's face in every picture.

    Args:
        verdicts: control -> verdict, or a function of (number of the face, label) that returns this.
    """

    def __init__(self, verdicts):
        self.verdicts, self.asked = verdicts, []

    def find(self, data):
        return Faces([replace(FACE, photo_sha256=read_image(data).sha256)])

    def ask(self, face, label):
        self.asked.append((face.photo_sha256, label))
        told = self.verdicts
        return told(len(self.asked) - 1, label) if callable(told) else told


RIGHT = {"honest": "supported", "planted_mark": "not supported", "untrained": "mixed"}
"""What the controls answer where verdicts are as expected."""


def face_row(photo, face=0, model="default", **changes):
    """A row of the table: the face number ``face`` of a photo of its own group, covered and said to be."""
    name = f"{photo:05}.jpg"
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return {
        "photo": name,
        "photo_sha256": sha256,
        "group": sha256,
        "face": face,
        "box": [0, 0, 100, 100],
        "face_width": 100,
        "turn": 0,
        "light": 0.5,
        "yaw": None,
        "dhash": 0,
        "surround": [128] * 432,
        "seen": [0, 0, 12, 12],
        "label": "covered",
        "model": model,
        "mask_colour": "blue",
        "prediction": "covered",
        "confidence": 0.9,
        "verdict": "supported",
        "reason": "",
        "follow_held": 0,
        "follow_of": 0,
        "stay_held": 0,
        "stay_of": 0,
        "families": [],
        "shares": [],
        "aligned_map": None,
    } | changes
