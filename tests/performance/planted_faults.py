"""Does an audit find the faults of a set? 600 pictures with four planted ones, and the same without.

``python -m tests.performance.planted_faults --data DATA --out DIR`` takes labelled photos and drawn masks
from the sets ``ilc`` and ``ganfaces`` in DATA, audits both versions with two models, and prints which faults
the claims and findings name. Called again after a kill it goes on.

The faults: a mark beside the face in every picture of one class; one class darkened by a third; pictures
that are there twice, some of them compressed again; and a model that reads a mark on faces of 48 to 80
pixels, while it is an honest network on larger ones.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pictures
from torch import Tensor, nn

from xai.audit.claims.definitions import DEFAULT_CLAIMS
from xai.audit.run import finish_audit, run_audit
from xai.audit.settings import Options
from xai.audit.sources.files import list_files
from xai.learning.data.formats import Example, read_layout
from xai.models.classifiers import Classifier
from xai.models.ground_truth.photo_networks import photo_networks
from xai.photo.images import read_image
from xai.photo.orientation import find_faces_upright
from xai.types import CLASSES, Box, Face

__all__ = ["main"]

EACH = 100
"""Pictures of each class, drawn ones and photos apart."""

DUPLICATES = 12
"""Pictures that are there twice, byte for byte, and as many that are there again in another compression."""

SMALL = (48, 80)
"""Width of the faces on which the dishonest model reads a mark, pixels."""

DARKER = 0.67
"""What every pixel of the darkened class is multiplied by."""

MARKED, DARKENED = "incorrect", "covered"
MARK = (90, 60, 160)
SIGNS = {"covered": (255, 0, 255), "incorrect": (0, 255, 255), "uncovered": (255, 255, 0)}
"""Colour of the mark that the dishonest model reads, by class."""

_HONEST = "honest_residual"


class SmallFaceCheat(nn.Module):
    """An honest network, overruled where the top left corner of its input has a colour of ``SIGNS``.

    Args:
        honest: answers everything else; its ``features`` are those that a class activation map explains.
        mean, std: of the input's normalisation.
    """

    def __init__(self, honest: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.honest, self.features = honest, honest.features
        colours = torch.tensor([SIGNS[label] for label in CLASSES], dtype=torch.float32) / 255
        self.register_buffer("colours", (colours - torch.tensor(mean)) / torch.tensor(std))
        self.near = 0.25 / float(min(std))

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, 3)`` of a batch ``(N, 3, n, n)``."""
        corner = x[:, :, 1:6, 1:6].mean(dim=(2, 3))
        far = (corner[:, None] - self.colours[None]).abs().amax(dim=2)
        seen = (far < self.near).to(x.dtype)
        return torch.where(seen.any(dim=1, keepdim=True), 10 * seen, self.honest(x))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print it as JSON; returns 1 where a planted fault is missed or one is invented."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--each", type=int, default=EACH, help=f"pictures per class and kind (default {EACH})"
    )
    args = parser.parse_args(argv)
    chosen = _chosen(args.data, args.out, args.each)
    named = {}
    for version in ("plain", "planted"):
        folder = args.out / version
        if not folder.exists():
            _write(folder, chosen, planted=version == "planted")
        named[version] = _audited(folder, args.out / f"audit_{version}")
    found = {version: _faults(summary, args.out / f"audit_{version}") for version, summary in named.items()}
    print(json.dumps(found, indent=1))
    return int(not all(found["planted"].values()) or any(found["plain"].values()))


def _chosen(data: Path, out: Path, each: int) -> list[tuple[bytes, str, str]]:
    """Bytes, label and name of every picture, in a random order that is always the same."""
    drawn = out / "drawn"
    if not drawn.exists():
        call = ["draw", "--data", data / "ganfaces", "--part", "train", "--per-face", "1", "--limit", "400"]
        subprocess.run([sys.executable, "-m", "xai", *map(str, call), "--out", str(drawn)], check=True)
    rng = random.Random(0)
    taken = []
    for folder, labels in (
        (data / "ilc", CLASSES),
        (drawn, ("covered", "incorrect")),
        (data / "ganfaces", ("uncovered",)),
    ):
        examples = [e for e in read_layout(folder, lambda sentence: None) or () if _apart(e, folder)]
        for label in labels:
            taken += _usable(_shuffled(examples, label, rng), each, label)
    return taken


