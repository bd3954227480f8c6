"""A real server and a real Chromium. Without Chromium these tests are skipped, or fail if they must run."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SHOTS = Path(__file__).parent / "shots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@dataclass(frozen=True)
class Server:
    """A running server and when it first answered."""

    address: str
    healthy_at: float


def chromium():
    """Path of the system's Chromium; skips, or fails where the browser is required."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found:
        return found
    missing = "Chromium is missing; install the package `chromium` (apt-get install chromium)"
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def healthy(address):
    """Whether the server answers."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as got:
        return got.status == 200
    return False


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def filmed(browser):
    """A second Chromium, with a camera that shows a moving figure and with leave to use it."""
    started = browser.browser_type.launch(executable_path=chromium(), args=[*ARGUMENTS, *CAMERA])
    yield started
    started.close()


@contextlib.contextmanager
def running_server():
    """The dashboard as `make run` starts it, on a free port; but no answer was found beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/server.py", "--server.port", str(port)]
    measured = {**os.environ, "XAI_SAMPLE_ANSWERS": "off"}
    with subprocess.Popen(command, cwd=ROOT, env=measured) as process:
        address = f"http://127.0.0.1:{port}"
        limit = time.monotonic() + 60
        while not healthy(address):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < limit, "the server is not healthy after a minute"
            time.sleep(0.05)
        yield Server(address, time.monotonic())
        process.terminate()


@pytest.fixture(scope="session")
def server(browser):
    """One server for all tests that do not need a fresh one."""
    with running_server() as running:
        yield running


@pytest.fixture
def fresh_server(browser):
    """A server that nobody has visited."""
    with running_server() as running:
        yield running


@pytest.fixture
def shots():
    """The folder for screenshots, kept out of the repository."""
    SHOTS.mkdir(exist_ok=True)
    return SHOTS
