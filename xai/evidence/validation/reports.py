"""Calibration and verdicts over a set, as the command line prints them and the project's own documents state
them: written by the command, never by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xai.atomic_write import write_whole
from xai.errors import DataRejected, XaiError
from xai.evidence.validation.calibration import FACES_PER_MODEL, collect, known_kinds, report
from xai.evidence.validation.ideal_observers import OBSERVERS
from xai.evidence.validation.labelled_faces import LabelledFace, read_labelled
from xai.evidence.validation.verdict_rates import Judged, judge_set, rates
from xai.evidence_types import VERDICTS
from xai.models.classifiers import Classifier
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES, Sample

__all__ = [
    "PAGE",
    "calibration_table",
    "check_page",
    "publish",
    "rates_of_error",
    "sample_faces",
    "table",
    "verdict_table",
]

Report = Callable[[str], None]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "verdict.md"
"""The page that holds the table, between the two markers."""

_START, _END = "<!-- calibration -->", "<!-- /calibration -->"
_NOTICED = 0.9  # of the faces
_QUIET = 0.02  # noise of an ideal observer that must be supported


def calibration_table(
    data: Path | None, report_to: Report, device: str = "auto", per_model: int = FACES_PER_MODEL
) -> dict[str, dict[str, Any]]:
    """Kind -> verdicts on models whose right verdict is known; see ``calibration.report``."""
    faces = _faces(data, report_to)
    kinds = list(known_kinds())
    outcomes = list(collect(faces, kinds, report_to, device=device, per_model=per_model))
    if not outcomes:
        raise DataRejected(
            f"On none of the {len(faces)} faces can anybody else's be laid; "
            "name a set of frontal faces of 48 px and more."
        )
    return report(outcomes)


def verdict_table(
    classifiers: Sequence[Classifier], data: Path | None, report_to: Report, donors: str | None = None
) -> dict[str, dict[str, Any]]:
    """Model -> its verdicts over a set. Parts come from other faces of the set, or the ``gallery``'s
    portraits: these where ``donors`` says so or there is no set.

    ``verdicts`` counts the faces that it gets right and on which edits could be made; ``unpainted`` counts,
    by reason, the right ones on which none could; ``classes`` has the rates, intervals and tests per answered
    class, right and wrong answers apart.
    """
    own = data is not None and donors != "gallery"
    judged = list(judge_set(classifiers, _faces(data, report_to), report_to, own_donors=own))
    by_class = rates(judged)
    return {
        c.name: _row([j for j in judged if j.model == c.name], by_class.get(c.name, {})) for c in classifiers
    }


def sample_faces() -> tuple[LabelledFace, ...]:
    """The faces of the gallery's easy samples, whose true class is known: few, but there on every machine."""
    return tuple(face for sample in SAMPLES.values() if not sample.traps for face in _of_sample(sample))


def _of_sample(sample: Sample) -> list[LabelledFace]:
    faces = find_faces(load_sample(sample.id))
    if len(faces) != len(sample.wearers):
        return []
    return [LabelledFace(f, w.truth, w.portrait) for f, w in zip(faces, sample.wearers, strict=True)]


def _faces(data: Path | None, report_to: Report) -> tuple[LabelledFace, ...]:
    if data is not None:
        return read_labelled(data, report_to)
    report_to("no --data: the gallery's drawn masks on two portraits are used; name a labelled set for more")
    return sample_faces()


def _row(judged: Sequence[Judged], classes: Any) -> dict[str, Any]:
    right = [j for j in judged if j.right]
    painted = [j for j in right if j.told]
    verdicts = Counter(j.verdict for j in painted)
    return {
        "models": 1,
        "faces": len(painted),
        "expected": [],
        "verdicts": {verdict: verdicts[verdict] for verdict in VERDICTS},
        "right": None,
        "interval": None,
        "unpainted": dict(Counter(j.reason for j in right if not j.told)),
        "classes": {name: found.as_dict() for name, found in classes.items()},
    }


