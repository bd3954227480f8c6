"""Content of a face report in the reader's language: what was measured, on which photo, how to reproduce."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.charts.palette import class_colour
from dashboard.i18n import class_title, format_number, t
from dashboard.preferences import LEVELS, language
from dashboard.reports.face_report import (
    FaceSheet,
    SheetBar,
    SheetMap,
    SheetModel,
    SheetNote,
    SheetScale,
    SheetStrip,
    SheetTable,
)
from dashboard.reports.letters import can_write, shell_word, stand_ins, substituted
from dashboard.text.edited_faces import edited_faces
from dashboard.text.map_units import DENSITY, display_unit, legend, method_short, method_title
from dashboard.text.predictions import alt_map, finding
from dashboard.text.verdict_numbers import family_header, family_rows, number_lines
from dashboard.text.verdicts import figures, flag_lines, headline, verdict_reason
from xai.attribution.methods import METHODS
from xai.evidence_types import Evidence
from xai.render import dim_outside, display_scale
from xai.types import REGIONS, Explanation, Face, Heatmap

__all__ = ["command", "face_sheet", "made_again", "made_with", "photo_line", "settings_line"]

_ROWS: Mapping[str, tuple[str, ...]] = {
    "nose_and_mouth": ("nose", "mouth"),
    **{region: (region,) for region in REGIONS},
}
"""Row of the table -> the regions it sums up."""

_COLUMNS = (0, 1, 2, 3, 4, 6)
"""Columns of the table of families: all but the threshold, which is in the note, and the rounds."""


def face_sheet(
    explanations: Sequence[Explanation],
    regions: NDArray[np.int8] | None,
    level: str,
    *,
    by_hand: bool = False,
) -> FaceSheet:
    """The report about one face, in the reader's language.

    Args:
        explanations: one per model, at least one, all of the same face.
        regions: int8 ``(S, S)`` on the crop, index into ``REGIONS``; None without an accepted mesh.
        level: one of ``LEVELS``.
        by_hand: whether a person set the face's box.
    """
    scales = _scales(explanations)
    face = explanations[0].face
    return FaceSheet(
        language=language(),
        title=t("sheet.title"),
        photo=photo_line(face),
        not_right=t("verdict.not_right"),
        crop=dim_outside(face.crop, face),
        regions=regions,
        outlined_words=t("map.crop_plain_alt" if regions is None else "map.crop"),
        models=tuple(_writable_model(each, scales, level) for each in explanations),
        scales=tuple(_scale(method, scale) for method, scale in scales.items()),
        not_said=SheetNote(
            t("sheet.not_said"),
            (
                t("verdict.not_right"),
                t("legend.caution"),
                t("sheet.one_face"),
                t("sheet.how_right"),
            ),
        ),
        made=made_with(explanations),
        again=made_again(explanations, by_hand),
    )


def _writable_model(explanation: Explanation, scales: Mapping[str, float], level: str) -> SheetModel:
    """The model with the number of each class whose name the font cannot write, and a remark that says so."""
    model, names = _model(explanation, scales, level), stand_ins(explanation.prediction.classes)
    if not names:
        return model
    note = t("sheet.class_letters", names=", ".join(names.values()))
    return replace(substituted(model, names), remarks=(*substituted(model.remarks, names), note))


def _scales(explanations: Sequence[Explanation]) -> dict[str, float]:
    """Method -> value that gets the full colour, shared by all models as on the page."""
    maps: dict[str, list[Heatmap]] = {}
    for each in explanations:
        for method, heatmap in each.heatmaps.items():
            maps.setdefault(method, []).append(heatmap)
    return {name: display_scale(found, METHODS[name].display) for name, found in maps.items()}


def _scale(method: str, scale: float) -> SheetScale:
    unit, signed = display_unit(method), METHODS[method].signed
    if unit == DENSITY:
        ends = (t("sheet.even", value=1), "", format_number(scale + 1, ".1f"))
    elif signed:
        ends = (
            format_number(-scale, "+.2f"),
            format_number(0, ".0f"),
            format_number(scale, "+.2f"),
        )
    else:
        ends = (format_number(0, ".0f"), "", format_number(scale, ".2f"))
    alt, words = legend(method, scale)
    return SheetScale(t(f"sheet.unit_{unit}"), ends, _unmarked(words), signed=signed, alt=alt)


def _unmarked(words: str) -> str:
    """Without the Markdown that makes words bold on a page."""
    return words.replace("**", "")


def _model(explanation: Explanation, scales: Mapping[str, float], level: str) -> SheetModel:
    prediction, evidence = explanation.prediction, explanation.evidence
    bars = [
        SheetBar(
            t("answer.bars_alt_one", answer=class_title(name), probability=value),
            value,
            class_colour(name),
        )
        for name, value in prediction.as_dict().items()
    ]
    target = explanation.target
    return SheetModel(
        name=explanation.provenance.model,
        answer=t("answer.heading", answer=class_title(prediction.label), probability=prediction.confidence),
        target=t("map.target", target=class_title(target), probability=prediction.of(target)),
        bars=tuple(bars),
        verdict=headline(evidence, prediction.label) if evidence else t("sheet.untested"),
        reason=verdict_reason(evidence) if evidence else "",
        remarks=tuple(flag_lines(evidence, level)) if evidence else (),
        figures=figures(evidence) if evidence else (),
        strips=_strips(evidence) if evidence else (),
        maps=tuple(_map(explanation, method, scales[method]) for method in explanation.heatmaps),
        table=_table(explanation),
        numbers=_numbers(evidence) if evidence and level == LEVELS[1] else None,
    )


def _strips(evidence: Evidence) -> tuple[SheetStrip, ...]:
    return tuple(SheetStrip(title, tuple(faces)) for title, faces in edited_faces(evidence).items())


def _numbers(evidence: Evidence) -> SheetTable:
    """Table of all families of edits; the note holds the other numbers, the thresholds among them."""
    header, *rows = ([row[i] for i in _COLUMNS] for row in (family_header(), *family_rows(evidence)))
    note = " ".join(number_lines(evidence))
    return SheetTable(t("sheet.numbers"), tuple(header), tuple(map(tuple, rows)), note)


def _map(explanation: Explanation, method: str, scale: float) -> SheetMap:
    heatmap = explanation.heatmaps[method]
    return SheetMap(
        heatmap=heatmap,
        scale=scale,
        title=method_title(method),
        finding=finding(explanation, method),
        alt=alt_map(explanation, method, explanation.provenance.model),
    )


def _table(explanation: Explanation) -> SheetTable | None:
    """Region shares of the maps; None where they are not known."""
    shares = {method: counted for method, counted in explanation.shares.items() if counted}
    columns: dict[str, Mapping[str, str]] = {}
    for method, counted in shares.items():
        columns[t("sheet.share", method=method_short(method))] = {
            row: format_number(counted.of(*parts)[0], ".0%") for row, parts in _ROWS.items()
        }
    if shares:
        counted = next(iter(shares.values()))
        columns[t("regions.area")] = {
            row: format_number(counted.of(*parts)[1], ".0%") for row, parts in _ROWS.items()
        }
    rows = tuple(
        (t(f"region.{row}"), *(column.get(row, "–") for column in columns.values())) for row in _ROWS
    )
    return SheetTable(t("sheet.table"), (t("sheet.region"), *columns), rows, "") if columns else None


def photo_line(face: Face) -> str:
    """Which photo, and which part of it is the face."""
    if _is_whole(face):
        return t("sheet.whole", sha256=face.photo_sha256, side=face.crop.shape[0])
    left, top, right, bottom = face.box.as_list()
    return t(
        "sheet.photo",
        sha256=face.photo_sha256,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        side=face.crop.shape[0],
    )


def made_with(explanations: Sequence[Explanation]) -> SheetNote:
    """The weights, settings and versions behind an explanation."""
    lines = []
    for each in explanations:
        made = each.provenance
        said = t("sheet.weights", model=made.model, sha256=made.weights_sha256, device=made.device)
        runtimes = dict.fromkeys(computed.runtime for computed in made.computed.values())
        lines.append(" ".join([said, *(t("sheet.by", runtime=runtime) for runtime in runtimes)]))
    versions = {name: version for each in explanations for name, version in each.provenance.versions.items()}
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    maps = explanations[0].heatmaps
    for method, heatmap in maps.items():
        if settings := settings_line(heatmap):
            lines.append(f"{method_title(method)}. {settings}")
    return SheetNote(t("sheet.made"), (*lines, t("sheet.versions", versions=listed)))


def settings_line(heatmap: Heatmap) -> str:
    """The parameters that a map was made with, named as on the command line; empty without any."""
    given = [
        f"{name} {value}" if isinstance(value, str) else f"{name} {format_number(value, '.4g')}"
        for name, value in heatmap.params.items()
    ]
    return t("sheet.settings", settings=", ".join(given)) if given else ""


def made_again(explanations: Sequence[Explanation], by_hand: bool) -> SheetNote:
    """How to reproduce the report; the last line is the command.

    Args:
        explanations: one per model, of the same face.
        by_hand: whether a person set the face's box, which the command cannot.
    """
    note = t("sheet.again_by_hand" if by_hand else "sheet.again_note")
    return SheetNote(t("sheet.again"), (note, command(explanations)))


def command(explanations: Sequence[Explanation]) -> str:
    """The command line that reproduces the report, with every setting, default or not."""
    words = ["python", "-m", "xai", "explain", "PHOTO", "--out", "DIR"]
    words += [word for each in explanations for word in ("--model", each.provenance.model)]
    words += [word for method in explanations[0].heatmaps for word in ("--method", method)]
    asked = [each.target for each in explanations if each.target != each.prediction.label]
    words += ["--target", asked[0]] if asked else []
    words += ["--whole"] if _is_whole(explanations[0].face) else []
    for heatmap in explanations[0].heatmaps.values():
        words += [word for name, value in heatmap.params.items() for word in (f"--{name}", str(value))]
    quoted = (shlex.quote(word) if can_write(word) else shell_word(word) for word in words)
    return f".venv/bin/{' '.join(quoted)}"


def _is_whole(face: Face) -> bool:
    """Whether the whole photo was taken as one face: any other box is cropped with a margin."""
    return face.score == 0 and face.crop_box.width == max(face.box.width, face.box.height)
