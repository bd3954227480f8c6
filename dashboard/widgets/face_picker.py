"""The field in which a face is chosen: of a sample, or of an own photo kept from *Check a photo*.

The address holds the sample; of an own photo it holds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streamlit.delta_generator import DeltaGenerator

from dashboard import session, url_state
from dashboard.i18n import say
from dashboard.text.predictions import sample_title
from dashboard.worker.jobs import SampleLook, Seen, Stage
from xai.photo.samples import SAMPLES
from xai.types import Face

__all__ = ["FACE", "Listed", "choose", "field", "find", "listed"]

FACE = "face"
"""Key of the field, and its name in the address."""

_OWN = "own"
"""How the ids of faces of own photos begin."""


@dataclass(frozen=True)
class Listed:
    """A face that can be chosen.

    Attributes:
        id: fit for an address; of an own photo it says nothing of it.
        title: how it is called.
        sample: id of its sample; None for a face of an own photo.
        index: among the faces of its picture, from 0.
        truth: the true class where it is known.
    """

    id: str
    title: str
    sample: str | None
    index: int
    truth: str | None = None


def listed() -> dict[str, Listed]:
    """Every face there is, by id; those of the picture that *Check a photo* shows come first."""
    own = [_of_own(number, seen) for number, seen in session.handed_in().items()]
    groups = [*own[::-1], *(_of_sample(name) for name in SAMPLES)]
    shown = session.recall("sample")
    if shown:
        groups.sort(key=lambda group: group[0].sample != shown)
    return {each.id: each for group in groups for each in group}


def choose(
    place: DeltaGenerator, key: str, named: Mapping[str, str], label: str, usual: str | None = None
) -> str:
    """A field that the address can fill, and that fills the address; the choice.

    Streamlit's own binding writes the words that are shown into the address, in the reader's language.

    Args:
        place: where it is drawn.
        key: of the widget; its name in the address.
        named: choice -> its words, the first one first.
        label: above it.
        usual: what is left out of the address; the first one where None. Own photos always are.
    """
    names = list(named)
    url_state.from_address(key, names)
    chosen = place.selectbox(label, names, format_func=named.__getitem__, key=key, persist_state="session")
    silent = chosen == (names[0] if usual is None else usual) or chosen.startswith(_OWN)
    url_state.to_address(key, chosen, chosen if silent else "")
    return chosen


def field(place: DeltaGenerator, key: str, known: Mapping[str, Listed], label: str) -> Listed:
    """The field for a face among ``known``; ``choose`` says how."""
    titles = {name: each.title for name, each in known.items()}
    return known[choose(place, key, titles, label, usual=next(iter(SAMPLES)))]


def find(chosen: Listed, model: str, show: Callable[[Stage], None]) -> Face | None:
    """The face itself; None where its picture has not that many, or is not kept any more.

    Args:
        chosen: one of ``listed``.
        model: asked about the picture in passing, as *Check a photo* does.
        show: called with the stages while it is waited for.

    Raises:
        JobError: the sample could not be drawn.
    """
    if chosen.sample is None:
        own = session.handed_in().get(int(chosen.id.removeprefix(_OWN).partition(".")[0]))
        faces: tuple[Face, ...] = own.faces if own else ()
    else:
        faces = session.look(SampleLook(chosen.sample, (model,)), chosen.sample, show).faces
    return faces[chosen.index] if chosen.index < len(faces) else None


def _of_own(number: int, seen: Seen) -> list[Listed]:
    return [
        Listed(f"{_OWN}{number}.{index + 1}", say("face.own", number=number, face=index + 1), None, index)
        for index in range(len(seen.faces))
    ]


def _of_sample(name: str) -> list[Listed]:
    sample = SAMPLES[name]
    title = sample_title(sample)
    if len(sample.truth) == 1:
        return [Listed(name, title, name, 0, sample.truth[0])]
    return [
        Listed(f"{name}.{index + 1}", say("face.of_sample", title=title, face=index + 1), name, index, truth)
        for index, truth in enumerate(sample.truth)
    ]
