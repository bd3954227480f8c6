"""What the command line does, one function per call. Each returns what ``--json`` prints."""

from xai.commands.answers import classify, explain, models
from xai.commands.evidence import calibrate
from xai.commands.learning import evaluate, recall, train

__all__ = ["calibrate", "classify", "evaluate", "explain", "models", "recall", "train"]
