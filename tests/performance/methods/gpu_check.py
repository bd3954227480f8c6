"""Does a GPU give the CPU's maps, what does it do when its memory runs out, and how fast is it?

``make gpu-check`` runs ``python -m tests.performance.methods.gpu_check``. Maps of a sample are made on both;
the difference counts as a share of the largest value of the CPU's map. Memory is made scarce by a network
that refuses large batches as CUDA does. Without a GPU it says so, and nothing is checked.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from xai.attribution.methods import METHODS
from xai.attribution.occlusion.engine import occlude
from xai.attribution.occlusion.patch import Patch
from xai.benchmark.occlusion import compare
from xai.benchmark.occlusion_result import Setting
from xai.evidence.interventions.face_edits import FaceEdits
from xai.models.cards import DEFAULT_MODEL
from xai.models.classifiers import load_classifier, to_input
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.pipeline import Pair, Wanted, maps_of_all

__all__ = ["Scarce", "differences", "halved", "main"]

PARITY = 1e-3
"""Largest difference between the maps of both devices, as a share of the CPU map's largest value."""

_FEW = 5  # inputs that fit where memory is scarce: one more than the batch with which memory is measured

_COMPARED = tuple(name for name in METHODS if name != "smoothgrad")
"""SmoothGrad draws its noise on the device, so that each has its own."""


@dataclass(frozen=True)
class Halved:
    """What happened where memory ran out.

    Attributes:
        refused: batches that did not fit.
        apart: largest difference in probability from the same map with memory enough.
    """

    refused: int
    apart: float


class Scarce(nn.Module):
    """A network whose device has memory for a few inputs at a time.

    Args:
        network: the network.
        fits: largest batch that fits.
    """

    def __init__(self, network, fits):
        super().__init__()
        self.network, self._fits, self.refused = network, fits, 0

    def forward(self, batch):
        """The network's outputs, or what CUDA raises."""
        if len(batch) > self._fits:
            self.refused += 1
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.network(batch)


def main(argv: Sequence[str] | None = None) -> int:
    """Check and print; the exit status is 1 if the GPU differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.methods.gpu_check")
    parser.add_argument("--model", action="append", metavar="NAME")
    parser.add_argument("--sample", default="admiral-blue", metavar="ID")
    args = parser.parse_args(argv)
    if not torch.cuda.is_available():
        print("torch sees no GPU on this machine, so nothing was checked.")
        return 0
    face = find_faces(load_sample(args.sample))[0]
    print(torch.cuda.get_device_name())
    return max(_check(name, face) for name in args.model or [DEFAULT_MODEL])


def differences(reference, other, face, methods=_COMPARED):
    """Method -> largest difference of two classifiers' maps as a share of the first's largest value; methods
    that are refused on both are left out, one that is refused on one is infinite.
    """
    one, two = (maps_of_all([Pair(FaceEdits(face), each)], Wanted(methods))[0] for each in (reference, other))
    found = {}
    for method in methods:
        if (method in one.refusals) != (method in two.refusals):
            found[method] = float("inf")
        elif method in one.heatmaps:
            values = [each.heatmaps[method].values for each in (one, two)]
            found[method] = float(np.abs(values[0] - values[1]).max() / np.abs(values[0]).max())
    return found


def halved(classifier, face):
    """An occlusion map with memory for ``_FEW`` inputs at a time, beside the same with memory enough."""
    values = to_input(face.crop, classifier.card.input_size, classifier.device)
    scarce = Scarce(classifier.network, _FEW)
    enough, little = (
        occlude(each, values, Patch()) for each in (classifier, replace(classifier, network=scarce))
    )
    return Halved(scarce.refused, float(np.abs(enough.probabilities - little.probabilities).max()))


def _check(name, face):
    cpu, gpu = load_classifier(name, "cpu"), load_classifier(name, "cuda")
    apart = differences(cpu, gpu, face)
    for method, share in apart.items():
        print(f"{name}, {method}: apart by {share:.1e} of the largest value (at most {PARITY:g})")
    memory = halved(gpu, face)
    print(f"{name}: {memory.refused} batches did not fit and were halved; apart by {memory.apart:.1e}")
    setting = Setting(Patch(), None, 5, "cuda", ("naive", "memory", "agreement"))
    speed = compare(name, [face.crop], setting, print)
    exact, fast = speed.ratio("captum", "ours"), speed.ratio("captum", "fast")
    print(f"{name}: captum takes {exact.median:.2f} times as long as exact, {fast.median:.2f} as fast maps")
    return int(max(apart.values()) > PARITY or not memory.refused or memory.apart > PARITY)


if __name__ == "__main__":
    sys.exit(main())
