"""The flags of the inference commands, and of those that measure verdicts and speed."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from xai import cli
from xai.attribution.methods import METHODS
from xai.attribution.occlusion.patch import FILLS
from xai.cli import tables
from xai.cli.common import box, new_call, positive, setting
from xai.evidence.counterfactuals.probes import COVER_FILLS, PROBES

__all__ = ["add_calls"]


def add_calls(calls: Any) -> None:
    """Add the commands to a parser."""
    for add in (
        _models, _classify, _explain, _whatif, _audit, _verify, _audit_diff, _calibrate, _believability,
        _benchmark,
    ):  # fmt: skip
        add(calls)


def _models(calls: Any) -> None:
    call = new_call(calls, "models", cli.models, "List the classifiers.", tables.model_table)
    call.add_argument("--check", action="store_true", help="load each one and let it answer pictures, too")


def _classify(calls: Any) -> None:
    call = new_call(calls, "classify", cli.classify, "Classify every face of some photos.")
    call.add_argument(
        "photos",
        nargs="+",
        type=Path,
        metavar="PHOTO",
        help="or a folder: all files in it; -: standard input",
    )
    call.add_argument("--model", help="classifier; the default model without it")
    _add_faces(call)
    call.add_argument("--top", type=positive, metavar="K", help="only the K most probable classes")


def _add_faces(call: ArgumentParser) -> None:
    """How faces are taken from a photo."""
    call.add_argument("--whole", action="store_true", help="take the whole photo as one face")
    call.add_argument(
        "--box",
        type=box,
        action="append",
        metavar="L,T,R,B",
        help="take what is in this box as a face, in pixels of the photo; repeat for several",
    )
    call.add_argument(
        "--turn",
        type=int,
        choices=range(4),
        help="turn the photo clockwise by so many quarters first; without it, as its faces stand",
    )


def _explain(calls: Any) -> None:
    call = new_call(
        calls,
        "explain",
        cli.explain,
        "Explain every face of one photo and write maps to a folder.",
        tables.explanation_table,
    )
    call.add_argument("photo", type=Path, nargs="?", metavar="PHOTO", help="-: standard input")
    call.add_argument("--out", type=Path, metavar="DIR", help="a new folder")
    call.add_argument("--model", action="append", help="classifier; repeat for several")
    call.add_argument("--method", action="append", help=f"repeat for several: {', '.join(METHODS)}")
    call.add_argument(
        "--target", metavar="CLASS", help="class to explain; each model's own answer without it"
    )
    call.add_argument("--contrast", metavar="CLASS", help="a second class: why the first and not this one")
    call.add_argument(
        "--set",
        type=setting,
        action="append",
        metavar="METHOD.NAME=VALUE",
        help="a parameter of a method, as rise.masks=4000 or gradcam.layer=features.6; repeat for several",
    )
    call.add_argument(
        "--list-layers", action="store_true", help="the layers that class activation maps can explain"
    )
    _add_faces(call)
    call.add_argument(
        "--patch", type=float, metavar="P", help="side of the patch as a share of the picture's"
    )
    call.add_argument("--stride", type=float, metavar="S", help="stride as a share of the picture's side")
    call.add_argument("--fill", metavar="F", help=f"one of {', '.join(FILLS)}")
    call.add_argument(
        "--detail", action="store_true", help="also measure the effects of regions; about six times as long"
    )


def _whatif(calls: Any) -> None:
    call = new_call(
        calls, "whatif", cli.whatif, "Run counterfactual probes on the faces of a photo.", tables.whatif_table
    )
    call.add_argument("photo", type=Path, metavar="PHOTO", help="-: standard input")
    probes = f"repeat for several: {', '.join(PROBES)}"
    call.add_argument("--probe", action="append", required=True, metavar="NAME", help=probes)
    call.add_argument("--model", action="append", help="classifier; repeat for several")
    call.add_argument("--fill", choices=COVER_FILLS, default="grey", help="fill of smallest_cover")
    _add_faces(call)


def _audit(calls: Any) -> None:
    call = new_call(
        calls, "audit", cli.audit, "Test every prediction for the faces of a set.", tables.audit_table
    )
    call.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="photos, a folder, a CSV of path,class, or a zip"
    )
    call.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a new folder, or that of a stopped audit"
    )
    call.add_argument("--model", action="append", help="classifier; repeat for several")
    call.add_argument(
        "--claims",
        type=Path,
        metavar="FILE",
        help="TOML, a table [[claim]] for each; the default claims without it",
    )
    call.add_argument(
        "--donors",
        choices=("set", "gallery"),
        default="set",
        help="whose faces lend parts to the edits: labelled ones of the set (default) or the gallery's",
    )
    call.add_argument("--gate", action="store_true", help="exit with status 1 unless every claim holds")
    call.set_defaults(status=lambda args, record: cli.gate(record) if args.gate else 0)
    call.add_argument(
        "--limit", type=positive, metavar="N", help="only the first N photos; the set's tables do not count"
    )
    for name, said in (("title", "name of the set"), ("auditor", "who audits"), ("purpose", "why")):
        call.add_argument(f"--{name}", default="", metavar="TEXT", help=f"{said}, for the report")
    call.add_argument("--no-faces", action="store_true", help="leave pictures of faces out of the report")
    call.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray: on this machine or the cluster that RAY_ADDRESS names; an extra, requirements-ray.txt",
    )
    call.add_argument("--workers", type=positive, metavar="N", help="processes; one a core without it")


def _verify(calls: Any) -> None:
    call = new_call(
        calls,
        "verify",
        cli.verify,
        "Check an audit or an explanation again; exit with status 1 if anything differs.",
    )
    call.add_argument("folder", type=Path, metavar="DIR", help="that audit or explain wrote")
    call.add_argument(
        "--photos",
        action="append",
        type=Path,
        metavar="PATH",
        help="the photos, as the audit was given them; repeat for several",
    )
    call.add_argument(
        "--limit", type=positive, metavar="N", help="make the rows of only N photos again, evenly spaced"
    )
    call.set_defaults(status=lambda _args, record: cli.differs(record))


def _audit_diff(calls: Any) -> None:
    call = new_call(
        calls,
        "audit-diff",
        cli.audit_diff,
        "Compare two audits of the same photos: answers, verdicts and claims.",
        tables.difference_table,
    )
    call.add_argument("first", type=Path, metavar="DIR_A", help="folder of the earlier audit")
    call.add_argument("second", type=Path, metavar="DIR_B", help="folder of the later one")


def _calibrate(calls: Any) -> None:
    call = new_call(
        calls,
        "calibrate",
        cli.calibrate,
        "Measure how often the verdict is right, or give verdicts.",
        tables.calibration_table,
    )
    call.add_argument("--data", type=Path, metavar="DIR", help="a labelled set; the gallery without it")
    call.add_argument("--model", action="append", help="verdicts of this model; repeat for several")
    call.add_argument(
        "--model-file", type=Path, metavar="X.safetensors", help="verdicts of a model's file (or X.onnx)"
    )
    call.add_argument("--card", type=Path, metavar="X.json", help="the card of --model-file")
    call.add_argument(
        "--references",
        action="store_true",
        help="verdicts of an honest control network and a shortcut learner",
    )
    call.add_argument(
        "--donors",
        choices=("set", "gallery"),
        help="donor faces: those of --data (default) or the gallery's",
    )
    call.add_argument("--faces", type=positive, default=12, metavar="N", help="faces per model (default 12)")
    call.add_argument(
        "--update", action="store_true", help="write it to docs/verdict.md, or onto the model's card"
    )


def _believability(calls: Any) -> None:
    call = new_call(
        calls, "believability", cli.believability, "Measure how well edited faces pass for real ones."
    )
    call.add_argument(
        "--data", action="append", required=True, type=Path, metavar="DIR", help="repeat for several sets"
    )


def _benchmark(calls: Any) -> None:
    call = new_call(calls, "benchmark", cli.benchmark, "Measure speed, or which methods can be believed.")
    call.add_argument("what", choices=("occlusion", "scaling", "faithfulness"))
    call.add_argument("--method", action="append", help="faithfulness: of these methods alone")
    call.add_argument(
        "--record", action="store_true", help="faithfulness: keep the figures, by which pages offer methods"
    )
    call.add_argument(
        "--instances",
        type=positive,
        default=2,
        metavar="N",
        help="faithfulness: models of each kind (default 2)",
    )
    call.add_argument("--model", action="append", help="classifier or architecture; repeat for several")
    call.add_argument("--patch", type=float, metavar="P", help="side of the patch as a share of the side")
    call.add_argument("--stride", type=float, metavar="S", help="stride as a share of the side")
    call.add_argument("--input-size", type=positive, metavar="PX", help="input side; architectures: 224")
    call.add_argument("--rounds", type=positive, default=5, metavar="N", help="rounds (default 5)")
    call.add_argument(
        "--data", type=Path, metavar="DIR", help="faces to compare fast with exact on, or a labelled set"
    )
    call.add_argument(
        "--faces",
        type=positive,
        default=30,
        metavar="N",
        help="how many faces, or faces a model (default 30)",
    )
    call.add_argument("--skip", action="append", choices=("naive", "memory", "agreement"))
    call.add_argument("--mode", choices=("exact", "fast"), default="exact", help="scaling: of the maps")
    call.add_argument("--markdown", type=Path, metavar="FILE", help="write the result as Markdown")
    call.add_argument("--update", type=Path, metavar="PAGE", help="write it between the markers of a page")
