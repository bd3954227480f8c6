"""Sentences about predictions, maps and samples. They say what was measured and do not judge it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from dashboard.i18n import class_title, has_key, t, translate_notice
from dashboard.text.map_units import display_unit, method_short, method_title, value_text
from dashboard.text.regions import peak_name, region_name
from dashboard.worker.job_handle import JobError
from xai.attribution.methods import METHODS
from xai.classes import possible_wearings
from xai.evidence.map_consistency import LEAST_DROP
from xai.types import REGIONS, Explanation, Heatmap, IncorrectReason, Prediction, RegionShares

if TYPE_CHECKING:
    from xai.photo.samples import Sample

__all__ = [
    "alt_answer",
    "alt_map",
    "alt_shares",
    "answer_status",
    "becomes_parts",
    "failed",
    "file_name",
    "finding",
    "is_right",
    "is_wrong",
    "mask_reason",
    "right_or_wrong",
    "sample_credit",
    "sample_title",
    "why_wrong",
]

_NAME_LIMIT = 80
_WORTH_NAMING = 0.1
"""Least share of the evidence from which a region is named as the first, however small it is; six regions
share it all, so one of them always has more."""


def finding(explanation: Explanation, method: str) -> str:
    """What the map of ``method`` shows, in one sentence: which region, how much, on how much of the face.

    A method has sentences of its own where the messages have some under its name; else generic ones are used,
    by display mode.
    """
    heatmap, shares = explanation.heatmaps[method], explanation.shares[method]
    if not (heatmap.values > 0).any():
        return t(
            f"finding.{_words(method, 'none')}_none",
            method=method_short(method),
            target=class_title(heatmap.target),
        )
    if shares is None:
        return _strongest(heatmap)
    if METHODS[method].display == "absolute":
        return _first_place(heatmap, shares)
    share, _ = shares.of("nose", "mouth")
    return t(
        f"finding.{_words(method, 'share')}_share",
        method=method_short(method),
        share=share,
        lift=shares.lift("nose", "mouth") or 0.0,
    )


def failed(failure: JobError) -> str:
    """Why a job failed; a refusal of the library, in the reader's language."""
    values = {
        name: translate_notice(value) if isinstance(value, str) else value
        for name, value in failure.values.items()
    }
    return t(f"failure.{failure.reason}", **values)


def sample_title(sample: Sample) -> str:
    """Title of a sample; the library's own where the messages have none."""
    return t(f"sample.{sample.id}") if has_key(f"sample.{sample.id}") else sample.title


def sample_credit(sample: Sample) -> str:
    """Credits of a sample's portraits."""
    portraits = dict.fromkeys(wearer.portrait for wearer in sample.wearers)
    if not all(has_key(f"credit.{name}") for name in portraits):
        return sample.credit
    return "; ".join(t(f"credit.{name}") for name in portraits)


def right_or_wrong(prediction: Prediction, truth: str | None) -> str:
    """Whether the answer is right, where known. A model with two classes is judged by the classes it has."""
    if truth is None:
        return t("answer.unknown")
    meant = _meant(prediction, prediction.label)
    if truth not in _sayable(prediction):
        return t("answer.not_comparable", truth=class_title(truth))
    if truth in meant and len(meant) > 1:
        return t("answer.right_as_far", truth=class_title(truth))
    return t("answer.right" if truth in meant else "answer.wrong", truth=class_title(truth))


def answer_status(prediction: Prediction, truth: str) -> tuple[str, str]:
    """In a few words whether the answer is right, and the hue of a badge with them."""
    meant, called = _meant(prediction, prediction.label), class_title(truth)
    if truth not in _sayable(prediction):
        return t("answer.badge_not_comparable", truth=called), "gray"
    if truth not in meant:
        return t("answer.badge_wrong", truth=called), "red"
    return t("answer.badge_right_as_far" if len(meant) > 1 else "answer.badge_right"), "green"


def is_wrong(prediction: Prediction, truth: str | None) -> bool:
    """Whether the answer is known to be wrong; not where the model has no class for what is true."""
    return truth is not None and truth in _sayable(prediction) and not is_right(prediction, truth)


def is_right(prediction: Prediction, truth: str | None) -> bool:
    """Whether the answer is known to be right, as far as the model can tell the classes apart."""
    return truth is not None and truth in _meant(prediction, prediction.label)


def why_wrong(held: str) -> str:
    """Why classifiers fall for the occluder or sticker on a hard sample; ``held`` as in ``SampleSubject``."""
    return t(f"trap_why.{held}")


def mask_reason(reason: IncorrectReason) -> str:
    """The model's reason for *worn incorrectly*, or that it cannot tell."""
    if reason.said is None:
        return t("mask_reason_unsaid.cannot_say", threshold=reason.threshold)
    return t(f"mask_reason.{reason.said.replace(' ', '_')}", probability=reason.probability)


def _meant(prediction: Prediction, answer: str) -> tuple[str, ...]:
    """The ways of wearing that an answer of the model can mean."""
    return possible_wearings(answer, prediction.classes)


