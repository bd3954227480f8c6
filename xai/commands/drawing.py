"""The call that draws masks on bare faces, for training and for looking at."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from xai.commands.calls import Json, Note
from xai.errors import XaiError

__all__ = ["draw"]


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
    from xai.learning.data.splits import read_examples  # noqa: PLC0415
    from xai.learning.synthetic.generate import Order, bare_faces, draw_set  # noqa: PLC0415

    left_out: list[str] = []
    examples = [e for folder in args.data for e in read_examples(folder, left_out.append)]
    if left_out:
        note(f"Left out {len(left_out)} entries of the sets, the first: {left_out[0]}")
    faces = bare_faces(examples, args.part, args.limit)
    order = Order(args.per_face, args.seed, args.part)
    tally = draw_set(faces, args.out, order, lambda done, total: _count(done, total, note))
    return {**asdict(tally), "out": str(args.out)}


def _count(done: int, total: int, note: Note) -> None:
    if done % 100 == 0 or done == total:
        note(f"{done} of {total} faces")


def _sheet(args: Namespace) -> Json:
    from xai.atomic_write import write_whole  # noqa: PLC0415
    from xai.learning.synthetic.contact_sheet import contact_sheet  # noqa: PLC0415

    sheet = contact_sheet(args.seed)
    write_whole(args.sheet, lambda path: path.write_bytes(sheet.png))
    return {"pictures": len(sheet.captions), "sheet": str(args.sheet)}