def publish(found: Mapping[str, Mapping[str, Any]], page: Path = PAGE) -> None:
    """Put the table into the page, in place of the one before.

    Raises:
        XaiError: the page cannot be read or written, or its markers are missing.
    """
    before, after = check_page(page)
    text = f"{before}{_START}\n{table(found)}\n{_END}{after}"
    write_whole(page, lambda place: place.write_text(text, encoding="utf-8"))


def check_page(page: Path = PAGE) -> tuple[str, str]:
    """What stands before and after the table; asked before the long measurement, not after it.

    Raises:
        XaiError: the page cannot be read, or its markers are missing.
    """
    try:
        before, rest = page.read_text(encoding="utf-8").split(_START)
        _, after = rest.split(_END)
    except (OSError, ValueError) as error:
        raise XaiError(f"The page {page} cannot take the table: it needs {_START} and {_END}.") from error
    return before, after


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The rows of ``calibration.report`` as Markdown, and below them what they come to."""
    head = ("kind", "what it looks at", "right verdict", *VERDICTS, "faces", "right (95 %)")
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    known = known_kinds()
    for kind, row in found.items():
        low, high = row["interval"]
        cells = (
            kind,
            known[kind].says,
            " or ".join(row["expected"]),
            *(str(row["verdicts"][verdict]) for verdict in VERDICTS),
            str(row["faces"]),
            f"{row['right']:.3f} ({low:.3f} to {high:.3f})",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_summary(found)])


def rates_of_error(found: Mapping[str, Mapping[str, Any]]) -> dict[str, float | None]:
    """What matters most, in five numbers.

    Returns:
        ``ideal``: share of the answers of ideal observers with at most 2 % noise that are supported;
        ``right``: share of right verdicts over all faces of the models whose answer is certain by
        construction; ``accused``: honest models called ``not supported``; ``acquitted``: cheats called
        ``supported``; ``least_dose``: the smallest share of a mark that is noticed on nine faces of ten, None
        where none is.
    """
    known = known_kinds()
    ideal = [row for kind, row in found.items() if kind in OBSERVERS and OBSERVERS[kind].noise <= _QUIET]
    models = {kind: row for kind, row in found.items() if kind not in OBSERVERS}
    certain = [row for kind, row in models.items() if known[kind].certain]
    honest = [row for kind, row in models.items() if known[kind].honest]
    cheats = [row for kind, row in models.items() if not known[kind].honest]
    doses = {
        int(kind.removeprefix("mixture_")) / 100: 1 - row["verdicts"]["supported"] / row["faces"]
        for kind, row in found.items()
        if kind.startswith("mixture_") and kind != "mixture_000" and row["faces"]
    }
    noticed = [dose for dose, share in doses.items() if share >= _NOTICED]
    return {
        "ideal": _share(ideal, lambda row: row["verdicts"]["supported"]),
        "right": _share(certain, lambda row: row["right"] * row["faces"]),
        "accused": _share(honest, lambda row: row["grave"] * row["faces"]),
        "acquitted": _share(cheats, lambda row: row["grave"] * row["faces"]),
        "least_dose": min(noticed, default=None),
    }


def _share(rows: list[Mapping[str, Any]], count: Any) -> float | None:
    faces = sum(row["faces"] for row in rows)
    return float(sum(count(row) for row in rows) / faces) if faces else None


def _summary(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rates = rates_of_error(found)
    dose = "none" if rates["least_dose"] is None else f"{rates['least_dose']:.2f}"
    return [
        f"- ideal observers with at most 2 % noise, called *supported*: {_percent(rates['ideal'])};",
        f"- right on {_percent(rates['right'])} of the faces of the models whose answer is certain;",
        f"- honest models called *not supported*: {_percent(rates['accused'])} of their faces;",
        f"- cheats called *supported*: {_percent(rates['acquitted'])} of their faces;",
        f"- smallest share of a mark in the answer that is noticed on nine faces of ten: {dose}.",
    ]


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"
