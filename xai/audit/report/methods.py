"""How an audit was made: methods with digests, calibration, files, the usual headings, limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xai.audit.report.calibration import Calibration
from xai.audit.report.first_page import NO_CONFORMITY, NOT_STATED
from xai.audit.report.formats import counted, isolated, listed, percent, shown
from xai.audit.report.record import Record
from xai.audit.report.rendering.document import Block, Callout, Paragraph, Points, Section, Table, Terms
from xai.audit.report.words import GLOSSARY, NETWORKS, class_words
from xai.models.card_schema import Evaluation
from xai.models.cards import Card

__all__ = ["LISTED", "calibration", "files", "glossary", "limits", "methods", "technical"]

LISTED = 40
"""Files listed in the report; all are in files.csv."""

_EVALUATIONS = 3
"""Evaluations that are taken from a card; the first are the main ones."""

_SETS: Mapping[str, str] = {
    "ilc": "face-mask-dataset-ilc-2021 (everyday photos)",
    "chandrika": "chandrikadeb7’s Face-Mask-Detection (photos)",
    "fmd": "Face Mask Detection of Kaggle (press photos)",
    "mfn": "MaskedFace-Net (masks drawn on portraits)",
    "drawn": "masks drawn by this project on generated portraits",
}
"""Short name of a set on a card -> what it is."""

_SETTINGS: Mapping[tuple[str, str], str] = {
    ("crops", "annotated"): "faces as the set marks them",
    ("crops", "detected"): "faces as the detector finds them",
    ("review", "clear"): "doubtful labels left out",
    ("without", "chin_uncovered"): "masks that leave the chin bare left out",
    ("part", "held"): "the part kept for the last measurement",
}
"""Setting of an evaluation on a card -> in words; others are on the card alone."""

_SENTENCE = 400
"""Longest sentence that is shown whole."""

_CONTROL_COLUMNS = (2.6, 2.4, 1.4, 0.95, 1.4, 0.95, 0.9, 2.7)
"""Relative widths of the columns of the published table."""

_LIMITS = (
    "One set of photos: what is found here says nothing about photos unlike these.",
    "An edit changes what it is meant to change and, a little, how natural the picture looks; control edits "
    "measure this and are taken off.",
    "A cue inside the lower face, such as a beard or a logo, cannot be told from the mask itself.",
    "A cue that no edit changes is not found.",
    "Faces that are small, turned or hard to read cannot be judged; if they differ from the others, the "
    "shares do not speak for them.",
    "Labels are taken as they come. A wrong label counts against the model.",
    "Intervals take the photos of a group as one observation. Photos that belong together without the set "
    "saying so count as several.",
    "A slice that differs shows that faces differ together with a property, not that the property is the "
    "cause.",
)


def methods(record: Record) -> Section:
    """What was run, with digests."""
    settings = record.settings
    packages = [f"{shown(name)} {shown(each)}" for name, each in sorted(settings["packages"].items())]
    terms = [
        ("Set", f"{counted(settings['set']['files'], 'file')}; SHA-256 of names, sizes and labels: "
                f"{settings['set']['sha256']}. The SHA-256 of each photo is in files.csv and faces.csv."),
        ("Claims", f"fixed beforehand; SHA-256: {settings['claims']}."),
        ("Program", f"SHA-256 of its code: {settings['code']}."),
        ("Donors", _donors(record)),
        ("Maps", f"{listed([shown(name) for name in settings['methods']])}."),
        ("Device", f"{listed([shown(name) for name in settings['device']])}."),
        ("Seed", "none is needed: nothing is drawn by chance except from generators with a fixed start."),
        ("Packages", f"{'; '.join(packages)}."),
    ]  # fmt: skip
    rows = tuple(
        (
            isolated(name),
            _network(card) if (card := record.cards.get(name)) else NOT_STATED,
            card.sha256 if card else NOT_STATED,
            digest,
        )
        for name, digest in settings["models"].items()
    )
    table = Table(
        "Models",
        ("Model", "Network", "SHA-256 of the weights", "SHA-256 of the card"),
        rows,
        weights=(1.4, 1.2, 2.4, 2.4),
        note="The card names the weights by their SHA-256; without the card that was audited, they are not "
        "stated here.",
    )
    steps = Points(
        (
            "Faces are found by a detector and located by a mesh of 468 points; each is cut out with a "
            "margin and put to the models.",
            "Each answer is tested by about 75 edits of the face: parts are replaced by those of other "
            "people, masks are drawn on or taken away, and light, tint and sharpness are changed.",
            "A fixed rule turns the answers into a verdict. It uses no heat map.",
            "Shares have 95% intervals by Wilson’s formula, with the effective number of observations of "
            "Rao and Scott (1992), and Student’s quantile for the number of groups in place of the normal "
            "one (Korn and Graubard 1998), which widens them where groups are few: 13 of 13 give 73.3% to "
            "100%, where Wilson’s own give 77.2%.",
            "Holm’s adjustment (1979) runs over all claims. A claim that holds does so for every model; one "
            "that is refuted is so for the models whose own shares refute it; else it holds for a model at "
            "Bonferroni’s level over claims and models.",
            "Repeating the audit with the same settings gives the same rows; the manifest lists the SHA-256 "
            "of every file that this report rests on.",
        )
    )
    return Section("Methods", (steps, Terms(tuple(terms)), table), "methods")


def _donors(record: Record) -> str:
    counts = record.donors.get("counts", {})
    if record.donors.get("faces"):
        told = listed([f"{class_words(label)} {count}" for label, count in counts.items()])
        return f"parts of other people come from faces of the set itself ({told}); donors.json names them."
    few = " since the set has too few labelled faces of two classes" if record.donors else ""
    return f"parts of other people come from two public-domain portraits that come with the tool{few}."


def calibration(known: Calibration | None) -> Section:
    """How often verdicts are right on models whose right verdict is known."""
    title, anchor = "How often the verdict is right", "calibration"
    if known is None:
        return Section(
            title, (Callout("The project’s own measurement is not installed here: not stated."),), anchor
        )
    intro = (
        "Measured beforehand on models whose right verdict is known, and not on the photos of this audit. "
        "Ideal observers know what is in each edited picture. Honest networks could learn from the lower "
        "face alone. Cheats read a planted cue instead: at full dose it carries the whole answer, at half "
        "dose about half of it. AUC is "
        "how well the verdict tells two kinds apart: 1 is perfect, .5 is chance. Command: " + known.command
    )
    table = Table(
        "Verdicts on models with a known answer",
        tuple(column[:1].upper() + column[1:] for column in known.columns),
        known.rows,
        numeric=tuple(range(2, len(known.columns))),
        weights=_CONTROL_COLUMNS,
    )
    return Section(title, (Paragraph(intro), Points(known.rates), table), anchor)


def files(record: Record) -> Section:
    """Every file that gave no face, and why."""
    summary = record.summary
    intro = (
        f"{counted(summary['files'], 'file')} were found: {counted(summary['photos'], 'photo')}, of which "
        f"{counted(summary['no_face'], 'has no face', 'have no face')} that was found; "
        f"{summary['refused']:,} refused; {counted(summary['duplicates'], 'copy', 'copies')} of another."
    )
    said = {
        "refused": "refused",
        "duplicate": "repeats another",
        "no_face": "no face found",
        "labels": "holds labels",
    }
    without = [row for row in record.files if row["outcome"] in said]
    rows = tuple(
        (
            isolated(row["name"]),
            said[row["outcome"]],
            shown(row["sentence"], _SENTENCE) if row["sentence"] else "–",
        )
        for row in without[:LISTED]
    )
    if not rows:
        return Section("Files", (Paragraph(intro), Paragraph("Every file gave at least one face.")), "files")
    more = len(without) - len(rows)
    note = f"{len(rows):,} of {len(without):,} are listed; all are in files.csv." if more else ""
    table = Table(
        "Files that gave no face", ("File", "What became of it", "Why"), rows, weights=(2, 1.2, 3), note=note
    )
    return Section("Files", (Paragraph(intro), table), "files")


def technical(record: Record) -> Section:
    """The headings that a model card and a technical file under the EU AI Act expect."""
    intro = (
        "The headings of a model card and of the technical documentation that Annex IV of the EU AI Act "
        "asks for, "
        "filled as far as this audit and the models’ cards know. " + NO_CONFORMITY
    )
    parts = [
        Section(record.title(name), (Terms(tuple(_card_terms(record, name))),), f"technical-{number}")
        for number, name in enumerate(record.models, 1)
    ]
    whole = (
        ("Human oversight", "not stated for the system in use. Here: the auditor’s status and note on each "
                            "finding."),
        ("Logs", "ledger.jsonl names each part of the audit with its SHA-256; logs of the system in use: not "
                 "stated."),
        ("Changes", f"this audit is of the code {record.settings['code'][:12]}… and the models above. "
                    "Changes before or after: not stated."),
        ("Risk management", NOT_STATED),
        ("Cybersecurity", NOT_STATED),
        ("Standards applied", NOT_STATED),
        ("Declaration of conformity", "none; this report is no part of one."),
        ("Plan for monitoring after release", NOT_STATED),
    )  # fmt: skip
    parts.append(Section("The system as a whole", (Terms(whole),), "technical-system"))
    return Section("Technical documentation", (Paragraph(intro), *parts), "technical")


def _card_terms(record: Record, name: str) -> Iterator[tuple[str, str]]:
    card = record.cards.get(name)
    yield "System identity and version", _identity(record, name, card)
    yield "Provider", NOT_STATED
    yield "Intended purpose", NOT_STATED
    yield "Licence", shown(card.license) if card else NOT_STATED
    yield "Classes", listed([class_words(each) for each in card.classes]) if card else NOT_STATED
    yield "Training data", _data(card) if card else NOT_STATED
    yield "Metrics", _metrics(card) if card else NOT_STATED
    yield "Known limitations", " ".join(card.limits) if card and card.limits else NOT_STATED


def _identity(record: Record, name: str, card: Card | None) -> str:
    digest = record.settings["models"].get(name, "")
    said = f"{isolated(name)}, card {digest[:12]}…"
    return f"{said}, {_network(card)}, weights {card.sha256[:12]}…" if card else said


def _network(card: Card) -> str:
    return NETWORKS.get(card.architecture, shown(card.architecture))


def _data(card: Card) -> str:
    counts = card.training.counts.get("train", {})
    if not counts:
        return NOT_STATED
    total = listed([f"{n:,} {class_words(label)}" for label, n in counts.items()])
    return f"{listed([_set(each) for each in card.training.sets])}: {total}."


def _set(name: str) -> str:
    return _SETS.get(name, shown(name))


def _crops(each: Evaluation) -> str:
    said = [_SETTINGS[pair] for pair in each.setting.items() if pair in _SETTINGS]
    return f" ({'; '.join(said)})" if said else ""


def _metrics(card: Card) -> str:
    """Accuracy as the card states it, set by set."""
    found = []
    for each in card.evaluations:
        accuracy = each.metrics.get("accuracy")
        if accuracy is not None and accuracy.value is not None:
            found.append(
                f"{percent(accuracy.value)} of {each.n:,} faces of {_set(each.dataset)}{_crops(each)}"
            )
    if not found:
        return NOT_STATED
    more = len(found) - _EVALUATIONS
    rest = (
        f" {counted(more, 'further evaluation is', 'further evaluations are')} on the card."
        if more > 0
        else ""
    )
    return f"Right answers by the card, not by this audit: {'; '.join(found[:_EVALUATIONS])}.{rest}"


def glossary() -> Section:
    """Words that the report uses."""
    return Section("Glossary", (Terms(GLOSSARY),), "glossary")


def limits(record: Record) -> Section:
    """What this audit cannot show."""
    withheld: Sequence[Block] = ()
    if record.controls and not record.controls["hold"]:
        withheld = (Paragraph(str(record.controls["sentence"])),)
    return Section("Limits", (Points(_LIMITS), *withheld), "limits")
