"""The evidence on a model over a set: how often it follows and stays, its verdict, and the detectable effect.

A single face's verdict is a description; a report leads with this. Faces of one photo are dependent:
intervals resample whole photos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.classes import wearings_by_class
from xai.errors import DataRejected
from xai.evidence.interventions.donors import Donor
from xai.evidence.interventions.face_edits import donor_of, edits_with
from xai.evidence.interventions.families import FAMILIES, named_families
from xai.evidence.validation.labelled_faces import LabelledFace, true_class
from xai.evidence.validation.statistics import DRAWS, Figure, ResamplingConfig, means, shares
from xai.evidence.verdict.run import run_causal_test
from xai.evidence_types import VERDICTS, Evidence
from xai.models.classifiers import Classifier
from xai.types import Progress

__all__ = [
    "SET_LIMITS",
    "ClassRates",
    "FaceVerdict",
    "FamilyRates",
    "Rates",
    "SetLimits",
    "SetVerdict",
    "donors_of",
    "evaluate_verdicts",
    "judged_from",
    "rates",
]


@dataclass(frozen=True)
class SetLimits:
    """Thresholds of a model's verdict over a set; each is compared with a 95 % confidence limit by photo.

    Attributes:
        followed: least share of edits of the lower face that are followed.
        half: share of them below which a model moved by something else is *not supported*.
        stayed: least share of other edits under which the answer stays, in every named family.
        part: largest effect of a named family, over that of the lower face.
        rim: least effect of nose and mouth alone over that of the lower face.
        judged: least share of the answers with feasible edits.
    """

    followed: float = 0.7
    half: float = 0.5
    stayed: float = 0.75
    part: float = 0.2
    rim: float = 0.12
    judged: float = 0.5


SET_LIMITS = SetLimits()
"""The limits in force."""

_Z_INTERVAL, _Z_POWER = 1.96, 1.28  # of a 95 % interval; of nine times in ten


@dataclass(frozen=True)
class FaceVerdict:
    """One model's answer for one face, and what it depends on. Shares are None where nothing was tested.

    Attributes:
        model: its name.
        group: source photo, or another unit of dependent faces.
        label: true class in the model's spelling; None where it is not known or the model has no such class.
        target: the predicted class.
        verdict: one of ``VERDICTS``.
        followed: share of edits of the whole lower face that were followed.
        place_share: effect of nose and mouth alone over that of the lower face.
        kept: share of all other edits under which the answer stayed.
        stayed: *stay* family -> share of its edits under which the answer stayed.
        effects: family -> mean log-odds lost, net of the sham.
        reason: code of the deciding reason.
    """

    model: str
    group: str
    label: str | None
    target: str
    verdict: str
    followed: float | None = None
    place_share: float | None = None
    kept: float | None = None
    stayed: Mapping[str, float] | None = None
    effects: Mapping[str, float] | None = None
    reason: str | None = None

    @property
    def right(self) -> bool | None:
        """Whether the answer is the true class; None where that is not known."""
        return None if self.label is None else self.target == self.label

    @property
    def told(self) -> bool:
        """Whether this answer could be tested."""
        return self.followed is not None


@dataclass(frozen=True)
class FamilyRates:
    """One *stay* family over some answers.

    Attributes:
        stayed: share of its edits under which the answer stayed.
        part: its effect over that of the lower face, each a mean over the answers.
    """

    stayed: Figure
    part: Figure


@dataclass(frozen=True)
class SetVerdict:
    """A model's verdict for one class over a set.

    Attributes:
        verdict: one of ``VERDICTS``.
        why: ``follows``, ``follows_not``, ``rim``, ``few_photos``, ``few_judged``, ``too_wide``, or the
            family that moves it.
        finds: detectable effect: smallest share of the lower face's effect from which a shortcut, in the
            least certain of the named families, is found and named nine times in ten with these faces; None
            where it is not known.
    """

    verdict: str
    why: str
    finds: float | None


@dataclass(frozen=True)
class Rates:
    """Results for some answers of one model.

    Attributes:
        faces: how many answers.
        groups: how many source photos.
        judged: how many of them could be tested.
        verdicts: verdict -> count.
        among_all: verdict -> share of all answers.
        followed: share of edits of the lower face that were followed.
        place_share: effect of nose and mouth alone over that of the lower face, mean.
        stayed: share of all other edits under which the answer stayed.
        families: **stay* family -> results.
        abstained: code of the reason of ``cannot tell`` -> count, the most frequent first.
        verdict: of the model for this class.
    """

    faces: int
    groups: int
    judged: int
    verdicts: Mapping[str, int]
    among_all: Mapping[str, Figure]
    followed: Figure
    place_share: Figure
    stayed: Figure
    families: Mapping[str, FamilyRates]
    abstained: Mapping[str, int]
    verdict: SetVerdict


@dataclass(frozen=True)
class ClassRates:
    """One model and one predicted class.

    Attributes:
        together: all answers.
        right: those that are known to be right.
        wrong: those that are known to be wrong.
    """

    together: Rates
    right: Rates
    wrong: Rates

    def as_dict(self) -> dict[str, Any]:
        """The same in plain values, ready for JSON; what is not known is None."""
        return asdict(self)


def donors_of(faces: Sequence[LabelledFace]) -> tuple[Donor, ...]:
    """The faces of a set that can be donors: those with a mesh and feasible edits."""
    made = (
        donor_of(each.face, each.label, each.group, f"{each.group} {number}")
        for number, each in enumerate(faces)
    )
    return tuple(donor for donor in made if donor is not None)


def judged_from(evidence: Evidence, model: str, group: str, label: str | None) -> FaceVerdict:
    """The row of one tested face; ``label`` is the true class in the model's spelling, or None."""
    families = {f.family: f for f in evidence.families}
    asked = bool(families)
    stay = {n: f.tally.share for n, f in families.items() if f.asks == "stay"}
    return FaceVerdict(
        model=model,
        group=group,
        label=label,
        target=evidence.target,
        verdict=evidence.verdict,
        followed=evidence.follow.share if asked else None,
        place_share=evidence.place_share,
        kept=evidence.stay.share if asked else None,
        stayed={n: share for n, share in stay.items() if share is not None} if asked else None,
        effects={n: f.effect for n, f in families.items()} if asked else None,
        reason=evidence.reasons[0].code,
    )


