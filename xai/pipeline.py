"""The pipeline: faces and classifiers in, explanations out, at the end or piece by piece."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from xai.attribution.base import Attribution, AttributionRequest, CompositeProgress
from xai.attribution.crop_maps import resize_classes_to_crop, resize_to_crop
from xai.attribution.methods import DEFAULT_METHODS, Method, find_method
from xai.attribution.occlusion.patch import FACE_FILLS
from xai.errors import Cancelled, MapRefused, XaiError
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.verdict.run import Case, forwards_of, run_causal_tests
from xai.evidence.verdict.saliency_flags import saliency_disagreements
from xai.evidence_types import Evidence
from xai.models.classifiers import Classifier, provenance_of, to_input
from xai.models.incorrect_reason import predict_with_reasons
from xai.models.inference.runtimes import Mode
from xai.partial_results import Advance, OnPartial, Preview
from xai.photo.regions import counted_regions, region_shares
from xai.types import REGIONS, Explanation, Face, Heatmap, Params, Prediction, Progress, RegionShares

__all__ = ["Pair", "Wanted", "explain", "explain_all", "explain_maps", "explain_stream", "maps_of_all"]


def explain(
    face: Face | FaceEdits,
    classifier: Classifier,
    methods: Sequence[str] = DEFAULT_METHODS,
    target: str | None = None,
    *,
    options: Mapping[str, Params] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Measure where ``classifier`` looked when it classified ``face``, and test whether that is why.

    Args:
        face: a crop with its landmarks; without an accepted mesh there are maps but no region shares, and the
            verdict is ``cannot tell``. For several models on one face, pass its ``FaceEdits``, so that its
            edits are made once.
        classifier: what is explained.
        methods: names in ``METHODS``.
        target: the class to explain; the classifier's own answer where none is named.
        options: method -> parameters; what is not given takes its default.
        progress: called with (forwards done, forwards in all); raising in it stops the work.

    Raises:
        UnknownName: no such method, class, parameter or choice.
        XaiError: a fill drawn on the face mesh is not feasible on this face.
        ValueError: a parameter out of bounds, or a map that is not finite.
    """
    wanted = Wanted(tuple(methods), options or {})
    return explain_all([Pair(_edits(face), classifier, target)], wanted, progress)[0]


