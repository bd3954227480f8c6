"""Small files for audits, and a stand-in for the pipeline whose answers follow from the pixels."""

import hashlib
import json
import os
import signal
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from torch import nn

from tests.support import evidences
from tests.support.explanations import FACE, explanation
from tests.support.models import make_classifier
from xai.audit.claims.definitions import DEFAULT_CLAIMS
from xai.audit.examine import Photo
from xai.audit.findings.collect import find
from xai.audit.findings.mean_maps import scale_of_maps
from xai.audit.ledger import Ledger
from xai.audit.rows import FACES_FILE
from xai.audit.run import finish_audit, run_audit
from xai.audit.sources.files import list_files
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


def examine(data, classifiers, *_):
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

    def ask(self, face, label, _group, _donors):
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


HOSTILE = {
    "script": "<script>alert(1).png",
    "attribute": '"><img src=x onerror=alert(1)>.png',
    "formula": "=cmd('calc').png",
    "turned": "photo\u202egnp.exe.png",
    "emoji": "\U0001f9a0 mask.png",
    "arabic": "\u0642\u0646\u0627\u0639.png",
    "long": "n" * 200 + ".png",
}
"""Names of photos that a report has to survive."""


def audited(folder, out, photos=40, names=("first", "second"), hostile=()):
    """The folder ``out`` of an audit by the stand-in, with findings by hand (``findings_of``)."""
    for label, start in (("covered", 1), ("incorrect", 101), ("uncovered", 201)):
        (folder / label).mkdir(parents=True)
        for seed in range(start, start + photos // 3 + 1):
            (folder / label / f"{seed:04d}.png").write_bytes(picture(seed))
    for seed, name in enumerate(hostile, 400):
        (folder / "covered" / name).write_bytes(picture(seed))
    (folder / "covered" / "text.jpg").write_bytes(b"no picture")
    models = [make_classifier(nn.Identity(), 8, name=name) for name in names]
    files = list_files([folder], print)
    run_audit(files, models, out, examine=examine)
    finish_audit(files, names, out, DEFAULT_CLAIMS, StandInControls(RIGHT))
    (out / "findings.json").write_text(json.dumps(findings_of(out, names)))


MARK = {"class": "covered", "area": 0.98, "p": 1e-6, "colour": [250, 20, 30], "box": [0.0, 0.0, 0.083, 0.083]}
LIGHT = {"class": "covered", "area": 0.2, "p": 0.001, "median": 0.3, "others": 0.5}
SMALL_FACES = {
    "measure": "supported",
    "small": 0.2,
    "larger": 0.8,
    "difference": -0.6,
    "interval": [-0.7, -0.45],
    "faces": [40, 60],
    "p": 1e-4,
}
SLICE = {
    "factor": "turn", "level": "slight", "measure": "accuracy", "value": 0.6, "rest": 0.93, "n": 31,
    "others": 70, "p": 0.004,
}  # fmt: skip


def mean_map(seed):
    """A map of 24 x 24 cells that is strongest at the mouth."""
    y, x = np.mgrid[0:24, 0:24] / 23
    spot = np.exp(-((x - 0.5) ** 2 + (y - 0.65) ** 2) / 0.02) - 0.3 * np.exp(-((y - 0.2) ** 2) / 0.01)
    return np.round(0.2 * spot + 0.005 * np.random.default_rng(seed).normal(size=(24, 24)), 6).tolist()


def findings_of(out, names):
    """Findings of the rows in ``out``, but maps and remarks by hand: one remark of each code, and faces with
    odd names first.
    """
    table = pq.read_table(out / FACES_FILE)
    found = find(table, Ledger(out).outcomes(), names).as_dict()
    for seed, one in enumerate(found["models"].values()):
        drawn = {"class": "covered", "answer": "all", "of": 20, "n": 14, "values": mean_map(seed)}
        one["maps"] = [drawn, {"class": "covered", "answer": "wrong", "of": 3, "n": 0, "values": None}]
    for each in found["comparisons"]:
        each["maps"] = [{"class": "covered", "of": 20, "n": 14, "values": mean_map(9)}]
    found["scales"] = {
        "models": scale_of_maps(each for one in found["models"].values() for each in one["maps"]),
        "comparisons": scale_of_maps(each for one in found["comparisons"] for each in one["maps"]),
    }
    every = dict.fromkeys(zip(table["photo"].to_pylist(), table["face"].to_pylist(), strict=True))
    faces = sorted(map(list, every), key=lambda face: face[0][-8:-4].isdigit())
    told = [
        {
            "code": code, "model": model, "values": values, "faces": faces[at : at + 5],
            "photos": [photo for photo, _ in faces[at : at + 5]],
        }
        for at, (code, model, values) in enumerate(
            (
                ("class_mark", None, MARK),
                ("class_light", None, LIGHT),
                ("label_conflict", None, {"photos": 1}),
                ("duplicates", None, {"photos": 2, "repeats": 3, "contradicted": 1}),
                ("near_duplicates", None, {"pairs": 4, "faces": 7, "contradicted": 0}),
                ("small_faces", names[0], SMALL_FACES),
                ("confident_wrong", names[0], {"n": 4, "of": 9}),
                ("right_elsewhere", names[-1], {"n": 3, "of": 60}),
                ("slice_worse", names[0], SLICE),
                ("label_doubt", None, {"n": 1, "models": 2}),
            )
        )
    ]  # fmt: skip
    told[3]["faces"] = []
    return {**found, "findings": told}


class DiesOnce:
    """Examines as the stand-in does; the first process to meet a certain picture is killed.

    Args:
        fatal: bytes of the picture; none where None.
        notes: a folder: a file per process that examined, and one of the killed process.
    """

    def __init__(self, fatal, notes):
        self.fatal, self.notes = fatal, Path(notes)

    def __call__(self, data, classifiers, *_):
        (self.notes / f"worked-{os.getpid()}").touch()
        if data == self.fatal:
            try:
                (self.notes / "killed").touch(exist_ok=False)
            except FileExistsError:
                return examine(data, classifiers)
            os.kill(os.getpid(), signal.SIGKILL)
        return examine(data, classifiers)
