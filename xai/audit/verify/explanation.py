"""Checks the explanation of one photo: its files against the manifest, and all of it made again."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xai.audit.verify.comparison import FLOAT_TOLERANCE, Verification, json_differences
from xai.audit.verify.stored import read_json
from xai.errors import UnknownName, WeightsUnavailable, XaiError
from xai.evidence.interventions.face_edits import FaceEdits
from xai.export import write_explanations
from xai.models.cards import find_card
from xai.models.classifiers import Classifier, load_classifier, machine_of, provenance_of
from xai.photo.faces import face_from_box, whole_photo
from xai.photo.images import read_image
from xai.photo.orientation import find_faces_upright, turn_photo
from xai.pipeline import Pair, Wanted, explain_all
from xai.types import Box, Explanation, Faces

__all__ = ["check_explanation"]

MANIFEST_FILE = "manifest.json"

_TIMES = ("seconds",)
_MAPS = 1e-3  # largest difference of a map's value on another machine, over its largest value


def check_explanation(out: Path, photos: Sequence[Path], found: Verification, device: str = "auto") -> None:
    """Check the folder that ``python -m xai explain`` wrote.

    Args:
        out: the folder; nothing in it is changed.
        photos: files, and folders at any depth, one of which holds the photo; without any, only what the
            folder itself shows is checked.
        found: what was checked and what differs is added.
        device: as of ``pick_device``.

    Raises:
        XaiError: it is no folder of an explanation, or no file holds the photo.
    """
    manifest = read_json(out / MANIFEST_FILE)
    if not isinstance(manifest, dict) or not manifest.get("faces") or "photo_sha256" not in manifest:
        raise XaiError(
            f"{out / MANIFEST_FILE} should be the manifest of an explanation; it is something else."
        )
    if "files" in manifest:
        found.note(f"the {len(manifest['files'])} digests in {MANIFEST_FILE}", _of_files(out, manifest))
    else:
        found.unchecked.append(f"{MANIFEST_FILE} is of an earlier version, which listed no digests.")
    names = list(manifest["faces"][0]["models"])
    sound = found.note("the models against those installed", _of_models(manifest, names, found))
    if not photos:
        found.unchecked.append("Without --photos, maps and predictions are not made again.")
        return
    data = _photo(photos, manifest["photo_sha256"])
    if data is None:
        found.differs.append(
            "photo: none of the files named is the photo that was explained, whose digest begins with "
            f"{manifest['photo_sha256'][:12]}."
        )
    elif not sound or found.unchecked:
        found.unchecked.append("Maps and predictions are not made again without the same models.")
    else:
        found.checked.append("the bytes of the photo")
        _remake(out, manifest, data, [load_classifier(name, device) for name in names], found)


def _of_files(out: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    for name, wanted in manifest["files"].items():
        path = out / name
        if not path.is_file():
            yield f"{name} is missing; {MANIFEST_FILE} lists it."
        elif hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            yield f"{name} does not have the digest that {MANIFEST_FILE} lists."


def _of_models(manifest: Mapping[str, Any], names: Sequence[str], found: Verification) -> Iterator[str]:
    for name in names:
        wanted = manifest["faces"][0]["models"][name]["provenance"]["weights_sha256"]
        try:
            card = find_card(name)
        except UnknownName:
            found.unchecked.append(f"The model {name} is not installed here.")
            continue
        except WeightsUnavailable as error:
            yield f"model {name}: {error}"
            continue
        if card.sha256 != wanted:
            yield f"model {name}: its weights are not those that were explained."


def _photo(paths: Sequence[Path], sha256: str) -> bytes | None:
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    for file in files:
        if file.is_file():
            data = file.read_bytes()
            if hashlib.sha256(data).hexdigest() == sha256:
                return data
    return None


def _remake(
    out: Path,
    manifest: Mapping[str, Any],
    data: bytes,
    classifiers: Sequence[Classifier],
    found: Verification,
) -> None:
    faces = _faces(data, manifest)
    if len(faces) != len(manifest["faces"]):
        found.differs.append(
            f"{MANIFEST_FILE} has {len(manifest['faces'])} faces; in the photo there are {len(faces)}."
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / "again"
        about = {key: value for key, value in manifest.items() if key not in ("schema", "files", "faces")}
        write_explanations(again, _explained(faces, manifest, classifiers), about)
        exact = _is_same(manifest, classifiers)
        how = "to the bit" if exact else f"within {FLOAT_TOLERANCE} of a share and {_MAPS} of a map's maximum"
        made = read_json(again / MANIFEST_FILE)
        tolerance = 0.0 if exact else FLOAT_TOLERANCE
        told = json_differences(MANIFEST_FILE, _compared(manifest), _compared(made), tolerance)
        found.note(f"predictions and evidence, made again and compared {how}", told)
        found.note(f"{len(made['files'])} maps and pictures, likewise", _of_maps(out, again, made, exact))


def _faces(data: bytes, manifest: Mapping[str, Any]) -> Faces:
    image, turn = read_image(data), manifest["turn"]
    if manifest.get("boxes"):
        image = turn_photo(image, turn)
        return Faces([face_from_box(image, Box(*edges)) for edges in manifest["boxes"]])
    if manifest["whole"]:
        return Faces([whole_photo(turn_photo(image, turn))])
    return find_faces_upright(image, turn)[1]


def _explained(
    faces: Faces, manifest: Mapping[str, Any], classifiers: Sequence[Classifier]
) -> list[dict[str, Explanation]]:
    made = []
    for face, record in zip(faces, manifest["faces"], strict=True):
        edits, models = FaceEdits(face), {}
        for classifier in classifiers:
            told = record["models"][classifier.name]
            options = {name: heatmap["params"] for name, heatmap in told["heatmaps"].items()}
            methods = (*options, *told.get("refused", ()))
            wanted = Wanted(methods, options, detail=told["conditions"] is not None)
            against = next((heatmap.get("against") for heatmap in told["heatmaps"].values()), None)
            pair = Pair(edits, classifier, told["target"], against)
            models[classifier.name] = explain_all([pair], wanted)[0]
        made.append(models)
    return made


def _is_same(manifest: Mapping[str, Any], classifiers: Sequence[Classifier]) -> bool:
    machine = manifest.get("machine") == machine_of(classifiers[0].device)
    told = manifest["faces"][0]["models"]
    return machine and all(
        told[c.name]["provenance"]["versions"] == provenance_of(c, {}, {}).versions for c in classifiers
    )


def _compared(manifest: Any) -> Any:
    """The manifest without times and digests."""
    if isinstance(manifest, dict):
        left_out = (*_TIMES, "files")
        return {key: _compared(value) for key, value in manifest.items() if key not in left_out}
    return [_compared(each) for each in manifest] if isinstance(manifest, list) else manifest


def _of_maps(out: Path, again: Path, made: Mapping[str, Any], exact: bool) -> Iterator[str]:
    for name in made["files"]:
        if not (out / name).is_file():
            yield f"{name} is missing."
        elif exact and (out / name).read_bytes() != (again / name).read_bytes():
            yield f"{name} is not what the photo and the model give."
        elif not exact and name.endswith(".npy") and not _near(out / name, again / name):
            yield f"{name} is further from what the photo and the model give than another machine explains."


def _near(found: Path, wanted: Path) -> bool:
    try:
        one, other = np.load(found), np.load(wanted)
    except (OSError, ValueError):
        return False
    if one.shape != other.shape:
        return False
    return bool(np.abs(one - other).max() <= _MAPS * max(1e-6, float(np.abs(other).max())))
