"""The instrument that measures waits runs against the real page."""

import json
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.browser


@pytest.mark.timeout(600)  # it starts a server of its own, twice, and a busy machine is slow at it
def test_cached_actions_are_timed_on_the_real_page(browser):
    """In a process of its own: this one's Playwright is taken. No limit is asserted, machines differ."""
    command = [
        sys.executable,
        "-m",
        "tests.performance.latency",
        "--part",
        "cached",
        "--part",
        "script",
        "--count",
        "3",
        "--json",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=570, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"opacity, server", "face, server", "face, script alone"}
    for wait in found.values():
        assert wait["n"] == 3
        assert 0 < wait["p50"] <= wait["p95"]
        assert wait["met"] == (wait["p95"] <= wait["limit"])
    assert found["opacity, server"]["p50"] < found["face, server"]["p50"]  # a part of the page, and all of it
    assert found["face, script alone"]["p50"] < found["face, server"]["p50"]  # no browser takes its share