def explain_maps(
    face: Face | FaceEdits,
    classifier: Classifier,
    methods: Sequence[str] = DEFAULT_METHODS,
    target: str | None = None,
    *,
    options: Mapping[str, Params] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """The maps alone, without the test; arguments and errors as of ``explain``."""
    wanted = Wanted(tuple(methods), options or {})
    return maps_of_all([Pair(_edits(face), classifier, target)], wanted, progress)[0]


@dataclass(frozen=True, eq=False)
class Pair:
    """One face and one classifier.

    Attributes:
        edits: of the face; the same for all its classifiers, so that they are made once.
        classifier: what is explained.
        target: the class to explain; the classifier's own answer where None.
        against: a second class: why the target and not this one; None: why the target at all.
        maps: for ``explain_stream``: whether maps are wanted.
        test: for ``explain_stream``: whether to test what the answer depends on.
    """

    edits: FaceEdits
    classifier: Classifier
    target: str | None = None
    against: str | None = None
    maps: bool = True
    test: bool = True


@dataclass(frozen=True)
class Wanted:
    """What is to be measured of each pair.

    Attributes:
        methods: names in ``METHODS``.
        options: method -> parameters; what is not given takes its default.
        mode: of occlusion maps, as ``occlude_all`` takes it; the verdict is always exact.
        detail: whether the effects of regions are measured too.
        previews: for ``explain_stream``: whether methods that can yield previews of maps.
    """

    methods: tuple[str, ...] = DEFAULT_METHODS
    options: Mapping[str, Params] = field(default_factory=dict)
    mode: Mode = "exact"
    detail: bool = False
    previews: bool = False


def explain_stream(pairs: Iterable[Pair], wanted: Wanted, on_partial: OnPartial) -> None:
    """Explain and test pair by pair, and deliver each partial result as soon as it is ready.

    The maps of all pairs come first, then the tests. A pair that fails delivers its error, and the others go
    on; anything but an ``XaiError`` ends the work.

    Args:
        pairs: consumed lazily, so that a classifier may be loaded while the maps of the first are made.
        wanted: the same for all.
        on_partial: called in the order of ``PartialResult``.
    """
    begun: list[_Predicted] = []
    for which, pair in enumerate(pairs):
        with _handed_out(which, on_partial):
            begun.append(_begin(which, pair, wanted, on_partial))
    for each in begun:
        if each.pair.test:
            with _handed_out(each.which, on_partial):
                on_partial(each.which, _tested(each, wanted, on_partial))


@dataclass(frozen=True, eq=False)
class _Predicted:
    """A pair with its prediction and, if wanted, its maps."""

    which: int
    pair: Pair
    prediction: Prediction
    maps: Explanation | None


@contextmanager
def _handed_out(which: int, on_partial: OnPartial) -> Iterator[None]:
    try:
        yield
    except Cancelled:
        raise
    except XaiError as error:
        on_partial(which, error)


def _begin(which: int, pair: Pair, wanted: Wanted, on_partial: OnPartial) -> _Predicted:
    prediction = _predictions([pair])[0]
    on_partial(which, prediction)
    if not pair.maps:
        return _Predicted(which, pair, prediction, None)
    progress = partial(_advance, which, "maps", on_partial)
    show = partial(_preview, which, on_partial) if wanted.previews else None
    maps = _maps([pair], [prediction], wanted, progress, show)[0]
    on_partial(which, maps)
    return _Predicted(which, pair, prediction, maps)


def _tested(begun: _Predicted, wanted: Wanted, on_partial: OnPartial) -> Evidence:
    pair, prediction = begun.pair, begun.prediction
    case = Case(pair.edits, pair.classifier, pair.target or prediction.label, _stated_reason(prediction))
    progress = partial(_advance, begun.which, "test", on_partial)
    evidence = run_causal_tests([case], detail=wanted.detail, progress=progress)[0]
    return replace(evidence, flags=saliency_disagreements(evidence, begun.maps)) if begun.maps else evidence


def _advance(
    which: int, phase: Literal["maps", "test"], on_partial: OnPartial, done: int, total: int
) -> None:
    on_partial(which, Advance(phase, done, total))


def _preview(which: int, on_partial: OnPartial, prediction: Prediction, heatmap: Heatmap) -> None:
    on_partial(which, Preview(prediction, heatmap))


def explain_all(
    pairs: Sequence[Pair], wanted: Wanted | None = None, progress: Progress | None = None
) -> tuple[Explanation, ...]:
    """``explain`` for several faces and classifiers: one stream of batches per method, and one for verdicts.

    The time of shared work is divided among the pairs. Errors as of ``explain``.
    """
    wanted = wanted or Wanted()
    said = _predictions(pairs)
    targets = [pair.target or p.label for pair, p in zip(pairs, said, strict=True)]
    meter = CompositeProgress(
        progress,
        _forwards(pairs, wanted) + sum(forwards_of(target, detail=wanted.detail) for target in targets),
    )
    meter.begin(_forwards(pairs, wanted))
    maps = _maps(pairs, said, wanted, meter)
    meter.begin(sum(forwards_of(target, detail=wanted.detail) for target in targets))
    cases = [
        Case(pair.edits, pair.classifier, made.target, _stated_reason(made.prediction))
        for pair, made in zip(pairs, maps, strict=True)
    ]
    found = run_causal_tests(cases, detail=wanted.detail, progress=meter)
    return tuple(
        replace(made, evidence=replace(evidence, flags=saliency_disagreements(evidence, made)))
        for made, evidence in zip(maps, found, strict=True)
    )


def _stated_reason(prediction: Prediction) -> str | None:
    return prediction.reason.said if prediction.reason else None


def maps_of_all(
    pairs: Sequence[Pair], wanted: Wanted | None = None, progress: Progress | None = None
) -> tuple[Explanation, ...]:
    """The maps of ``explain_all`` alone, without the test."""
    return _maps(pairs, _predictions(pairs), wanted or Wanted(), progress)


_Show = Callable[[Prediction, Heatmap], None]
"""Shows a preview of the pair."""


def _maps(
    pairs: Sequence[Pair],
    said: Sequence[Prediction],
    wanted: Wanted,
    progress: Progress | None,
    show: _Show | None = None,
) -> tuple[Explanation, ...]:
    subjects = _subjects(pairs, said)
    meter = CompositeProgress(progress, _forwards(pairs, wanted))
    plan = _planned(wanted)
    for method, params in plan:
        began = time.perf_counter()
        meter.begin(sum(method.forwards(params, p.classifier.card.input_size) for p in pairs))
        made = _attributions(subjects, (method, params), meter, wanted.mode, show)
        seconds = (time.perf_counter() - began) / len(subjects)
        for subject, attribution in zip(subjects, made, strict=True):
            subject.seconds[method.name] = seconds
            if isinstance(attribution, Attribution):
                subject.made[method.name] = attribution
            else:
                subject.refusals[method.name] = str(attribution)
    return tuple(_explanation(subject, plan) for subject in subjects)


@dataclass(frozen=True, eq=False)
class _Subject:
    """A pair being explained, and its results so far."""

    pair: Pair
    prediction: Prediction
    target: str
    index: int
    values: Tensor
    made: dict[str, Attribution] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)


