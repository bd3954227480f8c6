"""The one pipeline: a face and a classifier in, one ``Explanation`` out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from xai.attribution.base import Asked, Attribution, Meter
from xai.attribution.crop_maps import classes_on_crop, on_crop
from xai.attribution.methods import Method, find_method
from xai.attribution.occlusion.patch import FACE_FILLS
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.verdict.run import Case, examine_all, forwards_of
from xai.evidence.verdict.saliency_flags import witness_flags
from xai.models.classifiers import Classifier, provenance_of, to_input
from xai.models.incorrect_reason import predict_with_reasons
from xai.models.inference.runtimes import Mode
from xai.photo.regions import region_masks, region_shares
from xai.types import Explanation, Face, Heatmap, Params, Prediction, Progress

__all__ = ["Glimpse", "Pair", "Wanted", "explain", "explain_all", "explain_maps", "maps_of_all"]


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
    wanted = Wanted(tuple(methods), target, options or {})
    return explain_all([Pair(_edits(face), classifier)], wanted, progress)[0]


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
    wanted = Wanted(tuple(methods), target, options or {})
    return maps_of_all([Pair(_edits(face), classifier)], wanted, progress)[0]


@dataclass(frozen=True, eq=False)
class Pair:
    """One face and one classifier.

    Attributes:
        edits: of the face; the same for all its classifiers, so that what is painted on it is made once.
        classifier: what is explained.
    """

    edits: FaceEdits
    classifier: Classifier


Glimpse = Callable[[int, Prediction, Heatmap], None]
"""Called with the index of a pair, what its classifier says, and a map most of which is interpolated: it is
to be shown as a preview, and nothing is to be computed from it."""


@dataclass(frozen=True)
class Wanted:
    """What is to be measured of each pair.

    Attributes:
        methods: names in ``METHODS``.
        target: the class to explain; each classifier's own answer where None.
        options: method -> parameters; what is not given takes its default.
        mode: of occlusion maps, as ``occlude_all`` takes it; the verdict is always exact.
        glimpse: who is shown exact maps on their way, of the methods that can show them; may be nobody.
        detail: whether the effects of regions are measured too.
    """

    methods: tuple[str, ...] = ("occlusion", "gradcam")
    target: str | None = None
    options: Mapping[str, Params] = field(default_factory=dict)
    mode: Mode = "exact"
    glimpse: Glimpse | None = None
    detail: bool = False


def explain_all(
    pairs: Sequence[Pair], wanted: Wanted | None = None, progress: Progress | None = None
) -> tuple[Explanation, ...]:
    """``explain`` for several faces and classifiers: one stream of batches per method, and one for verdicts.

    The time of shared work is divided among the pairs. Errors as of ``explain``.
    """
    wanted = wanted or Wanted()
    said = _predictions(pairs)
    targets = [p.label if wanted.target is None else wanted.target for p in said]
    meter = Meter(
        progress,
        _forwards(pairs, wanted) + sum(forwards_of(target, detail=wanted.detail) for target in targets),
    )
    maps = _maps(pairs, said, wanted, meter)
    meter.close(_forwards(pairs, wanted))
    cases = [
        Case(pair.edits, pair.classifier, made.target, _said(made.prediction))
        for pair, made in zip(pairs, maps, strict=True)
    ]
    found = examine_all(cases, detail=wanted.detail, progress=meter)
    return tuple(
        replace(made, evidence=replace(evidence, flags=witness_flags(evidence, made)))
        for made, evidence in zip(maps, found, strict=True)
    )


def _said(prediction: Prediction) -> str | None:
    return prediction.reason.said if prediction.reason else None


def maps_of_all(
    pairs: Sequence[Pair], wanted: Wanted | None = None, progress: Progress | None = None
) -> tuple[Explanation, ...]:
    """The maps of ``explain_all`` alone, without the test."""
    return _maps(pairs, _predictions(pairs), wanted or Wanted(), progress)


def _maps(
    pairs: Sequence[Pair], said: Sequence[Prediction], wanted: Wanted, progress: Progress | None
) -> tuple[Explanation, ...]:
    subjects = [_subject(*both, wanted) for both in zip(pairs, said, strict=True)]
    meter = Meter(progress, _forwards(pairs, wanted))
    plan = _planned(wanted)
    for method, params in plan:
        began = time.perf_counter()
        made = _attributions(subjects, method, params, meter, wanted)
        seconds = (time.perf_counter() - began) / len(subjects)
        for subject, attribution in zip(subjects, made, strict=True):
            subject.made[method.name], subject.seconds[method.name] = attribution, seconds
        meter.close(sum(method.forwards(params, p.classifier.card.input_size) for p in pairs))
    return tuple(_explanation(subject, plan) for subject in subjects)


@dataclass(frozen=True, eq=False)
class _Subject:
    """A pair being explained, and what was made of it so far."""

    pair: Pair
    prediction: Prediction
    target: str
    index: int
    values: Tensor
    made: dict[str, Attribution] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def _subject(pair: Pair, prediction: Prediction, wanted: Wanted) -> _Subject:
    target = prediction.label if wanted.target is None else wanted.target
    index = pair.classifier.class_index(target)
    side, device = pair.classifier.card.input_size, pair.classifier.device
    return _Subject(pair, prediction, target, index, to_input(pair.edits.original.crop, side, device))


def _predictions(pairs: Sequence[Pair]) -> list[Prediction]:
    """What each classifier says of its faces, asked about all of them together."""
    said: dict[int, Prediction] = {}
    for classifier in {id(p.classifier): p.classifier for p in pairs}.values():
        own = [i for i, p in enumerate(pairs) if p.classifier is classifier]
        answers = predict_with_reasons(classifier, [pairs[i].edits.original.crop for i in own])
        said.update(zip(own, answers, strict=True))
    return [said[i] for i in range(len(pairs))]


def _attributions(
    subjects: Sequence[_Subject], method: Method, params: Params, meter: Meter, wanted: Wanted
) -> Sequence[Attribution]:
    """One method's maps of all subjects, in shared batches."""
    asked = [Asked(s.pair.classifier, s.values, s.index, _hidden(params.get("fill"), s)) for s in subjects]
    in_steps = method.run_in_steps() if wanted.glimpse and wanted.mode == "exact" else None
    if not (in_steps and wanted.glimpse):
        return method.run_all()(asked, params, meter, wanted.mode)
    made: dict[int, Attribution] = {}
    for step in in_steps(asked, params, meter):
        if step.preview:
            subject = subjects[step.which]
            wanted.glimpse(
                step.which, subject.prediction, _heatmap(subject, method, params, step.attribution)
            )
        else:
            made[step.which] = step.attribution
    return [made[which] for which in range(len(asked))]


