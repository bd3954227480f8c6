"""Edits of one face: described as layers, and composited on the device a batch at a time.

An edit is a stack of layers; a layer is a place (opacity per pixel) and a content. Places and contents of a
face are made once, at the crop's own size, for all models; the pictures themselves exist only in the batch
that goes through a network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.errors import XaiError
from xai.evidence.interventions import fills
from xai.evidence.interventions.appearance import appearance
from xai.evidence.interventions.areas import blended, region_masks_soft, shifted
from xai.evidence.interventions.bare_face import BareFit
from xai.evidence.interventions.compositor import EditBatch, compose_batches
from xai.evidence.interventions.donors import Donor, Warp, gallery_donors, matched
from xai.evidence.interventions.feasibility import Feasibility, check_feasibility
from xai.models.classifiers import Classifier
from xai.models.inference.batch_job import Batches, InferenceJob
from xai.models.inference.runtimes import Runtime
from xai.models.inference.scheduler import run
from xai.photo.face_shape import TURNED, fit_of, with_mesh
from xai.photo.mesh import has_mesh
from xai.types import Face, Progress

__all__ = [
    "CLIP",
    "FACE",
    "Answers",
    "Edit",
    "FaceEdits",
    "Layer",
    "Question",
    "answers_of",
    "donor_of",
    "edits_with",
    "flipped_face",
    "log_odds",
    "log_odds_of",
]

Plane = NDArray[np.float32]

CANVAS = 224
"""Side in pixels at which places and contents are made, where the crop is larger."""

CLIP = 24 * float(np.log(2))
"""Largest contrast: beyond it a probability in single precision is 1."""

FACE = "face"
"""The content that is the face itself: as the top layer it restores a place."""

_DONORS = 4


class Layer(NamedTuple):
    """One layer: a content, and where it shows."""

    place: str
    content: str


Edit = tuple[Layer, ...]
"""Layers, bottom to top; none is the original face."""


class FaceEdits:
    """All edits of one face; made on first use, cached for the next model.

    Args:
        face: a crop with its landmarks. Where they are five points, edits are laid on the mesh that
            ``fit_head`` estimates.
        donors: other people's faces from which parts are taken, the best match first; the gallery's where
            None.
    """

    def __init__(self, face: Face, donors: Sequence[Donor] | None = None) -> None:
        self.original = face
        self.face = _reduced(face)
        self._given = donors
        self._contents: dict[str, Plane] = {}
        self._places: dict[str, Plane] = {}
        self._differences: dict[str, Plane] = {}

    def feasibility(self, *, reveal: bool) -> Feasibility:
        """Whether bare skin (``reveal``) or drawn masks are feasible here; see ``check_feasibility``."""
        fit = self._fit if reveal and has_mesh(self.face) else None
        return check_feasibility(self.original, reveal=reveal, fit=fit)

    @property
    def coarse(self) -> tuple[str, ...]:
        """Why edits of this face are placed coarsely, as of ``Evidence``; empty without landmarks."""
        if not len(self.original.landmarks):
            return ()
        why = {
            "five_points": not has_mesh(self.original),
            "turned": abs(fit_of(self.original).yaw) > TURNED,
        }
        return tuple(name for name, holds in why.items() if holds)

    @cached_property
    def donors(self) -> tuple[Donor, ...]:
        """The donors, the best match first."""
        given = gallery_donors() if self._given is None else self._given
        return tuple(matched(self.face, given) if self._given is None else given)

    @property
    def from_gallery(self) -> bool:
        """Whether the donors are the gallery's portraits, without others."""
        return self._given is None

    def render(self, edit: Edit, side: int) -> NDArray[np.uint8]:
        """The edited face, reduced to at most ``side`` pixels: RGB uint8 ``(n, n, 3)``."""
        picture = self.face.crop
        for layer in edit:
            picture = blended(picture, self.content(layer.content)[None], self.place(layer.place))[0]
        if len(picture) <= side:
            return picture
        return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)

    def content(self, name: str) -> Plane:
        """A content, float32 ``(S, S, 3)`` in 0..255.

        ``face``; ``bare0``, ``masked0``, ``alike0``, ``moved0`` with any seed; ``lowered0``, a drawn mask
        below the nose, and ``pulled0``, the same on bare skin; ``donor0`` warped onto the face and ``photo0``
        unchanged, of ``donors``; ``light:darker`` and the others in ``APPEARANCE``; or one of ``NEUTRAL``.
        """
        if name not in self._contents:
            self._contents[name] = self._make(name)
        return self._contents[name]

    def fill(self, name: str) -> NDArray[np.uint8]:
        """An occluding patch's pixels with one of ``FACE_FILLS``, RGB uint8 ``(S, S, 3)``.

        Raises:
            XaiError: it is not feasible on this face.
        """
        belief = self.feasibility(reveal=name == "bare")
        if not belief.holds:
            raise XaiError(
                f"The fill {name} cannot be drawn on this face: {belief.reason} Use grey, mean or blur."
            )
        return np.rint(self.content(f"{name}0")).clip(0, 255).astype(np.uint8)

    def place(self, name: str) -> Plane:
        """Opacity of a layer, float32 ``(S, S)``, 0..1: a name of ``region_masks_soft``, or a name, ``@`` and
        the direction of its shift.
        """
        if not self._places:
            self._places.update(region_masks_soft(self.face))
        if name not in self._places:
            stem, direction = name.split("@")
            self._places[name] = shifted(self._places[stem], self.face, int(direction))
        return self._places[name]

    def change(self, layer: Layer) -> float:
        """How much a layer changes the face: mean absolute change over the crop, 0..255."""
        name = layer.content
        if name not in self._differences:
            self._differences[name] = np.abs(self.content(name) - self.content(FACE)).mean(axis=2)
        return float((self.place(layer.place) * self._differences[name]).mean())

    def add_place(self, name: str, place: Plane) -> None:
        """Register a custom place; an earlier one of that name is replaced."""
        self.place("strict")
        self._places[name] = place

    @cached_property
    def _warp(self) -> Warp:
        return Warp(self.face)

    def _as_it_is(self, crop: NDArray[np.uint8]) -> Plane:
        side = len(self.face.crop)
        return cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)

    @cached_property
    def _fit(self) -> BareFit:
        return fills.fit_bare_face(self.face)

    def _bare(self, seed: int) -> Plane:
        """One donor; the first four are made together, which costs little more than one."""
        if seed >= _DONORS:
            return np.asarray(fills.bare(self.face, (seed,), self._fit)[0])
        donors = fills.bare(self.face, range(_DONORS), self._fit)
        self._contents.update({f"bare{i}": donor for i, donor in enumerate(donors)})
        return np.asarray(donors[seed])

    def _make(self, name: str) -> Plane:
        family, _, change = name.partition(":")
        if change:
            return appearance(self.face.crop, family, change)
        stem, seed = name.rstrip("0123456789"), int("0" + name.lstrip("abcdefghijklmnopqrstuvwxyz"))
        makers: dict[str, Callable[[int], Plane]] = {
            FACE: lambda _: self.face.crop.astype(np.float32),
            "bare": lambda seed: np.asarray(self._bare(seed), np.float32),
            "masked": lambda seed: fills.masked(self.face, seed),
            "alike": lambda seed: fills.recolored_mask(self.face, seed),
            "moved": lambda seed: fills.shifted_crop(self.face, seed),
            "lowered": lambda seed: fills.lowered(self.face, self.face.crop, seed),
            "pulled": self._pulled,
            "look": lambda seed: fills.coloured(self.face, seed, "correct"),
            "lowlook": lambda seed: fills.coloured(self.face, seed, "nose_out"),
            "donor": lambda seed: self._warp.lay(self.donors[seed]),
            "photo": lambda seed: self._as_it_is(self.donors[seed].face.crop),
        }
        return makers[stem](seed) if stem in makers else fills.neutral_fill(self.face, name)

    def _pulled(self, seed: int) -> Plane:
        under = np.rint(self.content(f"bare{seed}")).clip(0, 255).astype(np.uint8)
        return fills.lowered(self.face, under, seed)


