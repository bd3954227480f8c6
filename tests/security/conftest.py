"""A server for all tests that do not need one of their own."""

import pytest

from tests.security.client import serving


@pytest.fixture(scope="package")
def site(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("site")) as running:
        yield running
