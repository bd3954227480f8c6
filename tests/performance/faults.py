"""Kills, full disks, too little memory, and damaged weights: ``python -m tests.performance.faults``.

After each fault the next start is to be healthy, no half-written file is left that would be read, and the
next visitor gets an answer. Every fault is planted in a copy of the weights or in processes of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pictures
from safetensors.numpy import load_file, save_file
from streamlit.proto.Alert_pb2 import Alert

from dashboard.worker.client import Worker
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import AnalyzePhoto, PhotoAnalysis
from tests.performance.startup import answered
from tests.security.client import Running, Visit, command, free_port, models_loaded, wait
from tests.support.paths import ROOT
from xai.photo.sample_rendering import sample_png

__all__ = ["main"]

_MODEL = "mobilenet_v2"
_PATIENCE = 90.0
_PHOTO = "astronaut-plain"


def kills(rounds: int, seed: int) -> dict[str, Any]:
    """Kill the server or its model process ``rounds`` times at random moments, and start again."""
    drawn, found = random.Random(seed), {"server": 0, "model process": 0}
    healthy: list[float] = []
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {"XAI_SAMPLE_ANSWERS": str(folder / "samples"), "TMPDIR": str(_made(folder / "tmp"))}
        for number in range(rounds):
            victim = drawn.choice(sorted(found))
            found[victim] += 1
            with _started(folder, environment) as server:
                began = time.time()
                healthy.append(answered(server.address, "/_stcore/health", began))
                visit = Visit(server).open()
                _drawn_for(visit, drawn.uniform(0, 8))
                faults += [f"{number}: {each}" for each in _kill(server, victim)]
                visit.socket.close()
            faults += [f"{number}: {each}" for each in _half_written(folder)]
            print(f"{number + 1} of {rounds}: {victim}, {len(faults)} faults", file=sys.stderr, flush=True)
        with _started(folder, environment) as server:
            faults += _visited(server)
    return {**found, "healthy_s": _spread(healthy), "faults": faults}


def _kill(server: Running, victim: str) -> Iterator[str]:
    """Kill, and say what is not as it should be afterwards."""
    child = wait(lambda: _child(server.process.pid), _PATIENCE)
    if victim == "server":
        server.process.kill()
        server.process.wait()
        with contextlib.suppress(AssertionError):
            wait(lambda: not Path("/proc", str(child)).exists(), 10)
        if Path("/proc", str(child)).exists():
            yield "the model process outlives its server"
        return
    os.kill(child, signal.SIGKILL)
    yield from _visited(server)
    if server.process.poll() is not None:
        yield "the server went with its model process"


def _visited(server: Running, *, may_say_so: bool = False) -> Iterator[str]:
    """What goes wrong for the next visitor, who waits for a page to be drawn to its end."""
    try:
        wait(lambda: models_loaded(server), _PATIENCE)
        visit = Visit(server).open()
        kinds = [message for message, _ in visit.messages(_PATIENCE)]
        visit.socket.close()
        if not kinds or kinds[-1].WhichOneof("type") != "script_finished":
            yield "the next visitor's page is not drawn to its end"
        if not may_say_so and any(each.delta.new_element.alert.format == Alert.ERROR for each in kinds):
            yield "the next visitor's page shows an error"
    except (AssertionError, OSError) as fault:
        yield f"the next visitor: {fault}"


def _drawn_for(visit: Visit, seconds: float) -> None:
    """Let a page be drawn for so long."""
    until = time.monotonic() + seconds
    with contextlib.suppress(TimeoutError):
        while (left := until - time.monotonic()) > 0:
            visit.socket.recv(timeout=left)


def _half_written(folder: Path) -> Iterator[str]:
    """Files that the next start would read, and that are not whole; uploads left in the temporary folder."""
    for path in (folder / "samples").rglob("*.npz"):
        try:
            with np.load(path, allow_pickle=False) as held:
                [held[name] for name in held.files]
        except (OSError, ValueError, EOFError, KeyError) as fault:
            yield f"{path.name} is not whole: {fault}"
    for path in (folder / "tmp").iterdir():
        if path.is_file():
            yield f"{path.name} is left in the temporary folder"


def full_disk() -> dict[str, Any]:
    """A server and a model process that may write no byte to any file, as on a full disk."""
    with tempfile.TemporaryDirectory() as name:
        folder, nothing = Path(name), ("prlimit", "--fsize=0")
        environment = {"XAI_SAMPLE_ANSWERS": str(folder / "samples"), "TMPDIR": str(folder / "missing")}
        with _started(folder, environment, *nothing) as server:
            answered(server.address, "/_stcore/health", time.time())
            visit = Visit(server).open().named()
            stored = visit.upload(os.urandom(8 * 2**20))
            visit.socket.close()
            faults = list(_visited(server))
        with _worker(*nothing) as worker:
            faults += _analysed(worker)
    return {"upload_of_8_mb": stored, "faults": faults + ([] if stored == 204 else ["the upload failed"])}


def too_little_memory() -> dict[str, Any]:
    """A model process that cannot have what a photo needs: its visitor is told, and the next is answered."""
    large = io.BytesIO()
    Pictures.linear_gradient("L").resize((8_000, 6_000)).convert("RGB").save(large, "JPEG")
    with _worker() as worker:
        faults = _analysed(worker)
        wait(lambda: not worker.status.loading, _PATIENCE)
        used = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(worker.pid, resource.RLIMIT_AS, (used + 64 * 2**20,) * 2)
        told = _refusal(worker, large.getvalue())
        faults += _analysed(worker)
    return {
        "told": told,
        "faults": faults + ([] if told else ["the photo was analysed: too much memory left"]),
    }


def damaged_weights() -> dict[str, Any]:
    """Weights that are altered, cut off, empty, no weights at all, or full of NaN: refused by name."""
    source = ROOT / "weights" / f"{_MODEL}.safetensors"
    said, faults = {}, []
    for kind, damage in _DAMAGES.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copy(source.with_suffix(".json"), folder)
            damage(source, folder / source.name)
            run = [sys.executable, "-m", "xai", "classify", str(_sample(folder)), "--model", _MODEL]
            own = {**os.environ, "XAI_WEIGHTS": name}
            done = subprocess.run(run, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
            said[kind] = done.stderr.strip() or done.stdout.strip()
            if done.returncode != 2 or _MODEL not in said[kind] or "Traceback" in said[kind]:
                faults.append(f"{kind}: status {done.returncode}, {said[kind]}")
            with _started(folder, {"XAI_SAMPLE_ANSWERS": "off", "XAI_WEIGHTS": name}) as server:
                answered(server.address, "/_stcore/health", time.time())
                # A page whose model is full of NaN says so in an error of its own.
                faults += [f"{kind}: {each}" for each in _visited(server, may_say_so=kind == "NaN")]
    return {"said": said, "faults": faults}


def _flipped(source: Path, target: Path) -> None:
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(data)


def _not_a_number(source: Path, target: Path) -> None:
    """The digest is right: what a training that diverged would have written."""
    tensors = {
        name: np.full_like(value, np.nan) if value.dtype.kind == "f" else value
        for name, value in load_file(source).items()
    }
    save_file(tensors, target)
    card = json.loads(source.with_suffix(".json").read_text())
    card["sha256"] = sha256(target.read_bytes()).hexdigest()
    target.with_suffix(".json").write_text(json.dumps(card))


_DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "one bit": _flipped,
    "cut off": lambda source, target: target.write_bytes(source.read_bytes()[:100_000]),
    "empty": lambda _source, target: target.write_bytes(b""),
    "pickle": lambda _source, target: target.write_bytes(b"\x80\x04cos\nsystem\n(S'exit 3'\ntR."),
    "NaN": _not_a_number,
}


@contextlib.contextmanager
def _started(folder: Path, environment: dict[str, str], *before: str) -> Iterator[Running]:
    port = free_port()
    own = {**os.environ, **environment}
    with subprocess.Popen(
        [*before, *command(port)], cwd=ROOT, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        reading = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
        try:
            yield Running(port, process, folder / "log")
        finally:
            process.kill()
            process.wait()
            reading.wait()


@contextlib.contextmanager
def _worker(*before: str) -> Iterator[Worker]:
    worker = Worker((*before, sys.executable, "-m", "dashboard.worker.process"))
    try:
        yield worker
    finally:
        worker.close()


def _analysed(worker: Worker) -> list[str]:
    """What goes wrong with a photo of one person."""
    with contextlib.suppress(JobError):
        seen = worker.submit("next", AnalyzePhoto(sample_png(_PHOTO), (_MODEL,))).result()
        if isinstance(seen, PhotoAnalysis) and len(seen.faces) == 1 and seen.predictions:
            return []
    return ["a photo after the fault is not analysed"]


def _refusal(worker: Worker, data: bytes) -> str:
    """The reason, and the sentence where there is one."""
    try:
        worker.submit("first", AnalyzePhoto(data, (_MODEL,))).result()
    except JobError as fault:
        return f"{fault.reason} {fault.values}"
    return ""


def _child(pid: int) -> int:
    """The model process of a server; 0 while there is none."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    found = [child for thread in threads for child in (thread / "children").read_text().split()]
    return int(found[0]) if found else 0


def _sample(folder: Path) -> Path:
    path = folder / "photo.png"
    path.write_bytes(sample_png(_PHOTO))
    return path


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {"median": round(float(np.median(seconds)), 2), "most": round(max(seconds), 2)}


def main(argv: Sequence[str] | None = None) -> int:
    """Plant the faults and print what was found; the status is 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, metavar="N", help="kills; 100")
    parser.add_argument("--seed", type=int, default=0, help="of their moments; 0")
    parser.add_argument(
        "--only", choices=("kills", "disk", "memory", "weights"), help="one kind of fault alone"
    )
    args = parser.parse_args(argv)
    kinds: dict[str, Callable[[], dict[str, Any]]] = {
        "weights": damaged_weights,
        "memory": too_little_memory,
        "disk": full_disk,
        "kills": lambda: kills(args.kills, args.seed),
    }
    found = {name: plant() for name, plant in kinds.items() if args.only in (None, name)}
    print(json.dumps(found, indent=2))
    return int(any(each["faults"] for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
