"""The commands that check an audit or an explanation again, and that compare two audits."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from xai.cli.common import Json, Note
from xai.errors import XaiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xai.audit.sources.files import SourceFile
    from xai.audit.verify.comparison import Verification
    from xai.models.classifiers import Classifier

__all__ = ["audit_diff", "differs", "verify"]


def verify(args: Namespace, note: Note) -> Json:
    """Check the folder of an audit or of an explanation.

    Raises:
        XaiError: it is neither, or the photos cannot be read.
    """
    from xai.audit.settings import SETTINGS_FILE, threads_of  # noqa: PLC0415 - seconds, with torch
    from xai.audit.verify.comparison import Verification  # noqa: PLC0415
    from xai.audit.verify.explanation import check_explanation  # noqa: PLC0415

    found = Verification()
    photos = args.photos or []
    if not args.folder.is_dir():
        raise XaiError(f"There is no folder {args.folder}; name that of an audit or of an explanation.")
    if (args.folder / SETTINGS_FILE).is_file():
        with threads_of(args.folder):
            _audit(args, photos, found, note)
    elif (args.folder / "manifest.json").is_file():
        check_explanation(args.folder, photos, found, args.device)
    else:
        raise XaiError(f"{args.folder} holds neither an audit nor an explanation: name the folder of --out.")
    return found.as_dict()


def audit_diff(args: Namespace, note: Note) -> Json:
    """What changed from one audit to another.

    Raises:
        XaiError: a folder holds no finished audit, or the two have no photo in common.
    """
    from xai.audit.difference import audit_difference  # noqa: PLC0415 - pyarrow and scipy, seconds

    return audit_difference(args.first, args.second)


def differs(record: Json) -> int:
    """Exit status of ``verify``: 1 where anything differs, else 0."""
    return int(not record["ok"])


def _audit(args: Namespace, photos: list[Path], found: Verification, note: Note) -> None:
    from xai.audit.controls import ControlModels  # noqa: PLC0415
    from xai.audit.photos import AuditedPhotos  # noqa: PLC0415
    from xai.audit.verify.recomputed import Again, check_photos  # noqa: PLC0415
    from xai.audit.verify.stored import check_folder, stored_outcomes  # noqa: PLC0415

    if not photos:
        check_folder(args.folder, found)
        found.unchecked.append("Without --photos, the photos' bytes and the rows are not checked.")
        return
    files, classifiers = _files(args.folder, photos, note), _classifiers(args, found)
    check_folder(args.folder, found, AuditedPhotos(files, stored_outcomes(args.folder)))
    again = Again(files, classifiers, ControlModels(args.device), args.limit)
    check_photos(args.folder, again, found, lambda done, total: note(f"{done:,} of {total:,} photos"))


def _files(folder: Path, photos: list[Path], note: Note) -> Sequence[SourceFile]:
    """The set; where the audit was given a limit, with that limit."""
    from xai.audit.settings import set_digest  # noqa: PLC0415
    from xai.audit.sources.files import list_files  # noqa: PLC0415
    from xai.audit.verify.stored import settings_of_folder, stored_outcomes  # noqa: PLC0415

    wanted, files = settings_of_folder(folder)["set"]["sha256"], list_files(photos, note)
    if set_digest(files) == wanted:
        return files
    first = list_files(photos, note, sum(each.outcome != "labels" for each in stored_outcomes(folder)))
    return first if set_digest(first) == wanted else files


def _classifiers(args: Namespace, found: Verification) -> list[Classifier]:
    """The models in the order of the audit; none where one of them is not here."""
    from xai.audit.summary import SUMMARY_FILE  # noqa: PLC0415
    from xai.audit.verify.stored import read_json  # noqa: PLC0415
    from xai.models.classifiers import load_classifier  # noqa: PLC0415

    try:
        names = list(read_json(args.folder / SUMMARY_FILE)["verdicts"])
        return [load_classifier(name, args.device) for name in names]
    except (XaiError, KeyError, TypeError) as error:
        found.unchecked.append(f"The rows were not made again: {error}")
        return []
