"""Composites edits of one picture on the network's device, a batch at a time.

Places and contents are resized to the network's input once; the edited pictures exist only while their batch
goes through the network. On a CPU every picture is composited on its own, with as many layers as its edit
has; on a GPU a batch is composited in one operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from xai.models.classifiers import Classifier, to_input
from xai.models.inference.batch_job import Batches
from xai.models.inference.runtimes import Runtime

__all__ = ["EditBatch", "LayerStack", "compose_batches"]

Plane = NDArray[np.float32]

LayerStack = Sequence[tuple[int, int]]
"""Layers of one edit, bottom to top: (index of its place, index of its content)."""


@dataclass(frozen=True, eq=False)
class EditBatch:
    """Edits of one picture.

    Attributes:
        picture: RGB uint8 ``(H, W, 3)``; content 0.
        contents: from content 1 on, float32 ``(S, S, 3)`` each, 0..255.
        places: from place 0 on, float32 ``(S, S)`` each, 0..1: opacity of a layer.
        piles: one layer stack per edit; an empty one is the unedited picture.
    """

    picture: NDArray[np.uint8]
    contents: Sequence[Plane]
    places: Sequence[Plane]
    piles: Sequence[LayerStack]


def compose_batches(classifier: Classifier, painted: EditBatch, runtime: Runtime) -> Batches:
    """The function that makes batches of edited pictures for a runtime, as ``InferenceJob.inputs`` requires.

    Args:
        classifier: sets the input side and normalisation.
        painted: the edits; each is one input.
        runtime: that runs the batches.
    """
    side, device = classifier.card.input_size, runtime.device
    values = to_input(painted.picture, side, device)[None]
    contents = [content.transpose(2, 0, 1) / 255 for content in painted.contents]
    sheets = torch.cat([values, _sized(contents, side, device)]) if contents else values
    # Compositing is linear, so its inputs can be normalised once instead of its results.
    sheets = classifier.normalise(sheets)
    planes = [place[None] for place in painted.places] or [np.zeros((1, side, side), np.float32)]
    places = _sized(planes, side, device)
    made = _CpuCompositor if device.type == "cpu" else _GpuCompositor
    return made(sheets, places, painted.piles, runtime)


class _CpuCompositor:
    """On a CPU: composites pictures one by one, with a buffer for each batch that may be in flight.

    By NumPy: a picture is so small that torch's threads would mostly wait for each other, and for the
    network's.
    """

    def __init__(
        self, contents: Tensor, places: Tensor, piles: Sequence[LayerStack], runtime: Runtime
    ) -> None:
        self._contents, self._places, self._piles = contents.numpy(), places.numpy(), piles
        self._layout = runtime.memory_format
        shape = (min(runtime.batch, len(piles)), *contents.shape[1:])
        self._sheets = [torch.empty(shape) for _ in range(runtime.depth)]
        self._spare = np.empty_like(self._contents[0])

    def __call__(self, start: int, stop: int, slot: int) -> Tensor:
        sheet = self._sheets[slot][: stop - start]
        for page, pile in zip(sheet.numpy(), self._piles[start:stop], strict=True):
            np.copyto(page, self._contents[0])
            for place, content in pile:
                self._lay(page, self._contents[content], self._places[place])
        return sheet.contiguous(memory_format=self._layout)

    def _lay(self, page: Plane, content: Plane, place: Plane) -> None:
        np.subtract(content, page, out=self._spare)
        np.multiply(self._spare, place, out=self._spare)
        np.add(page, self._spare, out=page)


class _GpuCompositor:
    """On a GPU: composites the layers of a whole batch at once; missing layers are transparent."""

    def __init__(
        self, contents: Tensor, places: Tensor, piles: Sequence[LayerStack], runtime: Runtime
    ) -> None:
        self._layout = runtime.memory_format
        self._contents = contents
        self._places = torch.cat([places, torch.zeros_like(places[:1])])
        depth, nothing = max(map(len, piles)), (len(places), 0)
        padded = [[*pile, *[nothing] * (depth - len(pile))] for pile in piles]
        layers = torch.tensor(padded, dtype=torch.long, device=contents.device)
        self._layers = layers.reshape(len(piles), depth, 2)

    @torch.inference_mode()
    def __call__(self, start: int, stop: int, slot: int) -> Tensor:
        layers = self._layers[start:stop]
        pictures = self._contents[:1].expand(len(layers), -1, -1, -1)
        for level in layers.unbind(dim=1):
            place, content = level.unbind(dim=1)
            pictures = torch.lerp(pictures, self._contents[content], self._places[place])
        return pictures.contiguous(memory_format=self._layout)


def _sized(sheets: Sequence[NDArray[np.floating]], side: int, device: torch.device) -> Tensor:
    """Planes ``(C, S, S)`` at the network's size, ``(N, C, n, n)``, resized as by ``to_input``."""
    stack = torch.from_numpy(np.stack(sheets).astype(np.float32, copy=False)).to(device)
    sized: Tensor = functional.interpolate(stack, (side, side), mode="bilinear", antialias=True)
    return sized.clamp(0, 1)
