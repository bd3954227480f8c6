"""A sheet about one face in the reader's words, made from what was measured and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.face_sheet import (
    FaceSheet,
    SheetBar,
    SheetCondition,
    SheetMap,
    SheetModel,
    SheetNote,
    SheetScale,
    SheetTable,
)
from dashboard.i18n import class_name, number, say
from dashboard.origin_words import made_again, made_with, photo_line, settings_line
from dashboard.palette import CLASS, SLATE
from dashboard.preferences import language
from dashboard.sentences import alt_map, finding
from dashboard.verdict_words import (
    asked_for,
    because,
    condition_line,
    condition_of,
    condition_word,
    effects_note,
    flag_lines,
    headline,
    other_area,
    steadiness,
)
from xai.evidence_types import CONDITIONS, Evidence
from xai.render import common_scale, excess_scale
from xai.types import REGIONS, Explanation, Heatmap

__all__ = ["face_sheet"]

_ROWS: Mapping[str, tuple[str, ...]] = {
    "nose_and_mouth": ("nose", "mouth"),
    **{region: (region,) for region in REGIONS},
}
"""Row of the table -> the regions it sums up."""


def face_sheet(
    explanations: Sequence[Explanation],
    regions: NDArray[np.int8] | None,
    level: str,
    *,
    by_hand: bool = False,
) -> FaceSheet:
    """What there is to say of one face, in the reader's language.

    Args:
        explanations: one per model, at least one, all of the same face.
        regions: int8 ``(S, S)`` on the crop, index into ``REGIONS``; None without landmarks.
        level: one of ``LEVELS``.
        by_hand: whether a person set the face's box.
    """
    scales = _scales(explanations)
    face = explanations[0].face
    return FaceSheet(
        language=language(),
        title=say("sheet.title"),
        photo=photo_line(face),
        not_right=say("verdict.not_right"),
        crop=face.crop,
        regions=regions,
        crop_words=say("sheet.crop"),
        outlined_words=say("map.crop_plain_alt" if regions is None else "map.crop"),
        models=tuple(_model(each, scales, level) for each in explanations),
        scales=tuple(_scale(method, scale) for method, scale in scales.items()),
        caution=say("legend.caution"),
        not_said=SheetNote(
            say("sheet.not_said"),
            (
                say("verdict.not_right"),
                say("legend.caution"),
                say("sheet.one_face"),
                say("sheet.how_right"),
            ),
        ),
        made=made_with(explanations),
        again=made_again(explanations, by_hand),
    )


def _scales(explanations: Sequence[Explanation]) -> dict[str, float]:
    """Method -> value that gets the full colour, one for all models, as the page shows them."""
    maps: dict[str, list[Heatmap]] = {}
    for each in explanations:
        for method, heatmap in each.heatmaps.items():
            maps.setdefault(method, []).append(heatmap)
    return {m: common_scale(found) if m == "occlusion" else excess_scale(found) for m, found in maps.items()}


def _scale(method: str, scale: float) -> SheetScale:
    if method == "occlusion":
        ends = (number(-scale, "+.2f").replace("-", "−"), number(0, ".0f"), number(scale, "+.2f"))
        words, alt = say("legend.occlusion", points=100 * scale), say("legend.bar_alt", scale=scale)
        return SheetScale(say("sheet.unit_occlusion"), ends, _unmarked(words), signed=True, alt=alt)
    ends = (say("sheet.even", value=1), "", number(scale + 1, ".1f"))
    words, alt = say("legend.gradcam", scale=scale + 1), say("legend.bar_half_alt", scale=scale + 1)
    return SheetScale(say("sheet.unit_gradcam"), ends, _unmarked(words), signed=False, alt=alt)


def _unmarked(words: str) -> str:
    """Without the marks that make words bold on a page."""
    return words.replace("**", "")


def _model(explanation: Explanation, scales: Mapping[str, float], level: str) -> SheetModel:
    prediction, evidence = explanation.prediction, explanation.evidence
    label = prediction.label
    bars = [
        SheetBar(
            say("answer.bars_alt_one", answer=class_name(name), probability=value),
            value,
            CLASS.get(name, SLATE),
        )
        for name, value in prediction.as_dict().items()
    ]
    target = explanation.target
    return SheetModel(
        name=explanation.provenance.model,
        answer=say("answer.heading", answer=class_name(label), probability=prediction.confidence),
        colour=CLASS.get(label, SLATE),
        target=say("map.target", target=class_name(target), probability=prediction.of(target)),
        bars=tuple(bars),
        verdict=headline(evidence, level) if evidence else say("sheet.untested"),
        reason=because(evidence, level) if evidence else "",
        remarks=_remarks(evidence, level) if evidence else (),
        conditions=_conditions(evidence, level) if evidence and evidence.deciding else (),
        maps=tuple(_map(explanation, method, scales[method]) for method in explanation.heatmaps),
        table=_table(explanation, level),
    )


def _remarks(evidence: Evidence, level: str) -> tuple[str, ...]:
    said = [other_area(evidence, level), steadiness(evidence, level), *flag_lines(evidence, level)]
    return tuple(filter(None, said))


def _conditions(evidence: Evidence, level: str) -> tuple[SheetCondition, ...]:
    made = []
    for name in CONDITIONS:
        condition = condition_of(evidence, name)
        word, asked = condition_word(condition), asked_for(name, condition, level)
        words = f"{say(f'condition.{name}')}: {say(f'condition.{word}')} ({asked})"
        line = condition_line(evidence, name, level)
        made.append(SheetCondition(words, line, condition.value, condition.threshold, condition.holds))
    return tuple(made)


def _map(explanation: Explanation, method: str, scale: float) -> SheetMap:
    heatmap = explanation.heatmaps[method]
    return SheetMap(
        heatmap=heatmap,
        scale=scale,
        title=say(f"method_title.{method}"),
        settings=settings_line(heatmap),
        finding=finding(explanation, method),
        alt=alt_map(explanation, method, explanation.provenance.model),
    )


def _table(explanation: Explanation, level: str) -> SheetTable | None:
    """The columns that were measured; None where there is none."""
    evidence = explanation.evidence
    shares = {method: counted for method, counted in explanation.shares.items() if counted}
    columns: dict[str, Mapping[str, str]] = {}
    for method, counted in shares.items():
        columns[say("sheet.share", method=say(f"method_short.{method}"))] = {
            row: number(counted.of(*parts)[0], ".0%") for row, parts in _ROWS.items()
        }
    if shares:
        counted = next(iter(shares.values()))
        columns[say("regions.area")] = {
            row: number(counted.of(*parts)[1], ".0%") for row, parts in _ROWS.items()
        }
    if evidence and evidence.regions:
        found = evidence.regions
        columns[say("sheet.effect")] = {row: number(each.effect, ".0%") for row, each in found.items()}
        columns[say("sheet.rank", controls=evidence.controls)] = {
            row: number(each.rank, ".0f") for row, each in found.items()
        }
    rows = tuple(
        (say(f"region.{row}"), *(column.get(row, "–") for column in columns.values())) for row in _ROWS
    )
    note = effects_note(evidence, level) if evidence and evidence.regions else ""
    return SheetTable(say("sheet.table"), (say("sheet.region"), *columns), rows, note) if columns else None
