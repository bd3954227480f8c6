"""A page's choices and its address: each follows the other, and the history of the browser wins over both."""

from types import SimpleNamespace

import pytest

from dashboard import url_state
from tests.support.pages import Clock


class Address(dict):
    """Parameters of an address, as Streamlit gives them: several values may stand under one name."""

    def get(self, name, default=None):
        values = super().get(name)
        return values[-1] if values else default

    def get_all(self, name):
        return list(super().get(name, ()))

    def from_dict(self, given):
        self.clear()
        self.update({name: list(values) for name, values in given.items()})

    def go(self, **given):
        """Another address, as the browser sends it."""
        self.from_dict({name: [value] for name, value in given.items()})


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(url_state, "time", made)
    return made


@pytest.fixture
def state():
    return {}


@pytest.fixture
def address(monkeypatch, state, clock):
    made = Address()
    monkeypatch.setattr(url_state, "st", SimpleNamespace(session_state=state, query_params=made))
    return made


COLOURS = ("red", "green", "blue")


def run(page="photo"):
    """A run of a page with one choice; returns what it shows."""
    url_state.follow_history(page)
    url_state.select_from_url("colour", COLOURS)
    chosen = url_state.st.session_state["colour"]
    url_state.set_url_param("colour", chosen, COLOURS[0])
    return chosen


def choose(colour, clock):
    """A choice in a widget some time after the last one, and the run that follows it."""
    clock.now += 5
    url_state.st.session_state["colour"] = colour
    return run()


def test_a_choice_stands_in_the_address_and_the_default_does_not(address, clock):
    assert run() == "red"
    assert address == {}
    choose("green", clock)
    assert address == {"colour": ["green"]}
    choose("red", clock)
    assert address == {}


def test_back_restores_what_was_chosen_before_and_forward_what_came_after(address, clock):
    run()
    choose("green", clock)
    choose("blue", clock)
    clock.now += 5
    address.go(colour="green")
    assert run() == "green"
    assert address == {"colour": ["green"]}
    clock.now += 5
    address.go()
    assert run() == "red"
    clock.now += 5
    address.go(colour="blue")
    assert run() == "blue"


def test_an_address_that_comes_within_a_second_of_a_write_resets_nothing(address, clock):
    """The browser may still send the address from before the write."""
    run()
    choose("green", clock)
    for later in (0.0, 0.9):
        address.go()
        clock.now += later
        assert run() == "green"
        assert address == {"colour": ["green"]}
    clock.now += 1.1
    address.go()
    assert run() == "red"


def test_an_address_that_is_as_it_was_left_resets_nothing(address, clock, state):
    run()
    choose("green", clock)
    clock.now += 60
    state["colour"] = "blue"  # a widget was used
    assert run() == "blue"


def test_a_parameter_that_is_not_among_those_that_differ_keeps_its_choice(address, clock, state):
    run()
    url_state.bind("size", "size", "size asked")
    state |= {"size": 3, "size asked": 4, "size of something else": 5}
    choose("green", clock)
    clock.now += 5
    address.go()
    run()
    assert (state["size"], state["size asked"]) == (3, 4)
    clock.now += 5
    address.go(size="9")
    run()
    assert "size" not in state
    assert "size asked" not in state
    assert state["size of something else"] == 5


def test_a_page_that_a_link_of_the_menu_opens_keeps_its_choices(address, clock):
    run()
    choose("green", clock)
    address.go()
    run("compare")
    clock.now += 5
    address.go()
    assert run() == "green", "a link of the menu has no parameters"
    assert address == {"colour": ["green"]}


def test_a_page_that_a_link_with_parameters_opens_shows_what_they_say(address, clock):
    run()
    choose("green", clock)
    address.go()
    run("compare")
    address.go(colour="blue")
    assert run() == "blue", "however soon"


def test_parameters_are_bound_page_by_page(address, clock, state):
    run()
    address.go()
    url_state.follow_history("compare")
    url_state.bind("colour", "colour of the other page")
    state["colour of the other page"] = "green"
    clock.now += 5
    address.go(colour="blue")
    url_state.follow_history("compare")
    assert "colour of the other page" not in state
    assert state["colour"] == "red"


def test_several_values_of_one_parameter_are_one_choice(address, clock, state):
    def several():
        url_state.follow_history("photo")
        url_state.multiselect_from_url("colours", COLOURS, ("red",))
        url_state.names_to_address("colours", state["colours"], ("red",))
        return state["colours"]

    assert several() == ["red"]
    state["colours"] = ["green", "blue"]
    several()
    assert address == {"colours": ["green", "blue"]}
    clock.now += 5
    address.from_dict({"colours": ["blue"]})
    assert several() == ["blue"]


@pytest.mark.parametrize(("asked", "value"), [("0.5", 0.5), ("1", 1.0), ("2", 0.7), ("nan", 0.7), ("x", 0.7)])
def test_a_slider_takes_a_number_within_its_bounds(address, state, asked, value):
    address.go(opacity=asked)
    url_state.follow_history("photo")
    url_state.slider_from_url("opacity", (0.0, 1.0), 0.7)
    assert state["opacity"] == value


def test_several_parameters_are_written_in_one_step(address, monkeypatch):
    steps, write = [], Address.from_dict
    monkeypatch.setattr(Address, "from_dict", lambda self, given: (steps.append(given), write(self, given)))
    url_state.follow_history("photo")
    url_state.write_params({"face": "a", "class": None, "photo": "2"})
    url_state.write_params({"face": "a", "photo": "2"})
    assert steps == [{"face": ["a"], "photo": ["2"]}]
