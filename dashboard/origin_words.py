"""Where a sheet's numbers come from, in words: which photo, made with what, and made again how."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from dashboard.face_sheet import SheetNote
from dashboard.i18n import number, say
from xai.types import Explanation, Face, Heatmap

__all__ = ["command", "made_again", "made_with", "photo_line", "settings_line"]


def photo_line(face: Face) -> str:
    """Which photo, and which part of it was taken as the face."""
    if _is_whole(face):
        return say("sheet.whole", sha256=face.photo_sha256, side=face.crop.shape[0])
    left, top, right, bottom = face.box.as_list()
    return say(
        "sheet.photo",
        sha256=face.photo_sha256,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        side=face.crop.shape[0],
    )


def made_with(explanations: Sequence[Explanation]) -> SheetNote:
    """The weights, settings and versions that an explanation was made with."""
    lines = []
    for each in explanations:
        made = each.provenance
        said = say("sheet.weights", model=made.model, sha256=made.weights_sha256, device=made.device)
        runtimes = dict.fromkeys(computed.runtime for computed in made.computed.values())
        lines.append(" ".join([said, *(say("sheet.by", runtime=runtime) for runtime in runtimes)]))
    versions = {name: version for each in explanations for name, version in each.provenance.versions.items()}
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    maps = explanations[0].heatmaps
    for method, heatmap in maps.items():
        if settings := settings_line(heatmap):
            lines.append(f"{say(f'method_title.{method}')}. {settings}")
    return SheetNote(say("sheet.made"), (*lines, say("sheet.versions", versions=listed)))


def settings_line(heatmap: Heatmap) -> str:
    """The parameters that a map was made with, named as on the command line; empty without any."""
    given = [
        f"{name} {value}" if isinstance(value, str) else f"{name} {number(value, '.4g')}"
        for name, value in heatmap.params.items()
    ]
    return say("sheet.settings", settings=", ".join(given)) if given else ""


def made_again(explanations: Sequence[Explanation], by_hand: bool) -> SheetNote:
    """How to measure the same again; the last line is the command.

    Args:
        explanations: one per model, of the same face.
        by_hand: whether a person set the face's box, which the command cannot.
    """
    note = say("sheet.again_by_hand" if by_hand else "sheet.again_note")
    return SheetNote(say("sheet.again"), (note, command(explanations)))


def command(explanations: Sequence[Explanation]) -> str:
    """The command line that measures the same again; every setting stands in it, default or not."""
    words = ["python", "-m", "xai", "explain", "PHOTO", "--out", "DIR"]
    words += [word for each in explanations for word in ("--model", each.provenance.model)]
    words += [word for method in explanations[0].heatmaps for word in ("--method", method)]
    asked = [each.target for each in explanations if each.target != each.prediction.label]
    words += ["--target", asked[0]] if asked else []
    words += ["--whole"] if _is_whole(explanations[0].face) else []
    for heatmap in explanations[0].heatmaps.values():
        words += [word for name, value in heatmap.params.items() for word in (f"--{name}", str(value))]
    return ".venv/bin/" + shlex.join(words)


def _is_whole(face: Face) -> bool:
    """Whether the whole photo was taken as one face: any other box is cut out with a margin."""
    return face.score == 0 and face.crop_box.width == max(face.box.width, face.box.height)
