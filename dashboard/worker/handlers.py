"""What the model process does for each kind of job. Only ``process`` imports it."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Mapping
from itertools import product
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageOps

from dashboard.worker.counterfactual_jobs import CoverJob, PrepareCover
from dashboard.worker.jobs import (
    DISPLAY_SIDE,
    METHODS_SHOWN,
    READING,
    CheckMaps,
    Explain,
    Explained,
    Job,
    Look,
    ModelStatus,
    SampleLook,
    Seen,
    Stage,
    Tell,
    Thumbnail,
)
from dashboard.worker.results import LineUp, Suspects
from xai.errors import XaiError
from xai.models.cards import read_cards
from xai.photo.images import read_image
from xai.photo.samples import SAMPLES
from xai.types import Faces, Image, Prediction

if TYPE_CHECKING:
    from xai.models.classifiers import Classifier

__all__ = ["Models", "perform"]

_COMPARED = 2
"""Models that the first page compares."""


class Models:
    """The classifiers of this process, loaded in the background and kept.

    Args:
        announce: called with the state of affairs each time it changes.

    Attributes:
        explained: whether a map was made in this process.
    """

    def __init__(self, announce: Callable[[ModelStatus], None]) -> None:
        self._announce = announce
        self._loading = threading.Lock()
        self._loaded: dict[str, Classifier] = {}
        self._problems: list[str] = []
        self.explained = False

    def load_all(self) -> None:
        """Load every model that has a card, in the catalogue's order, then what the maps need."""
        import torch  # noqa: PLC0415 - seconds; the first jobs do not need it

        torch.set_num_threads(len(os.sched_getaffinity(0)))
        catalogue = read_cards()
        self._problems += catalogue.problems
        for card in catalogue.cards:
            try:
                self.get(card.name)
            except XaiError as problem:
                self._problems.append(str(problem))
            finally:
                self._say(loading=True)
        import pytorch_grad_cam  # noqa: F401, PLC0415 - seconds that the first map need not wait for

    def warm_up(self, tell: Tell) -> None:
        """Do once what the first page asks for, then say that all is ready.

        The first face and the first map of every network take longer than the next: memory is laid out,
        kernels are chosen, detectors are read. A visitor who was quicker has had it done already.
        """
        try:
            if not self.explained:
                look = SampleLook(next(iter(SAMPLES)), tuple(self._loaded)[:1])
                faces = cast(Seen, perform(look, self, tell)).faces
                for face, name in product(faces[:1], tuple(self._loaded)[:_COMPARED]):
                    perform(Explain(face, name, METHODS_SHOWN, None, {}), self, tell)
        finally:
            self._say(loading=False)

    def get(self, name: str) -> Classifier:
        """The classifier ``name``, waiting for it or loading it when it is not there yet.

        Raises:
            WeightsUnavailable: its weights are missing or altered.
            UnknownName: there is no such model.
        """
        if name not in self._loaded:
            with self._loading:
                if name not in self._loaded:
                    from xai.models.classifiers import load_classifier  # noqa: PLC0415 - brings torch

                    self._loaded[name] = load_classifier(name)
        return self._loaded[name]

    def has(self, name: str) -> bool:
        """Whether ``name`` can answer at once."""
        return name in self._loaded

    def _say(self, loading: bool) -> None:
        self._announce(ModelStatus(tuple(self._loaded), loading, tuple(self._problems)))


