"""Score-CAM, Ablation-CAM and RISE next to the grad-cam package and a plain loop: one run, interleaved.

``python -m tests.performance.methods.speed --model mobilenet_v2 --model resnet18_fmd`` explains a sample.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from xai.attribution.layers import default_layer
from xai.attribution.methods import METHODS
from xai.attribution.rise import RiseMasks
from xai.benchmark.timing import time_interleaved
from xai.models.cards import DEFAULT_MODEL
from xai.models.classifiers import Classifier, load_classifier, to_input
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

__all__ = ["main"]

_LOOP = 32  # pictures a pass of the plain loop


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.methods.speed")
    parser.add_argument("--model", action="append", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    args = parser.parse_args(argv)
    for name in args.model or [DEFAULT_MODEL]:
        classifier = load_classifier(name, "auto")
        print(f"{name}, {torch.get_num_threads()} threads")
        for method, theirs in _ways(classifier).items():
            ways = {"ours": partial(_ours, method, classifier), "theirs": theirs}
            for way in ways.values():
                way()
            times = time_interleaved(ways, args.rounds, classifier.device)
            ratio = times["theirs"].over(times["ours"])
            print(
                f"{method}: {times['ours'].median:.2f} s, the other {times['theirs'].median:.2f} s: "
                f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}) times as long"
            )
    return 0


def _ours(method: str, classifier: Classifier) -> object:
    values = _picture(classifier)
    params = METHODS[method].complete({})
    return METHODS[method].run()(classifier, values, 0, params, lambda _done, _total: None)


def _ways(classifier: Classifier) -> Mapping[str, Callable[[], object]]:
    return {
        "scorecam": lambda: _package("ScoreCAM", classifier),
        "ablationcam": lambda: _package("AblationCAM", classifier),
        "rise": lambda: _plain_rise(classifier),
    }


def _package(kind: str, classifier: Classifier) -> object:
    layer = classifier.network.get_submodule(default_layer(classifier))
    given = classifier.normalise(_picture(classifier))[None]
    quiet = contextlib.redirect_stderr(io.StringIO())  # its progress bar
    with quiet, getattr(pytorch_grad_cam, kind)(classifier.network, [layer]) as cam:
        return cam(given, [ClassifierOutputTarget(0)])


def _plain_rise(classifier: Classifier) -> object:
    picture = classifier.normalise(_picture(classifier))
    params = METHODS["rise"].complete({})
    masks = RiseMasks(int(params["masks"]), int(params["cells"]), float(params["keep"]), picture.shape[-1])
    total = np.zeros(picture.shape[-2:], np.float32)
    for start in range(0, len(masks), _LOOP):
        shown = masks(start, min(start + _LOOP, len(masks)), picture.device)
        answers = classifier.probabilities(picture * shown[:, None])[:, 0]
        total += torch.einsum("k,kij->ij", answers, shown).cpu().numpy()
    return total


def _picture(classifier: Classifier) -> torch.Tensor:
    crop = find_faces(load_sample("admiral-blue"))[0].crop
    return to_input(crop, classifier.card.input_size, classifier.device)


if __name__ == "__main__":
    sys.exit(main())
