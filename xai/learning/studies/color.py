"""Grey against colour: two networks of study 002, on the same faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected
from xai.learning.data.splits import read_examples
from xai.learning.evaluation.evaluate import Setting
from xai.learning.evaluation.metrics import bootstrap_intervals, exact_mcnemar
from xai.learning.evaluation.model_groups import EvaluationTask, ModelGroup, answers_of, rows_of
from xai.learning.evaluation.predictions import Answers
from xai.learning.studies.record import Experiment, Line, Measured, Sources
from xai.models.cards import read_cards

__all__ = ["compare", "grey_against_colour", "same_faces"]

_GREY, _COLOUR = 0.88, 0.93
"""Accuracies published by the study."""


def grey_against_colour(sources: Sources) -> Experiment:
    """The gain from colour, with an interval of the difference and a paired test.

    Raises:
        DataRejected: no set is named, or one of the two networks is not trained.
    """
    if sources.data is None:
        raise DataRejected("Both networks must be asked about the same faces; name the set by --data.")
    trial = EvaluationTask(read_examples(sources.data, sources.note), Setting("seed"))
    grey, colour = (
        answers_of(_row(name), trial, sources.device, skip=sources.note)
        for name in ("grey_cnn", "colour_cnn")
    )
    return compare(grey, colour)


def compare(grey: Answers, colour: Answers) -> Experiment:
    """The experiment from the two networks' predictions."""
    right, groups = same_faces((grey, colour))
    n = len(groups)

    def figures(drawn: NDArray[np.intp]) -> dict[str, float]:
        one, other = right[:, drawn].mean(axis=1)
        return {"grey": float(one), "colour": float(other), "difference": float(other - one)}

    values, ends = figures(np.arange(n)), bootstrap_intervals(figures, groups)
    p = exact_mcnemar(right[0], right[1])
    return Experiment(
        "grey_against_colour",
        "Does colour help to tell how a mask is worn?",
        "002",
        (
            Line("grey", Measured("accuracy", values["grey"], *ends["grey"], n), _GREY),
            Line("colour", Measured("accuracy", values["colour"], *ends["colour"], n), _COLOUR),
            Line(
                "colour minus grey",
                Measured("difference of accuracies", values["difference"], *ends["difference"], n),
                round(_COLOUR - _GREY, 4),
            ),
        ),
        "python -m xai experiments grey_against_colour --data DATA/fmd --update",
        f"Both on the same faces, drawn together by groups of photos; only grey is right on "
        f"{int((right[0] & ~right[1]).sum())} faces, only colour on {int((right[1] & ~right[0]).sum())} "
        f"(exact McNemar p = {p:.2g}).",
    )


def same_faces(told: Sequence[Answers]) -> tuple[NDArray[np.bool_], NDArray[np.str_]]:
    """Whether each of several models was right, on the faces that all of them were run on.

    Returns:
        bool ``(models, N)`` and the groups of these faces, ``(N,)``.

    Raises:
        DataRejected: they share no face.
    """
    places = [{example: i for i, example in enumerate(answers.examples)} for answers in told]
    shared = [example for example in told[0].examples if all(example in place for place in places)]
    if not shared:
        raise DataRejected("The models were asked about no face in common; measure them on one set.")
    right = np.stack(
        [
            (answers.truth == answers.answer)[[place[example] for example in shared]]
            for answers, place in zip(told, places, strict=True)
        ]
    )
    return right, told[0].groups[[places[0][example] for example in shared]]


def _row(name: str) -> ModelGroup:
    """The row of a network: its pooled folds rather than its single training.

    Raises:
        DataRejected: its weights are not here.
    """
    catalogue = read_cards()
    cards = [card for card in catalogue.cards if card.protocol == "seed" and card.architecture == name]
    rows = sorted(rows_of(cards, "seed"), key=lambda row: -len(row.cards))
    if not rows:
        raise DataRejected(f"The weights of {name} are not here; train it, or let XAI_WEIGHTS name them.")
    return rows[0]
