"""Faces per second of an audit's maps, next to a plain script of captum and grad-cam: one run, interleaved.

``python -m tests.performance.audit_throughput --data DIR`` takes faces of a labelled set and makes the maps
of an audit for each, by the library and by the two packages, captum with the batch that suits it best and
with its default of one. It also times maps and verdict, and prints by how much the maps differ.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytorch_grad_cam
import torch
from numpy.typing import NDArray
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from xai.attribution.methods import DEFAULT_METHODS, METHODS
from xai.attribution.occlusion.patch import Patch
from xai.benchmark.baselines import captum_map
from xai.benchmark.timing import time_interleaved
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.validation.labelled_faces import LabelledFace, read_labelled
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import DEFAULT_MODEL
from xai.models.classifiers import Classifier, load_classifier, to_input
from xai.pipeline import Pair, explain_all, maps_of_all
from xai.types import Face

__all__ = ["main"]

BATCHES = (1, 4, 8, 16, 32, 64, 196)
"""Values of captum's ``perturbations_per_eval`` that are tried; the first is its default."""

_THEIRS = {"gradcam": "GradCAM", "hirescam": "HiResCAM"}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.audit_throughput")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a labelled set")
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME")
    parser.add_argument("--faces", type=int, default=12, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="at least five (default)")
    args = parser.parse_args(argv)
    classifier = load_classifier(args.model, "auto")
    faces = _spread(
        [each for each in read_labelled(args.data, _note).faces if len(each.face.landmarks) > 5], args.faces
    )
    print(f"occlusion maps of one face differ by at most {_difference(faces[0], classifier):.1e}")
    batches = {batch: _plain(classifier, batch) for batch in BATCHES}
    tried = time_interleaved(
        {str(b): _over(faces[:2], way) for b, way in batches.items()}, 3, classifier.device
    )
    best = min(BATCHES, key=lambda batch: tried[str(batch)].median)
    ways = {
        "maps": _over(faces, lambda face: maps_of_all([Pair(FaceEdits(face), classifier)])),
        "captum, best batch": _over(faces, batches[best]),
        "captum, default": _over(faces, batches[1]),
        "maps and verdict": _over(faces, lambda face: explain_all([Pair(FaceEdits(face), classifier)])),
    }
    for way in ways.values():
        way()
    times = time_interleaved(ways, args.rounds, classifier.device)
    print(f"{args.model}, {len(faces)} faces, {torch.get_num_threads()} threads, captum's best batch {best}")
    for name, timing in times.items():
        ratio = timing.over(times["maps"])
        print(
            f"{name}: {len(faces) / timing.median:.2f} faces a second, "
            f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}) times the time of the library's maps"
        )
    return 0


def _spread(faces: Sequence[LabelledFace], count: int) -> list[Face]:
    return [faces[number * len(faces) // count].face for number in range(min(count, len(faces)))]


def _over(faces: Sequence[Face], way: Callable[[Face], object]) -> Callable[[], object]:
    return lambda: [way(face) for face in faces]


def _plain(classifier: Classifier, batch: int) -> Callable[[Face], list[NDArray[np.float32]]]:
    """The maps of ``DEFAULT_METHODS`` of a face, as a script of the two packages makes them."""
    layer = classifier.network.get_submodule(ARCHITECTURES[classifier.card.architecture].cam_layer)

    def maps(face: Face) -> list[NDArray[np.float32]]:
        values = to_input(face.crop, classifier.card.input_size, classifier.device)
        given = classifier.normalise(values)[None]
        with torch.inference_mode():
            target = int(classifier.network(given).argmax())
        made = []
        for method in DEFAULT_METHODS:
            if method == "occlusion":
                made.append(captum_map(classifier, values, Patch(), target, batch))
                continue
            with getattr(pytorch_grad_cam, _THEIRS[method])(classifier.network, [layer]) as cam:
                made.append(cam(given.clone().requires_grad_(), [ClassifierOutputTarget(target)])[0])
        return made

    return maps


def _difference(face: Face, classifier: Classifier) -> float:
    """Largest difference between the occlusion map and captum's, at the network's input."""
    values = to_input(face.crop, classifier.card.input_size, classifier.device)
    target = classifier.class_index(classifier.predict([face.crop])[0].label)
    ours = METHODS["occlusion"].run()(classifier, values, target, METHODS["occlusion"].complete({}), _ignore)
    theirs = captum_map(classifier, values, Patch(), target, 32)
    return float(np.abs(ours.values - theirs).max())


def _ignore(_done: int, _total: int) -> None:
    pass


def _note(_told: str) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
