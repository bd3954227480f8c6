"""What the tests of the pages share."""

import pytest

from dashboard import session


@pytest.fixture(scope="module")
def one_model_process():
    """The real model process, the same for a whole file, and nothing of it left for the next."""
    yield
    session.worker().close()
    for kept in (session.worker, session.catalogue, session.records, session._thumbnail):
        kept.clear()
