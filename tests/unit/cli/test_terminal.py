"""The terminal's habits: standard input, pipes with few letters, and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support.paths import ROOT
from xai.photo.sample_rendering import sample_png

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photo():
    return sample_png("admiral-blue")


def run(*arguments, **options):
    command = [sys.executable, "-m", "xai", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, cwd=ROOT, timeout=240, check=False, **options)


@pytest.mark.parametrize("letters", ["ascii", "latin-1", "utf-8"])
def test_no_photo_is_lost_whatever_a_pipe_can_write(photo, tmp_path, letters):
    names = ["a.png", "señor.png", "面.png", os.fsdecode(b"\xff.png"), "z.png"]
    for name in names:
        (tmp_path / name).write_bytes(photo)
    found = run("classify", tmp_path, env={**os.environ, "PYTHONIOENCODING": letters, "PYTHONUTF8": "0"})
    assert found.returncode == 0
    assert found.stderr == b""
    lines = found.stdout.decode(letters).splitlines()
    assert len([line for line in lines if line.endswith(".png:")]) == len(names)
    assert len([line for line in lines if "1. covered" in line]) == len(names)


def test_a_photo_comes_from_standard_input(photo):
    found = run("classify", "-", "--json", input=photo)
    record = json.loads(found.stdout)
    assert found.returncode == 0
    assert (record["photo"], record["error"]) == ("-", None)
    assert [face["label"] for face in record["faces"]] == ["covered"]
    assert run("classify", "-", input=b"no picture").returncode == 2
    assert b"The file is empty" in run("classify", "-", input=b"").stderr


@pytest.mark.parametrize("seconds", [0.3, 3.0])
def test_ctrl_c_is_one_line(photo, tmp_path, seconds):
    for number in range(400):
        (tmp_path / f"{number}.png").write_bytes(photo)
    status, err = stopped(tmp_path, seconds)
    while status == -signal.SIGINT and seconds < 20:  # a busy machine had not yet come to the program
        seconds *= 2
        status, err = stopped(tmp_path, seconds)
    assert (status, err) == (130, b"Stopped.\n")


def stopped(folder, seconds):
    """Exit status and standard error of a command that is interrupted after so many seconds."""
    command = [sys.executable, "-m", "xai", "classify", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        return process.wait(timeout=60), process.stderr.read()


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("calibrate", "validate-verdict"),
        ("doubts", "label-issues"),
        ("draw", "synthesize"),
        ("experiments", "replicate"),
        ("recall", "eval-detector"),
    ],
)
def test_a_command_has_the_name_that_others_give_it(call, name, alias):
    _, shown, _ = call(alias, "--help")
    assert (
        shown.partition("\n")[2].splitlines()[-8:]
        == call(name, "--help")[1].partition("\n")[2].splitlines()[-8:]
    )
    assert alias in call("--help")[1]