def _subjects(pairs: Sequence[Pair], said: Sequence[Prediction]) -> list[_Subject]:
    """The pairs, ready to be explained. Those of one face and classifier have one input, so that methods
    whose passes serve every class run them once.
    """
    inputs: dict[tuple[int, int], Tensor] = {}
    subjects = []
    for pair, prediction in zip(pairs, said, strict=True):
        target, classifier = pair.target or prediction.label, pair.classifier
        key = (id(pair.edits), id(classifier))
        if key not in inputs:
            crop = pair.edits.original.crop
            inputs[key] = to_input(crop, classifier.card.input_size, classifier.device)
        index = classifier.class_index(target)
        subjects.append(_Subject(pair, prediction, target, index, inputs[key]))
    return subjects


def _predictions(pairs: Sequence[Pair]) -> list[Prediction]:
    """Each classifier's predictions for its faces, in one batch."""
    said: dict[int, Prediction] = {}
    for classifier in {id(p.classifier): p.classifier for p in pairs}.values():
        own = [i for i, p in enumerate(pairs) if p.classifier is classifier]
        answers = predict_with_reasons(classifier, [pairs[i].edits.original.crop for i in own])
        said.update(zip(own, answers, strict=True))
    return [said[i] for i in range(len(pairs))]


def _attributions(
    subjects: Sequence[_Subject],
    planned: tuple[Method, Params],
    meter: CompositeProgress,
    mode: Mode,
    show: _Show | None,
) -> Sequence[Attribution | MapRefused]:
    """One method's maps of all subjects, in shared batches; previews are shown of exact maps alone."""
    method, params = planned
    asked = _requests(subjects, method, params)
    in_steps = method.run_in_steps() if show and mode == "exact" else None
    if not (in_steps and show):
        return method.run_all()(asked, params, meter, mode)
    made: dict[int, Attribution] = {}
    for step in in_steps(asked, params, meter):
        if step.preview:
            subject = subjects[step.which]
            show(subject.prediction, _heatmap(subject, method, params, step.attribution))
        else:
            made[step.which] = step.attribution
    return [made[which] for which in range(len(asked))]


