"""What commands print for people: a table of the record that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from xai.cli.common import Json
from xai.evidence_types import VERDICTS

__all__ = [
    "audit_table",
    "calibration_table",
    "difference_table",
    "evaluation_table",
    "explanation_table",
    "model_table",
    "recall_table",
    "repair_table",
    "whatif_table",
]

_NONE = "–"
_LEFT_OUT = ("missed", "skipped", "unreadable", "learnt")


def model_table(models: Sequence[Json]) -> str:
    """A row per classifier."""
    rows = [
        (
            model["name"],
            model["architecture"],
            "–" if model["parameters"] is None else f"{model['parameters']:,}",
            f"{model['input_size']} px",
            model["source"],
            ", ".join(model["classes"]),
        )
        for model in models
    ]
    return _aligned(("model", "architecture", "parameters", "input", "source", "classes"), rows)


def explanation_table(record: Json) -> str:
    """For each face a row per classifier: its answer, the verdict, and how much of the map is where."""
    if "faces" not in record:
        return _layer_table(record)
    header = ("model", "answer", "probability", "verdict", "nose and mouth", "lower face")
    return "\n\n".join(
        f"{_face(number, face)}\n{_aligned(header, [*map(_explained, face['models'].items())])}"
        + "".join(_refused(face["models"]))
        for number, face in enumerate(record["faces"], start=1)
    )


def _refused(models: Json) -> Iterator[str]:
    """A line for each map that is not there, with the reason."""
    for name, model in models.items():
        yield from (f"\n{name}, {method}: {why}" for method, why in model["refused"].items())


def _layer_table(record: Json) -> str:
    rows = [
        (model, layer, f"{cells[0]} x {cells[1]}")
        for model, layers in record.items()
        for layer, cells in layers.items()
    ]
    return _aligned(("model", "layer", "cells"), rows)


def _explained(item: tuple[str, Json]) -> tuple[str, ...]:
    name, model = item
    shares = (model["regions"][region]["share"] for region in ("nose_and_mouth", "lower_face"))
    probability = model["probabilities"][model["label"]]
    return (name, model["label"], _percent(probability), model["verdict"], *map(_percent, shares))


def whatif_table(record: Json) -> str:
    """For each face, classifier and probe a row per step; where the probe could not be run, why not."""
    return "\n\n".join(chain.from_iterable(_probes(*each) for each in enumerate(record["faces"], start=1)))


def _probes(number: int, face: Json) -> Iterator[str]:
    for name, model in face["models"].items():
        for probe, found in model["probes"].items():
            yield f"{_face(number, face)}, {name}, {probe}: {_outcome(found)}{_steps(found)}"


def _outcome(found: Json) -> str:
    if found["error"]:
        return str(found["error"])
    at = found["flips_at"]
    return "the answer does not change" if at is None else f"the answer changes at {_step(at)}"


def _steps(found: Json) -> str:
    if found["error"]:
        return ""
    classes = list(found["probabilities"])
    rows = [("at first", *(_percent(found["start"][name]) for name in classes))]
    for number, value in enumerate(found["values"]):
        rows.append((_step(value), *(_percent(found["probabilities"][name][number]) for name in classes)))
    return f"\n{_aligned(('step', *classes), rows)}"


def _step(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"


def audit_table(record: Json) -> str:
    """What became of the files, how often each classifier had each verdict, and what became of each claim."""
    counts = ("files", "photos", "faces", "refused", "no_face", "duplicates")
    header = tuple(name.replace("_", " ") for name in counts)
    rows = [
        (model, *(f"{found[verdict]:,}" for verdict in VERDICTS))
        for model, found in record["verdicts"].items()
    ]
    files = _aligned(header, [tuple(f"{record[name]:,}" for name in counts)])
    claims = [_claim_row(name, claim) for name, claim in record["claims"].items()]
    judged = _aligned(("claim", "result", "value", "95 % interval", "asked", "not judged"), claims)
    controls = record["controls"]["sentence"]
    verdicts = _aligned(("model", *VERDICTS), rows)
    if not record["controls"]["hold"]:
        verdicts = "Verdicts are withheld, because of the controls."
    return "\n\n".join((files, verdicts, judged, controls, f"Written to {record['out']}"))


def _claim_row(name: str, claim: Json) -> tuple[str, ...]:
    value = "" if claim["value"] is None else f"{claim['value']:.3f}"
    low_high = claim["interval"]
    interval = "" if low_high is None else f"{low_high[0]:.3f} to {low_high[1]:.3f}"
    return name, claim["result"], value, interval, f"{claim['n']:,}", f"{claim['unjudged']:,}"


def difference_table(record: Json) -> str:
    """How much right answers and supported verdicts changed, a row per model and measure; then the claims."""
    models = [
        (f"{model['first']} – {model['second']}", name, *_paired(model[name]))
        for model in record["models"]
        for name in ("accuracy", "supported")
    ]
    claims = [
        (name, result["first"] or _NONE, result["second"] or _NONE)
        for name, result in record["claims"].items()
    ]
    header = ("first – second", "share", "difference", "p", "only first", "only second")
    changed = sum(model["changed"] for model in record["models"])
    return "\n\n".join(
        (
            _aligned(header, models),
            _aligned(("claim", "first", "second"), claims),
            f"{record['photos']['both']:,} photos in both; {changed:,} answers or verdicts changed",
        )
    )


def _paired(test: Json | None) -> tuple[str, ...]:
    if test is None:
        return (_NONE,) * 4
    difference = _bounded(test["difference"], test["interval"], _figure)
    return difference, f"{test['p']:.3g}", f"{test['only_first']:,}", f"{test['only_second']:,}"


def evaluation_table(record: Json) -> str:
    """A row per classifier, with 95 % confidence intervals and how many faces were left out, for whatever
    reason; then a table for each kind of subgroup.
    """
    classes = list(dict.fromkeys(name for row in record.values() for name in row["per_class"]))
    header = ("faces", "accuracy", "mean over classes", *classes)
    rows = [
        (name, *_scored(row, classes), _figure(row["f1"]), f"{_left_out(row):,}")
        for name, row in record.items()
    ]
    tables = [_aligned(("model", *header, "F1", "left out"), rows)]
    for kind in dict.fromkeys(kind for row in record.values() for kind in row.get("by", ())):
        bins = [
            (name, one["bin"], *_scored(one, classes))
            for name, row in record.items()
            for one in row["by"][kind]
        ]
        tables.append(_aligned(("model", kind, *header), bins))
    return "\n\n".join(tables)


def _left_out(row: Json) -> int:
    return int(sum(row[why] for why in _LEFT_OUT) + sum(row.get("left_out", {}).values()))


def _scored(row: Json, classes: Sequence[str]) -> list[str]:
    overall = [_bounded(row.get(name), row["intervals"].get(name), _figure) for name in ("accuracy", "aca")]
    return [f"{row['n']:,}", *overall, *(_figure(row["per_class"].get(name)) for name in classes)]


def calibration_table(record: Json) -> str:
    """A row per kind of model, network or classifier: its verdicts, and how often they are the right one."""
    rows = [
        (
            name,
            f"{row['faces']:,}",
            *(str(row["verdicts"][verdict]) for verdict in VERDICTS),
            " or ".join(row["expected"]) or _NONE,
            _bounded(row["right"], row["interval"], _percent),
        )
        for name, row in record.items()
    ]
    return _aligned(("model", "faces", *VERDICTS, "expected", "right"), rows)


def repair_table(record: Json) -> str:
    """A row per measure, of the model before and after; then the verdict over the set, by class."""
    turns = [record["before"], record["after"]]
    overall = [
        (name, *(_bounded(t["scores"][key], t["scores"]["intervals"][key], _figure) for t in turns),
         _bounded(found["value"], found["interval"], "{:+.3f}".format))
        for key, name in (("accuracy", "accuracy"), ("aca", "mean over classes"), ("ece", "ECE"))
        for found in (record["difference"][key],)
    ]  # fmt: skip
    scores = _aligned(("", turns[0]["name"], turns[1]["name"], "difference"), overall)
    classes = list(dict.fromkeys(name for turn in turns for name in turn["scores"]["per_class"]))
    rows = [(f"{label}, {turn['name']}", *_of_class(turn, label)) for label in classes for turn in turns]
    header = (
        "class", "accuracy", "moved: same class", "moved: other class", "followed", "place share", "verdict",
    )  # fmt: skip
    written = f"\n\nWritten to {record['out']}" if "out" in record else ""
    return f"{scores}\n\n{_aligned(header, rows)}{written}"


def _of_class(turn: Json, label: str) -> tuple[str, ...]:
    """Accuracy, what moves right answers, and the verdict of one class."""
    accuracy = _figure(turn["scores"]["per_class"].get(label))
    rates = turn["cue_conflict"].get(label)
    keys = ("moved_same", "moved_other", "followed", "place_share")
    moved = [_bounded(rates[key]["value"], rates[key]["interval"], _figure) for key in keys] if rates else []
    judged = turn["verdicts"]["classes"].get(label)
    verdict = judged["right"]["verdict"]["verdict"] if judged else _NONE
    return accuracy, *(moved or [_NONE] * len(keys)), verdict


def recall_table(record: Json) -> str:
    """A row per set and least size of a face: how many of the annotated faces the detector finds."""
    rows = [
        (
            name,
            f"{side} px",
            *(_found(row[kind][side]) for kind in ("masked", "unmasked")),
            f"{row.get('skipped', 0) + row.get('unreadable', 0):,}",
        )
        for name, row in record.items()
        for side in row["masked"]
    ]
    return _aligned(("photos", "faces from", "with a mask", "bare", "photos left out"), rows)


def _found(group: Mapping[str, float | None]) -> str:
    return f"{group['found']} of {group['n']} ({_percent(group['recall'])})" if group["n"] else _NONE


def _bounded(value: float | None, ends: Sequence[float] | None, form: Callable[[float | None], str]) -> str:
    return f"{form(value)} ({form(ends[0])} to {form(ends[1])})" if ends else form(value)


def _face(number: int, face: Json) -> str:
    return f"Face {number} at {face['box']}"


def _percent(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1%}"


def _figure(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two blanks apart; figures to the right, words to the left."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(cell[:1].isdigit() or cell == _NONE for cell in column[1:]) for column in columns]
    lines = (
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in (header, *rows)
    )
    return "\n".join(lines)
