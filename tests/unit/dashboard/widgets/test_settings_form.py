import pytest
from streamlit.testing.v1 import AppTest

from xai.attribution.methods import METHODS


def form():
    import streamlit as st

    from dashboard.widgets import settings_form

    st.session_state["chosen"] = settings_form.settings(("occlusion", "gradcam"), "form")


@pytest.fixture
def page():
    return AppTest.from_function(form, default_timeout=30).run()


def test_there_is_one_widget_per_declared_parameter_with_its_bounds(page):
    for parameter in METHODS["occlusion"].parameters:
        key = f"form occlusion {parameter.name}"
        if parameter.choices:
            assert tuple(page.selectbox(key=key).options) == parameter.choices
        else:
            widget = page.slider(key=key)
            assert (widget.min, widget.max) == (parameter.low, parameter.high)
            assert widget.value == parameter.default


def test_what_was_not_changed_is_not_passed_on(page):
    assert page.session_state["chosen"] == {}


def test_what_was_changed_is_passed_on_when_it_is_applied(page):
    page.selectbox(key="form occlusion fill").set_value("blur")
    page.slider(key="form occlusion patch").set_value(0.25)
    page.button[0].click().run()
    assert page.session_state["chosen"] == {"occlusion": {"patch": 0.25, "fill": "blur"}}
    METHODS["occlusion"].complete(page.session_state["chosen"]["occlusion"])
