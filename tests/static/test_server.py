import asyncio
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.datastructures import Headers as Received
from starlette.responses import PlainTextResponse

from dashboard.middleware.headers import Headers
from tests.support.paths import ROOT


def test_the_server_never_imports_torch():
    """Everything the server's process imports, pages included, in a fresh interpreter."""
    program = textwrap.dedent(
        """
        import sys
        from importlib import import_module
        from pathlib import Path
        scripts = {"app", "server", "page"}  # run when imported
        worker = Path("dashboard", "worker")
        model_process = {worker / "process.py", worker / "handlers.py", *worker.glob("tasks/*.py")}
        for path in sorted(Path("dashboard").rglob("*.py")):
            if path.stem not in scripts and path not in model_process:
                import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
        heavy = {"torch", "torchvision", "captum", "pytorch_grad_cam", "sklearn"} & set(sys.modules)
        assert "dashboard.views.photo.details" in sys.modules
        sys.exit(f"imported {sorted(heavy)}" if heavy else 0)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("path", "kept"), [("/media/face.jpg", "no-store"), ("/static/app.js", None)])
def test_nothing_of_a_visitor_is_kept_by_the_browser(path, kept):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    with ThreadPoolExecutor(1) as other:  # a browser's test may have left a running loop in this thread
        other.submit(asyncio.run, Headers(PlainTextResponse("x"))(scope, None, send)).result()
    headers = Received(raw=sent[0]["headers"])
    assert headers.get("cache-control") == kept
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