def _heatmap(subject: _Subject, method: Method, params: Params, made: Attribution) -> Heatmap:
    face = subject.pair.edits.original
    return Heatmap(on_crop(made.values, face), method.unit, method.name, params, subject.target)


def _planned(wanted: Wanted) -> list[tuple[Method, Params]]:
    """Each method with all its parameters."""
    for name, given in wanted.options.items():
        find_method(name).complete(given)
    return [(m, m.complete(wanted.options.get(m.name, {}))) for m in map(find_method, wanted.methods)]


def _forwards(pairs: Sequence[Pair], wanted: Wanted) -> int:
    sides = [pair.classifier.card.input_size for pair in pairs]
    return sum(method.forwards(params, side) for method, params in _planned(wanted) for side in sides)


def _hidden(fill: object, subject: _Subject) -> Tensor | None:
    """What a patch shows with a fill that is drawn on the face; None for the other fills."""
    if fill not in FACE_FILLS:
        return None
    classifier = subject.pair.classifier
    return to_input(subject.pair.edits.fill(str(fill)), classifier.card.input_size, classifier.device)


def _edits(face: Face | FaceEdits) -> FaceEdits:
    return face if isinstance(face, FaceEdits) else FaceEdits(face)


def _explanation(subject: _Subject, plan: Sequence[tuple[Method, Params]]) -> Explanation:
    face, made = subject.pair.edits.original, subject.made
    heatmaps = {m.name: _heatmap(subject, m, p, made[m.name]) for m, p in plan}
    masks = region_masks(face)
    first = next((a for a in made.values() if a.probability is not None), None)
    return Explanation(
        face=face,
        prediction=subject.prediction,
        target=subject.target,
        heatmaps=heatmaps,
        shares={n: None if masks is None else region_shares(h.values, masks) for n, h in heatmaps.items()},
        probability=None if first is None or first.probability is None else on_crop(first.probability, face),
        becomes=None if first is None or first.becomes is None else classes_on_crop(first.becomes, face),
        provenance=provenance_of(
            subject.pair.classifier,
            subject.seconds,
            {name: a.computed for name, a in made.items() if a.computed is not None},
        ),
    )
