"""Job handlers that change which models there are. Loads torch; only ``handlers`` imports it."""

from __future__ import annotations

from contextlib import suppress

from dashboard.worker.model_jobs import AddModel, ModelJob, TryModels
from dashboard.worker.model_pool import ModelPool
from xai.errors import XaiError
from xai.models.installing import add_model, remove_model

__all__ = ["handle"]


def handle(job: ModelJob, models: ModelPool) -> str:
    """Add, remove or try models; returns the name of the one that was added or removed.

    Raises:
        WeightsUnavailable: it cannot be added or removed; with a sentence for the visitor.
    """
    if isinstance(job, AddModel):
        name = add_model(job.card, job.weights).name
        models.forget(name)
        models.get(name)
        return name
    if isinstance(job, TryModels):
        for name in job.names:
            with suppress(XaiError):  # kept among the pool's problems
                models.get(name)
        return ""
    remove_model(job.name)
    models.forget(job.name)
    return job.name