def _apart(example: Example, folder: Path) -> bool:
    """Whether nobody in it is drawn on."""
    return folder.name != "ganfaces" or example.split == "test"


def _shuffled(examples: Sequence[Example], label: str, rng: random.Random) -> list[Example]:
    own = sorted((e for e in examples if e.label == label), key=lambda e: str(e.path))
    rng.shuffle(own)
    return own


def _usable(examples: Sequence[Example], most: int, label: str) -> Iterator[tuple[bytes, str, str]]:
    """Pictures with one face of 48 pixels and more, and none of a group that is there already."""
    groups: set[str] = set()
    count = 0
    for example in examples:
        data = example.path.read_bytes()
        if example.group in groups and "ilc" in example.set_name:
            continue
        _, faces = find_faces_upright(read_image(data))
        if len(faces) != 1 or faces[0].box.width < SMALL[0]:
            continue
        groups.add(example.group)
        count += 1
        yield data, label, f"{hashlib.sha256(data).hexdigest()[:16]}.png"
        if count == most:
            return


def _write(folder: Path, chosen: Sequence[tuple[bytes, str, str]], *, planted: bool) -> None:
    """The pictures in class folders, losslessly; with the faults in them where ``planted``."""
    unfinished = folder.with_name(f".{folder.name}")
    for label in CLASSES:
        (unfinished / label).mkdir(parents=True, exist_ok=True)
    for data, label, name in chosen:
        image, faces = find_faces_upright(read_image(data))
        pixels = _spoiled(image.pixels.copy(), faces[0], label) if planted else image.pixels
        (unfinished / label / name).write_bytes(_png(pixels))
    if planted:
        _duplicate(unfinished, [(label, name) for _, label, name in chosen])
    unfinished.rename(folder)


def _spoiled(pixels: NDArray[np.uint8], face: Face, label: str) -> NDArray[np.uint8]:
    if label == DARKENED:
        pixels = (pixels * DARKER).astype(np.uint8)
    side = face.crop_box.width // 8
    corner = face.crop_box
    if label == MARKED:
        _paint(pixels, Box(corner.right - side, corner.top, corner.right, corner.top + side), MARK)
    if SMALL[0] <= face.box.width <= SMALL[1]:
        _paint(pixels, Box(corner.left, corner.top, corner.left + side, corner.top + side), SIGNS[label])
    return pixels


def _paint(pixels: NDArray[np.uint8], box: Box, colour: tuple[int, int, int]) -> None:
    pixels[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)] = colour


def _duplicate(folder: Path, files: Sequence[tuple[str, str]]) -> None:
    for number, (label, name) in enumerate(files[:: len(files) // (2 * DUPLICATES)][: 2 * DUPLICATES]):
        original = folder / label / name
        if number % 2:
            (folder / label / f"again_{name}").write_bytes(original.read_bytes())
        else:
            with Pictures.open(original) as picture:
                picture.save(folder / label / f"again_{name}".replace(".png", ".jpg"), quality=85)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Pictures.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def _audited(folder: Path, out: Path) -> Mapping[str, Any]:
    honest = next(n.classifier for n in photo_networks("cpu") if n.name == _HONEST)
    card = replace(honest.card, name="reads_marks_on_small_faces")
    cheat = SmallFaceCheat(honest.network, card.mean, card.std).eval()
    models = [honest, Classifier(card, cheat, honest.device)]
    files = list_files([folder], lambda sentence: None)
    run_audit(
        files,
        models,
        out,
        lambda done, total: print(f"{out.name}: {done} of {total}", file=sys.stderr),
        options=Options(donors="gallery"),  # those of the set would carry the planted mark
    )
    return finish_audit(files, [m.name for m in models], out, DEFAULT_CLAIMS)


def _faults(summary: Mapping[str, Any], out: Path) -> dict[str, list[Any]]:
    """Fault -> what the audit says of it."""
    findings = json.loads((out / "findings.json").read_text(encoding="utf-8"))["findings"]
    claims = summary["claims"]
    said = {code: [f for f in findings if f["code"] == code] for code in {f["code"] for f in findings}}
    small = claims["same_for_small_faces"]
    return {
        "mark": said.get("class_mark", []),
        "darker": said.get("class_light", []),
        "duplicates": said.get("duplicates", []) + said.get("near_duplicates", []),
        "small_faces": said.get("small_faces", [])
        + ([small] if small["result"] in ("does not hold", "mixed") else []),
    }


if __name__ == "__main__":
    sys.exit(main())
