"""Counterfactuals: what a classifier would say of a face that was a little different."""

from __future__ import annotations

from xai.errors import UnknownName
from xai.evidence.whatif_probes import COVER_FILLS, Probed, Subject, find_probe
from xai.models.classifiers import Classifier
from xai.types import Face, Progress

__all__ = ["whatif"]


def whatif(
    face: Face, classifier: Classifier, probe: str, fill: str = "grey", progress: Progress | None = None
) -> Probed:
    """Change a face step by step as ``probe`` says, and ask the classifier after each step.

    A flip means that this picture of the face gets another answer. It does not say which part of the change
    did it, nor that the answer is right before or after.

    Args:
        face: the face. Drawing needs the 468-point mesh, hiding a part of the face any landmarks.
        classifier: what is asked.
        probe: one of ``PROBES``.
        fill: one of ``COVER_FILLS``, what ``smallest_cover`` covers with.
        progress: called with (pictures asked about, pictures in all) as the work goes on; may raise to stop.

    Raises:
        UnknownName: there is no such probe or fill.
        XaiError: the probe cannot be run on this face; the sentence says why.
    """
    run = find_probe(probe).run()
    if fill not in COVER_FILLS:
        raise UnknownName("fill", fill, COVER_FILLS)
    return run(Subject(face, classifier, fill, progress or _silent))


def _silent(_done: int, _total: int) -> None:
    """Nobody wants to know."""
