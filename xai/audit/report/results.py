"""What an audit found: controls, findings, models one by one, models compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from xai.audit.report.figures import Dot, grouped_plot, map_drawing, map_legend
from xai.audit.report.finding_words import finding_meaning, finding_title
from xai.audit.report.first_page import nothing_found, unsearched
from xai.audit.report.formats import (
    counted,
    estimate,
    interval,
    isolated,
    listed,
    p_value,
    percent,
    points,
    shown,
)
from xai.audit.report.record import Record, finding_key
from xai.audit.report.rendering.document import (
    SIGNS,
    Block,
    Callout,
    Cell,
    Figures,
    Paragraph,
    Photo,
    Photos,
    Points,
    Section,
    Table,
)
from xai.audit.report.rendering.drawing import Drawing
from xai.audit.report.words import (
    ANSWERS,
    CONTROLS,
    FACTORS,
    UNCONFIRMED,
    WITHHELD,
    class_words,
    level_words,
    worst_words,
)
from xai.classes import class_info
from xai.evidence_types import VERDICTS

__all__ = [
    "SHOWN",
    "Pictures",
    "comparisons",
    "controls",
    "findings",
    "models",
    "wrong_cells",
]

Json = Mapping[str, Any]
FaceKey = tuple[str, int]
Pictures = Mapping[FaceKey, bytes]
"""(photo, face) -> the crop as JPEG."""

Row = tuple[str | Cell, ...]

SHOWN = 5
"""Faces shown of one finding, of one cell, and of the worst of a model."""

_NOTE = 4000
"""Longest line of a note that is shown whole."""

_NAMED = 10
"""Photos named in a sentence; the rest are counted."""


def controls(record: Record) -> Section:
    """Models with known answers on the auditor's own photos."""
    found = record.controls
    intro = (
        "Three models whose right verdict is known were put to the same photos. If the tool misjudges them "
        "here, its verdicts on the audited models cannot be relied on here either."
    )
    if not found:
        told: tuple[Block, ...] = (
            Callout("The controls were not run in this audit, so the tool was not checked on these photos."),
        )
        return Section("Controls: the tool tested on these photos", told, "controls")
    rows: tuple[Row, ...] = tuple(
        (
            CONTROLS.get(name, isolated(name)),
            listed_or(each["expected"]),
            f"{each['faces']:,}",
            *(f"{each['verdicts'].get(verdict, 0):,}" for verdict in VERDICTS),
            f"{percent(each['right'] / each['faces'])} ({interval(*each['interval'])})"
            if each["faces"] and each["interval"]
            else "too few",
            _as_expected(each),
        )
        for name, each in found["models"].items()
    )
    table = Table(
        f"Verdicts on the control models, {counted(found['faces'], 'face')}",
        (
            "Control", "Expected", "Faces", *(verdict.capitalize() for verdict in VERDICTS), "Right (95%)",
            "Result",
        ),
        rows,
        numeric=(2, 3, 4, 5, 6),
        weights=(2.1, 1.6, 0.8, 1.4, 0.85, 1.4, 1.0, 1.6, 1.4),
        note="A trained control is asked only about the faces that it answers rightly, where the label is "
        "known, and with a probability of at least a half.",
    )  # fmt: skip
    last = Paragraph(found["sentence"]) if found["hold"] else Callout(found["sentence"])
    return Section("Controls: the tool tested on these photos", (Paragraph(intro), table, last), "controls")


def _as_expected(each: Json) -> Cell:
    if each["as_expected"]:
        return Cell("as expected", "good")
    return Cell("not as expected", "bad") if each["interval"] else Cell("too few faces", "unknown")


def listed_or(parts: Sequence[str]) -> str:
    """Alternatives in words.

    >>> listed_or(["mixed", "not supported"])
    'mixed or not supported'
    """
    return " or ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def findings(record: Record, pictures: Pictures | None) -> Section:
    """What an auditor must know, worst first, with faces and notes."""
    found = record.findings["findings"]
    intro = (
        "What the rows say beyond the claims, the most serious first. Each is a statement about this set, "
        "and a reason to look, not a proof of a cause. Below each face stand its label, the answer with the "
        f"confidence that the model gives it, and the verdict. {unsearched(record)}".rstrip()
        if found
        else nothing_found(record)
    )
    blocks: list[Block] = [_finding(number, each, record, pictures) for number, each in enumerate(found, 1)]
    keys = {finding_key(each) for each in found}
    orphans = [each for key, each in sorted(record.notes.items()) if key not in keys]
    if orphans:
        blocks.append(Paragraph("Notes on findings that this audit does not have:"))
        blocks.append(Points(tuple(map(_note, orphans))))
    return Section("Findings", (Paragraph(intro), *blocks), "findings")