def evaluate_verdicts(
    classifiers: Sequence[Classifier],
    faces: Sequence[LabelledFace],
    report: Callable[[str], None],
    *,
    own_donors: bool = False,
    progress: Progress | None = None,
) -> Iterator[FaceVerdict]:
    """Test every classifier's own answer for every face, face by face; all share a face's edits.

    Args:
        classifiers: whose answers.
        faces: of the set.
        report: called with a sentence every 25 faces.
        own_donors: take donors from other faces of the set, matched in pose, light and size, in place of the
            gallery's portraits.
        progress: called between batches with (answers judged, answers in all); raising in it stops the work.

    Raises:
        DataRejected: donors are to come from the set, and all its usable faces are of one class.
    """
    total = len(classifiers) * len(faces)
    donors = donors_of(faces) if own_donors else ()
    if own_donors and len({donor.wearing for donor in donors}) < 2:
        raise DataRejected(
            f"Of the {len(faces)} faces of the set {len(donors)} can lend parts, and they are not of two "
            "classes; name a set with faces of two classes, or take the gallery's with --donors gallery."
        )
    for number, face in enumerate(faces):
        if number % 25 == 0:
            report(f"judging: face {number} of {len(faces)}")
        edits = edits_with(face.face, donors if own_donors else None, face.group)
        for turn, classifier in enumerate(classifiers):
            within = _counted(progress, number * len(classifiers) + turn, total)
            evidence = run_causal_test(edits, classifier, progress=within)
            label = true_class(face.label, classifier.card.classes, classifier.card.incorrect)
            yield judged_from(evidence, classifier.name, face.group, label)
    if progress is not None:
        progress(total, total)


def rates(judged: Sequence[FaceVerdict], draws: ResamplingConfig = DRAWS) -> dict[str, dict[str, ClassRates]]:
    """Model -> predicted class -> results, each in alphabetical order.

    The order of the answers does not matter. Those of unknown truth count only in ``together``.
    """
    found: dict[str, dict[str, ClassRates]] = {}
    for model, target in sorted({(j.model, j.target) for j in judged}):
        cell = [j for j in judged if (j.model, j.target) == (model, target)]
        parts = (cell, [j for j in cell if j.right is True], [j for j in cell if j.right is False])
        together, right, wrong = (_rates(part, target, draws) for part in parts)
        found.setdefault(model, {})[target] = ClassRates(together, right, wrong)
    return found


def _counted(progress: Progress | None, done: int, total: int) -> Progress | None:
    """Progress of one test, as that of the set."""
    return None if progress is None else lambda _forwards, _all: progress(done, total)


