"""The flags of the commands that draw training data, and train and measure classifiers."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from xai import cli
from xai.cli import tables
from xai.cli.common import new_call, positive

__all__ = ["add_calls"]


def add_calls(calls: Any) -> None:
    """Add the commands to a parser."""
    for add in (
        _train,
        _repair,
        _compare,
        _evaluate,
        _errors,
        _experiments,
        _doubts,
        _recall,
        _draw,
        _train_reasons,
    ):
        add(calls)


def _train(calls: Any) -> None:
    call = new_call(calls, "train", cli.train, "Train a classifier; resumes after an interruption.")
    call.add_argument("name", metavar="NAME", help="architecture, or a published row such as cnn3_50_50")
    _add_data(call, "repeat for several")
    call.add_argument("--protocol", choices=("seed", "product"), default="product")
    call.add_argument("--out", type=Path, required=True, metavar="DIR")
    call.add_argument("--epochs", type=positive, metavar="N")
    call.add_argument("--batch-size", type=positive, metavar="N")
    call.add_argument("--learning-rate", type=float, metavar="R")
    call.add_argument("--seed", type=int, metavar="N")
    call.add_argument("--input-size", type=positive, metavar="PX", help="side of the network's input")
    call.add_argument("--fold", type=int, metavar="K", help="keep this fold of the set for testing")
    call.add_argument("--doubts", type=Path, metavar="FILE", help="leave out the faces that `doubts` listed")
    call.add_argument("--precision", choices=("fp32", "bf16"), help="bf16: faster on newer processors")
    start = call.add_mutually_exclusive_group()
    start.add_argument(
        "--pretrained", action="store_true", default=None, help="start from ImageNet weights (network needed)"
    )
    start.add_argument("--start", metavar="MODEL", help="start from the weights of an earlier model")
    _add_exchange(call)


def _add_exchange(call: ArgumentParser) -> None:
    """Training in which only the lower face tells the class."""
    call.add_argument(
        "--surroundings", choices=("own", "exchange", "random"),
        help="exchange: other people's around the lower face; random: the control, a random region is kept",
    )  # fmt: skip
    call.add_argument("--exchanged", type=float, metavar="SHARE", help="share of the views, 0 to 1")
    call.add_argument(
        "--place", type=float, metavar="SHARE", help="views with another nose and mouth, 0 to 1"
    )
    call.add_argument(
        "--start-share", type=float, metavar="SHARE", help="of the earlier weights in the mean that is kept"
    )
    call.add_argument("--consistency", type=float, metavar="W", help="weight; compares two views of a face")


def _add_data(call: Any, what: str) -> None:
    call.add_argument("--data", type=Path, action="append", required=True, metavar="DIR", help=what)


def _repair(calls: Any) -> None:
    call = new_call(
        calls, "repair", cli.repair, "Train a model again for the right reasons; measures before and after.",
        tables.repair_table,
    )  # fmt: skip
    call.add_argument("name", metavar="NAME", help="model, of any architecture")
    _add_data(call, "labelled faces; repeat")
    call.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the new model")
    call.add_argument("--epochs", type=positive, metavar="N")
    call.add_argument("--batch-size", type=positive, metavar="N")
    call.add_argument("--learning-rate", type=float, metavar="R")
    call.add_argument("--seed", type=int, metavar="N")
    call.add_argument("--doubts", type=Path, metavar="FILE", help="leave out the faces that `doubts` listed")
    _add_exchange(call)


def _compare(calls: Any) -> None:
    call = new_call(
        calls, "compare", cli.compare, "Measure two models of the same classes on the same faces.",
        tables.repair_table,
    )  # fmt: skip
    call.add_argument("first", metavar="MODEL", help="a model's name, or the file of its card")
    call.add_argument("second", metavar="MODEL", help="the same")
    _add_data(call, "labelled faces; repeat")


def _evaluate(calls: Any) -> None:
    call = new_call(
        calls, "evaluate", cli.evaluate, "Measure classifiers on a labelled set.", tables.evaluation_table
    )
    call.add_argument("--data", type=Path, required=True, metavar="DIR")
    call.add_argument("--model", action="append", help="repeat for several; the default model without it")
    _add_setting(call)
    call.add_argument(
        "--published", nargs="?", const="all", choices=("all", "fmd", "mfn"),
        help="every published row whose weights are here, or those trained on one set",
    )  # fmt: skip
    call.add_argument("--by", action="append", choices=("size", "pose", "colour"), help="tables by subgroup")
    call.add_argument("--update", action="store_true", help="write the figures onto the cards")


def _add_setting(call: ArgumentParser) -> None:
    """Which faces of a set are measured, and how they are cut."""
    call.add_argument("--protocol", choices=("seed", "product"), default="product")
    call.add_argument("--crops", choices=("annotated", "detected"), default="annotated")
    call.add_argument("--review", choices=("all", "clear"), default="all", help="clear: no doubtful labels")
    call.add_argument(
        "--doubts", type=Path, metavar="FILE.csv", help="faces that --review clear leaves out as well"
    )
    call.add_argument("--min-side", type=float, metavar="PX", help="leave out smaller faces (product: 20)")
    call.add_argument("--overlap", action="store_true", help="every face, near duplicates and tiny ones too")
    call.add_argument("--without", metavar="REASON", help="leave out incorrect faces with this reason")
    call.add_argument("--reason", metavar="REASON", help="only faces with this reason")
    call.add_argument("--label", metavar="CLASS", help="only faces of this class")
    call.add_argument("--part", choices=("test", "held"), default="test", help="held: the calibration part")


def _errors(calls: Any) -> None:
    call = new_call(calls, "errors", cli.errors, "Review what a classifier gets wrong, and count it.")
    call.add_argument("name", metavar="NAME", help="classifier")
    call.add_argument("--data", type=Path, required=True, metavar="DIR")
    call.add_argument(
        "--sheet", type=Path, metavar="FILE.png", help="wrong answers, most confident first; a CSV beside it"
    )
    call.add_argument("--limit", type=positive, metavar="N", help="at most this many")
    call.add_argument("--kinds", type=Path, metavar="FILE.csv", help="count the kinds that were filled in")
    call.add_argument("--update", action="store_true", help="write the counts onto the card")
    _add_setting(call)


def _experiments(calls: Any) -> None:
    call = new_call(calls, "experiments", cli.experiments, "Replicate the published experiments.")
    call.add_argument("names", nargs="*", metavar="NAME", help="default: all that can be run")
    call.add_argument("--data", type=Path, metavar="DIR", help="the set of the seed protocol")
    call.add_argument("--photos", type=Path, action="append", metavar="DIR", help="photos with boxes.csv")
    call.add_argument("--update", action="store_true", help="write weights/experiments.json")


def _doubts(calls: Any) -> None:
    call = new_call(calls, "doubts", cli.doubts, "List training faces whose label looks wrong.")
    call.add_argument("name", nargs="?", default="custom_cnn_relu_bn", metavar="NAME", help="model to train")
    _add_data(call, "labelled faces; repeat")
    call.add_argument("--protocol", choices=("seed", "product"), default="product")
    call.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    call.add_argument("--folds", type=positive, default=5, metavar="K", help="number of folds (default 5)")
    call.add_argument("--epochs", type=positive, metavar="N")
    call.add_argument("--batch-size", type=positive, metavar="N")
    call.add_argument("--seed", type=int, metavar="N")


def _recall(calls: Any) -> None:
    call = new_call(
        calls,
        "recall",
        cli.recall,
        "Measure the face detector on photos with boxes.csv.",
        tables.recall_table,
    )
    call.add_argument("photos", type=Path, nargs="+", metavar="DIR")


def _draw(calls: Any) -> None:
    call = new_call(calls, "draw", cli.draw, "Draw masks on bare faces: a training set, or a sheet.")
    call.add_argument("--data", type=Path, action="append", metavar="DIR", help="repeat for several")
    call.add_argument("--out", type=Path, metavar="DIR", help="a new folder for the training set")
    call.add_argument(
        "--sheet", type=Path, metavar="FILE.png", help="every mask and wear style on the portraits"
    )
    call.add_argument(
        "--per-face", type=positive, default=4, metavar="N", help="drawings per face (default 4)"
    )
    call.add_argument("--seed", type=int, default=0, metavar="N")
    call.add_argument("--limit", type=positive, metavar="N", help="at most this many faces")
    call.add_argument("--part", choices=("train", "val", "test"), default="train")


def _train_reasons(calls: Any) -> None:
    call = new_call(calls, "train-reasons", cli.train_reasons, "Train a classifier's reason head.")
    call.add_argument("name", metavar="NAME", help="classifier")
    _add_data(call, "drawn set; repeat")
    call.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder of weights")
    call.add_argument("--measure", type=Path, action="append", metavar="DIR", help="a set with reasons")
