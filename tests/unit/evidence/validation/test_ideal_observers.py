"""Who knows how the mask is worn and looks at nothing else is supported; who goes by anything else is not."""

import numpy as np
import pytest

from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.interventions.families import FAMILIES, ROUNDS
from xai.evidence.validation.ideal_observers import OBSERVERS, observe
from xai.evidence.verdict.examination import Examination
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.types import CLASSES

pytestmark = pytest.mark.slow

WEARS = {"astronaut-red": "covered", "admiral-plain": "uncovered", "astronaut-grey": "incorrect"}


@pytest.fixture(scope="module")
def edits():
    return {truth: FaceEdits(find_faces(load_sample(name))[0]) for name, truth in WEARS.items()}


@pytest.mark.parametrize("label", CLASSES)
@pytest.mark.parametrize("name", [name for name, o in OBSERVERS.items() if o.noise == 0])
def test_without_noise_it_is_always_supported(edits, label, name):
    evidence = observe(OBSERVERS[name], edits[label], label, 0)
    assert (evidence.verdict, [r.code for r in evidence.reasons]) == ("supported", ["follows", "stays"])
    assert evidence.follow.share == evidence.stay.share == 1
    assert all(f.rounds == 1 for f in evidence.families)


@pytest.mark.parametrize("label", CLASSES)
def test_a_little_noise_is_borne(edits, label):
    quiet = [n for n, o in OBSERVERS.items() if 0 < o.noise <= 0.02]
    words = [observe(OBSERVERS[n], edits[label], label, seed).verdict for n in quiet for seed in range(60)]
    assert words.count("supported") / len(words) >= 0.95
    assert "not supported" not in words


def cheat(edits, label, families, sure=6.0):
    """An observer who goes by what the families change, and by nothing else."""
    examination = Examination(edits, {name: (name,) for name in CLASSES}, label, contrast=sure)
    for turn in range(ROUNDS):
        planned = examination.wanted(turn)
        moved = [edit.family in families for edit in planned]
        other = next(name for name in CLASSES if name != label)
        examination.add(
            planned, [other if m else label for m in moved], [2 * sure * m for m in moved], [1.0] * len(moved)
        )
    return examination.evidence()


@pytest.mark.parametrize("label", CLASSES)
@pytest.mark.parametrize("family", [n for n, f in FAMILIES.items() if f.asks == "stay"])
def test_who_goes_by_anything_else_is_not_supported(edits, label, family):
    if (label, family) == ("uncovered", "mask_look"):
        return
    assert cheat(edits[label], label, {family}).verdict == "not supported"
    follows = {n for n, f in FAMILIES.items() if f.asks in ("follow", "whole")}
    assert cheat(edits[label], label, follows).verdict == "supported"
    assert cheat(edits[label], label, follows | {family}).verdict == "mixed"


def test_the_noise_is_drawn_by_the_seed(edits):
    loud = OBSERVERS["ideal_sharp_05"]
    one, again, other = (observe(loud, edits["covered"], "covered", seed).edits for seed in (1, 1, 2))
    assert one == again
    assert [a.label for a in one] != [a.label for a in other]
    errors = np.mean(
        [
            a.label not in a.truth
            for s in range(40)
            for a in observe(loud, edits["covered"], "covered", s).edits
        ]
    )
    assert errors == pytest.approx(0.05, abs=0.015)
