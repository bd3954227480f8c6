"""The one pipeline: a face and a classifier in, one ``Explanation`` out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import metadata

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from xai.attribution.methods import Attribution, Method, Params, Progress, find_method
from xai.attribution.patch import FACE_FILLS
from xai.errors import XaiError
from xai.evidence.examine import examine, forwards_of
from xai.evidence.interventions import FaceEdits
from xai.evidence.witness import witness_flags
from xai.models.classifiers import Classifier, to_input
from xai.photo.regions import region_masks, region_shares
from xai.types import Explanation, Face, Heatmap, Provenance

__all__ = ["explain", "explain_maps"]

_PACKAGES = ("torch", "torchvision", "grad-cam", "numpy", "pillow", "opencv-python-headless")


def explain(
    face: Face | FaceEdits,
    classifier: Classifier,
    methods: Sequence[str] = ("occlusion", "gradcam"),
    target: str | None = None,
    *,
    options: Mapping[str, Params] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Measure where ``classifier`` looked when it judged ``face``, and test whether that is why.

    Args:
        face: a crop with its landmarks; without landmarks there are maps but no region shares, and the
            verdict is ``cannot tell``. Where several models are asked about one face, hand in its
            ``FaceEdits``, so that what is painted on it is made once.
        classifier: what is explained.
        methods: names in ``METHODS``.
        target: the class to explain; the classifier's own answer where none is named.
        options: method -> parameters; what is not given takes its default.
        progress: called with (forwards done, forwards in all); raising in it stops the work.

    Raises:
        UnknownName: no such method, class, parameter or choice.
        XaiError: a fill that is drawn on the face mesh cannot be drawn on this face.
        ValueError: a parameter out of bounds, or a map that is not finite.
    """
    edits = face if isinstance(face, FaceEdits) else FaceEdits(face)
    target = classifier.predict([edits.original.crop])[0].label if target is None else target
    meter = _Meter(progress)
    meter.total = _forwards(classifier, methods, options) + forwards_of(target)
    maps = explain_maps(edits, classifier, methods, target, options=options, progress=meter)
    meter.close(_forwards(classifier, methods, options))
    evidence = examine(edits, classifier, target, progress=meter)
    flags = witness_flags(evidence, maps)
    return replace(maps, evidence=replace(evidence, flags=flags))


def explain_maps(
    face: Face | FaceEdits,
    classifier: Classifier,
    methods: Sequence[str] = ("occlusion", "gradcam"),
    target: str | None = None,
    *,
    options: Mapping[str, Params] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """The maps alone, without the test; arguments and errors as of ``explain``."""
    edits = face if isinstance(face, FaceEdits) else FaceEdits(face)
    face = edits.original
    prediction = classifier.predict([face.crop])[0]
    target = prediction.label if target is None else target
    index = classifier.class_index(target)
    values = to_input(face.crop, classifier.card.input_size, classifier.device)
    meter = _Meter(progress)
    meter.total = _forwards(classifier, methods, options)
    made: dict[str, Attribution] = {}
    seconds: dict[str, float] = {}
    plan = _planned(methods, options)
    for method, params in plan:
        began = time.perf_counter()
        run = _run_of(method, params, edits, classifier)
        made[method.name] = run(classifier, values, index, params, meter)
        seconds[method.name] = time.perf_counter() - began
        meter.close(method.forwards(params, values.shape[-1]))
    heatmaps = {m.name: _heatmap(m, p, made[m.name], face, target) for m, p in plan}
    masks = region_masks(face)
    return Explanation(
        face=face,
        prediction=prediction,
        target=target,
        heatmaps=heatmaps,
        shares={n: None if masks is None else region_shares(h.values, masks) for n, h in heatmaps.items()},
        probability=_probability(made, face),
        becomes=_becomes(made, face),
        provenance=_provenance(classifier, seconds),
    )


def _planned(methods: Sequence[str], options: Mapping[str, Params] | None) -> list[tuple[Method, Params]]:
    """Each method with all its parameters."""
    for name, given in (options or {}).items():
        find_method(name).complete(given)
    return [(m, m.complete((options or {}).get(m.name, {}))) for m in map(find_method, methods)]


def _forwards(classifier: Classifier, methods: Sequence[str], options: Mapping[str, Params] | None) -> int:
    side = classifier.card.input_size
    return sum(method.forwards(params, side) for method, params in _planned(methods, options))


class _Meter:
    """Adds the progress of one method to what the methods before it have done."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._before = progress, 0
        self.total = 0

    def __call__(self, done: int, total: int) -> None:
        if self._progress:
            self._progress(self._before + done, self.total)

    def close(self, forwards: int) -> None:
        """The running method has ended after ``forwards``."""
        self._before += forwards


def _run_of(
    method: Method, params: Params, edits: FaceEdits, classifier: Classifier
) -> Callable[..., Attribution]:
    """The method's function; for a fill that is drawn on the face, with the drawing."""
    fill = params.get("fill")
    if fill not in FACE_FILLS:
        return method.run()
    belief = edits.believed(reveal=fill == "bare")
    if not belief.holds:
        raise XaiError(
            f"The fill {fill} cannot be drawn on this face: {belief.reason} Use grey, mean or blur."
        )
    painted = np.rint(edits.content(f"{fill}0")).clip(0, 255).astype(np.uint8)
    hidden = to_input(painted, classifier.card.input_size, classifier.device)
    run: Callable[..., Attribution] = method.run()
    return partial(run, hidden=hidden)


def _heatmap(method: Method, params: Params, made: Attribution, face: Face, target: str) -> Heatmap:
    return Heatmap(_on_crop(made.values, face), method.unit, method.name, params, target)


def _on_crop(values: NDArray[np.float32], face: Face) -> NDArray[np.float32]:
    """A map over the whole crop, at any resolution -> float32 in crop pixels, bilinear."""
    grid = torch.from_numpy(values)[None, None]
    sized: NDArray[np.float32] = functional.interpolate(grid, face.crop.shape[:2], mode="bilinear")[
        0, 0
    ].numpy()
    return sized


def _probability(made: Mapping[str, Attribution], face: Face) -> NDArray[np.float32] | None:
    found = next((a.probability for a in made.values() if a.probability is not None), None)
    return None if found is None else _on_crop(found, face)


def _becomes(made: Mapping[str, Attribution], face: Face) -> NDArray[np.int8] | None:
    """The map of answers in crop pixels, by nearest neighbour: a class has no in-between."""
    found = next((a.becomes for a in made.values() if a.becomes is not None), None)
    if found is None:
        return None
    rows, columns = (np.arange(s) * n // s for s, n in zip(face.crop.shape[:2], found.shape, strict=True))
    return found[np.ix_(rows, columns)]


def _provenance(classifier: Classifier, seconds: Mapping[str, float]) -> Provenance:
    return Provenance(
        model=classifier.name,
        weights_sha256=classifier.card.sha256,
        device=str(classifier.device),
        versions={name: metadata.version(name) for name in _PACKAGES},
        seconds=dict(seconds),
    )
