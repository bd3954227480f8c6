"""The instrument that measures how soon the dashboard is there, and one real start."""

import subprocess
import sys

from tests.performance.startup import Start, Startup, imported, measure_startup


def test_a_start_is_told_by_its_median_and_its_worst():
    starts = tuple(Start(h, h + 1, h + 5) for h in (1.0, 3.0, 1.5))
    found = Startup(starts, 900, ("torch",))
    assert found.as_dict()["healthy_s"] == 1.5
    assert found.as_dict()["ready_s"] == 6.5
    assert "(at most 3.00)" in found.text()
    assert "heavy ones: torch" in found.text()


def test_imports_are_read_from_pythons_own_report():
    code = "import wave, json.tool"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    )
    found = imported(done.stderr)
    assert {"wave", "json.tool", "json"} <= found
    assert "torch" not in found


def test_the_server_starts_without_what_is_heavy():
    notes = []
    found = measure_startup(1, notes.append)
    (start,) = found.starts
    assert 0 < start.healthy < start.first_page
    assert start.healthy < start.ready
    assert found.heavy == ()
    assert found.modules > 500
    assert len(notes) == 2