def _rates(judged: Sequence[FaceVerdict], target: str, draws: ResamplingConfig) -> Rates:
    groups = np.array([j.group for j in judged], np.str_)
    came_out = {v: _column(float(j.verdict == v) for j in judged) for v in VERDICTS}
    columns = {"followed": _column(j.followed for j in judged), "stayed": _column(j.kept for j in judged)}
    followed, stayed = shares(columns, groups, draws).values()
    place = means({"place": _column(j.place_share for j in judged)}, groups, draws)["place"]
    families = {
        name: _family(name, judged, groups, draws)
        for name, family in FAMILIES.items()
        if family.asks == "stay" and any(j.stayed and name in j.stayed for j in judged)
    }
    told = sum(j.told for j in judged)
    reasons = Counter(j.reason or "" for j in judged if j.verdict == "cannot tell")
    return Rates(
        faces=len(judged),
        groups=len(set(groups.tolist())),
        judged=told,
        verdicts={v: int(column.sum()) for v, column in came_out.items()},
        among_all=shares(came_out, groups, draws),
        followed=followed,
        place_share=place,
        stayed=stayed,
        families=families,
        abstained=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        verdict=_set_verdict(target, (followed, place), families, told / max(1, len(judged))),
    )


def _family(
    name: str, judged: Sequence[FaceVerdict], groups: NDArray[np.str_], draws: ResamplingConfig
) -> FamilyRates:
    stayed = _column((j.stayed or {}).get(name) for j in judged)
    lower = _column((j.effects or {}).get("lower_face") for j in judged)
    own = _column((j.effects or {}).get(name) for j in judged)
    known = np.isfinite(lower) & np.isfinite(own)
    typical = float(lower[known].mean()) if known.any() else 0.0
    # The mean of ratios is dominated by faces on which the lower face has little effect, so each effect is
    # divided by the mean.
    part = np.where(known, own / typical, np.nan) if typical > 0 else np.full_like(own, np.nan)
    kept = shares({"stayed": stayed}, groups, draws)["stayed"]
    return FamilyRates(kept, means({"part": part}, groups, draws)["part"])


def _set_verdict(
    target: str,
    followed_and_place: tuple[Figure, Figure],
    families: Mapping[str, FamilyRates],
    judged: float,
    limits: SetLimits = SET_LIMITS,
) -> SetVerdict:
    """The rule for a set: every limit is compared with the unfavourable end of a 95 % interval by photo."""
    wearings, (followed, place) = wearings_by_class([target])[target], followed_and_place
    named = [n for n in named_families(wearings[0] if wearings else "covered") if FAMILIES[n].asks == "stay"]
    if followed.interval is None or any(n not in families for n in named):
        return SetVerdict("cannot tell", "few_photos", None)
    if judged < limits.judged:
        return SetVerdict("cannot tell", "few_judged", None)
    finds = max(_found_from(families[name].part, limits) for name in named)
    movers = [name for name in families if _surely_moves(families[name], limits)]
    movers.sort(key=lambda name: -(families[name].part.value or 0))
    low, high = place.interval or (0.0, 1.0)  # undefined where the lower face has no effect
    movers += ["rim"] if high < limits.rim else []
    sure = low >= limits.rim and all(_surely_stays(families[name], limits) for name in named)
    return SetVerdict(*_told(followed.interval, movers, limits, sure=sure), finds)


def _told(
    followed: tuple[float, float], movers: Sequence[str], limits: SetLimits, *, sure: bool
) -> tuple[str, str]:
    """Verdict and reason, for a model tested on enough photos."""
    low, high = followed
    if high < limits.followed and movers:
        return "not supported" if high < limits.half else "mixed", movers[0]
    if high < limits.followed:
        return "mixed", "follows_not"
    if movers:
        return "mixed", movers[0]
    return ("supported", "follows") if low >= limits.followed and sure else ("cannot tell", "too_wide")


def _surely_stays(family: FamilyRates, limits: SetLimits) -> bool:
    stayed, part = family.stayed.interval, family.part.interval
    return stayed is not None and part is not None and stayed[0] >= limits.stayed and part[1] <= limits.part


def _surely_moves(family: FamilyRates, limits: SetLimits) -> bool:
    stayed, part = family.stayed.interval, family.part.interval
    return (stayed is not None and stayed[1] < limits.stayed) or (part is not None and part[0] > limits.part)


def _found_from(part: Figure, limits: SetLimits) -> float:
    """The true share whose whole interval is beyond the limit nine times in ten."""
    if part.interval is None:
        return 1.0
    error = (part.interval[1] - part.interval[0]) / (2 * _Z_INTERVAL)
    return limits.part + (_Z_INTERVAL + _Z_POWER) * error


def _column(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], np.float64)
