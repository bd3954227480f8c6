"""Pages as a visitor opens them, without a browser."""

from dataclasses import replace

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import face_explanations
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import JobProgress
from tests.support.paths import APP


def page_at(address, **parameters):
    """The page at an address with its parameters, not run yet. Streamlit tells pages apart by address."""
    page = AppTest.from_file(str(APP), default_timeout=280)
    for name, value in parameters.items():
        page.query_params[name] = value
    page._page_hash = calc_hash(address)
    return page


def give_verdicts(monkeypatch, verdict_of):
    """Verdicts by hand in place of the long measuring; maps stay as they are measured.

    Args:
        monkeypatch: of the test.
        verdict_of: called with a model; returns its evidence, or the failure that ends the test.
    """
    explain = face_explanations.explain

    def explain_with_verdicts(job, listener):
        arrived, tell = [], listener.maps
        listener.maps = lambda model, explained: (arrived.append(model), tell(model, explained))
        explain(replace(job, requests=tuple(replace(each, test=False) for each in job.requests)), listener)
        for request in job.requests:
            if request.test and request.model in arrived:
                listener.progress(request.model, JobProgress("examining", 3, 9, request.model))
                found = verdict_of(request.model)
                told = listener.failed if isinstance(found, JobError) else listener.evidence
                told(request.model, found)

    monkeypatch.setattr(face_explanations, "explain", explain_with_verdicts)