def _requests(subjects: Sequence[_Subject], method: Method, params: Params) -> list[AttributionRequest]:
    """One for each subject; what is drawn on a face or found on it is shared like its input."""
    of_input: dict[int, tuple[Tensor | None, Tensor | None]] = {}
    asked = []
    for subject in subjects:
        pair = subject.pair
        against = None if pair.against is None else pair.classifier.class_index(pair.against)
        if against == subject.index:
            raise XaiError(f"A map of {pair.against} against itself is empty; name another class.")
        if id(subject.values) not in of_input:
            regions = _regions(pair) if method.by_region else None
            of_input[id(subject.values)] = (_hidden(params.get("fill"), subject), regions)
        hidden, regions = of_input[id(subject.values)]
        against = against if method.contrasts else None
        asked.append(
            AttributionRequest(pair.classifier, subject.values, subject.index, hidden, against, regions)
        )
    return asked


def _regions(pair: Pair) -> Tensor | None:
    """For each pixel of the input the index of its region in ``REGIONS``, int64 ``(n, n)``."""
    masks = counted_regions(pair.edits.original)
    if masks is None:
        return None
    side, device = pair.classifier.card.input_size, pair.classifier.device
    planes = np.stack([masks[name] for name in REGIONS]).astype(np.float32)
    sized = functional.interpolate(torch.from_numpy(planes)[None], (side, side), mode="area")[0]
    return sized.argmax(dim=0).to(device)


def _shares(heatmap: Heatmap, masks: Mapping[str, NDArray[np.bool_]]) -> RegionShares | None:
    """Of a map by region the value of a region counts once, and not at each of its pixels."""
    values = heatmap.values
    if find_method(heatmap.method).by_region:
        values = values.copy()
        for mask in masks.values():
            values[mask] /= max(1, mask.sum())
    return region_shares(values, masks)


def _heatmap(subject: _Subject, method: Method, params: Params, made: Attribution) -> Heatmap:
    face = subject.pair.edits.original
    against = subject.pair.against if method.contrasts else None
    values = resize_to_crop(made.values, face)
    return Heatmap(values, method.unit, method.name, params, subject.target, against)


def _planned(wanted: Wanted) -> list[tuple[Method, Params]]:
    """Each method with all its parameters."""
    for name, given in wanted.options.items():
        find_method(name).complete(given)
    return [(m, m.complete(wanted.options.get(m.name, {}))) for m in map(find_method, wanted.methods)]


def _forwards(pairs: Sequence[Pair], wanted: Wanted) -> int:
    sides = [pair.classifier.card.input_size for pair in pairs]
    return sum(method.forwards(params, side) for method, params in _planned(wanted) for side in sides)


def _hidden(fill: object, subject: _Subject) -> Tensor | None:
    """The patch's pixels for a fill that is drawn on the face; None for the other fills."""
    if fill not in FACE_FILLS:
        return None
    classifier = subject.pair.classifier
    return to_input(subject.pair.edits.fill(str(fill)), classifier.card.input_size, classifier.device)


def _edits(face: Face | FaceEdits) -> FaceEdits:
    return face if isinstance(face, FaceEdits) else FaceEdits(face)


def _explanation(subject: _Subject, plan: Sequence[tuple[Method, Params]]) -> Explanation:
    face, made = subject.pair.edits.original, subject.made
    heatmaps = {m.name: _heatmap(subject, m, p, made[m.name]) for m, p in plan if m.name in made}
    masks = counted_regions(face)
    first = next((a for a in made.values() if a.probability is not None), None)
    return Explanation(
        face=face,
        prediction=subject.prediction,
        target=subject.target,
        heatmaps=heatmaps,
        shares={n: None if masks is None else _shares(h, masks) for n, h in heatmaps.items()},
        probability=None
        if first is None or first.probability is None
        else resize_to_crop(first.probability, face),
        becomes=None
        if first is None or first.becomes is None
        else resize_classes_to_crop(first.becomes, face),
        provenance=provenance_of(
            subject.pair.classifier,
            subject.seconds,
            {name: a.computed for name, a in made.items() if a.computed is not None},
        ),
        refusals=subject.refusals,
    )
