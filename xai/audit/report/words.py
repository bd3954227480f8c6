"""The words of the report: a sentence for every code that an audit writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xai.audit.report.formats import shown

__all__ = [
    "ANSWERS",
    "ASKED",
    "CLAIMS",
    "CONTROLS",
    "FACTORS",
    "GLOSSARY",
    "MEASURES",
    "READING",
    "REASONS",
    "RESULT_TONES",
    "VERDICT_TONES",
    "family_words",
    "level_words",
    "reason_words",
    "worst_words",
]

RESULT_TONES: Mapping[str, Any] = {
    "holds": "good",
    "does not hold": "bad",
    "mixed": "mixed",
    "not enough evidence": "unknown",
}
VERDICT_TONES: Mapping[str, Any] = {
    "supported": "good",
    "mixed": "mixed",
    "not supported": "bad",
    "cannot tell": "unknown",
}

CLAIMS: Mapping[str, str] = {
    "rests_on_nose_and_mouth": "The answer rests on nose and mouth",
    "rests_on_lower_face": "The answer follows the lower face",
    "same_for_small_faces": "Small faces are treated like larger ones",
    "not_on_mask_colour": "The answer does not depend on the colour of the mask",
    "accuracy_per_class": "The answers are right in every class",
}
"""Kind of claim -> its title."""

ASKED: Mapping[str, str] = {
    "rests_on_nose_and_mouth": "At least {limit} of the judged faces should be supported.",
    "rests_on_lower_face": (
        "In each predicted class, the answer should follow at least {limit} of the edits of the lower face, "
        "and stay under the other edits that the verdict requires."
    ),
    "same_for_small_faces": (
        "The share of supported faces should differ by at most {limit} between faces 48 to 80 pixels wide "
        "and wider ones."
    ),
    "not_on_mask_colour": "The answer should stay under at least {limit} of the edits that change colours.",
    "accuracy_per_class": "In each class, at least {limit} of the answers should be right.",
}
"""Kind of claim -> what was asked; ``limit`` is the threshold in words."""

REASONS: Mapping[str, str] = {
    "no_mesh": "eyes, nose and mouth could not be located reliably",
    "small": "the face is too small to edit",
    "turned": "the head is turned too far to the side",
    "unknown_class": "the meaning of the model's class is not known",
    "mask_elsewhere": "the mask is not worn on the lower face",
    "no_donors": "no other face could be laid onto this one",
    "unsure": "the model itself does not consider its answer likely",
    "seam": "an edit that should change nothing changed the answer",
    "family_missing": "an edit that the verdict requires could not be made",
    "nothing_moves": "nothing that was tried changed the answer",
    "not_among_changes": "only a completely different photo changed the answer",
    "no_label": "the face has no label",
    "incorrect_not_stated": "it is not known where the model puts masks worn incorrectly",
    "not_stated": "no reason was noted",
    "controls": "withheld, since the controls did not confirm the tool on these photos",
    "follows": "the answer follows the lower face",
    "follows_partly": "the answer follows only some edits of the lower face",
    "follows_not": "the answer does not follow the lower face",
    "moved_by": "something besides the lower face changes the answer",
    "hangs_on": "the look of the picture changes the answer",
    "rim": "the rim of the mask counts, nose and mouth hardly do",
    "redundant": "the lower face and the rest of the picture each give the same answer",
}
"""Code of a reason -> in words."""

_FAMILIES: Mapping[str, str] = {
    "followed": "edits of the lower face that were followed",
    "lower_face": "the lower face replaced",
    "nose_and_mouth": "nose and mouth replaced",
    "outside": "everything but the lower face replaced",
    "upper_face": "eyes and forehead replaced",
    "background": "hair, clothes and background replaced",
    "mask_look": "a mask of another colour",
    "light": "other light",
    "cast": "a tint over the picture",
}

FACTORS: Mapping[str, str] = {
    "size": "Size of the face",
    "turn": "Turn of the head",
    "light": "Light",
    "mask_colour": "Colour of the mask",
    "label": "Label",
}
"""What the faces are divided by -> in words."""

_LEVELS: Mapping[tuple[str, str], str] = {
    ("size", "under_48"): "under 48 pixels wide",
    ("size", "48_80"): "48 to 80 pixels wide",
    ("size", "81_160"): "81 to 160 pixels wide",
    ("size", "over_160"): "over 160 pixels wide",
    ("turn", "frontal"): "under 15°",
    ("turn", "slight"): "15° to 30°",
    ("turn", "turned"): "30° or more",
    ("turn", "not_known"): "not known",
    ("mask_colour", "white_grey"): "white or grey",
    ("mask_colour", "unknown"): "not known",
}
"""Factor and level -> in words."""

MEASURES: Mapping[str, str] = {"accuracy": "right answers", "supported": "supported answers"}
"""What is counted of a kind of face -> in words."""

ANSWERS: Mapping[str, str] = {"right": "right answers", "wrong": "wrong answers", "all": "all answers"}

CONTROLS: Mapping[str, str] = {
    "honest": "an honest network, which could learn from the lower face alone",
    "planted_mark": "a cheating network, which reads a mark planted in the picture",
    "untrained": "an untrained network, which looks at nothing in particular",
}
"""Control model -> what it is."""

_WHY: Mapping[str, str] = {
    "confident_wrong": "wrong, with at least 90% confidence",
    "wrong": "wrong, with less confidence",
    "right_elsewhere": "right, but not supported by the lower face",
    "elsewhere": "not supported by the lower face; not known to be right or wrong",
}
"""Why a face stands among the worst -> in words."""

READING: tuple[tuple[str, str], ...] = (
    (
        "Edits",
        "The tool does not ask where a heat map glows. It changes one part of a face, puts the changed "
        "picture to the model, and notes the new answer.",
    ),
    (
        "Follow",
        "An answer follows an edit of the lower face if it changes with it: where a bare nose is laid over "
        "a mask, a model that looks there should no longer say that the mask is worn correctly.",
    ),
    (
        "Stay",
        "An answer stays under an edit of anything else (eyes, hair, background, light, the colour of the "
        "mask) if it does not change. None of these says how a mask is worn.",
    ),
    (
        "Supported",
        "An answer is supported if it follows the lower face and stays otherwise; mixed if something else "
        "moves it too; not supported if it does not follow. Where no fair test could be made, the tool "
        "cannot tell. None of these verdicts says that the answer is right.",
    ),
)
"""The words that the whole report rests on, defined once."""

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Answer", "the class that a model names for a face."),
    ("Right answer", "an answer that agrees with the label that came with the set."),
    (
        "Label",
        "what the set says about a face: mask worn correctly (covered), incorrectly, or no mask (uncovered).",
    ),
    ("Right place", "the lower face: an answer in the right place is one that is supported."),
    ("95% interval", "a range that covers the true share in about 95 of 100 audits like this one."),
    ("Group", "photos that belong together, such as crops of one picture; an interval counts them as one."),
    ("Shortfall", "by how much a share lies below what the claim asks for."),
    ("Adjusted", "made stricter because several claims were tested at once (the method of Holm, 1979)."),
    ("Slice", "the faces that share a property, such as their size."),
    (
        "Mean map",
        "the average, over many faces brought into one frame, of how much covering a place changes the "
        "answer.",
    ),
    (
        "Paired test",
        "a comparison of two models on the same faces, where only the faces on which they differ count.",
    ),
    (
        "Control",
        "a model whose right verdict is known beforehand, run on the same photos to test the tool itself.",
    ),
    ("SHA-256", "a fingerprint of a file, 64 digits and letters: one changed byte gives another one."),
)


def reason_words(code: str) -> str:
    """A reason in words; a code without any reads as it is."""
    return REASONS.get(code, code.replace("_", " "))


def family_words(name: str) -> str:
    """A kind of edit in words; a name without any reads as it is."""
    return _FAMILIES.get(name, name.replace("_", " "))


def level_words(factor: str, level: str) -> str:
    """A level of a factor in words; one without any reads as it is."""
    return _LEVELS.get((factor, level), shown(level))


def worst_words(code: str) -> str:
    """Why a face stands among the worst, in words; a code without any reads as it is."""
    return _WHY.get(code, code.replace("_", " "))
