"""The engine that hands parts of a set to Ray, on this machine or on the cluster that ``RAY_ADDRESS`` names.

A part whose worker dies is examined again.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Collection, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

import xai
from xai.audit.engines.base import Chunks, Task
from xai.audit.examine import Donors, Examine, Part, examine_photo
from xai.errors import ThirdPartyMissing, XaiError
from xai.models.classifiers import Classifier, machine_of

__all__ = ["Ray"]

_ADDRESS = "RAY_ADDRESS"


class Ray:
    """Actors of Ray Data.

    Every node needs this program, the weights and the photos under the same paths, and is a machine of the
    kind of this one. Nothing is reported over the network, and no dashboard is started.

    Args:
        workers: how many; None for as many as there are cores for their threads, or one a GPU where the
            models are on one.
        examine: how a photo is examined.
    """

    def __init__(self, workers: int | None = None, examine: Examine = examine_photo) -> None:
        self._workers, self._examine = workers, examine

    def parts(
        self, chunks: Chunks, classifiers: Sequence[Classifier], donors: Donors, skip: Collection[str]
    ) -> Generator[Part, None, None]:
        """As of ``Engine``; photos that are examined while their twin is are told apart by the caller.

        Raises:
            ThirdPartyMissing: Ray is not installed.
            XaiError: the cluster cannot be reached or has another kind of machine, or as of ``examine_part``.
        """
        if not chunks:
            return
        ray, threads = _ray(), torch.get_num_threads()
        began = _start(ray, None if self._workers is None else self._workers * threads)
        try:
            gpus = int(any(classifier.device.type == "cuda" for classifier in classifiers))
            there = int(ray.cluster_resources().get("GPU" if gpus else "CPU", 1))
            workers = self._workers or max(1, there // (1 if gpus else threads))
            task = Task(classifiers, self._examine, donors, frozenset(skip))
            items = [{"number": n, "files": pickle.dumps(files)} for n, files in enumerate(chunks)]
            made = ray.data.from_items(items, override_num_blocks=len(items)).map(
                _Worker,
                fn_constructor_args=(ray.put(task), _machines(classifiers)),
                compute=ray.data.ActorPoolStrategy(size=min(workers, len(items))),
                num_cpus=0 if gpus else threads,
                num_gpus=gpus,
            )
            yield from _in_order(made.iter_rows())
        finally:
            if began:
                ray.shutdown()


class _Worker:
    """Examines parts in a process of Ray's.

    Args:
        task: reference to a ``Task``.
        machines: that the audit was begun on.
    """

    def __init__(self, task: Any, machines: Sequence[str]) -> None:
        import ray  # noqa: PLC0415

        self._task: Task = ray.get(task)
        self._task.begin()
        self._machines = machines

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with the part, or with the error that ends the audit."""
        here = _machines(self._task.classifiers)
        made: Part | XaiError
        if here == self._machines:
            made = self._task.part(pickle.loads(row["files"]))  # noqa: S301 - of this run
        else:
            made = XaiError(
                f"The audit was begun on {self._machines}; a worker is {here}, whose rows would differ in "
                "their last digits; start it on a node of the cluster's kind."
            )
        return {"number": row["number"], "part": pickle.dumps(made)}


def _machines(classifiers: Sequence[Classifier]) -> list[str]:
    return sorted({machine_of(classifier.device) for classifier in classifiers})


def _in_order(rows: Iterator[dict[str, Any]]) -> Iterator[Part]:
    """The parts by their number; those that come early wait."""
    waiting: dict[int, Part | XaiError] = {}
    following = 0
    for row in rows:
        waiting[row["number"]] = pickle.loads(row["part"])  # noqa: S301 - of this run
        while following in waiting:
            part = waiting.pop(following)
            following += 1
            if isinstance(part, XaiError):
                raise part
            yield part


def _ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray  # noqa: PLC0415 - optional
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise ThirdPartyMissing(
            "The engine ray needs Ray, which is not installed; call `pip install -r requirements-ray.txt`, "
            "or leave out --engine."
        ) from error
    return ray


def _start(ray: Any, cores: int | None) -> bool:
    """Start Ray here or join the cluster; returns whether that was done, and is to be undone."""
    if ray.is_initialized():
        return False
    here = None if os.environ.get(_ADDRESS) else cores
    paths = [str(Path(xai.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    try:
        ray.init(
            num_cpus=here,
            include_dashboard=False if _ADDRESS not in os.environ else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, paths))}},
        )
    except (ConnectionError, RuntimeError, OSError) as error:
        raise XaiError(f"Ray cannot be started or reached: {error}") from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return True
