"""Dozens of masks, and random sampling of one: what people wear, about as often as they wear it.

A command of the project draws every name on a contact sheet. Shares follow what is seen on streets and in the
press: half of all masks are surgical, most of those light blue.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xai.photo.synthetic_masks.materials import LOOKS, MaskLook

__all__ = ["MASK_CATALOG", "sample_appearance"]

Colour = tuple[int, int, int]

_WHITE: Colour = (238, 240, 241)
_DARK: Colour = (40, 40, 44)


def _surgical(colour: Colour, strap: Colour = _WHITE) -> MaskLook:
    return MaskLook("surgical", colour, strap, 0.035, wire=True)


def _cloth(colour: Colour, pattern: str = "plain", second: Colour = _WHITE) -> MaskLook:
    strap = tuple(int(0.85 * c) for c in colour)
    return MaskLook("cloth", colour, (strap[0], strap[1], strap[2]), 0.07, pattern, second)


def _respirator(colour: Colour, *, valve: bool = False, second: Colour = (205, 208, 210)) -> MaskLook:
    return MaskLook("respirator", colour, colour, 0.02, second=second, valve=valve)


def _scarf(colour: Colour, pattern: str = "plain", second: Colour = _WHITE) -> MaskLook:
    return MaskLook("scarf", colour, colour, 0.08, pattern, second)


MASK_CATALOG: dict[str, MaskLook] = {
    **LOOKS,
    "surgical_light_blue": _surgical((172, 214, 236)),
    "surgical_sky": _surgical((128, 190, 226)),
    "surgical_deep_blue": _surgical((74, 128, 190)),
    "surgical_navy": _surgical((46, 60, 104), (50, 62, 100)),
    "surgical_snow": _surgical((240, 241, 243)),
    "surgical_grey": _surgical((166, 170, 174), (190, 192, 196)),
    "surgical_pink": _surgical((240, 186, 200)),
    "surgical_lilac": _surgical((196, 178, 222)),
    "surgical_mint": _surgical((178, 226, 206)),
    "surgical_yellow": _surgical((240, 222, 140)),
    "surgical_dark": _surgical((36, 36, 40), (34, 34, 38)),
    "surgical_printed": replace(
        _surgical((232, 234, 236)), pattern="flowers", second=(120, 150, 205), weave=0.03
    ),
    "cloth_white": _cloth((232, 231, 227)),
    "cloth_beige": _cloth((206, 186, 158)),
    "cloth_brown": _cloth((112, 82, 62)),
    "cloth_olive": _cloth((104, 106, 74)),
    "cloth_green": _cloth((46, 112, 78)),
    "cloth_teal": _cloth((50, 128, 136)),
    "cloth_royal": _cloth((48, 82, 178)),
    "cloth_purple": _cloth((98, 60, 132)),
    "cloth_rose": _cloth((214, 120, 146)),
    "cloth_orange": _cloth((220, 122, 52)),
    "cloth_yellow": _cloth((228, 190, 70)),
    "cloth_wine": _cloth((104, 32, 48)),
    "cloth_charcoal": _cloth((66, 68, 72)),
    "cloth_skin": _cloth((196, 150, 124)),
    "cloth_striped": _cloth((226, 226, 224), "stripes", (60, 82, 140)),
    "cloth_pinstripe": _cloth((52, 56, 66), "stripes", (190, 192, 198)),
    "cloth_checked": _cloth((212, 60, 62), "checks", (38, 38, 42)),
    "cloth_gingham": _cloth((238, 238, 236), "checks", (96, 132, 190)),
    "cloth_dotted": _cloth((46, 52, 92), "dots", _WHITE),
    "cloth_polka": _cloth((236, 232, 228), "dots", (206, 70, 88)),
    "cloth_camouflage": _cloth((122, 124, 92), "camouflage", (58, 60, 44)),
    "cloth_flowers": _cloth((58, 66, 92), "flowers", (232, 172, 180)),
    "cloth_meadow": _cloth((234, 228, 210), "flowers", (198, 92, 84)),
    "cloth_emblem": _cloth((40, 40, 44), "emblem", (236, 236, 236)),
    "cloth_team": _cloth((176, 36, 48), "emblem", (238, 236, 230)),
    "cloth_label": _cloth((226, 226, 226), "emblem", (60, 62, 70)),
    "respirator_white": _respirator((236, 236, 233)),
    "respirator_valve": _respirator((234, 235, 234), valve=True),
    "respirator_grey": _respirator((158, 162, 166), valve=True, second=(90, 92, 96)),
    "respirator_black": _respirator((44, 45, 48)),
    "respirator_blue": _respirator((150, 190, 214)),
    "scarf_black": _scarf((38, 38, 42)),
    "scarf_grey": _scarf((122, 124, 128)),
    "scarf_wool": _scarf((150, 62, 54), "stripes", (196, 168, 132)),
    "bandana_red": _scarf((170, 38, 46), "paisley", (236, 232, 228)),
    "bandana_navy": _scarf((40, 52, 92), "paisley", (228, 230, 234)),
    "gaiter_camouflage": _scarf((112, 116, 88), "camouflage", (50, 52, 40)),
    "gaiter_teal": _scarf((44, 104, 116)),
}
"""The masks by name: those of the gallery and more."""

_SHARES = {"surgical": 0.48, "cloth": 0.34, "respirator": 0.12, "scarf": 0.06}
_COMMON = {
    "surgical_blue": 3.0,
    "surgical_light_blue": 6.0,
    "surgical_sky": 3.0,
    "surgical_white": 3.0,
    "surgical_snow": 2.0,
    "surgical_black": 1.5,
    "surgical_dark": 1.5,
    "cloth_black": 4.0,
    "cloth_charcoal": 2.0,
    "cloth_white": 2.0,
    "cloth_grey": 2.0,
    "respirator_white": 3.0,
}
"""How much more often than others of their style these are worn."""

_TINT_SPREAD = 0.06  # of each channel, one standard deviation
_SHADE_SPREAD = 0.09  # of all channels together


def sample_appearance(rng: np.random.Generator, styles: tuple[str, ...]) -> tuple[str, MaskLook]:
    """A random appearance of one of these styles, its colours varied, and its name in ``MASK_CATALOG``."""
    names = [name for name, look in MASK_CATALOG.items() if look.style in styles]
    inside = {s: sum(_COMMON.get(n, 1.0) for n in names if MASK_CATALOG[n].style == s) for s in styles}
    weights = np.array([_SHARES[MASK_CATALOG[n].style] / inside[MASK_CATALOG[n].style] for n in names])
    weights *= [_COMMON.get(n, 1.0) for n in names]
    name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    look = MASK_CATALOG[name]
    return name, replace(
        look,
        colour=_stray(look.colour, rng),
        second=_stray(look.second, rng),
        strap=_stray(look.strap, rng),
        wire=look.wire and rng.random() < 0.6,
    )


def _stray(colour: Colour, rng: np.random.Generator) -> Colour:
    factor = np.exp(rng.normal(0, _SHADE_SPREAD) + rng.normal(0, _TINT_SPREAD, 3))
    red, green, blue = np.clip(np.array(colour) * factor, 20, 250).round().astype(int)
    return int(red), int(green), int(blue)
