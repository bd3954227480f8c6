"""Networks from ONNX files, run by OpenVINO on the CPU: optional (``requirements-openvino.txt``).

A file is data to OpenVINO: a graph of known operations and its weights, no code. It is read from memory,
after its digest was checked, and must hold everything: a file that names others is refused, wherever they
are.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xai.errors import WeightsUnavailable
from xai.models.black_box import BlackBox, log_probabilities, why_no_probabilities
from xai.models.cards import Card, read_weights

__all__ = ["OnnxNetwork", "load_onnx"]

_UNKNOWN = re.compile(r"No conversion rule found for operations: (.{1,200})")

_PARTS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Messages of ONNX (onnx.proto3): number of a field -> the message in it, of those that lead to tensors."""

_EXTERNAL = (13, 14)
"""Fields of a tensor, ``external_data`` and ``data_location``: its values are in another file."""

_DEEPEST = 100
"""Most messages inside each other, as protobuf's own limit."""


class OnnxNetwork(BlackBox):
    """A network from an ONNX file; thread-safe.

    Args:
        card: of the model.
        compiled: ``openvino.CompiledModel``.
        any_batch: whether it takes batches of any size; else one picture at a time.
    """

    def __init__(self, card: Card, compiled: Any, *, any_batch: bool) -> None:
        super().__init__("openvino float32 on cpu")
        self._card, self._compiled, self._any_batch = card, compiled, any_batch
        self._alone = threading.Lock()

    def forward(self, batch: Tensor) -> Tensor:
        """Logits float32 ``(N, C)`` of normalised inputs float32 ``(N, 3, n, n)``.

        Raises:
            WeightsUnavailable: the card says that it gives probabilities, and it gives something else.
        """
        pixels = np.ascontiguousarray(batch.cpu().numpy())
        parts = [pixels] if self._any_batch else np.split(pixels, len(pixels))
        with self._alone:
            rows = np.concatenate([np.array(self._compiled([part])[0], np.float32) for part in parts])
        found = torch.from_numpy(rows)
        if self._card.output == "logits":
            return found
        if wrong := why_no_probabilities(rows):
            raise _left_out(self._card, f"its card says that it gives probabilities, and {wrong}")
        return log_probabilities(found)


def load_onnx(card: Card) -> OnnxNetwork:
    """The network of a card whose format is ``onnx``.

    Raises:
        WeightsUnavailable: OpenVINO is not installed, or the file is no ONNX file, keeps values in other
            files, holds operations that OpenVINO does not know, or does not fit the card.
    """
    if find_spec("openvino") is None:
        raise _left_out(
            card, "ONNX files need OpenVINO; install it with: pip install -r requirements-openvino.txt"
        )
    try:
        data = read_weights(card)
    except OSError as error:
        raise _damaged(card) from error
    _check_whole(card, data)
    for batch in (-1, 1):
        if compiled := _compiled(card, data, batch):
            return OnnxNetwork(card, compiled, any_batch=batch < 0)
    raise _unfit(card, f"its output must be of shape (N, {len(card.classes)})")


def _compiled(card: Card, data: bytes, batch: int) -> Any | None:
    """The network for ``batch`` pictures at a time, -1 any number; None where it cannot be made so."""
    model = _read(card, data)
    _check_input(card, model)
    side = card.input_size
    try:
        model.reshape([batch, 3, side, side])
        rows, columns = model.output(0).partial_shape
        if rows.is_static != (batch > 0) or columns != len(card.classes):
            return None
        settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        return _core().compile_model(model, "CPU", settings)
    except Exception:  # fixed shapes inside, an output that is no matrix, or whatever a damaged file holds
        return None


def _read(card: Card, data: bytes) -> Any:
    try:
        return _core().read_model(data)
    except Exception as error:  # whatever a damaged file makes of its reader
        found = _UNKNOWN.search(str(error))
        if found:
            raise _left_out(
                card, f"{card.path.name} has operations that OpenVINO does not know: {found[1].strip()}"
            ) from error
        raise _damaged(card) from error


def _check_input(card: Card, model: Any) -> None:
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise _unfit(
            card, f"it has {len(model.inputs)} inputs and {len(model.outputs)} outputs, not one each"
        )
    taken, side = model.input(0), card.input_size
    shape, kind = taken.partial_shape, taken.element_type.get_type_name()
    wanted = (1, 3, side, side)
    fits = len(shape) == len(wanted) and all(
        axis.is_dynamic or axis.get_length() == n for axis, n in zip(list(shape)[1:], wanted[1:], strict=True)
    )
    if not fits or kind != "f32":
        raise _unfit(card, f"its input is {kind} {shape}, and must be f32 [N,3,{side},{side}]")


def _check_whole(card: Card, data: bytes) -> None:
    """Refuse a file that is cut short, or that keeps values in other files."""
    try:
        if _names_other_files(memoryview(data), "model", 0):
            raise _left_out(
                card,
                f"{card.path.name} keeps its weights in other files; save it as one file with its weights",
            )
    except (ValueError, IndexError) as error:
        raise _damaged(card) from error


def _names_other_files(message: memoryview, kind: str, depth: int) -> bool:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    parts = _PARTS[kind]
    for number, value in _fields(message):
        if kind == "tensor" and number in _EXTERNAL and value:
            return True
        if (
            number in parts
            and isinstance(value, memoryview)
            and _names_other_files(value, parts[number], depth + 1)
        ):
            return True
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a protobuf message (encoding, wire types 0, 1, 2 and 5), number and value.

    Raises:
        ValueError, IndexError: it is cut short, or no protobuf.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if wire not in (1, 2, 5):
            raise ValueError(f"wire type {wire}")
        length, at = _varint(message, at) if wire == 2 else (8 if wire == 1 else 4, at)
        if at + length > len(message):
            raise ValueError("cut short")
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number in base 128, least significant digits first, and where the next field begins."""
    value = 0
    for place in range(10):
        digit = message[at + place]
        value |= (digit & 127) << 7 * place
        if digit < 128:
            return value, at + place + 1
    raise ValueError("a number of more than ten digits")


def _left_out(card: Card, why: str) -> WeightsUnavailable:
    return WeightsUnavailable(f"The model {card.name} is left out: {why}.")


def _damaged(card: Card) -> WeightsUnavailable:
    return _left_out(card, f"{card.path.name} is no ONNX file, or a damaged one; export it again")


def _unfit(card: Card, why: str) -> WeightsUnavailable:
    side = card.input_size
    return _left_out(
        card,
        f"{card.path.name} does not fit its card, with {len(card.classes)} classes and pictures of {side} × "
        f"{side} pixels ({why}; correct the card, or export the network again)",
    )


@cache
def _core() -> Any:
    return import_module("openvino").Core()
