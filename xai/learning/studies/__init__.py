"""Replications of the studies' other experiments: one small experiment each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xai.errors import UnknownName, XaiError
from xai.learning.studies.color import grey_against_colour
from xai.learning.studies.photos import cascade, crop_first, trained_detector
from xai.learning.studies.record import Experiment, Line, Measured, Sources, write_experiments
from xai.learning.studies.tables import pretraining, selection, weights_and_depth

__all__ = ["EXPERIMENTS", "Experiment", "Line", "Measured", "Sources", "run", "write_experiments"]

EXPERIMENTS: dict[str, Callable[[Sources], Experiment]] = {
    "selection": selection,
    "crop_first": crop_first,
    "weights_and_depth": weights_and_depth,
    "cascade": cascade,
    "grey_against_colour": grey_against_colour,
    "pretraining": pretraining,
    "trained_detector": trained_detector,
}
"""Name -> experiment, in the order of the studies."""


def run(names: Sequence[str], sources: Sources) -> list[Experiment]:
    """Run the experiments ``names``, or all that can be run; those that cannot are noted.

    Raises:
        UnknownName: there is no such experiment.
        XaiError: none could be run, or one that was named could not.
    """
    for name in names:
        if name not in EXPERIMENTS:
            raise UnknownName("experiment", name, EXPERIMENTS)
    found: list[Experiment] = []
    for name in names or EXPERIMENTS:
        try:
            found.append(EXPERIMENTS[name](sources))
        except XaiError as error:
            if names:
                raise
            sources.note(f"The experiment {name} is left out: {error}")
    if not found:
        raise XaiError("No experiment could be carried out; the sentences above say what each one needs.")
    return found
