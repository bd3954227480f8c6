"""What a training face goes through before the network sees it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image as Pillow
from torch import Tensor

__all__ = ["augmentation"]

Picture = Pillow.Image


def augmentation(side: int, *, strong: bool) -> Callable[[Picture], Tensor]:
    """A random view of a crop: an RGB Pillow picture -> float32 ``(3, side, side)`` in 0..1.

    Weak: horizontal flip alone. Strong: crop of 60 to 100 % of the area, flip, turn by up to 10°, colour,
    grey one time in ten, and one time in three a face seen small or out of focus. Pillow and not tensors:
    on single small pictures it is several times faster.
    """
    from torchvision.transforms import v2  # noqa: PLC0415 - torchvision costs 2 s, training alone pays it

    tensor = [v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)]
    weak = [v2.RandomHorizontalFlip(), v2.Resize((side, side), antialias=True)]
    full = [
        v2.RandomResizedCrop(side, scale=(0.6, 1.0), ratio=(0.85, 1.18), antialias=True),
        v2.RandomHorizontalFlip(),
        v2.RandomRotation(10, interpolation=v2.InterpolationMode.BILINEAR),
        v2.ColorJitter(0.3, 0.3, 0.5, 0.1),
        v2.RandomGrayscale(0.1),
        v2.RandomApply([v2.Lambda(_seen_small)], p=0.3),
        v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.6))], p=0.15),
    ]
    view: Callable[[Picture], Tensor] = v2.Compose([*(full if strong else weak), *tensor])
    return view


def _seen_small(crop: Picture) -> Picture:
    """Reduce to 16..64 px and enlarge again, as a face far away in a photo arrives."""
    small = int(torch.randint(16, max(17, min(64, crop.width)), ()))
    return crop.resize((small, small), Pillow.Resampling.BILINEAR).resize(
        crop.size, Pillow.Resampling.BILINEAR
    )
