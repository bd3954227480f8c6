"""A server that other computers could reach does not start without a sign-in."""

import io
import os
import socket
import subprocess
from pathlib import Path

import pytest
from streamlit import config

from dashboard.middleware import access
from tests.security.client import ask, command, free_port, serving
from tests.support.paths import ROOT

SECRET = "correct horse battery"


def start(*arguments, cwd=ROOT, **environment):
    """A start that is to fail: its status, and what it wrote; nobody could connect after it."""
    port = free_port()
    own = {**os.environ, "XAI_SAMPLE_ANSWERS": "off", **environment}
    done = subprocess.run(
        command(port, *arguments), cwd=cwd, env=own, capture_output=True, text=True, timeout=60, check=False
    )
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    return done.returncode, done.stdout + done.stderr


def sentence(said):
    assert "Traceback" not in said
    (line,) = said.strip().splitlines()
    return line


@pytest.mark.slow
@pytest.mark.parametrize("address", ["0.0.0.0", "::", ""])
def test_every_address_of_this_computer_needs_a_sign_in(address):
    code, said = start("--server.address", address)
    assert code == 2
    assert "visitors must sign in" in sentence(said)


@pytest.mark.slow
def test_an_address_in_the_environment_does_too():
    code, said = start(STREAMLIT_SERVER_ADDRESS="0.0.0.0")
    assert code == 2
    assert "visitors must sign in" in sentence(said)


@pytest.mark.slow
def test_an_address_in_a_settings_file_does_too(tmp_path):
    own = (ROOT / ".streamlit" / "config.toml").read_text()
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(own.replace('"127.0.0.1"\n', '"0.0.0.0"\n', 1))
    (tmp_path / "dashboard").symlink_to(ROOT / "dashboard")
    code, said = start(cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert code == 2
    assert "visitors must sign in" in sentence(said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XAI_PASSPHRASE": "short"}, "fewer than 8 characters"),
        ({"XAI_PASSPHRASE_FILE": "/nowhere/at/all"}, "could not be read"),
    ],
)
def test_a_wrong_passphrase_setting_is_one_sentence(environment, expected):
    code, said = start(**environment)
    assert code == 2
    assert expected in sentence(said)


@pytest.mark.slow
def test_with_a_passphrase_every_address_is_served_and_the_model_process_does_not_know_it(tmp_path):
    (tmp_path / "passphrase").write_text(SECRET + "\n")
    with serving(
        tmp_path, "--server.address", "0.0.0.0", XAI_PASSPHRASE_FILE=str(tmp_path / "passphrase")
    ) as site:
        assert ask(site, "/", headers={"Accept": "text/html"}).status == 401
        assert SECRET not in site.logged()
        assert f":{site.port}" in site.logged()
        children = subprocess.run(
            ["pgrep", "-P", str(site.process.pid)], capture_output=True, text=True, check=True
        )
        for child in children.stdout.split():
            assert b"XAI_PASSPHRASE" not in Path("/proc", child, "environ").read_bytes()


@pytest.mark.parametrize(
    ("address", "alone"),
    [
        ("127.0.0.1", True), ("127.9.8.7", True), ("::1", True), ("localhost", True),
        ("", False), ("0.0.0.0", False), ("::", False), ("0", False), ("10.0.0.5", False),
        ("127.0.0.1.example.org", False), ("localhost.example.org", False), ("unix:///tmp/socket", False),
    ],
)  # fmt: skip
def test_which_addresses_only_this_computer_reaches(address, alone):
    assert access._is_loopback(address) is alone


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("address", "drawn"), [("192.0.2.7", True), ("127.0.0.1", False)])
def test_the_address_is_printed_with_a_code_that_a_phone_reads(monkeypatch, address, drawn):
    """The code is decoded by OpenCV, which did not draw it."""
    cv2 = pytest.importorskip("cv2")
    np = pytest.importorskip("numpy")
    options = {
        "server.address": address,
        "server.sslCertFile": None,
        "server.baseUrlPath": "",
        "browser.serverPort": 8501,
    }
    monkeypatch.setattr(config, "get_option", options.get)
    monkeypatch.setattr(config, "is_manually_set", lambda _name: False)
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    access.announce()
    url = f"http://{address}:8501"
    lines = terminal.getvalue().splitlines()
    assert url in lines[1]
    code = [line for line in lines[2:] if any(mark in line for mark in "▀▄█")]
    assert bool(code) is drawn
    if drawn:
        rows = []
        for line in code:
            rows.append([mark in "▀█" for mark in line])
            rows.append([mark in "▄█" for mark in line])
        width = max(map(len, rows))
        light = np.array([row + [False] * (width - len(row)) for row in rows])
        picture = np.pad(light, 4, constant_values=True).repeat(8, 0).repeat(8, 1).astype(np.uint8) * 255
        assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == url
