"""What the command line does, one function per call. Each returns what ``--json`` prints."""

from xai.commands.answers import classify, explain, models
from xai.commands.drawing import draw
from xai.commands.evidence import calibrate
from xai.commands.learning import doubts, evaluate, experiments, recall, train
from xai.commands.measuring import Measured, benchmark
from xai.commands.mistakes import errors
from xai.commands.reasons import train_reasons
from xai.commands.whatif import whatif

__all__ = [
    "Measured",
    "benchmark",
    "calibrate",
    "classify",
    "doubts",
    "draw",
    "errors",
    "evaluate",
    "experiments",
    "explain",
    "models",
    "recall",
    "train",
    "train_reasons",
    "whatif",
]
