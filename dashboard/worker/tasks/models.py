"""Job handlers that change which models there are. Loads torch; only ``handlers`` imports it."""

from __future__ import annotations

from dashboard.worker.model_jobs import AddModel, ModelJob
from dashboard.worker.model_pool import ModelPool
from xai.models.installing import add_model, remove_model

__all__ = ["handle"]


def handle(job: ModelJob, models: ModelPool) -> str:
    """Add or remove a model; raises ``WeightsUnavailable`` with a sentence for the visitor."""
    if isinstance(job, AddModel):
        name = add_model(job.card, job.weights).name
        models.forget(name)
        models.get(name)
        return name
    remove_model(job.name)
    models.forget(job.name)
    return job.name
