"""The detector: decoding and suppression against literal loops, tiles, threads."""

import math
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import numpy as np
import PIL.Image

from xai.photo import centerface
from xai.photo.centerface import NetOutput, decode, detect, suppress


def iou(a, b):
    across = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    down = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    both = across * down
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def decode_by_loop(output, threshold):
    found = []
    for r in range(output.heat.shape[0]):
        for c in range(output.heat.shape[1]):
            if output.heat[r, c] < threshold:
                continue
            height, width = math.exp(output.size[0, r, c]) * 4, math.exp(output.size[1, r, c]) * 4
            top = (r + 0.5 + output.offset[0, r, c]) * 4 - height / 2
            left = (c + 0.5 + output.offset[1, r, c]) * 4 - width / 2
            points = [
                (left + width * output.points[2 * k + 1, r, c], top + height * output.points[2 * k, r, c])
                for k in range(5)
            ]
            found.append(((left, top, left + width, top + height), points, output.heat[r, c]))
    return found


def test_decoding_follows_the_definition():
    random = np.random.default_rng(0)
    shapes = ((6, 9), (2, 6, 9), (2, 6, 9), (10, 6, 9))
    output = NetOutput(random.random(shapes[0], np.float32), *(random.normal(size=s) for s in shapes[1:]))
    expected = decode_by_loop(output, 0.6)
    found = decode(output, 0.6)
    assert 10 < len(expected) == len(found) < 54
    for i, (box, points, score) in enumerate(expected):
        np.testing.assert_allclose(found.boxes[i], box, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(found.points[i], points, rtol=1e-4, atol=1e-3)
        assert found.scores[i] == score


def suppress_by_loop(boxes, scores, threshold):
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(iou(boxes[i], boxes[k]) <= threshold for k in kept):
            kept.append(i)
    return kept


def test_suppression_follows_the_definition():
    random = np.random.default_rng(1)
    corners = random.uniform(0, 60, (80, 2))
    boxes = np.concatenate([corners, corners + random.uniform(8, 40, (80, 2))], axis=1).astype(np.float32)
    scores = random.random(80, np.float32)
    expected = suppress_by_loop(boxes, scores, 0.3)
    assert 5 < len(expected) < 70
    assert suppress(boxes, scores, 0.3).tolist() == expected


def test_threads_get_the_answers_of_one():
    (path,) = [
        Path(f.locate()) for f in metadata.files("scikit-image") if str(f).endswith("data/astronaut.png")
    ]
    pixels = np.asarray(PIL.Image.open(path).convert("RGB"))
    pictures = [pixels[k : k + 160, 140:300] for k in (0, 10, 20, 30)]
    alone = [detect(picture).boxes for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = [found.boxes for found in pool.map(detect, pictures)]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_tiles_cover_every_row_and_overlap_by_the_largest_face():
    for length in (1, 1280, 1281, 2048, 5000):
        tiles = list(centerface._tiles(length))
        assert tiles[0][0] == 0
        assert tiles[-1][1] == length
        assert all(stop - start <= centerface.TILE for start, stop in tiles)
        assert all(a[1] - b[0] >= centerface.LARGEST - 1 for a, b in pairwise(tiles))
