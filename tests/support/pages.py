"""Pages as a visitor opens them, without a browser."""

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.support.paths import APP


def page_at(address, **parameters):
    """The page at an address with its parameters, not run yet. Streamlit tells pages apart by address."""
    page = AppTest.from_file(str(APP), default_timeout=280)
    for name, value in parameters.items():
        page.query_params[name] = value
    page._page_hash = calc_hash(address)
    return page
