"""The words of the report: a sentence for every code that an audit writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xai.audit.report.formats import shown
from xai.classes import class_info

__all__ = [
    "ANSWERS",
    "ASKED",
    "CLAIMS",
    "CONTROLS",
    "FACTORS",
    "GLOSSARY",
    "LACKS",
    "MEASURES",
    "NETWORKS",
    "READING",
    "REASONS",
    "RESULT_TONES",
    "SHORT",
    "UNCERTAIN",
    "UNCONFIRMED",
    "VERDICT_TONES",
    "WITHHELD",
    "class_words",
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
    "rests_on_nose_and_mouth": "Answers rest on nose and mouth, for at least {limit} of faces",
    "rests_on_lower_face": "Answers of each class follow at least {limit} of the edits of the lower face",
    "same_for_small_faces": "Small and larger faces differ by at most {limit} in supported answers",
    "not_on_mask_colour": "Answers stay under at least {limit} of the edits of the mask’s colour",
    "accuracy_per_class": "Answers are right in each class, for at least {limit} of faces",
}
"""Kind of claim -> its title; ``limit`` is the threshold in words."""

SHORT: Mapping[str, str] = {
    "rests_on_nose_and_mouth": "Rest on nose and mouth",
    "rests_on_lower_face": "Follow edits of the lower face",
    "same_for_small_faces": "Small less larger faces",
    "not_on_mask_colour": "Stay under other mask colours",
    "accuracy_per_class": "Right in each class",
}
"""Kind of claim -> its title beside a chart."""

LACKS: Mapping[str, str] = {
    "faces": "{there:,} of {needed:,} judged faces needed",
    "judged": "{there:,} of {needed:,} judged faces needed, half of all",
    "groups": "judged faces of {there:,} of {needed:,} independent photos needed",
}
"""What a share lacks -> in words."""

UNCERTAIN = "the interval, adjusted for several claims, includes the limit"
WITHHELD = "withheld"
UNCONFIRMED = "Withheld: the controls did not confirm the tool on these photos."

NETWORKS: Mapping[str, str] = {
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v2_stride16": "MobileNetV2",
    "mobilenet_v3_small": "Small MobileNetV3",
    "resnet18": "ResNet-18",
    "resnet18_2fc": "ResNet-18 (two final layers)",
    "resnet34": "ResNet-34",
    "resnet50": "ResNet-50",
    "vgg16": "VGG-16",
    "vgg16_bn": "Normalised VGG-16",
    "vgg19": "VGG-19",
    "vgg19_bn": "Normalised VGG-19",
    "densenet121": "DenseNet-121",
    "densenet161": "DenseNet-161",
    "densenet201": "DenseNet-201",
    "alexnet": "AlexNet",
    "inception_v3": "Inception-v3",
    "inception_resnet_v1": "Inception-ResNet-v1",
    "custom_cnn_relu_bn": "Normalised ReLU CNN",
    "custom_cnn_relu": "ReLU CNN",
    "custom_cnn_tanh_bn": "Normalised Tanh CNN",
    "custom_cnn_tanh": "Tanh CNN",
    "cnn2": "Two-block CNN",
    "cnn3": "Three-block CNN",
    "grey_cnn": "Grey CNN",
    "colour_cnn": "Colour CNN",
}
"""Entry of ``ARCHITECTURES`` -> the network's name, as on the pages."""

_CLASSES: Mapping[str, str] = {
    "covered": "worn correctly",
    "incorrect": "worn incorrectly",
    "uncovered": "no mask",
    "with_mask": "mask",
    "without_mask": "no mask",
}
"""Class -> in words, as on the pages."""

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
    "hand": "a hand covers part of the lower face",
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
    "controls": "withheld: the controls did not confirm the tool on these photos",
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
    "small": "small faces",
    "larger": "larger faces",
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

MEASURES: Mapping[str, str] = {"accuracy": "right answers", "supported": "answers that are supported"}
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
    "right_elsewhere": "right, but not supported",
    "elsewhere": "not supported, and not known to be right or wrong",
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
    ("Label", "what the set says about a face: worn correctly, worn incorrectly, or no mask."),
    (
        "Names in files",
        "covered (worn correctly), incorrect (worn incorrectly), uncovered (no mask).",
    ),
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


def class_words(name: str) -> str:
    """A class in words; one that is not known reads as it is."""
    return _CLASSES.get(class_info(name).name, shown(name))


def level_words(factor: str, level: str) -> str:
    """A level of a factor in words; one without any reads as it is."""
    if factor == "label":
        return class_words(level)
    return _LEVELS.get((factor, level), shown(level))


def worst_words(code: str) -> str:
    """Why a face stands among the worst, in words; a code without any reads as it is."""
    return _WHY.get(code, code.replace("_", " "))
