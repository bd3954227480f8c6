"""The commands that measure how often the verdict is right."""

from __future__ import annotations

from argparse import Namespace

from xai.cli.common import Json, Note
from xai.errors import XaiError

__all__ = ["believability", "calibrate"]


def believability(args: Namespace, note: Note) -> Json:
    """How well edited faces pass for real ones, by family and size."""
    from xai.evidence.validation.believability import believability as judged  # noqa: PLC0415
    from xai.evidence.validation.labelled_faces import read_labelled  # noqa: PLC0415
    from xai.models.classifiers import pick_device  # noqa: PLC0415

    faces = [face for folder in args.data for face in read_labelled(folder, note).faces]
    return judged(faces, note, str(pick_device(args.device)))


def calibrate(args: Namespace, note: Note) -> Json:
    """How often the verdict is right; with ``--model``, ``--model-file`` or ``--references``, verdicts."""
    from xai.evidence.validation import published, reports  # noqa: PLC0415
    from xai.models.cards import read_card  # noqa: PLC0415
    from xai.models.classifiers import load_card, load_classifier  # noqa: PLC0415

    if (args.model_file is None) != (args.card is None):
        raise XaiError("--model-file and --card go together: the weights and the card that describes them.")
    if args.update and (args.data is None or args.model_file):
        raise XaiError("--update keeps what a labelled set says: name its --data, and no --model-file.")
    if args.donors == "set" and args.data is None:
        raise XaiError("--donors set takes faces of a labelled set: name it with --data.")
    if args.references and (args.model or args.model_file):
        raise XaiError(
            "--references measures the two control networks alone: leave out --model and --model-file."
        )
    if args.references:
        references = reports.reference_table(args.data, note, args.device)
        if args.update:
            reports.record_references(args.data.name, references)
        return references
    judged = [load_classifier(name, args.device) for name in args.model or ()]
    if args.model_file is not None:
        judged.append(load_card(read_card(args.card, args.model_file), args.device))
    if judged:
        found = reports.verdict_table(judged, args.data, note, args.donors)
        for classifier in judged if args.update else ():
            row = found[classifier.name]
            reports.record_verdicts(classifier.card, args.data.name, args.donors or "set", row)
        return found
    if args.update:
        published.check_page()
    table = reports.calibration_table(args.data, note, args.device, args.faces)
    if args.update:
        published.publish(table)
        published.publish_picture(table, args.data.name)
    return table
