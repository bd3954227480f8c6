"""The commands that make pictures for review and training: masks drawn on bare faces, and sheets of
misclassified faces, whose counts they write onto the card.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict, replace

from xai.cli.common import Json, Note
from xai.cli.training import examples_of, setting_of
from xai.errors import XaiError
from xai.models.cards import find_card

__all__ = ["draw", "errors"]


def draw(args: Namespace, note: Note) -> Json:
    """Write a training set of drawn masks to ``--out``, or a contact sheet of them to ``--sheet``."""
    if (args.sheet is None) == (args.out is None):
        raise XaiError("Say either --out DIR (with --data DIR, a training set) or --sheet FILE.png.")
    if args.sheet is not None:
        return _sheet(args)
    if not args.data:
        raise XaiError("A training set is drawn on the bare faces of other sets; name them with --data DIR.")
    return _set(args, note)


def _set(args: Namespace, note: Note) -> Json:
    from xai.learning.synthetic.generate import Order, bare_faces, draw_set  # noqa: PLC0415

    examples, *_ = examples_of(args.data, note)
    faces = bare_faces(examples, args.part, args.limit)
    order = Order(args.per_face, args.seed, args.part)
    tally = draw_set(faces, args.out, order, lambda done, total: _count(done, total, note))
    return {**asdict(tally), "out": str(args.out)}


def _count(done: int, total: int, note: Note) -> None:
    if done % 100 == 0 or done == total:
        note(f"{done} of {total} faces")


def _sheet(args: Namespace) -> Json:
    from xai.atomic_write import write_atomically  # noqa: PLC0415
    from xai.learning.synthetic.contact_sheet import contact_sheet  # noqa: PLC0415

    sheet = contact_sheet(args.seed)
    write_atomically(args.sheet, lambda path: path.write_bytes(sheet.png))
    return {"pictures": len(sheet.captions), "sheet": str(args.sheet)}


def errors(args: Namespace, note: Note) -> Json:
    """Draw a classifier's misclassified faces, with a table to fill in; or count a filled-in table.

    Raises:
        XaiError: neither ``--sheet`` nor ``--kinds`` is named, or ``--update`` without ``--kinds``.
    """
    if args.kinds is not None:
        return _count_errors(args, note)
    if args.sheet is None or args.update:
        raise XaiError(
            "Name a new --sheet FILE.png, or a table that was filled: --kinds FILE.csv [--update]."
        )
    return _draw_errors(args, note)


def _draw_errors(args: Namespace, note: Note) -> Json:
    from xai.learning.curation.error_review import mistakes, write_kinds, write_sheet  # noqa: PLC0415 - torch, seconds
    from xai.learning.curation.label_noise import flag_suspect_labels  # noqa: PLC0415
    from xai.learning.evaluation.model_groups import EvaluationTask, ModelGroup, answers_of  # noqa: PLC0415

    card = find_card(args.name)
    examples, *_ = examples_of([args.data], note)
    trial = EvaluationTask(flag_suspect_labels(examples, args.doubts), setting_of(args))
    answers = answers_of(ModelGroup(card.name, (card,)), trial, args.device, None, note)
    found = mistakes(answers, args.data, args.limit)
    write_sheet(answers, found, args.sheet)
    table = args.sheet.with_suffix(".csv")
    kept = write_kinds(found, table)
    wrong = int((answers.truth != answers.answer).sum())
    note(f"Fill the column `kind` of {table}, then call again with --kinds {table} --update.")
    return {
        "name": card.name, "on": trial.setting.key(trial.set_name), "n": len(answers.examples),
        "wrong": wrong, "shown": len(found), "sheet": str(args.sheet), "table": str(table), "kept": kept,
    }  # fmt: skip


def _count_errors(args: Namespace, note: Note) -> Json:
    from xai.learning.curation.error_review import count_kinds, read_kinds  # noqa: PLC0415
    from xai.learning.publishing.model_cards import save_card  # noqa: PLC0415 - torch, seconds

    card, rows = find_card(args.name), read_kinds(args.kinds)
    counted = count_kinds(rows, setting_of(args).key(args.data.name))
    if open_rows := sum(not row.kind for row in rows):
        note(f"{open_rows} rows have no kind and count for nothing.")
    notes = {(one.on, one.kind): one.note for one in card.errors}
    counted = tuple(replace(one, note=notes.get((one.on, one.kind), "")) for one in counted)
    if args.update:
        others = tuple(one for one in card.errors if one.on != counted[0].on)
        save_card(replace(card, errors=others + counted), card.path.with_suffix(".json"))
    return {"name": card.name, "errors": [asdict(one) for one in counted]}
