"""The commands, one function each. Each returns what ``--json`` prints."""

from xai.cli.audit import audit, gate
from xai.cli.benchmark import Measured, benchmark
from xai.cli.calibrate import believability, calibrate
from xai.cli.datasets import draw, errors
from xai.cli.inference import classify, explain, models, whatif
from xai.cli.training import compare, doubts, evaluate, experiments, recall, repair, train, train_reasons
from xai.cli.verification import audit_diff, differs, verify

__all__ = [
    "Measured",
    "audit",
    "audit_diff",
    "believability",
    "benchmark",
    "calibrate",
    "classify",
    "compare",
    "differs",
    "doubts",
    "draw",
    "errors",
    "evaluate",
    "experiments",
    "explain",
    "gate",
    "models",
    "recall",
    "repair",
    "train",
    "train_reasons",
    "verify",
    "whatif",
]