def _sayable(prediction: Prediction) -> set[str]:
    """The ways of wearing that the model has a class for."""
    return {wearing for name in prediction.classes for wearing in _meant(prediction, name)}


def becomes_parts(explanation: Explanation) -> dict[str, float]:
    """Class -> share of patch positions at which it becomes the answer; most frequent first, none empty."""
    if explanation.becomes is None:
        return {}
    classes = explanation.prediction.classes
    counts = np.bincount(explanation.becomes.ravel(), minlength=len(classes)) / explanation.becomes.size
    parts = {name: float(part) for name, part in zip(classes, counts, strict=True) if part > 0}
    return dict(sorted(parts.items(), key=lambda item: -item[1]))


def alt_answer(model: str, prediction: Prediction) -> str:
    """Text alternative of a prediction's bars."""
    each = (
        t("answer.bars_alt_one", answer=class_title(name), probability=value)
        for name, value in prediction.as_dict().items()
    )
    return t("answer.bars_alt", model=model, answers=", ".join(each))


def alt_map(explanation: Explanation, method: str, model: str) -> str:
    """Text alternative of a map; ``model`` is the display name of its model."""
    heatmap = explanation.heatmaps[method]
    said = finding(explanation, method)
    if (heatmap.values > 0).any() and explanation.shares[method] is not None:
        x, y = _peak(heatmap)
        said = " ".join([said, t("map.alt_peak", x=x, y=y)])
    return t(
        "map.alt",
        title=method_title(method),
        model=model,
        target=class_title(heatmap.target),
        finding=said,
    )


def alt_shares(shares: RegionShares) -> str:
    """Text alternative of the region bars."""
    rows = (
        t("regions.alt_row", region=region_name(name), share=shares.share[name], area=shares.area[name])
        for name in REGIONS
    )
    return t("regions.alt", rows="; ".join(rows))


def file_name(name: str) -> str:
    """An uploaded file's name, safe to show as code in a line of Markdown: short, harmless, one line.

    >>> file_name("holi`day" + chr(0x202E) + "gpj.exe")
    "`holi'daygpj.exe`"
    """
    kept = "".join(char for char in name if unicodedata.category(char)[0] != "C").replace("`", "'").strip()
    short = kept if len(kept) <= _NAME_LIMIT else kept[: _NAME_LIMIT - 1] + "…"
    return f"`{short or '?'}`"


def _words(method: str, what: str) -> str:
    """Key in the section ``finding``: the method's own, or that of its display mode."""
    return method if has_key(f"finding.{method}_{what}") else "map"


def _first_place(heatmap: Heatmap, shares: RegionShares) -> str:
    """The region with the most evidence for its area in a map displayed as measured, and how much that is.

    No shares are stated for a map whose largest drop is under ``LEAST_DROP``: shares of next to nothing would
    read like a finding.
    """
    method, target, most = heatmap.method, class_title(heatmap.target), float(heatmap.values.max())
    named = method_short(method)
    value = value_text(most, display_unit(method), signed=False)
    if heatmap.unit == "probability" and most < LEAST_DROP:
        words = _words(method, "weak")
        return t(f"finding.{words}_weak", method=named, target=target, points=100 * most)
    places: dict[str, tuple[str, ...]] = {name: (name,) for name in REGIONS if name not in ("nose", "mouth")}
    places["nose_and_mouth"] = ("nose", "mouth")
    worth = [name for name in places if shares.of(*places[name])[0] >= _WORTH_NAMING]
    place = max(worth, key=lambda name: shares.lift(*places[name]) or 0.0)
    share, area = shares.of(*places[place])
    nose_share, nose_area = shares.of("nose", "mouth")
    words = _words(method, "first")
    said = t(
        f"finding.{words}_first" if place == "nose_and_mouth" else f"finding.{words}_other",
        method=named,
        place=peak_name(place),
        target=target,
        share=share,
        area=area,
        lift=shares.lift(*places[place]) or 0.0,
        nm_share=nose_share,
        nm_area=nose_area,
        nm_lift=shares.lift("nose", "mouth") or 0.0,
    )
    peak = t(f"finding.{_words(method, 'peak')}_peak", points=100 * most, value=value)
    return f"{said} {peak}"


def _strongest(heatmap: Heatmap) -> str:
    """Where a map is strongest on a face without known regions."""
    x, y = _peak(heatmap)
    return t(
        f"finding.{_words(heatmap.method, 'place')}_place",
        method=method_short(heatmap.method),
        x=x,
        y=y,
        target=class_title(heatmap.target),
        points=100 * float(heatmap.values.max()),
    )


def _peak(heatmap: Heatmap) -> tuple[float, float]:
    """Where the largest value lies: shares of the width from the left and of the height from the top."""
    row, column = np.unravel_index(int(heatmap.values.argmax()), heatmap.values.shape)
    height, width = heatmap.values.shape
    return (float(column) + 0.5) / width, (float(row) + 0.5) / height
