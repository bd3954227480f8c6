"""Shapes of the occluders: hands, paper, phones, cups, microphones, beards, hair, scarves.

Each takes a ``Scene`` and returns the ``SceneObject`` in front of the face. Lengths are in face widths.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xai.photo.occluders.scene import Scene, SceneObject
from xai.photo.synthetic_masks.lighting import linear

__all__ = ["SHAPES"]

Plane = NDArray[np.float32]
Points = NDArray[np.floating]
Stick = tuple[Points, Points, float]

_FINGERS = ((-0.19, 0.43, 0.055), (-0.065, 0.5, 0.06), (0.065, 0.47, 0.058), (0.185, 0.36, 0.05))
"""Where a finger leaves the palm across the hand, how long and how thick it is."""

_THICKEST_FINGER = 0.08


def _colour(*choices: tuple[int, int, int], rng: np.random.Generator) -> Plane:
    picked = np.array(choices[int(rng.integers(len(choices)))], np.float64)
    strayed = np.clip(picked * np.exp(rng.normal(0, 0.1) + rng.normal(0, 0.02, 3)), 8, 250)
    return linear(strayed.astype(np.uint8))


def _at(x: float, y: float) -> Points:
    return np.array([x, y], np.float32)


def _hand(stage: Scene) -> SceneObject:
    """An open hand over the mouth, coming from below or from a side."""
    rng = stage.rng
    side = float(rng.choice([-1.0, 1.0]))
    angle = side * rng.uniform(0.1, 1.5)  # where the fingers point: up, then inwards over the mouth
    forward, across = _at(-np.sin(angle), -np.cos(angle)), _at(np.cos(angle), -np.sin(angle))
    knuckles = _at(0, -0.02) - rng.uniform(0.0, 0.25) * forward + rng.uniform(-0.06, 0.06, 2)
    spread, bent = rng.uniform(0.0, 0.35), rng.uniform(0.65, 1.0)
    sticks: list[Stick] = [
        (knuckles + x * across, knuckles + x * across + bent * long * (forward + spread * x * across), thick)
        for x, long, thick in _FINGERS
    ]
    wrist = knuckles - 0.55 * forward
    palm: list[Stick] = [
        (knuckles + x * across, wrist + 0.6 * x * across, 0.11) for x in (-0.14, -0.05, 0.05, 0.14)
    ]
    thumb = knuckles - 0.32 * forward - side * 0.2 * across
    palm.append((thumb, thumb + 0.3 * (forward - side * 0.55 * across), 0.065))
    palm.append((wrist, wrist - 0.9 * forward, 0.17))
    return _flesh(stage, [*palm, *sticks])


def _fist(stage: Scene) -> SceneObject:
    """A fist in front of the mouth, as in coughing."""
    rng = stage.rng
    side = float(rng.choice([-1.0, 1.0]))
    middle = _at(rng.uniform(-0.05, 0.05), rng.uniform(-0.02, 0.08))
    tilt = side * rng.uniform(-0.3, 0.5)
    along, down = _at(np.cos(tilt), np.sin(tilt)), _at(-np.sin(tilt), np.cos(tilt))
    fingers: list[Stick] = [
        (middle + y * down - side * 0.1 * along, middle + y * down + side * 0.14 * along, 0.062)
        for y in (-0.17, -0.06, 0.05, 0.15)
    ]
    back = middle + side * 0.2 * along + 0.02 * down
    wrist = back + side * 0.35 * along + 0.5 * down
    return _flesh(stage, [(back, wrist, 0.15), (middle, back, 0.17), *fingers])


def _flesh(stage: Scene, sticks: list[Stick]) -> SceneObject:
    """Sticks of skin, later ones in front of earlier ones, with darker seams where they meet."""
    depth = np.full(stage.x.shape, -1.0, np.float32)
    height = np.zeros_like(depth)
    seam = np.ones_like(depth)
    for start, end, radius in sticks:
        inside, raised = stage.capsule(start, end, (radius, 0.86 * radius))
        strength = 0.4 if radius < _THICKEST_FINGER else 0.08
        dark = 1 - strength * np.exp(-(((inside - 0.004) / 0.012) ** 2))
        seam = np.where(inside > 0, 1, seam * dark)
        height = np.where(inside > 0, np.maximum(0.35 * height, raised), height)
        depth = np.maximum(depth, inside)
    tone = 1 + 0.05 * stage.noise(9) + 0.03 * stage.noise(40)
    skin = stage.skin * np.exp(stage.rng.normal(0, 0.12)) * np.array([1.0, 0.97, 0.95])
    colour = (tone * seam)[..., None] * skin
    return SceneObject(stage.cover(depth), 0.5 * height * stage.unit, np.asarray(colour, np.float32))


def _paper(stage: Scene) -> SceneObject:
    """A sheet of paper, held over the lower half of the face; it may carry lines of print."""
    rng = stage.rng
    half = _at(rng.uniform(0.4, 0.75), rng.uniform(0.3, 0.6))
    middle = _at(rng.uniform(-0.12, 0.12), half[1] - rng.uniform(0.1, 0.38))
    depth, u, v = stage.box(middle, half, rng.uniform(-0.3, 0.3), 0.005)
    colour = _colour((240, 240, 236), (232, 228, 214), (214, 226, 238), (246, 232, 150), rng=rng)
    shade = np.ones_like(u)
    if rng.random() < 0.5:
        line = np.sin(v * rng.uniform(60, 110)) > 0.2
        words = stage.noise(22, 0.3) > -0.25
        shade = np.where(line & words & (depth > 0.07), 0.35, 1.0)
    bend = rng.uniform(-0.25, 0.25) * u**2 + rng.uniform(-0.1, 0.1) * u
    height = np.asarray(bend * stage.unit, np.float32)
    return SceneObject(stage.cover(depth), height, np.asarray(shade[..., None] * colour, np.float32))


def _phone(stage: Scene) -> SceneObject:
    """A phone in front of the mouth or the cheek, its back or its dark glass to the viewer."""
    rng = stage.rng
    middle = _at(rng.uniform(-0.3, 0.3), rng.uniform(-0.15, 0.2))
    half = _at(0.26, 0.52) * rng.uniform(0.85, 1.1)
    depth, u, v = stage.box(middle, half, rng.uniform(-0.5, 0.5) + rng.choice([0.0, np.pi / 2]), 0.05)
    body = _colour((28, 28, 32), (60, 62, 68), (220, 220, 222), (150, 40, 48), (60, 80, 120), rng=rng)
    colour = np.ones((*u.shape, 1)) * body
    lens = np.zeros_like(u)
    for row in range(int(rng.integers(1, 4))):
        lens = np.maximum(
            lens, stage.cover(0.045 - np.hypot(u + half[0] - 0.09, v + half[1] - 0.1 - 0.11 * row))
        )
    colour = colour * (1 - 0.85 * lens[..., None]) + 0.02 * np.clip(u + v, 0, 1)[..., None]
    rim = 0.03 * np.clip(depth / 0.03, 0, 1)
    return SceneObject(stage.cover(depth), rim * stage.unit, np.asarray(colour, np.float32))


def _cup(stage: Scene) -> SceneObject:
    """A cup or mug lifted to the mouth."""
    rng = stage.rng
    top, long, wide = rng.uniform(-0.16, -0.02), rng.uniform(0.4, 0.6), rng.uniform(0.2, 0.3)
    t = np.clip((stage.y - top) / long, 0, 1)
    x = stage.x - rng.uniform(-0.06, 0.06) + rng.uniform(-0.25, 0.25) * (stage.y - top)
    radius = wide * (1 - rng.uniform(0.0, 0.25) * t)
    depth = np.minimum(radius - np.abs(x), np.minimum(stage.y - top, top + long - stage.y))
    height = np.sqrt(np.maximum(radius**2 - x**2, 0))
    colour = _colour((240, 240, 238), (190, 60, 50), (120, 84, 58), (60, 96, 120), (44, 44, 48), rng=rng)
    sleeve = ((t > 0.35) & (t < 0.75))[..., None] if rng.random() < 0.4 else np.zeros((1, 1, 1), bool)
    tinted = np.where(sleeve, _colour((150, 110, 76), (60, 60, 64), rng=rng), colour)
    lid = np.where((t < 0.06)[..., None], 0.8 * tinted, tinted)
    cup = SceneObject(stage.cover(depth), 0.8 * height * stage.unit, np.asarray(lid, np.float32))
    side = float(rng.choice([-1.0, 1.0]))
    grip = top + 0.62 * long
    fingers: list[Stick] = [
        (_at(side * (wide + 0.08), grip + y), _at(-side * 0.35 * wide, grip + y - 0.02), 0.05)
        for y in (-0.13, -0.04, 0.05, 0.14)
    ]
    wrist = _at(side * (wide + 0.1), grip)
    return cup.under(_flesh(stage, [(wrist, wrist + _at(0.4 * side, 0.7), 0.14), *fingers]))


def _microphone(stage: Scene) -> SceneObject:
    """A microphone in front of the mouth: a round head of wire or foam, and its handle."""
    rng = stage.rng
    side, radius = float(rng.choice([-1.0, 1.0])), rng.uniform(0.11, 0.19)
    head = _at(side * rng.uniform(0, 0.15), rng.uniform(0.02, 0.16))
    grip = head + _at(side * rng.uniform(0.0, 0.5), 0.9)
    inside, raised = stage.capsule(head, grip, (0.55 * radius, 0.35 * radius))
    dark = _colour((34, 34, 38), (70, 72, 76), rng=rng)
    handle = SceneObject(
        stage.cover(inside), raised * stage.unit, np.ones((*inside.shape, 1), np.float32) * dark
    )
    ball, bump = stage.capsule(head, head + _at(0, 0.02), (radius, radius))
    mesh = 1 + 0.35 * np.sin(stage.x * 140) * np.sin(stage.y * 140)
    foam = _colour((44, 44, 48), (120, 122, 126), (30, 60, 140), (180, 40, 40), rng=rng)
    front = SceneObject(stage.cover(ball), bump * stage.unit, np.asarray(mesh[..., None] * foam, np.float32))
    return handle.under(front)


def _beard(stage: Scene) -> SceneObject:
    """A full beard round the mouth, down over the chin; strands run downwards."""
    rng = stage.rng
    long, thick = rng.uniform(0.0, 0.3), rng.uniform(0.6, 1.0)
    chin = 0.35 * stage.frame.height / stage.frame.width
    aside = np.abs(stage.x - stage.middle)
    cheek = 0.50 - 0.25 * np.clip(stage.y / 0.5, 0, 2) ** 2
    below = chin + 0.1 + long - 0.5 * aside**1.5
    upper = -0.12 - 0.25 * np.clip(aside - 0.25, 0, 1)
    depth = np.minimum(np.minimum(cheek - aside, below - stage.y), stage.y - upper)
    lips = 1 - ((stage.x / 0.17) ** 2 + ((stage.y - 0.01) / 0.05) ** 2)
    strands = _strands(stage, (38, 70), 5.0)
    edge = np.clip((np.minimum(depth, -0.06 * lips) + 0.03 * strands) / 0.07, 0, 1)
    hair = _colour((36, 28, 24), (72, 50, 36), (112, 80, 54), (138, 134, 128), (22, 20, 20), rng=rng)
    return _hairy(stage, thick * edge * np.clip(0.95 + 0.3 * strands, 0.4, 1), strands, hair)


def _hair(stage: Scene) -> SceneObject:
    """Locks that fall from the crown over one side of the face."""
    rng = stage.rng
    side = float(rng.choice([-1.0, 1.0]))
    hair = _colour((30, 24, 22), (84, 58, 38), (140, 106, 66), (176, 148, 104), (92, 48, 34), rng=rng)
    parting, fallen = rng.uniform(-0.05, 0.1), rng.uniform(0.0, 0.3)
    falls = np.clip((stage.y + 0.95) / 0.5, 0, 1)
    edge = parting + fallen * falls + 0.04 * np.sin(5 * stage.y + rng.uniform(0, 6))
    head = 1 - np.hypot((stage.x - stage.middle) / 0.66, (stage.y + 0.3) / rng.uniform(0.8, 1.0))
    strands = _strands(stage, (45, 90), 8.0)
    inside = np.minimum(side * (stage.x - stage.middle) - edge, 0.7 * head) + 0.05 * strands
    return _hairy(stage, np.clip(inside / 0.06, 0, 1) * np.clip(1.1 + 0.4 * strands, 0.2, 1), strands, hair)


def _strands(stage: Scene, cells: tuple[float, float], stretch: float) -> Plane:
    """Coarse and fine strands that run down the face, about -1..1."""
    return 0.6 * stage.noise(cells[0], stretch) + 0.5 * stage.noise(cells[1], 1.3 * stretch)


def _hairy(stage: Scene, cover: Plane, strands: Plane, hair: Plane) -> SceneObject:
    """Hair of one colour, its strands lighter and darker."""
    colour = np.clip(1 + 0.3 * strands, 0.4, 1.8)[..., None] * hair
    height = 0.015 * strands * stage.unit
    return SceneObject(
        np.asarray(cover, np.float32), np.asarray(height, np.float32), np.asarray(colour, np.float32)
    )


SHAPES: dict[str, Callable[[Scene], SceneObject]] = {
    "hand": _hand,
    "fist": _fist,
    "paper": _paper,
    "phone": _phone,
    "cup": _cup,
    "microphone": _microphone,
    "beard": _beard,
    "hair": _hair,
}
"""The occluders by name."""
