"""The command line: ``python -m xai …``. Flags and JSON keys are fixed, others script against them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from xai import commands
from xai.attribution.methods import METHODS
from xai.attribution.patch import FILLS
from xai.errors import XaiError
from xai.evidence.whatif_probes import COVER_FILLS, PROBES

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one call; returns the exit status: 0 done, 2 bad use or bad input with a sentence on stderr."""
    args = _parser().parse_args(argv)
    try:
        result = args.run(args, _note)
        return _print(result, as_json=args.json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _note(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
        return 2
    except (XaiError, ValueError) as error:
        _note(str(error))
        return 2


def _print(result: Any, *, as_json: bool) -> int:
    """Print a result; a stream of photo records is a failure only if not one photo could be read."""
    if isinstance(result, commands.Measured):
        print(json.dumps(result.record) if as_json else result.text, flush=True)
        return 0
    if not isinstance(result, Iterator):
        print(json.dumps(result) if as_json else json.dumps(result, indent=1), flush=True)
        return 0
    read = False
    for record in result:
        read = read or record["error"] is None
        if as_json or not record["error"]:
            print(json.dumps(record) if as_json else _sentence(record), flush=True)
        if record["error"]:
            _note(f"{record['photo']}: {record['error']}")
    return 0 if read else 2


def _sentence(record: dict[str, Any]) -> str:
    """One photo in words."""
    if not record["faces"]:
        return f"{record['photo']}: no face found"
    faces = (
        f"  {number}. {face['label']} ({max(face['probabilities'].values()):.0%}) at {face['box']}"
        for number, face in enumerate(record["faces"], start=1)
    )
    return "\n".join((f"{record['photo']}:", *faces))


def _note(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


class _Parser(argparse.ArgumentParser):
    """Answers bad use with one sentence and status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message[0].upper()}{message[1:]}; `{self.prog} --help` lists what there is.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m xai", description="Does a face-mask classifier look at nose and mouth?")
    calls = parser.add_subparsers(required=True, metavar="CALL")
    _models(calls)
    _classify(calls)
    _explain(calls)
    _train(calls)
    _evaluate(calls)
    _experiments(calls)
    _doubts(calls)
    _calibrate(calls)
    _recall(calls)
    _draw(calls)
    _train_reasons(calls)
    _benchmark(calls)
    _whatif(calls)
    return parser


def _call(calls: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    call: argparse.ArgumentParser = calls.add_parser(name, help=text, description=text)
    call.set_defaults(run=run)
    call.add_argument("--json", action="store_true", help="print JSON alone on standard output")
    call.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    return call


def _models(calls: Any) -> None:
    _call(calls, "models", commands.models, "List the classifiers.")


def _classify(calls: Any) -> None:
    call = _call(calls, "classify", commands.classify, "Classify every face of some photos.")
    call.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    call.add_argument("--model", help="classifier; the default model without it")
    call.add_argument("--whole", action="store_true", help="take the whole photo as one face")
    call.add_argument("--top", type=_positive, metavar="K", help="only the K most probable classes")


def _explain(calls: Any) -> None:
    call = _call(
        calls, "explain", commands.explain, "Explain every face of one photo and write maps to a folder."
    )
    call.add_argument("photo", type=Path, metavar="PHOTO")
    call.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    call.add_argument("--model", action="append", help="classifier; repeat for several")
    call.add_argument("--method", action="append", help=f"repeat for several: {', '.join(METHODS)}")
    call.add_argument(
        "--target", metavar="CLASS", help="class to explain; each model's own answer without it"
    )
    call.add_argument("--whole", action="store_true", help="take the whole photo as one face")
    call.add_argument(
        "--patch", type=float, metavar="P", help="side of the patch as a share of the picture's"
    )
    call.add_argument("--stride", type=float, metavar="S", help="step as a share of the picture's side")
    call.add_argument("--fill", metavar="F", help=f"one of {', '.join(FILLS)}")


def _train(calls: Any) -> None:
    call = _call(calls, "train", commands.train, "Train a classifier; a killed run goes on where it was.")
    call.add_argument("name", metavar="NAME", help="architecture, or a published row such as cnn3_50_50")
    call.add_argument(
        "--data", type=Path, action="append", required=True, metavar="DIR", help="repeat for several"
    )
    call.add_argument("--protocol", choices=("seed", "product"), default="product")
    call.add_argument("--out", type=Path, required=True, metavar="DIR")
    call.add_argument("--epochs", type=_positive, metavar="N")
    call.add_argument("--batch-size", type=_positive, metavar="N")
    call.add_argument("--learning-rate", type=float, metavar="R")
    call.add_argument("--seed", type=int, metavar="N")
    call.add_argument("--input-size", type=_positive, metavar="PX", help="side of the network's input")
    call.add_argument("--fold", type=int, metavar="K", help="keep this fold of the set for testing")
    call.add_argument("--doubts", type=Path, metavar="FILE", help="leave out the faces that `doubts` listed")
    call.add_argument("--precision", choices=("fp32", "bf16"), help="bf16: quicker on newer processors")
    call.add_argument(
        "--pretrained", action="store_true", default=None, help="start from ImageNet weights (network needed)"
    )


def _evaluate(calls: Any) -> None:
    call = _call(calls, "evaluate", commands.evaluate, "Measure classifiers on a labelled set.")
    call.add_argument("--data", type=Path, required=True, metavar="DIR")
    call.add_argument("--model", action="append", help="repeat for several; the default model without it")
    call.add_argument("--protocol", choices=("seed", "product"), default="product")
    call.add_argument("--crops", choices=("annotated", "detected"), default="annotated")
    call.add_argument("--review", choices=("all", "clear"), default="all", help="clear: no doubtful labels")
    call.add_argument("--min-side", type=float, metavar="PX", help="leave out smaller faces; product: 20")
    call.add_argument("--overlap", action="store_true", help="every face, near copies and tiny ones too")
    call.add_argument("--without", metavar="REASON", help="leave out incorrect faces with this reason")
    call.add_argument("--reason", metavar="REASON", help="only faces with this reason")
    call.add_argument("--label", metavar="CLASS", help="only faces of this class")
    call.add_argument(
        "--published", nargs="?", const="all", choices=("all", "fmd", "mfn"),
        help="every published row whose weights are here, or those trained on one set",
    )  # fmt: skip
    call.add_argument("--update", action="store_true", help="write the figures onto the cards")


def _experiments(calls: Any) -> None:
    call = _call(calls, "experiments", commands.experiments, "Try again what the studies tried.")
    call.add_argument("names", nargs="*", metavar="NAME", help="all that can be, without a name")
    call.add_argument("--data", type=Path, metavar="DIR", help="the set of the seed protocol")
    call.add_argument("--photos", type=Path, action="append", metavar="DIR", help="photos with boxes.csv")
    call.add_argument("--update", action="store_true", help="write weights/experiments.json")


def _doubts(calls: Any) -> None:
    call = _call(calls, "doubts", commands.doubts, "List training faces whose label looks wrong.")
    call.add_argument("name", nargs="?", default="custom_cnn_relu_bn", metavar="NAME", help="what is trained")
    call.add_argument("--data", type=Path, action="append", required=True, metavar="DIR")
    call.add_argument("--protocol", choices=("seed", "product"), default="product")
    call.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    call.add_argument("--folds", type=_positive, default=5, metavar="K", help="so many trainings; 5")
    call.add_argument("--epochs", type=_positive, metavar="N")
    call.add_argument("--batch-size", type=_positive, metavar="N")
    call.add_argument("--seed", type=int, metavar="N")


def _calibrate(calls: Any) -> None:
    call = _call(
        calls, "calibrate", commands.calibrate, "Measure how often the verdict is right, or give verdicts."
    )
    call.add_argument("--data", type=Path, metavar="DIR", help="a labelled set; the gallery without it")
    call.add_argument("--model", action="append", help="verdicts of this model; repeat for several")
    call.add_argument("--model-file", type=Path, metavar="X.safetensors", help="verdicts of a model's file")
    call.add_argument("--card", type=Path, metavar="X.json", help="the card of --model-file")
    call.add_argument("--faces", type=_positive, default=12, metavar="N", help="faces per known model; 12")
    call.add_argument("--update", action="store_true", help="write the table into docs/evidence.md")


def _recall(calls: Any) -> None:
    call = _call(calls, "recall", commands.recall, "Measure the face detector on photos with boxes.csv.")
    call.add_argument("photos", type=Path, nargs="+", metavar="DIR")


def _benchmark(calls: Any) -> None:
    call = _call(calls, "benchmark", commands.benchmark, "Measure speed on this machine.")
    call.add_argument("what", choices=("occlusion", "scaling", "startup"))
    call.add_argument("--model", action="append", help="classifier or architecture; repeat for several")
    call.add_argument("--patch", type=float, metavar="P", help="side of the patch as a share of the side")
    call.add_argument("--stride", type=float, metavar="S", help="step as a share of the side")
    call.add_argument("--input-size", type=_positive, metavar="PX", help="input side; architectures: 224")
    call.add_argument("--rounds", type=_positive, default=5, metavar="N", help="5")
    call.add_argument("--data", type=Path, metavar="DIR", help="faces to compare fast with exact on")
    call.add_argument("--faces", type=_positive, default=30, metavar="N", help="of them; 30")
    call.add_argument("--skip", action="append", choices=("naive", "memory", "agreement"))
    call.add_argument("--mode", choices=("exact", "fast"), default="exact", help="scaling: of the maps")


def _draw(calls: Any) -> None:
    call = _call(calls, "draw", commands.draw, "Draw masks on bare faces: a training set, or a sheet.")
    call.add_argument("--data", type=Path, action="append", metavar="DIR", help="repeat for several")
    call.add_argument("--out", type=Path, metavar="DIR", help="a new folder for the training set")
    call.add_argument("--sheet", type=Path, metavar="FILE.png", help="every look and way on the portraits")
    call.add_argument("--per-face", type=_positive, default=4, metavar="N", help="drawings per face; 4")
    call.add_argument("--seed", type=int, default=0, metavar="N")
    call.add_argument("--limit", type=_positive, metavar="N", help="so many faces at most")
    call.add_argument("--part", choices=("train", "val", "test"), default="train")


def _train_reasons(calls: Any) -> None:
    call = _call(
        calls, "train-reasons", commands.train_reasons, "Teach a classifier to say what is wrong with a mask."
    )
    call.add_argument("name", metavar="NAME", help="classifier")
    call.add_argument(
        "--data", type=Path, action="append", required=True, metavar="DIR", help="drawn set; repeat"
    )
    call.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder of weights")
    call.add_argument("--measure", type=Path, action="append", metavar="DIR", help="a set with reasons")


def _whatif(calls: Any) -> None:
    call = _call(calls, "whatif", commands.whatif, "Change every face of one photo a little and ask again.")
    call.add_argument("photo", type=Path, metavar="PHOTO")
    probes = f"repeat for several: {', '.join(PROBES)}"
    call.add_argument("--probe", action="append", required=True, metavar="NAME", help=probes)
    call.add_argument("--model", action="append", help="classifier; repeat for several")
    call.add_argument("--fill", choices=COVER_FILLS, default="grey", help="what smallest_cover covers with")
    call.add_argument("--whole", action="store_true", help="take the whole photo as one face")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
