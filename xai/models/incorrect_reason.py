"""Reason head: why a mask is worn incorrectly, by a small linear head on the classifier's features.

The head reads the classifier's last feature map, averaged over the picture; the classifier itself is
unchanged. Averaging in bands from forehead to neck instead was tried: no better on held-out faces, and worse
on other kinds of masks. A head belongs to one classifier: it is in ``reasons/<name>.safetensors`` beside the
classifiers and names the digest of its weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from xai.classes import class_info
from xai.errors import WeightsUnavailable
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import weights_folders
from xai.models.classifiers import Classifier
from xai.photo.synthetic_masks.wear_styles import REASONS
from xai.types import IncorrectReason, Prediction

__all__ = ["ReasonHead", "load_reasons", "pooled_features", "predict_with_reasons", "reasons_path"]

_BATCH = 64


@dataclass(frozen=True, eq=False)
class ReasonHead:
    """A linear head on a classifier's features.

    Attributes:
        weight: float32 ``(R, C)``, C as of ``pooled_features``, in the order of ``REASONS``.
        bias: float32 ``(R,)``.
        classifier_sha256: digest of the weights of the classifier that it was trained on.
        about: training data and scores, by name.
        threshold: the probability from which its reason is reported, 0..1.
    """

    weight: Tensor
    bias: Tensor
    classifier_sha256: str
    about: Mapping[str, object]
    threshold: float

    def predict(self, classifier: Classifier, crops: Sequence[NDArray[np.uint8]]) -> tuple[Prediction, ...]:
        """The probability of each reason, for crops (RGB uint8 ``(H, W, 3)``) classified as incorrect.

        It is not meaningful for a mask worn correctly: use it only for faces classified as ``incorrect``.

        Raises:
            ValueError: the classifier is not the one that the head was trained on.
        """
        if classifier.card.sha256 != self.classifier_sha256:
            raise ValueError(
                f"these reasons were learned on a classifier of sha256 {self.classifier_sha256[:12]}…, "
                f"not on {classifier.name} of {classifier.card.sha256[:12]}…; train reasons for it"
            )
        seen = pooled_features(classifier, crops)
        answers = functional.linear(seen, self.weight, self.bias).softmax(dim=1).numpy()
        return tuple(Prediction(REASONS, row) for row in answers)

    def to_bytes(self) -> bytes:
        """The head as a safetensors file; everything but the tensors is in its header."""
        header = {
            "classifier_sha256": self.classifier_sha256,
            "about": json.dumps(dict(self.about)),
            "threshold": repr(self.threshold),
        }
        return save({"weight": self.weight, "bias": self.bias}, header)


def predict_with_reasons(
    classifier: Classifier, crops: Sequence[NDArray[np.uint8]]
) -> tuple[Prediction, ...]:
    """``classifier.predict``; ``incorrect`` predictions have their reason where the classifier has a reason
    head. A black box has none.

    Args:
        classifier: the model.
        crops: RGB uint8 ``(H, W, 3)``.

    Raises:
        WeightsUnavailable: see ``load_reasons``; only where an answer is ``incorrect``.
    """
    told = list(classifier.predict(crops))
    places = [place for place, answer in enumerate(told) if "incorrect" in class_info(answer.label).wearings]
    head = load_reasons(classifier) if places and not classifier.is_black_box else None
    if head is not None:
        found = head.predict(classifier, [crops[place] for place in places])
        for place, reason in zip(places, found, strict=True):
            said = IncorrectReason(reason.label, reason.confidence, head.threshold)
            told[place] = replace(told[place], reason=said)
    return tuple(told)


def pooled_features(classifier: Classifier, crops: Sequence[NDArray[np.uint8]]) -> Tensor:
    """The classifier's last feature map, averaged over the picture: float32 ``(N, C)``, on the CPU.

    The map is that which Grad-CAM explains. Crops are RGB uint8 ``(H, W, 3)``.

    Raises:
        WeightsUnavailable: the classifier is a black box, which shows no feature map.
    """
    if classifier.is_black_box:
        raise WeightsUnavailable(
            f"Reasons need the features of a network, and {classifier.name} gives outputs alone; choose a "
            "model stored as safetensors."
        )
    layer = classifier.network.get_submodule(ARCHITECTURES[classifier.card.architecture].cam_layer)
    pooled = []
    for start in range(0, len(crops), _BATCH):
        with torch.inference_mode(), _heard(layer) as heard:
            classifier.network(classifier.prepare(crops[start : start + _BATCH]))
        pooled.append(heard[0].float().mean(dim=(2, 3)).cpu())
    return torch.cat(pooled).clone()


def load_reasons(classifier: Classifier) -> ReasonHead | None:
    """The head that belongs to the classifier; None where there is none.

    Raises:
        WeightsUnavailable: its file is damaged, or belongs to another classifier of that name.
    """
    found = [
        path for folder in weights_folders() if (path := reasons_path(folder, classifier.name)).is_file()
    ]
    if not found:
        return None
    head = _read(found[-1], classifier)  # the second folder takes precedence, as for classifiers
    if head.classifier_sha256 != classifier.card.sha256:
        raise WeightsUnavailable(
            f"The reasons in {found[-1]} belong to another {classifier.name}, of sha256 "
            f"{head.classifier_sha256[:12]}…; train them again or remove the file."
        )
    return head


def reasons_path(folder: Path, name: str) -> Path:
    """Path of the head of the classifier ``name`` in a folder of weights."""
    return folder / "reasons" / f"{name}.safetensors"


def _read(path: Path, classifier: Classifier) -> ReasonHead:
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata()
            weight, bias = file.get_tensor("weight"), file.get_tensor("bias")
            about = json.loads(header["about"])
            threshold = float(header["threshold"])
            head = ReasonHead(weight, bias, header["classifier_sha256"], about, threshold)
        if head.weight.shape[0] != len(REASONS) or head.bias.shape != (len(REASONS),):
            raise ValueError(f"it has {head.weight.shape[0]} reasons, not {len(REASONS)}")
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsUnavailable(
            f"The reasons of {classifier.name} are left out: {path} cannot be read ({error})."
        ) from error
    return head


@contextmanager
def _heard(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Context manager: records the layer's output."""
    heard: list[Tensor] = []
    hook = layer.register_forward_hook(lambda _module, _inputs, output: heard.append(output.detach()))
    try:
        yield heard
    finally:
        hook.remove()
