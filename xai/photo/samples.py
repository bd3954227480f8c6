"""The gallery: public-domain portraits with drawn masks or occluders; the true class is known.

Most are easy. Some are there because they mislead classifiers: an occluder that is not a mask, or a sticker
that says nothing about the face. Free of OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass

from xai.photo.synthetic_masks.wear_styles import class_of

__all__ = ["PORTRAITS", "SAMPLES", "STICKER", "Portrait", "Sample", "SampleSubject"]

STICKER = "sticker"
"""Value of ``held`` beside the occluders: a square in the upper left corner of the classifier's input."""


@dataclass(frozen=True)
class Portrait:
    """A public-domain portrait inside an installed package.

    Attributes:
        package: distribution name.
        file: path inside the package.
        sha256: hex digest of that file.
        credit: subject, photographer and source.
    """

    package: str
    file: str
    sha256: str
    credit: str


PORTRAITS = {
    "admiral": Portrait(
        package="matplotlib",
        file="matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        sha256="a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        credit="Grace Hopper, US Navy portrait, public domain, from matplotlib; whatever was added is drawn",
    ),
    "astronaut": Portrait(
        package="scikit-image",
        file="skimage/data/astronaut.png",
        sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        credit="Eileen Collins, NASA portrait, public domain, from scikit-image; whatever was added is drawn",
    ),
}
"""The portraits by name. They come with packages that are installed anyway."""


@dataclass(frozen=True)
class SampleSubject:
    """One portrait in a sample and what is drawn on it.

    Attributes:
        portrait: key of ``PORTRAITS``.
        look: key of ``LOOKS``; None for a bare face.
        worn: one of ``WORN``; None for a bare face.
        seed: of the mask's fit, or of the occluder's shape.
        held: one of ``OCCLUDERS``, or ``STICKER``, on a bare face; or None.
    """

    portrait: str
    look: str | None = None
    worn: str | None = None
    seed: int = 0
    held: str | None = None

    @property
    def truth(self) -> str:
        """The true class of this face."""
        return "uncovered" if self.worn is None else class_of(self.worn)


@dataclass(frozen=True)
class Sample:
    """A picture of the gallery.

    Attributes:
        id: its key in ``SAMPLES``; short and safe for a URL.
        title: a description that does not give the true class away.
        wearers: who is in it, left to right.
    """

    id: str
    title: str
    wearers: tuple[SampleSubject, ...]

    @property
    def truth(self) -> tuple[str, ...]:
        """The true class of each face, left to right."""
        return tuple(wearer.truth for wearer in self.wearers)

    @property
    def traps(self) -> tuple[str, ...]:
        """What may mislead classifiers, of ``OCCLUDERS`` and ``STICKER``; empty for an easy sample."""
        return tuple(wearer.held for wearer in self.wearers if wearer.held)

    @property
    def credit(self) -> str:
        """Credits of the portraits, in one line."""
        return "; ".join(dict.fromkeys(PORTRAITS[wearer.portrait].credit for wearer in self.wearers))


_GALLERY = (
    Sample(
        "astronaut-grey", "Astronaut, grey mask", (SampleSubject("astronaut", "cloth_grey", "nose_out", 2),)
    ),
    Sample("admiral-blue", "Admiral, blue mask", (SampleSubject("admiral", "surgical_blue", "correct", 1),)),
    Sample("admiral-plain", "Admiral", (SampleSubject("admiral"),)),
    Sample(
        "both",
        "Admiral and astronaut",
        (
            SampleSubject("admiral", "cloth_black", "correct", 3),
            SampleSubject("astronaut", "surgical_white", "nose_out", 4),
        ),
    ),
    Sample("astronaut-red", "Astronaut, red mask", (SampleSubject("astronaut", "cloth_red", "correct", 5),)),
    Sample("admiral-navy", "Admiral, navy mask", (SampleSubject("admiral", "cloth_navy", "below_chin", 6),)),
    Sample("astronaut-plain", "Astronaut", (SampleSubject("astronaut"),)),
    Sample(
        "astronaut-white",
        "Astronaut, white mask",
        (SampleSubject("astronaut", "surgical_white", "correct", 7),),
    ),
    Sample(
        "admiral-green", "Admiral, green mask", (SampleSubject("admiral", "surgical_green", "nose_out", 8),)
    ),
    Sample(
        "astronaut-blue",
        "Astronaut, blue mask",
        (SampleSubject("astronaut", "surgical_blue", "below_chin", 9),),
    ),
    Sample("admiral-hand", "Admiral, hand", (SampleSubject("admiral", seed=0, held="hand"),)),
    Sample(
        "astronaut-paper", "Astronaut, sheet of paper", (SampleSubject("astronaut", seed=3, held="paper"),)
    ),
    Sample("admiral-scarf", "Admiral, scarf", (SampleSubject("admiral", seed=20, held="scarf"),)),
    Sample("astronaut-beard", "Astronaut, beard", (SampleSubject("astronaut", seed=1, held="beard"),)),
    Sample("astronaut-phone", "Astronaut, phone", (SampleSubject("astronaut", seed=0, held="phone"),)),
    Sample("astronaut-sticker", "Astronaut, sticker", (SampleSubject("astronaut", held=STICKER),)),
)

SAMPLES = {sample.id: sample for sample in _GALLERY}
"""The gallery by id, in display order: first the easy ones."""