def _finding(number: int, each: Json, record: Record, pictures: Pictures | None) -> Section:
    note = record.notes.get(finding_key(each))
    status = _note(note) if note else "none."
    blocks: list[Block] = [Paragraph(finding_meaning(each))]
    faces = [(photo, face) for photo, face in each["faces"]]
    blocks += _faces(faces[:SHOWN], record, pictures, each["model"])
    if each["photos"] and not faces:
        blocks.append(Paragraph(f"{_names(each['photos'])}.", lead="Photos:"))
    blocks.append(Paragraph(status, lead="Auditor’s note:"))
    return Section(f"{number}. {finding_title(each)}", tuple(blocks), f"finding-{number}")


def _note(note: Json) -> str:
    text = " ".join(shown(line, _NOTE) for line in note["note"].splitlines())
    return f"{note['status']}. {text}".strip()


def _names(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    said = [isolated(name) for name in names[:_NAMED]]
    return listed([*said, f"{more:,} more"] if more > 0 else said)


def _faces(
    faces: Sequence[FaceKey], record: Record, pictures: Pictures | None, model: str | None
) -> Iterator[Block]:
    """The faces with what each model answered; names alone where pictures are left out."""
    if faces:
        yield Photos(tuple(_photo(key, record, pictures, model) for key in faces))


def _photo(key: FaceKey, record: Record, pictures: Pictures | None, model: str | None) -> Photo:
    rows = [row for row in record.by_face.get(key, []) if model in (None, row["model"])]
    label = next((row["label"] for row in rows if row["label"]), None)
    lines = [isolated(key[0]), f"Face {key[1] + 1}. Label: {class_words(label) if label else 'none'}"]
    for row in rows[:2]:
        name = "" if model else f"{isolated(row['model'])}: "
        verdict = "verdict withheld" if record.withheld else row["verdict"]
        lines.append(f"{name}{class_words(row['prediction'])} ({percent(row['confidence'])}), {verdict}")
    jpeg = (pictures or {}).get(key, b"")
    return Photo("\n".join(lines), jpeg, f"Face {key[1] + 1} of {shown(key[0])}")


def models(record: Record, pictures: Pictures | None) -> Section:
    """Each model by itself."""
    scale = record.findings["scales"]["models"]
    each = [_model(number, name, record, pictures) for number, name in enumerate(record.models, 1)]
    known = record.findings["models"]
    maps = any(cell["values"] for one in known.values() for cell in one["maps"])
    legend = (
        "The scale of the mean maps of all models; larger values look the same. Purple: covering the place "
        "made the answer less likely, so it speaks for the answer. Teal: it made the answer more likely. "
        "White: no effect. A map shows where an answer is sensitive; the verdict does not rest on it."
    )
    intro: tuple[Block, ...] = (Figures((map_legend(scale),), legend),) if maps else ()
    return Section("The models one by one", (*intro, *each), "models")


def _model(number: int, name: str, record: Record, pictures: Pictures | None) -> Section:
    one = record.findings["models"].get(name)
    scale = record.findings["scales"]["models"]
    if one is None:
        return Section(record.title(name), (Paragraph("No face was found for it."),), f"model-{number}")
    intro = (
        f"{counted(one['faces'], 'face')}, {one['labelled']:,} of them labelled. Right answers: "
        f"{estimate(one['accuracy'])}. Supported, of the faces that could be judged: "
        f"{_supported(one, record)}."
    )
    blocks: list[Block] = [Paragraph(intro), _classes(one, record), _places(one)]
    blocks += _confusion(one, name, record, pictures)
    blocks += _slices(one, record)
    blocks += _maps(one["maps"], scale)
    blocks += _worst(one, name, record, pictures)
    return Section(record.title(name), tuple(blocks), f"model-{number}")


def _supported(one: Json, record: Record) -> str:
    return WITHHELD if record.withheld else estimate(one["supported"])


def _classes(one: Json, record: Record) -> Block:
    if not one["classes"]:
        return Paragraph("No face has a label, so nothing is said of each class.", "quiet")
    rows = tuple(
        (
            class_words(each["class"]),
            f"{each['n']:,}",
            estimate(each["accuracy"]),
            _supported(each, record),
            *(f"{each['verdicts'][verdict]:,}" if each["verdicts"] else "–" for verdict in VERDICTS),
        )
        for each in one["classes"]
    )
    return Table(
        "By class: right answers and verdicts (95% intervals)",
        (
            "Class",
            "Labelled",
            "Right, share",
            "Supported, share",
            *(verdict.capitalize() for verdict in VERDICTS),
        ),
        rows,
        numeric=(1, 4, 5, 6, 7),
        weights=(1.5, 1.0, 2.2, 2.2, 1.25, 0.9, 1.2, 0.9),
    )


def _places(one: Json) -> Block:
    if one["places"] is None:
        return Paragraph(UNCONFIRMED, "quiet", "Answers by verdict:")
    said = {"right": "Right answer", "wrong": "Wrong answer", "unlabelled": "Without a label"}
    rows: tuple[Row, ...] = tuple(
        (text, *(_shaded(one["places"][key], verdict) for verdict in VERDICTS)) for key, text in said.items()
    )
    return Table(
        "Right and wrong answers by verdict",
        ("", *(verdict.capitalize() for verdict in VERDICTS)),
        rows,
        numeric=(1, 2, 3, 4),
        weights=(1.6, 1, 1, 1, 1),
        note="A right answer that is not supported does not rest on the lower face and may be wrong on other "
        "photos; of a mixed one something else counts too; where the tool cannot tell, neither is known.",
    )


def _shaded(counts: Mapping[str, int], key: str) -> Cell:
    number, total = counts.get(key, 0), sum(counts.values())
    return Cell(f"{number:,}", shade=min(4, -(-4 * number // total)) if total else 0)


def wrong_cells(one: Json) -> Iterator[tuple[str, str, list[FaceKey]]]:
    """The cells of a confusion matrix that hold wrong answers: label, prediction, faces."""
    matrix = one["confusion"]
    for label, row in zip(matrix["labels"], matrix["cells"], strict=True):
        for prediction, cell in zip(matrix["predictions"], row, strict=True):
            if cell and not _right(label, prediction):
                yield label, prediction, [(photo, face) for photo, face in cell]


def _right(label: str, prediction: str) -> bool:
    return label in class_info(prediction).wearings


def _confusion(one: Json, name: str, record: Record, pictures: Pictures | None) -> Iterator[Block]:
    matrix = one["confusion"]
    if not matrix["labels"]:
        yield Paragraph("No face has a label, so there is no confusion matrix.", "quiet")
        return
    rows: list[Row] = []
    for label, cells in zip(matrix["labels"], matrix["cells"], strict=True):
        counts = {said: len(cell) for said, cell in zip(matrix["predictions"], cells, strict=True)}
        row = [_shaded(counts, said) for said in matrix["predictions"]]
        marks = ["  ✓" if _right(label, said) else "" for said in matrix["predictions"]]
        rows.append(
            (class_words(label), *(Cell(c.text + m, shade=c.shade) for c, m in zip(row, marks, strict=True)))
        )
    yield Table(
        "Confusion matrix: label by row, answer by column",
        ("Label", *(class_words(said) for said in matrix["predictions"])),
        tuple(rows),
        numeric=tuple(range(1, len(matrix["predictions"]) + 1)),
        note="✓ marks right answers. The stronger the colour of a cell, the larger its share of the row.",
    )
    for label, prediction, faces in wrong_cells(one):
        more = f"; {SHOWN} are shown, all are in faces.csv" if len(faces) > SHOWN else ""
        yield Paragraph(
            f"{counted(len(faces), 'face')}{more}.",
            lead=f"Labelled {class_words(label)}, answered {class_words(prediction)}:",
        )
        yield from _faces(faces[:SHOWN], record, pictures, name)


def _slices(one: Json, record: Record) -> Iterator[Block]:
    found = one["slices"]
    if not found:
        return
    rows = tuple(
        (
            _slice_name(each),
            f"{each['n']:,}",
            estimate(each["accuracy"]),
            _supported(each, record),
            _against_others(each),
        )
        for each in found
    )
    yield Table(
        "By property of the face (95% intervals)",
        ("Property", "Faces", "Right", "Supported", "Against the others"),
        rows,
        numeric=(1,),
        weights=(2.8, 0.8, 2.0, 2.0, 1.7),
    )
    drawings = [*_slice_plots(found)]
    if drawings:
        yield Figures(tuple(drawings), "Dot or square: the share. Bar: its 95% interval. ◐: differs.")


def _against_others(each: Json) -> Cell:
    if each["differs"]:
        return Cell("differs", "mixed")
    compared = any(p is not None for p in each["p"].values())
    return Cell("no difference shown" if compared else "too few", "quiet")


def _slice_name(each: Json) -> str:
    return f"{FACTORS.get(each['factor'], each['factor'])}: {level_words(each['factor'], each['level'])}"


def _slice_plots(found: Sequence[Json]) -> Iterator[Drawing]:
    for key, said, square in (("accuracy", "Right answers", False), ("supported", "Supported", True)):
        known = [each for each in found if each[key] is not None]
        groups: dict[str, list[Dot]] = {}
        for each in known:
            name = level_words(each["factor"], each["level"])
            differs = f"{SIGNS['mixed']} " if each["differs"] else ""
            role = "mixed" if each["differs"] else "accent"
            dot = Dot(
                differs + name, each[key]["value"], tuple(each[key]["interval"]), role=role, square=square
            )
            groups.setdefault(FACTORS[each["factor"]], []).append(dot)
        if groups:
            told = "; ".join(f"{_slice_name(each)}: {estimate(each[key])}" for each in known)
            yield grouped_plot(groups, said, f"{said} by property of the face. {told}")


_ALIGNED = "Faces whose eyes, nose and mouth could not be located reliably are left out."
_AVERAGED = f"Mean maps of faces brought into one frame, over the outline of a face. {_ALIGNED}"
_SUBTRACTED = f"Mean map of the first model minus that of the second, on the scale above. {_ALIGNED}"


def _maps(found: Sequence[Json], scale: float, caption: str = _AVERAGED) -> Iterator[Block]:
    drawn = [each for each in found if each["values"]]
    drawings = [_map(each, scale) for each in drawn]
    empty = [f"{class_words(each['class'])}, {_answers(each)}" for each in found if not each["values"]]
    if empty:
        caption += f" No face to average: {'; '.join(empty)}."
    if drawings:
        yield Figures(tuple(drawings), caption)
    elif empty:
        yield Paragraph(f"No mean map is shown: there is no face to average ({'; '.join(empty)}).", "quiet")


def _map(each: Json, scale: float) -> Drawing:
    largest = max(abs(value) for row in each["values"] for value in row if value is not None)
    said = f"{_map_name(each)}, at most {largest:.2g}"
    return map_drawing(each["values"], scale, f"Mean map: {said}", said)


def _map_name(each: Json) -> str:
    faces = f"{each['n']:,} of {counted(each['of'], 'face')}"
    return f"{class_words(each['class'])}, {_answers(each)}, {faces}"


def _answers(each: Json) -> str:
    return ANSWERS[each.get("answer", "all")]


def _worst(one: Json, name: str, record: Record, pictures: Pictures | None) -> Iterator[Block]:
    found = one["worst"][:SHOWN]
    if not found:
        return
    why = "; ".join(dict.fromkeys(worst_words(each["why"]) for each in found))
    yield Paragraph(f"{why}.", lead="The faces to look at first:")
    yield from _faces([(each["photo"], each["face"]) for each in found], record, pictures, name)


def comparisons(record: Record) -> Section:
    """Two models on the same faces."""
    found = record.findings["comparisons"]
    if not found:
        said = (
            "Only one model was audited, so nothing is compared."
            if len(record.models) == 1
            else "None was made."
        )
        return Section("Models compared", (Paragraph(said),), "comparisons")
    scale = record.findings["scales"]["comparisons"]
    blocks = [_comparison(number, each, record) for number, each in enumerate(found, 1)]
    intro = (
        "Both models saw the same faces. A paired test counts only the faces on which one is right, or "
        "supported, and the other is not; p is adjusted by Holm’s method over all comparisons. A p below "
        "0.05 would be rare if the two were equal. A map of a comparison is the first model’s mean map minus "
        "the second’s, over the faces to which both gave the same answer."
    )
    legend = Figures((map_legend(scale),), "The scale of the maps of all comparisons.")
    drawn = any(cell["values"] for each in found for cell in each["maps"])
    parts = (Paragraph(intro), *((legend,) if drawn else ()), *blocks)
    return Section("Models compared", parts, "comparisons")


def _comparison(number: int, each: Json, record: Record) -> Section:
    first, second = isolated(each["first"]), isolated(each["second"])
    rows = tuple(
        (said, *_pair(each[key], "too few" if key == "accuracy" or not record.withheld else WITHHELD))
        for key, said in (("accuracy", "Right answers"), ("supported", "Supported"))
    )
    table = Table(
        f"{first} against {second}",
        ("", "Faces", "Difference (95% interval)", "Only the first", "Only the second", "p"),
        rows,
        numeric=(1, 3, 4, 5),
        weights=(1.4, 0.8, 2.6, 1.2, 1.2, 0.8),
        note="The difference is the first model’s share minus the second’s. Faces: those of which it is "
        "known of both models.",
    )
    maps = _maps(each["maps"], record.findings["scales"]["comparisons"], _SUBTRACTED)
    return Section(f"{first} and {second}", (table, *maps), f"comparison-{number}")


def _pair(found: Json | None, missing: str) -> Iterable[str]:
    if found is None:
        return ("", missing, "", "", "")
    value = f"{points(found['difference'])} ({interval(*found['interval'], difference=True)})"
    counts = f"{found['only_first']:,}", f"{found['only_second']:,}"
    return f"{found['n']:,}", value, *counts, p_value(found["adjusted"])
