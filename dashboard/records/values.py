"""What is known of models, as values: those that can be asked, those that were only measured, experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xai.learning.evaluation.metrics import Gap
from xai.models.reported_errors import KnownError

__all__ = [
    "Bin",
    "ClassVerdict",
    "Epoch",
    "Experiment",
    "ExperimentRow",
    "Figure",
    "Record",
    "Records",
    "Score",
    "reproduced",
    "telling",
]

_MAIN_SETTINGS = ("protocol", "crops")
"""Settings that every measurement has; one that has no others took in the whole set."""


@dataclass(frozen=True)
class Figure:
    """A share that was measured, 0..1.

    Attributes:
        value: the share.
        low, high: its 95 % interval; None where there is none.
        gap: why the interval that was computed is none: see ``measures.interval_gap``. "" where there is one,
            and where none was computed.
    """

    value: float
    low: float | None = None
    high: float | None = None
    gap: Gap = ""


@dataclass(frozen=True)
class Bin:
    """What one evaluation found on one kind of its faces.

    Attributes:
        name: of the kind, as the card names it.
        counts: class -> faces.
        aca: mean over the classes that have faces among them.
    """

    name: str
    counts: Mapping[str, int]
    aca: Figure


@dataclass(frozen=True)
class Score:
    """What one evaluation found.

    Attributes:
        dataset: short name of the set.
        setting: what was asked for, setting -> value, as the card names them.
        n: faces that were answered.
        missed: faces of the set that the detector did not find.
        figures: figure or class -> what was measured.
        confusion: true class -> answer -> faces.
        by: what faces are told apart by (size, pose, colour) -> the kinds, in order; may be empty.
    """

    dataset: str
    setting: Mapping[str, str]
    n: int
    missed: int
    figures: Mapping[str, Figure]
    confusion: Mapping[str, Mapping[str, int]]
    by: Mapping[str, tuple[Bin, ...]] = field(default_factory=dict)

    @property
    def whole_set(self) -> bool:
        """Whether nothing of the set was left out or added."""
        return not self.setting.keys() - set(_MAIN_SETTINGS)


@dataclass(frozen=True)
class Epoch:
    """One epoch of a training; what was not recorded is None.

    Attributes:
        number: of the epoch.
        train_loss, loss: mean loss on the training and the validation part.
        accuracy, aca: on the validation part, 0..1.
    """

    number: int
    train_loss: float | None
    loss: float | None
    accuracy: float | None
    aca: float | None


@dataclass(frozen=True)
class ClassVerdict:
    """How often a model's right answers of one class follow the lower face and stay otherwise, over a set.

    Attributes:
        dataset: short name of the set.
        donors: ``set`` or ``gallery``: whose parts were laid on the faces.
        label: the class.
        faces: right answers.
        judged: on how many of them parts could be laid.
        followed: share of changes of the lower face that were followed; None where nothing was judged.
        place: effect of nose and mouth alone over that of the lower face; likewise.
        stayed: share of other changes at which the answer stayed; likewise.
        moved_by: family of edits at which it stayed least often; "" where there was none.
        kept: share of that family's edits at which it stayed.
        verdict: of the model for the class.
    """

    dataset: str
    donors: str
    label: str
    faces: int
    judged: int
    followed: Figure | None
    place: Figure | None
    stayed: Figure | None
    moved_by: str
    kept: Figure | None
    verdict: str


@dataclass(frozen=True)
class Record:
    """What is known of a model.

    Attributes:
        name: of the model.
        architecture: entry of ``ARCHITECTURES``.
        classes: in the order of the network's outputs.
        input_size: side of the square input, pixels.
        source: number of the published study, or ``"own"``.
        protocol: ``"seed"`` (trained as a study did) or ``"product"``.
        license: of the weights.
        limits: what it cannot do, sentences.
        errors: what kinds of faces it gets wrong, by someone who looked; may be empty.
        departures: where its training differs from the published one, sentences; may be empty.
        command: what makes it again; "" where nobody wrote it down.
        published: figure or class -> share that the study printed, 0..1; may be empty.
        counts: part of the data that it learnt from or was chosen on -> class -> faces, all sets together.
        sets: names of the sets it learnt from, those its best version was chosen on included.
        scores: every evaluation.
        history: the epochs of its training; may be empty.
        installed: whether its weights are here.
        trained_on: set whose figures stand beside the published ones.
        verdicts: how often its answers follow and stay, by set and class; empty where nobody measured it.
    """

    name: str
    architecture: str
    classes: tuple[str, ...]
    input_size: int
    source: str
    protocol: str
    license: str
    limits: tuple[str, ...]
    errors: tuple[KnownError, ...]
    departures: tuple[str, ...]
    command: str
    published: Mapping[str, float]
    counts: Mapping[str, Mapping[str, int]]
    sets: tuple[str, ...]
    scores: tuple[Score, ...]
    history: tuple[Epoch, ...]
    installed: bool
    trained_on: str
    verdicts: tuple[ClassVerdict, ...] = ()


@dataclass(frozen=True)
class ExperimentRow:
    """One line of an experiment.

    Attributes:
        label: what was tried.
        figure: name of what was measured.
        measured: what was found.
        n: faces or answers it rests on; None where a figure was taken over and its count is not known.
        published: what the study printed, 0..1, or None.
    """

    label: str
    figure: str
    measured: Figure
    n: int | None
    published: float | None


@dataclass(frozen=True)
class Experiment:
    """A question that was put to data.

    Attributes:
        name: short name.
        question: the question, a sentence.
        source: number of the study that asked it, or ``"own"``.
        rows: what was found.
        command: what measures it again.
        note: what to know about it; may be "".
    """

    name: str
    question: str
    source: str
    rows: tuple[ExperimentRow, ...] = field(repr=False)
    command: str
    note: str


@dataclass(frozen=True)
class Records:
    """Everything that is known of models.

    Attributes:
        installed: of the models that can be asked, in the order of their cards.
        measured: of models whose weights are not here, by study and name.
        experiments: what was put to data.
        problems: a sentence for each file that could not be read.
    """

    installed: tuple[Record, ...]
    measured: tuple[Record, ...]
    experiments: tuple[Experiment, ...]
    problems: tuple[str, ...]


def telling(scores: Sequence[Score]) -> tuple[Score, ...]:
    """For each set the evaluation that says most: the whole set before parts, its own boxes before ours."""
    best: dict[str, Score] = {}
    for score in sorted(scores, key=lambda s: (len(s.setting), s.setting.get("crops") != "annotated", -s.n)):
        best.setdefault(score.dataset, score)
    return tuple(best.values())


def reproduced(record: Record) -> Score | None:
    """What is set beside the published figures: measured under the study's protocol, best on its set."""
    under = [score for score in record.scores if score.setting.get("protocol") == "seed"]
    return next(iter(sorted(telling(under), key=lambda score: score.dataset != record.trained_on)), None)
