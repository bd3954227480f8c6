"""Data augmentation of training faces."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from PIL import Image as Pillow
from torch import Tensor
from torch.nn import functional

__all__ = ["augmentation", "batch_view"]

Picture = Pillow.Image


def batch_view(kind: str) -> Callable[[Tensor], Tensor]:
    """A random view of a whole batch: float32 ``(N, 3, n, n)`` in 0..1 -> the same shape and range.

    Every face has random numbers of its own, yet all run at once: on small inputs this is many times faster
    than picture by picture. Kinds: ``plain`` (unchanged), ``flip`` (mirrored one time in two), ``saturation``
    (reduced to a random share of 0 to 100 %), ``moved`` (mirrored, rotated by up to 12°, scaled 0.85 to 1.15,
    shifted by up to 8 %, brightness, contrast and saturation within 30 %, grey one time in ten). Random
    numbers come from torch's own generator.

    Raises:
        ValueError: another kind.
    """
    kinds = {"plain": _plain, "flip": _flip, "saturation": _fade, "moved": _moved}
    if kind not in kinds:
        raise ValueError(f"views must be one of {', '.join(kinds)}, not {kind!r}")
    return kinds[kind]


def augmentation(side: int) -> Callable[[Picture], Tensor]:
    """The strong view of one crop: an RGB Pillow picture -> float32 ``(3, side, side)`` in 0..1.

    Crop of 60 to 100 % of the area, flip, rotation by up to 10°, colour, grey one time in ten, and one time
    in three low resolution or blur. Pillow and not tensors: on single small pictures it is several times
    faster.
    """
    from torchvision.transforms import v2  # noqa: PLC0415 - torchvision takes 2 s; only training needs it

    view: Callable[[Picture], Tensor] = v2.Compose(
        [
            v2.RandomResizedCrop(side, scale=(0.6, 1.0), ratio=(0.85, 1.18), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.RandomRotation(10, interpolation=v2.InterpolationMode.BILINEAR),
            v2.ColorJitter(0.3, 0.3, 0.5, 0.1),
            v2.RandomGrayscale(0.1),
            v2.RandomApply([v2.Lambda(_seen_small)], p=0.3),
            v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.6))], p=0.15),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )
    return view


def _plain(batch: Tensor) -> Tensor:
    return batch


def _flip(batch: Tensor) -> Tensor:
    mirrored = torch.rand(len(batch)) < 0.5
    return torch.where(mirrored[:, None, None, None], batch.flip(3), batch)


def _fade(batch: Tensor) -> Tensor:
    share = torch.rand(len(batch), 1, 1, 1)
    return torch.lerp(_grey(batch), batch, share)


def _moved(batch: Tensor) -> Tensor:
    return _lit(_turned(_flip(batch)))


def _turned(batch: Tensor) -> Tensor:
    """Rotated, scaled and shifted; mirrored at the border."""
    n = len(batch)
    angle = _between(n, -12, 12) * math.pi / 180
    size = 1 / _between(n, 0.85, 1.15)
    rows = torch.stack(
        [
            torch.stack([angle.cos() * size, -angle.sin() * size, _between(n, -0.16, 0.16)], dim=1),
            torch.stack([angle.sin() * size, angle.cos() * size, _between(n, -0.16, 0.16)], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(rows, list(batch.shape), align_corners=False)
    return functional.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)


def _lit(batch: Tensor) -> Tensor:
    """Brightness, contrast and saturation, in that order, each factor 0.7 to 1.3; then grey for some."""
    factors = _between(3 * len(batch), 0.7, 1.3).reshape(3, len(batch), 1, 1, 1)
    batch = (batch * factors[0]).clamp(0, 1)
    batch = torch.lerp(_grey(batch).mean(dim=(2, 3), keepdim=True), batch, factors[1]).clamp(0, 1)
    grey = _grey(batch)
    batch = torch.lerp(grey, batch, factors[2]).clamp(0, 1)
    return torch.where(torch.rand(len(batch), 1, 1, 1) < 0.1, grey.expand_as(batch), batch)


def _grey(batch: Tensor) -> Tensor:
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    return (batch * weights).sum(dim=1, keepdim=True)


def _between(count: int, low: float, high: float) -> Tensor:
    return torch.empty(count).uniform_(low, high)


def _seen_small(crop: Picture) -> Picture:
    """Reduce to 16..64 px and enlarge again, like a face far away in a photo."""
    small = int(torch.randint(16, max(17, min(64, crop.width)), ()))
    return crop.resize((small, small), Pillow.Resampling.BILINEAR).resize(
        crop.size, Pillow.Resampling.BILINEAR
    )
