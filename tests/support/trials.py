"""Small sets in folds and small models of them on disk, for the tests of results."""

import hashlib
import json
import warnings

import numpy as np
import torch
from PIL import Image as Pillow
from safetensors.torch import save_file

from tests.support.models import make_card
from xai.models.architectures import ARCHITECTURES
from xai.types import CLASSES


def make_set(folder, groups=30, folds=3):
    """Two faces per group, pictures of noise around a level; every tenth group is incorrect."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    rows = ["file,class,group,fold,split,reason,box_w,box_h"]
    for group in range(groups):
        label = "incorrect" if group % 5 == 0 else ("covered", "uncovered")[group % 2]
        reason = ("chin_uncovered", "nose_uncovered")[group % 2] if label == "incorrect" else ""
        split = "test" if group % 3 == 0 else ("val" if group % 3 == 1 else "train")
        for i in range(2):
            name = f"{group}-{i}.png"
            level = 90 + 40 * CLASSES.index(label) + rng.normal(0, 30)
            pixels = np.clip(rng.normal(level, 40, (36, 36, 3)), 0, 255).astype(np.uint8)
            Pillow.fromarray(pixels).save(folder / name)
            rows.append(f"{name},{label},g{group},{group % folds},{split},{reason},40,40")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder


def put_model(folder, name, seed=0, classes=CLASSES, **changes):
    """A pair of card and random weights; what is not said is as after a seed training on ``toy``."""
    torch.manual_seed(seed)
    network = ARCHITECTURES["custom_cnn_relu_bn"].build(len(classes))
    for key, value in network.state_dict().items():
        if key.endswith("weight") and value.dim() == 2:
            value.mul_(6)  # answers that differ from face to face
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_file(network.state_dict(), path)
    fields = {
        "name": name,
        "protocol": "seed",
        "source": "003",
        "data": {"train": {"toy": {}}, "val": {"toy": dict.fromkeys(classes, 10)}},
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "mean": (0.485, 0.456, 0.406),
        "std": (0.1, 0.1, 0.1),
        **changes,
    }
    card = make_card(35, classes=classes, path=path, **fields)
    path.with_suffix(".json").write_text(json.dumps(card.as_dict()))
    return card


def export_onnx(network, path, side, batch=2, dynamic=True):
    """Write a network as an ONNX file, for any number of pictures or for ``batch`` of them."""
    axes = {"input": {0: "n"}, "output": {0: "n"}} if dynamic else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (torch.zeros(batch, 3, side, side),), str(path), dynamo=False,
            input_names=["input"], output_names=["output"], dynamic_axes=axes,
        )  # fmt: skip


def write_onnx_card(path, like, **changes):
    """A card of the ONNX file ``path``, in everything else as ``like``."""
    fields = like.as_dict() | {
        "name": path.stem,
        "architecture": "a custom CNN, exported",
        "format": "onnx",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        **changes,
    }
    path.with_suffix(".json").write_text(json.dumps(fields))