def perform(job: Job, models: Models, tell: Tell) -> object:
    """Do one job.

    Args:
        job: what is to be done.
        models: where the classifiers are.
        tell: called with the stages and with pieces of the result; raises ``Cancelled`` when the job is no
            longer wanted.

    Raises:
        XaiError: with a sentence for the visitor.
    """
    if isinstance(job, Look):
        tell(Stage(READING))
        return _look(read_image(job.data), job, models, tell)
    if isinstance(job, SampleLook):
        from xai.photo.sample_rendering import load_sample  # noqa: PLC0415 - brings OpenCV

        return _look(load_sample(job.sample), job, models, tell)
    if isinstance(job, Thumbnail | LineUp):
        return _thumbnail(job) if isinstance(job, Thumbnail) else _line_up(job, tell)
    if isinstance(job, Explain | CoverJob):
        return _explain(job, models, tell) if isinstance(job, Explain) else _cover(job, models, tell)
    from dashboard.worker import explain_handlers  # noqa: PLC0415 - brings torch

    if isinstance(job, CheckMaps):
        return explain_handlers.check(job, models.get(job.maps.provenance.model), tell)
    explain_handlers.judge(job, {name: models.get(name) for name in job.maps}, tell)
    return None


def _look(image: Image, job: Look | SampleLook, models: Models, tell: Tell) -> Seen:
    from xai.photo.faces import find_faces, set_by_hand, whole_photo  # noqa: PLC0415 - brings OpenCV

    tell(Stage("finding"))
    by_hand = {each.number: each.box for each in job.boxes}
    faces = Faces([whole_photo(image)]) if job.whole else set_by_hand(image, find_faces(image), by_hand)
    predictions, problems = _ask(job.models if faces else (), faces, models, tell)
    picture, scale = _reduced(image.pixels)
    notices = (*image.notices, *faces.notices)
    return Seen(image.sha256, picture, scale, faces, notices, predictions, problems)


def _ask(
    names: tuple[str, ...], faces: Faces, models: Models, tell: Tell
) -> tuple[Mapping[str, tuple[Prediction, ...]], tuple[str, ...]]:
    predictions: dict[str, tuple[Prediction, ...]] = {}
    problems: list[str] = []
    for name in names:
        tell(Stage("asking" if models.has(name) else "loading"))
        try:
            predictions[name] = models.get(name).predict([face.crop for face in faces])
        except XaiError as problem:
            problems.append(str(problem))
    return predictions, tuple(problems)


def _reduced(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """The picture at most ``DISPLAY_SIDE`` long, and by how much it shrank."""
    scale = min(1.0, DISPLAY_SIDE / max(pixels.shape[:2]))
    if scale == 1.0:
        return pixels, scale
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = Pictures.fromarray(pixels).resize(size, Pictures.Resampling.LANCZOS, reducing_gap=2.0)
    return np.asarray(small), scale


def _thumbnail(job: Thumbnail) -> bytes:
    from xai.photo.sample_rendering import load_sample  # noqa: PLC0415 - brings OpenCV

    stream = io.BytesIO()
    # A JPEG Streamlit sends as it is; a picture of another kind it would turn into one at every run.
    _small(Pictures.fromarray(load_sample(job.sample).pixels), job.side).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _line_up(job: LineUp, tell: Tell) -> Suspects:
    tell(Stage("loading"))
    from dashboard.worker.shortcut_game import line_up  # noqa: PLC0415 - brings torch

    tell(Stage("asking"))
    return line_up(job)


def _cover(job: CoverJob, models: Models, tell: Tell) -> object:
    model = None if isinstance(job, PrepareCover) else job.model
    tell(Stage("loading" if model is None or not models.has(model) else "asking"))
    from dashboard.worker import counterfactual_handlers  # noqa: PLC0415 - brings torch

    return counterfactual_handlers.perform(job, None if model is None else models.get(model), tell)


def _small(picture: Pictures.Image, side: int) -> Pictures.Image:
    """Portraits are cut to a square from the top; people side by side to a strip twice as wide as high."""
    wide = picture.width > 1.3 * picture.height
    return ImageOps.fit(picture, (2 * side if wide else side, side), centering=(0.5, 0.0))


def _explain(job: Explain, models: Models, tell: Tell) -> Explained:
    models.explained = True
    tell(Stage("explaining" if models.has(job.model) else "loading"))
    classifier = models.get(job.model)
    from dashboard.worker import explain_handlers  # noqa: PLC0415 - brings torch

    return explain_handlers.explain(job, classifier, tell)
