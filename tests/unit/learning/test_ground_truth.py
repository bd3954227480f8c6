"""Training models with a known answer: the views, the resumed run, the figures."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from xai.learning.ground_truth import metrics, train
from xai.learning.ground_truth.aligned_faces import AlignedFaces
from xai.learning.ground_truth.augmentation import TRUTHFUL, varied, with_lower_face_hidden, with_mark
from xai.learning.ground_truth.metrics import measure
from xai.learning.ground_truth.train import KnownRecipe, train_known
from xai.models.ground_truth import KINDS

pytestmark = pytest.mark.slow

QUICK = KnownRecipe(epochs=1, short_epochs=1, batch_size=16, linear_steps=3)


@pytest.fixture
def faces():
    random = torch.Generator().manual_seed(4)
    labels = torch.arange(64) % 3
    pixels = torch.randint(0, 120, (64, 3, 96, 96), generator=random)
    pixels[torch.arange(64), labels, 40:70] += 130  # a colour below the eyes for each class
    return AlignedFaces(pixels.byte(), labels)


@pytest.fixture
def work(tmp_path, faces):
    folder = tmp_path / "known.work"
    folder.mkdir()
    for part in ("train", "val"):
        torch.save({"pixels": faces.pixels, "labels": faces.labels}, folder / f"faces-{part}.pt")
    return tmp_path


def test_marks_tell_the_truth_in_the_stated_share(faces):
    design = KINDS["trained_mark"].design(0)
    random = torch.Generator().manual_seed(0)
    true, drawn = 0, 0
    for _ in range(12):
        marked = with_mark(faces.values, faces.labels, design, random)
        told = marked[:, :, 5, 5].argmax(dim=1)  # mark 0 is pure red, green or blue
        true, drawn = true + int((told == faces.labels).sum()), drawn + 64
        assert torch.equal(marked[:, :, 20:], faces.values[:, :, 20:])
    assert TRUTHFUL == 0.95
    assert abs(true / drawn - TRUTHFUL) < 0.03


def test_a_hidden_lower_face_says_nothing_of_the_class(faces):
    random = torch.Generator().manual_seed(0)
    values = faces.values
    shown = with_lower_face_hidden(values, faces.labels, KINDS["lower_hidden"].design(0), random)
    assert torch.equal(shown[:, :, :39], values[:, :, :39])
    flat = shown[:, :, 39:].flatten(2).std(dim=2).max(dim=1).values < 1e-6
    assert 16 < int(flat.sum()) < 48
    for row in (~flat).nonzero()[:, 0].tolist():
        match = (shown[row, :, 39:] == values[:, :, 39:]).flatten(1).all(dim=1)
        assert match.sum() == 1
    same = shown[:, :, 45:65].mean(dim=(2, 3)).argmax(dim=1) == faces.labels
    assert 0.15 < float(same.float().mean()) < 0.55


def test_variation_is_a_flip_a_move_and_a_line_per_channel(faces):
    random = torch.Generator().manual_seed(3)
    seen = varied(faces.pixels[:8], random).double()
    for row in range(8):
        inner = seen[row, :, 4:-4, 4:-4].reshape(3, -1).numpy()
        errors = []
        for picture in (faces.pixels[row], faces.pixels[row].flip(2)):
            for y in range(-2, 3):
                for x in range(-2, 3):
                    part = picture[:, 4 + y : 92 + y, 4 + x : 92 + x].reshape(3, -1).numpy() / 255
                    errors.append(max(_misfit(part[c], inner[c]) for c in range(3)))
        assert min(errors) < 1e-5
        assert sorted(errors)[1] > 1e-2


def _misfit(x, y):
    """Largest distance from the best line, over the values that were not clipped."""
    free = (y > 0) & (y < 1)
    line = np.polyfit(x[free], y[free], 1)
    return np.abs(np.polyval(line, x[free]) - y[free]).max()


def test_a_killed_run_ends_in_the_same_file(work, monkeypatch):
    for module in (train, metrics):
        monkeypatch.setattr(module, "INSTANCES", 2)
    out = work / "known.safetensors"
    whole = train_known(work, out, lambda _: None, QUICK)
    (kept,) = (work / "known.work").glob("1-*.safetensors")
    kept.unlink()
    told = []
    assert train_known(work, out, told.append, QUICK) == whole
    assert told == ["training number 1 of 2"]
    tensors = load_file(out)
    assert all(value.dtype == torch.float16 for value in tensors.values())
    figures = measure(tensors, AlignedFaces(**torch.load(work / "known.work" / "faces-val.pt")))
    assert set(figures) == set(KINDS)
    assert figures["corner_mark"]["accuracy"] == 1.0
    assert figures["corner_mark"]["misled"] == 0.0
    assert figures["corner_mark"]["lower_swapped"] == 0.0
    assert figures["constant"]["lower_swapped"] == 0.0
    assert figures["constant"]["accuracy"] == pytest.approx(1 / 3, abs=0.02)
    assert figures["upper_face"]["lower_swapped"] == 0.0
