"""The files of our own components: they ask nothing of the network, and each has its three parts."""

from pathlib import Path

import pytest

import dashboard

HERE = Path(dashboard.__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.js"))


def test_there_are_components():
    assert "compare_maps" in NAMES
    assert len(NAMES) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_a_component_asks_nothing_of_the_network(name):
    for kind in ("html", "css", "js"):
        source = (HERE / f"{name}.{kind}").read_text(encoding="utf-8")
        assert source.strip()
        for asks in ("http:", "https:", "url(", "import(", "fetch("):
            assert asks not in source.replace("http://www.w3.org/", "")
