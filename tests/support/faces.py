"""A face placed by hand: its mesh and its picture, so that what is drawn on it can be foretold."""

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from xai.photo import face_shape

# A face placed by hand: distance from the middle line and height, in thousandths of its width.
MIDDLE = {
    151: -170, 9: -60, 168: 45, 6: 105, 197: 162, 195: 212, 5: 265, 4: 332, 1: 381, 2: 418, 164: 444, 0: 500,
    13: 532, 14: 560, 17: 678, 200: 775, 199: 835, 175: 881, 152: 909,
}  # fmt: skip
PAIRS = {
    (32, 262): (188, 777), (36, 266): (249, 302), (43, 273): (255, 567), (50, 280): (398, 280),
    (58, 288): (480, 527), (61, 291): (264, 502), (92, 322): (235, 450), (93, 323): (526, 292),
    (101, 330): (272, 238), (123, 352): (494, 263), (126, 355): (135, 243), (129, 358): (172, 328),
    (132, 361): (509, 407), (135, 364): (384, 642), (136, 365): (372, 701), (137, 366): (530, 285),
    (138, 367): (448, 577), (140, 369): (188, 826), (142, 371): (183, 270), (147, 376): (498, 360),
    (148, 377): (100, 896), (149, 378): (237, 819), (150, 379): (296, 769), (165, 391): (179, 436),
    (169, 394): (313, 710), (172, 397): (430, 627), (176, 400): (174, 864), (177, 401): (522, 390),
    (186, 410): (276, 471), (187, 411): (443, 383), (192, 416): (445, 501), (198, 420): (104, 259),
    (203, 423): (215, 360), (205, 425): (334, 349), (207, 427): (380, 418), (210, 430): (307, 646),
    (213, 433): (487, 443), (214, 434): (379, 548), (215, 435): (497, 488), (216, 436): (314, 443),
    (234, 454): (530, 185), (117, 346): (405, 171), (118, 347): (346, 188), (104, 333): (300, -170),
    (69, 299): (200, -190), (108, 337): (70, -180), (127, 356): (532, 79), (45, 275): (36, 329),
    (220, 440): (76, 331), (48, 278): (153, 341), (37, 267): (75, 486), (33, 263): (350, 68),
    (133, 362): (123, 88), (97, 326): (63, 410), (98, 327): (150, 378),
}  # fmt: skip
EYES = (33, 133, 362, 263)
NOSE = (4, 1, 2, 97, 98, 326, 327)
MOUTH = (13, 14, 17)


def face(width=160.0, at=(150.0, 100.0)):
    """The hand-placed mesh, so many pixels wide; ``at`` is the middle of the eyes."""
    mesh = np.tile(np.array([0.0, 500.0]), (468, 1))
    for vertex, y in MIDDLE.items():
        mesh[vertex] = 0, y
    for (left, right), (x, y) in PAIRS.items():
        mesh[left], mesh[right] = (-x, y), (x, y)
    return ((mesh - [0, 78]) * width / 1064 + at).astype(np.float32)


def picture(side=(1.0, 1.0), noise=2.0):
    """Skin on a grey wall with a white strip; ``side`` is the light on the left and on the right."""
    pixels = np.full((320, 300, 3), (150, 152, 155), np.float32)
    pixels[:, :12] = 236
    cv2.ellipse(pixels, (150, 140), (84, 112), 0, 0, 360, (205, 160, 138), -1)
    cv2.rectangle(pixels, (110, 240), (190, 319), (190, 146, 126), -1)
    ramp = np.linspace(*side, 300, dtype=np.float32)[None, :, None]
    grain = np.random.default_rng(9).normal(0, noise, pixels.shape[:2])[..., None]
    return np.clip(pixels * ramp + grain, 0, 255).astype(np.uint8)


def at(pixels, mesh, vertices, reach=1):
    """The pixels around each vertex."""
    return np.array(
        [
            pixels[y - reach : y + reach + 1, x - reach : x + reach + 1]
            for x, y in mesh[list(vertices)].round().astype(int)
        ]
    ).astype(int)


def is_blue(patches):
    return patches[..., 2] > patches[..., 0] + 15


def turned_mesh(face, yaw):
    """The mesh of an average head in the middle of a crop, turned by so many degrees to the picture's right:
    float32 ``(468, 2)``.
    """
    side = len(face.crop)
    turned = Rotation.from_euler("y", -yaw, degrees=True).apply(face_shape._shape().mean)
    return (turned[:, :2] * side / 4 + (side / 2, side * 0.4)).astype(np.float32)
