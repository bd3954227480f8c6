import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from xai.learning.training.augmentation import augmentation, batch_view


@pytest.fixture
def batch():
    return torch.rand(64, 3, 20, 20, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", ["plain", "flip", "saturation", "moved"])
def test_a_view_is_a_batch_in_range_and_follows_the_seed(batch, kind):
    view = batch_view(kind)
    before = batch.clone()
    torch.manual_seed(3)
    one = view(batch)
    torch.manual_seed(3)
    assert torch.equal(one, view(batch))
    assert one.shape == batch.shape
    assert one.min() >= 0
    assert one.max() <= 1 + 1e-6
    assert torch.equal(batch, before)
    assert torch.equal(view(batch), one) == (kind == "plain")


def test_flip_mirrors_about_half(batch):
    torch.manual_seed(0)
    seen = batch_view("flip")(batch)
    same = [torch.equal(a, b) for a, b in zip(seen, batch, strict=True)]
    mirrored = [torch.equal(a, b.flip(2)) for a, b in zip(seen, batch, strict=True)]
    assert all(a != b for a, b in zip(same, mirrored, strict=True))
    assert 16 < sum(mirrored) < 48


def test_saturation_only_takes_colour_away(batch):
    """Each pixel lies between its grey and itself, at one share per picture; its luma is unchanged."""
    torch.manual_seed(0)
    seen = batch_view("saturation")(batch)
    luma = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    grey = (batch * luma).sum(dim=1, keepdim=True)
    assert ((seen * luma).sum(dim=1, keepdim=True) - grey).abs().max() < 1e-5
    share = ((seen - grey) / (batch - grey)).flatten(1)
    median = share.median(dim=1).values
    assert (median >= 0).all()
    assert (median <= 1).all()
    assert median.std() > 0.2
    assert ((seen - grey) - median[:, None, None, None] * (batch - grey)).abs().max() < 1e-5


def test_moving_turns_about_the_middle():
    """A bright middle stays near the middle, a bright corner moves: nothing is shifted far."""
    picture = torch.zeros(200, 3, 31, 31)
    picture[:, :, 13:18, 13:18] = 1
    torch.manual_seed(0)
    seen = batch_view("moved")(picture).mean(dim=1)
    places = torch.arange(31.0)
    rows = (seen.sum(dim=2) * places).sum(dim=1) / seen.sum(dim=(1, 2))
    columns = (seen.sum(dim=1) * places).sum(dim=1) / seen.sum(dim=(1, 2))
    assert ((rows - 15).abs() < 4).all()
    assert ((columns - 15).abs() < 4).all()
    assert abs(float(rows.mean()) - 15) < 0.5
    assert rows.std() > 0.5


def test_an_unknown_view_is_refused():
    with pytest.raises(ValueError, match="plain, flip, saturation, moved"):
        batch_view("upside down")


def test_a_strong_view_is_a_picture_in_range_and_changes():
    crop = Pillow.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8))
    view = augmentation(35)
    torch.manual_seed(0)
    views = [view(crop) for _ in range(12)]
    assert all(v.shape == (3, 35, 35) and v.min() >= 0 and v.max() <= 1 for v in views)
    assert len({round(float(v[0, 0, 0]), 4) for v in views}) > 1
