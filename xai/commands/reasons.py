"""The call that teaches a classifier to say what is wrong with a mask."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict, replace

from xai.commands.calls import Json, Note

__all__ = ["train_reasons"]


def train_reasons(args: Namespace, note: Note) -> Json:
    """Train the head of reasons on drawn sets, write it to ``--out``, and measure it on ``--measure``."""
    from xai.atomic_write import write_whole  # noqa: PLC0415
    from xai.learning.data.splits import read_examples  # noqa: PLC0415
    from xai.learning.training.incorrect_reason import learn_reasons, measure_reasons  # noqa: PLC0415
    from xai.models.classifiers import load_classifier  # noqa: PLC0415
    from xai.models.incorrect_reason import reasons_path  # noqa: PLC0415

    classifier = load_classifier(args.name, args.device)
    examples = [e for folder in args.data for e in read_examples(folder, note)]
    measured = {folder.name: read_examples(folder, note) for folder in args.measure or ()}
    head = learn_reasons(classifier, examples, lambda done, total: note(f"{done} of {total} faces"))
    scores = {name: asdict(measure_reasons(head, classifier, faces)) for name, faces in measured.items()}
    head = replace(head, about={**head.about, "measured": scores})
    path = reasons_path(args.out, classifier.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda unfinished: unfinished.write_bytes(head.to_bytes()))
    return {"name": classifier.name, "file": str(path), "threshold": head.threshold, **head.about}