def donor_of(face: Face, wearing: str, group: str, name: str) -> Donor | None:
    """The face as a ``Donor``; None where its mesh is missing or estimated, or edits are not feasible."""
    edits = FaceEdits(face)
    usable = has_mesh(face) and edits.feasibility(reveal=False).holds
    return Donor(edits.face, wearing, group, name) if usable else None


def edits_with(face: Face, donors: Sequence[Donor] | None, group: str = "") -> FaceEdits:
    """The edits of a face with parts of some donors, the best match first.

    Args:
        face: a crop with its landmarks.
        donors: unsorted; the gallery's where None.
        group: of the face; a face of the same group is never a donor.
    """
    if donors is None:
        return FaceEdits(face)
    laid = with_mesh(face)
    return FaceEdits(face, matched(laid, donors, group) if has_mesh(laid) else ())


def flipped_face(edits: FaceEdits, content: str) -> NDArray[np.uint8]:
    """The face with its wide area replaced by a content: RGB uint8 ``(S, S, 3)``, S at most ``CANVAS``."""
    return np.asarray(blended(edits.face.crop, edits.content(content)[None], edits.place("wide"))[0])


def log_odds(
    classifier: Classifier,
    edits: FaceEdits,
    wanted: Sequence[Edit],
    target: int,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """The contrast ``log p - log(1 - p)`` of class ``target`` after each edit.

    Args:
        classifier: the model; its input is the crop at the network's own size, and the layers are composited
            there.
        edits: of the face.
        wanted: the edits; an empty one is the original face.
        target: index of the class.
        progress: called between batches.

    Returns:
        float64 ``(N,)``, clipped to ``CLIP`` on either side. It does not depend on the batch size beyond
        float rounding.
    """
    return log_odds_of([Question(classifier, edits, wanted, target)], progress)[0]


@dataclass(frozen=True, eq=False)
class Question:
    """One classifier on one face; fields as the arguments of ``log_odds``."""

    classifier: Classifier
    edits: FaceEdits
    wanted: Sequence[Edit]
    target: int


def log_odds_of(
    questions: Sequence[Question], progress: Progress | None = None
) -> tuple[NDArray[np.float64], ...]:
    """The contrasts of several faces and classifiers, in one stream of batches, in float32 throughout.

    Edits of a face are made once for all questions that share its ``FaceEdits``.
    """
    return tuple(answers.contrasts for answers in answers_of(questions, progress))


@dataclass(frozen=True, eq=False)
class Answers:
    """A model's answers for N edits.

    Attributes:
        contrasts: log-odds of the class under test, float64 ``(N,)``.
        predicted: index of each predicted class, ``(N,)``.
        confidence: probability of each predicted class, float64 ``(N,)``, 0..1.
    """

    contrasts: NDArray[np.float64]
    predicted: NDArray[np.intp]
    confidence: NDArray[np.float64]


def answers_of(questions: Sequence[Question], progress: Progress | None = None) -> tuple[Answers, ...]:
    """As ``log_odds_of``, with each predicted class.

    Raises:
        XaiError: a model answers with NaN or infinity.
    """
    jobs = [InferenceJob(q.classifier, len(q.wanted), partial(_inputs, q)) for q in questions]
    found = []
    for question, answers in zip(questions, run(jobs, progress), strict=True):
        logits = answers.logits.double()
        if not torch.isfinite(logits).all():
            raise XaiError(
                f"The model {question.classifier.name} answered an edited face with NaN or infinity, so "
                "nothing can be said of it; check its weights and its card."
            )
        contrast = _contrast(logits, question.target).clamp(-CLIP, CLIP).numpy()
        confidence, predicted = logits.softmax(dim=1).max(dim=1)
        found.append(Answers(contrast, np.asarray(predicted.numpy(), np.intp), confidence.numpy()))
    return tuple(found)


def _inputs(question: Question, runtime: Runtime) -> Batches:
    """Map names of places and contents to indices, and make the compositor."""
    edits, wanted = question.edits, question.wanted
    places = sorted({layer.place for edit in wanted for layer in edit})
    contents = sorted({layer.content for edit in wanted for layer in edit} - {FACE})
    where = {name: number for number, name in enumerate(places)}
    what = {FACE: 0, **{name: number for number, name in enumerate(contents, start=1)}}
    painted = EditBatch(
        edits.original.crop,
        [edits.content(name) for name in contents],
        [edits.place(name) for name in places],
        [[(where[layer.place], what[layer.content]) for layer in edit] for edit in wanted],
    )
    return compose_batches(question.classifier, painted, runtime)


def _contrast(logits: Tensor, target: int) -> Tensor:
    others = torch.cat([logits[:, :target], logits[:, target + 1 :]], dim=1)
    return logits[:, target] - others.logsumexp(dim=1)


def _reduced(face: Face) -> Face:
    """The face with a mesh, its crop and landmarks reduced to at most ``CANVAS`` pixels."""
    face, side = with_mesh(face), len(face.crop)
    if side <= CANVAS:
        return face
    crop = cv2.resize(face.crop, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
    return replace(
        face, crop=np.asarray(crop, np.uint8), landmarks=face.landmarks * np.float32(CANVAS / side)
    )
