"""The call that makes looking at wrong answers quick, and writes what was seen onto the card."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict, replace

from xai.commands.calls import Json, Note
from xai.commands.learning import examples_of, setting_of
from xai.errors import XaiError
from xai.models.cards import find_card

__all__ = ["errors"]


def errors(args: Namespace, note: Note) -> Json:
    """Draw what a classifier gets wrong, with a table to fill; or count a filled table.

    Raises:
        XaiError: neither ``--sheet`` nor ``--kinds`` is named, or ``--update`` without ``--kinds``.
    """
    if args.kinds is not None:
        return _count(args, note)
    if args.sheet is None or args.update:
        raise XaiError(
            "Name a new --sheet FILE.png, or a table that was filled: --kinds FILE.csv [--update]."
        )
    return _draw(args, note)


def _draw(args: Namespace, note: Note) -> Json:
    from xai.learning.curation.error_review import mistakes, write_kinds, write_sheet  # noqa: PLC0415 - torch, seconds
    from xai.learning.curation.label_noise import marked  # noqa: PLC0415
    from xai.learning.evaluation.model_groups import Row, Trial, answers_of  # noqa: PLC0415

    card = find_card(args.name)
    examples, _ = examples_of([args.data], note)
    trial = Trial(marked(examples, args.doubts), setting_of(args))
    answers = answers_of(Row(card.name, (card,)), trial, args.device, None, note)
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


def _count(args: Namespace, note: Note) -> Json:
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
