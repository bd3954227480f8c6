"""What an audit found: controls, findings, models one by one, models compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from xai.audit.report.figures import Dot, grouped_plot, map_drawing, map_legend
from xai.audit.report.finding_words import finding_meaning, finding_title
from xai.audit.report.formats import counted, estimate, interval, isolated, listed, percent, points, shown
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
    "scale_of_maps",
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
        ("Control", "Expected", *(verdict.capitalize() for verdict in VERDICTS), "Right (95%)", "Result"),
        rows,
        numeric=(2, 3, 4, 5),
        weights=(2.4, 1.9, 1.15, 0.85, 1.15, 0.85, 1.7, 1.5),
    )
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
        "confidence that the model gives it, and the verdict."
        if found
        else "None of the checks beyond the claims found anything."
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
    lines = [isolated(key[0]), f"Face {key[1] + 1}. Label: {label or 'none'}"]
    for row in rows[:2]:
        name = "" if model else f"{isolated(row['model'])}: "
        lines.append(f"{name}{shown(row['prediction'])} ({percent(row['confidence'])}), {row['verdict']}")
    jpeg = (pictures or {}).get(key, b"")
    return Photo("\n".join(lines), jpeg, f"Face {key[1] + 1} of {shown(key[0])}")


def models(record: Record, pictures: Pictures | None) -> Section:
    """Each model by itself."""
    scale = scale_of_maps(record.findings)
    each = [_model(number, name, record, pictures) for number, name in enumerate(record.models, 1)]
    known = record.findings["models"]
    maps = any(cell["values"] for one in known.values() for cell in one["maps"])
    legend = (
        "The scale of all mean maps of this report: the same colour is the same number everywhere, so maps "
        "can be compared. Purple: covering the place made the answer less likely, so it speaks for the "
        "answer. Teal: it made the answer more likely. White: no effect. A map shows where an answer is "
        "sensitive; the verdict does not rest on it."
    )
    intro: tuple[Block, ...] = (Figures((map_legend(scale),), legend),) if maps else ()
    return Section("The models one by one", (*intro, *each), "models")


def scale_of_maps(found: Json) -> float:
    """The largest absolute value of all mean maps, those of comparisons included; 0 for none."""
    maps = [
        cell["values"]
        for one in (*found["models"].values(), *found["comparisons"])
        for cell in one["maps"]
        if cell["values"]
    ]
    return max(
        (abs(value) for rows in maps for row in rows for value in row if value is not None), default=0.0
    )


def _model(number: int, name: str, record: Record, pictures: Pictures | None) -> Section:
    one = record.findings["models"].get(name)
    scale = scale_of_maps(record.findings)
    if one is None:
        return Section(isolated(name), (Paragraph("No face was found for it."),), f"model-{number}")
    intro = (
        f"{counted(one['faces'], 'face')}, {one['labelled']:,} of them labelled. Right answers: "
        f"{estimate(one['accuracy'])}. Supported, of the faces that could be judged: "
        f"{estimate(one['supported'])}."
    )
    blocks: list[Block] = [Paragraph(intro), _classes(one), _places(one)]
    blocks += _confusion(one, name, record, pictures)
    blocks += _slices(one)
    blocks += _maps(one["maps"], scale)
    blocks += _worst(one, name, record, pictures)
    return Section(isolated(name), tuple(blocks), f"model-{number}")


def _classes(one: Json) -> Block:
    if not one["classes"]:
        return Paragraph("No face has a label, so nothing is said of each class.", "quiet")
    rows = tuple(
        (
            shown(each["class"]),
            f"{each['n']:,}",
            estimate(each["accuracy"]),
            estimate(each["supported"]),
            *(f"{each['verdicts'].get(verdict, 0):,}" for verdict in VERDICTS),
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


def _places(one: Json) -> Table:
    said = {"right": "Right answer", "wrong": "Wrong answer", "unlabelled": "Without a label"}
    rows: tuple[Row, ...] = tuple(
        (text, *(_shaded(one["places"][key], verdict) for verdict in VERDICTS)) for key, text in said.items()
    )
    return Table(
        "Right answer and right place: number of answers",
        ("", *(verdict.capitalize() for verdict in VERDICTS)),
        rows,
        numeric=(1, 2, 3, 4),
        weights=(1.6, 1, 1, 1, 1),
        note="A right answer that is not supported was right for another reason than the lower face: it may "
        "fail on other photos.",
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
            (shown(label), *(Cell(c.text + m, shade=c.shade) for c, m in zip(row, marks, strict=True)))
        )
    yield Table(
        "Confusion matrix: label by row, answer by column",
        ("Label", *(shown(said) for said in matrix["predictions"])),
        tuple(rows),
        numeric=tuple(range(1, len(matrix["predictions"]) + 1)),
        note="✓ marks right answers. The stronger the colour of a cell, the larger its share of the row.",
    )
    for label, prediction, faces in wrong_cells(one):
        more = f"; {SHOWN} are shown, all are in faces.csv" if len(faces) > SHOWN else ""
        yield Paragraph(
            f"{counted(len(faces), 'face')}{more}.", lead=f"Labelled {label}, answered {shown(prediction)}:"
        )
        yield from _faces(faces[:SHOWN], record, pictures, name)


def _slices(one: Json) -> Iterator[Block]:
    found = one["slices"]
    if not found:
        return
    rows = tuple(
        (
            _slice_name(each),
            f"{each['n']:,}",
            estimate(each["accuracy"]),
            estimate(each["supported"]),
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


_AVERAGED = "Mean maps of faces brought into one frame, over the outline of a face."
_SUBTRACTED = "Mean map of the first model minus that of the second, on the scale of all maps of this report."


def _maps(found: Sequence[Json], scale: float, caption: str = _AVERAGED) -> Iterator[Block]:
    drawn = [each for each in found if each["values"]]
    drawings = [_map(each, scale) for each in drawn]
    empty = [f"{shown(each['class'])}, {_answers(each)}" for each in found if not each["values"]]
    if empty:
        caption += f" No face to average: {'; '.join(empty)}."
    if drawings:
        yield Figures(tuple(drawings), caption)
    elif empty:
        yield Paragraph(f"No mean map is shown: there is no face to average ({'; '.join(empty)}).", "quiet")


def _map(each: Json, scale: float) -> Drawing:
    largest = scale_of_maps({"models": {}, "comparisons": [{"maps": [each]}]})
    said = f"{_map_name(each)}, at most {largest:.2g}"
    return map_drawing(each["values"], scale, f"Mean map: {said}", said)


def _map_name(each: Json) -> str:
    return f"{shown(each['class'])}, {_answers(each)}, {counted(each['n'], 'face')}"


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
    scale = scale_of_maps(record.findings)
    blocks = [_comparison(number, each, scale) for number, each in enumerate(found, 1)]
    intro = (
        "Both models saw the same faces. A paired test counts only the faces on which one is right, or "
        "supported, and the other is not; p is adjusted by Holm’s method over all comparisons. A p below .05 "
        "would be rare if the two were equal. A map of a comparison is the first model’s mean map minus the "
        "second’s, over the faces to which both gave the same answer."
    )
    return Section("Models compared", (Paragraph(intro), *blocks), "comparisons")


def _comparison(number: int, each: Json, scale: float) -> Section:
    first, second = isolated(each["first"]), isolated(each["second"])
    rows = tuple(
        (said, *_pair(each[key])) for key, said in (("accuracy", "Right answers"), ("supported", "Supported"))
    )
    table = Table(
        f"{first} against {second}, {counted(each['n'], 'face')}",
        ("", "Difference (95% interval)", "Only the first", "Only the second", "p"),
        rows,
        numeric=(2, 3, 4),
        weights=(1.4, 2.6, 1.2, 1.2, 0.8),
        note="The difference is the first model’s share minus the second’s.",
    )
    return Section(
        f"{first} and {second}", (table, *_maps(each["maps"], scale, _SUBTRACTED)), f"comparison-{number}"
    )


def _pair(found: Json | None) -> Iterable[str]:
    if found is None:
        return ("too few", "", "", "")
    value = f"{points(found['difference'])} ({interval(*found['interval'], difference=True)})"
    p = "<.001" if found["adjusted"] < 0.001 else f"{found['adjusted']:.3f}".lstrip("0")
    return value, f"{found['only_first']:,}", f"{found['only_second']:,}", p
