"""The files of our own components: they ask nothing of the network, and each has its three parts."""

from pathlib import Path

import pytest

from dashboard import components

HERE = Path(components.__file__).parent
NAMES = sorted(path.parent.name for path in HERE.glob("*/script.js"))


def test_there_are_components():
    assert "map_comparison" in NAMES
    assert len(NAMES) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_a_component_asks_nothing_of_the_network(name):
    for file in ("index.html", "style.css", "script.js"):
        source = (HERE / name / file).read_text(encoding="utf-8")
        assert source.strip()
        for asks in ("http:", "https:", "url(", "import(", "fetch("):
            assert asks not in source.replace("http://www.w3.org/", "")
