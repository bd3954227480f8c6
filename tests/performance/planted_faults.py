"""Does an audit find the faults of a set? 600 pictures with four planted ones, and the same without.

``python -m tests.performance.planted_faults --data DATA --out DIR`` takes labelled photos and drawn masks
from the sets ``ilc`` and ``ganfaces`` in DATA, audits both versions with two models, and prints which faults
the claims and findings name. Called again after a kill it goes on. With ``--sample`` it only writes the set
of the sample report to DIR/sample: drawn masks and portraits alone, no photo of a person, with the same
faults.

The faults: a mark beside the face in every picture of one class; one class darkened by a third; pictures
that are there twice, some of them compressed again; and a model that reads a mark on faces of 48 to 80
pixels, while it is an honest network on larger ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from xai.photo.images import encode_png, read_image
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

CLAIMS = tuple(
    replace(claim, least_n=50) if claim.kind == "same_for_small_faces" else claim for claim in DEFAULT_CLAIMS
)
"""The default claims, for a set with fewer than 100 small faces that can be judged."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of the set before anything is planted in it.

    Attributes:
        pixels: RGB uint8 ``(H, W, 3)``, upright.
        face: the one that was found in it.
        label: its class.
        name: of the file.
    """

    pixels: NDArray[np.uint8]
    face: Face
    label: str
    name: str


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
    parser.add_argument(
        "--sample", action="store_true", help="write the set of the sample report, and audit nothing"
    )
    args = parser.parse_args(argv)
    if args.sample:
        _write(args.out / "sample", _drawn(args.data, args.out, args.each), planted=True)
        return 0
    folders = {version: args.out / version for version in ("planted", "plain")}
    missing = [version for version, folder in folders.items() if not folder.exists()]
    if missing:
        pictures = [*_taken(args.data / "ilc", CLASSES, args.each), *_drawn(args.data, args.out, args.each)]
        for version in missing:
            _write(folders[version], pictures, planted=version == "planted")
    named = {name: _audited(folder, args.out / f"audit_{name}") for name, folder in folders.items()}
    found = {version: _faults(summary, args.out / f"audit_{version}") for version, summary in named.items()}
    print(json.dumps(found, indent=1))
    return int(not all(found["planted"].values()) or any(found["plain"].values()))


def _drawn(data: Path, out: Path, each: int) -> list[Picture]:
    """Masks drawn on generated portraits, and portraits of others that nothing is drawn on."""
    drawn = out / "drawn"
    if not drawn.exists():
        call = ["draw", "--data", data / "ganfaces", "--part", "train", "--per-face", "1", "--limit", "400"]
        subprocess.run([sys.executable, "-m", "xai", *map(str, call), "--out", str(drawn)], check=True)
    masks = _taken(drawn, ("covered", "incorrect"), each)
    return [*masks, *_taken(data / "ganfaces", ("uncovered",), each)]


def _taken(folder: Path, labels: Sequence[str], each: int) -> list[Picture]:
    """Pictures of each label, in a random order that is always the same."""
    rng = random.Random(0)
    examples = [e for e in read_layout(folder, lambda sentence: None) or () if _apart(e, folder)]
    return [one for label in labels for one in _usable(_shuffled(examples, label, rng), each, label)]


def _apart(example: Example, folder: Path) -> bool:
    """Whether nobody in it is drawn on."""
    return folder.name != "ganfaces" or example.split == "test"


def _shuffled(examples: Sequence[Example], label: str, rng: random.Random) -> list[Example]:
    own = sorted((e for e in examples if e.label == label), key=lambda e: str(e.path))
    rng.shuffle(own)
    return own


def _usable(examples: Sequence[Example], most: int, label: str) -> Iterator[Picture]:
    """Pictures with one face of 48 pixels and more, and none of a group that is there already."""
    groups: set[str] = set()
    count = 0
    for example in examples:
        data = example.path.read_bytes()
        if example.group in groups and "ilc" in example.set_name:
            continue
        image, faces = find_faces_upright(read_image(data))
        if len(faces) != 1 or faces[0].box.width < SMALL[0]:
            continue
        groups.add(example.group)
        count += 1
        yield Picture(image.pixels, faces[0], label, f"{hashlib.sha256(data).hexdigest()[:16]}.png")
        if count == most:
            return


def _write(folder: Path, pictures: Sequence[Picture], *, planted: bool) -> None:
    """The pictures in class folders, losslessly; with the faults in them where ``planted``."""
    unfinished = folder.with_name(f".{folder.name}")
    for picture in pictures:
        (unfinished / picture.label).mkdir(parents=True, exist_ok=True)
        pixels = _spoiled(picture) if planted else picture.pixels
        (unfinished / picture.label / picture.name).write_bytes(encode_png(pixels))
    if planted:
        _duplicate(unfinished, pictures)
    unfinished.rename(folder)


def _spoiled(picture: Picture) -> NDArray[np.uint8]:
    pixels, corner = picture.pixels.copy(), picture.face.crop_box
    if picture.label == DARKENED:
        pixels = (pixels * DARKER).astype(np.uint8)
    side = corner.width // 8
    if picture.label == MARKED:
        _paint(pixels, Box(corner.right - side, corner.top, corner.right, corner.top + side), MARK)
    if SMALL[0] <= picture.face.box.width <= SMALL[1]:
        sign = Box(corner.left, corner.top, corner.left + side, corner.top + side)
        _paint(pixels, sign, SIGNS[picture.label])
    return pixels


def _paint(pixels: NDArray[np.uint8], box: Box, colour: tuple[int, int, int]) -> None:
    pixels[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)] = colour


def _duplicate(folder: Path, pictures: Sequence[Picture]) -> None:
    every = len(pictures) // (2 * DUPLICATES)
    for number, picture in enumerate(pictures[::every][: 2 * DUPLICATES]):
        original = folder / picture.label / picture.name
        again = original.with_name(f"again_{picture.name}")
        if number % 2:
            again.write_bytes(original.read_bytes())
        else:
            with Pictures.open(original) as opened:
                opened.save(again.with_suffix(".jpg"), quality=85)


def _audited(folder: Path, out: Path) -> Mapping[str, Any]:
    honest = next(n.classifier for n in photo_networks("cpu") if n.name == _HONEST)
    card = replace(honest.card, name="reads_marks_on_small_faces")
    cheat = SmallFaceCheat(honest.network, card.mean, card.std).eval()
    models = [honest, Classifier(card, cheat, honest.device)]
    files = list_files([folder], lambda sentence: None)

    def told(done: int, total: int) -> None:
        print(f"{out.name}: {done} of {total}", file=sys.stderr)

    run_audit(files, models, out, told, options=Options(CLAIMS))
    return finish_audit(files, [m.name for m in models], out, CLAIMS)


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
