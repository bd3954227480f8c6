"""A server of its own, and a client that says whatever it likes: raw requests and Streamlit's websocket."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.support.paths import ROOT

BOUNDARY = "0a1b2c"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(port, *arguments):
    run = [sys.executable, "-m", "streamlit", "run", "dashboard/server.py"]
    return [*run, "--server.port", str(port), *arguments]


@dataclass
class Running:
    """A running server.

    Attributes:
        port: on this computer.
        process: its process.
        log: path of what it has written.
    """

    port: int
    process: subprocess.Popen
    log: Path

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    @property
    def address(self):
        return f"http://{self.host}"

    def logged(self):
        return self.log.read_text(encoding="utf-8")


@contextlib.contextmanager
def serving(folder, *arguments, **environment):
    """The dashboard on a free port; ``folder`` holds what it writes to the terminal."""
    port, log = free_port(), folder / "server.log"
    own = {**os.environ, "XAI_SAMPLE_ANSWERS": "off", **environment}
    with (
        log.open("w", encoding="utf-8") as said,
        subprocess.Popen(command(port, *arguments), cwd=ROOT, env=own, stdout=said, stderr=said) as process,
    ):
        running = Running(port, process, log)
        try:
            wait(lambda: "//" in running.logged() or process.poll() is not None)
            assert process.poll() is None, running.logged()
            yield running
        finally:
            process.terminate()


def wait(holds, seconds=90.0):
    """Until ``holds()`` is true; what it returned."""
    limit = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.05)
    return found


@dataclass
class Answer:
    """An answer to a request."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(server, path, method="GET", body=None, headers=()):
    """One request with exactly these headers, ``Host`` aside where none is given."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    given = {"Host": server.host, **dict(headers)}
    if body is not None:
        given.setdefault("Content-Length", str(len(body)))
    for name, value in given.items():
        connection.putheader(name, value)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before it was sent whole
        connection.endheaders(body)
    with contextlib.closing(connection):
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


@dataclass
class Visit:
    """One browser: its cookies, and a session once ``open`` was called."""

    server: Running
    cookies: dict = field(default_factory=dict)
    session_id: str = ""
    page: str = ""
    socket: object = None

    def headers(self):
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        return sent if self.cookies else {}

    def ask(self, path, method="GET", body=None, headers=()):
        answer = ask(self.server, path, method, body, {**self.headers(), **dict(headers)})
        self.learn(answer.headers.get_all("Set-Cookie") or ())
        return answer

    def learn(self, cookies):
        for each in cookies:
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value

    def open(self, page="", reconnect="", origin=None, host=None):
        """Open a page, and wait until something of it has been drawn."""
        self.ask("/", headers={"Accept": "text/html"})
        self.ask("/_stcore/health")
        protocols = ["streamlit", self.cookies.get("_streamlit_xsrf", "none"), reconnect or "none"]
        self.socket = connect(
            f"ws://{self.server.host}/_stcore/stream",
            origin=Origin(origin or self.server.address),
            subprotocols=[Subprotocol(each) for each in protocols[: 3 if reconnect else 2]],
            additional_headers=self.headers(),
            max_size=None,
            ping_interval=None,
            close_timeout=1,
        )
        self.learn(self.socket.response.headers.get_all("Set-Cookie"))
        self.page = page
        self.run()
        return self

    def run(self):
        """Have the page run; what is drawn until it has finished."""
        hello = BackMsg()
        hello.rerun_script.query_string = ""
        hello.rerun_script.page_name = self.page
        self.socket.send(hello.SerializeToString())

    def messages(self, seconds=60.0):
        """Messages as they come: (message, its bytes); ends with the page, or when nothing comes."""
        with contextlib.suppress(TimeoutError):
            while True:
                data = self.socket.recv(timeout=seconds)
                message = ForwardMsg.FromString(data)
                self.session_id = message.new_session.initialize.session_id or self.session_id
                yield message, data
                if message.WhichOneof("type") == "script_finished":
                    return

    def named(self):
        """Until the session's id is known."""
        while not self.session_id:
            next(iter(self.messages()))
        return self

    def hand_in(self, name, data):
        """Upload a photo with the page's own widget; what the page draws until it is shown, as bytes."""
        drawn = (message.delta.new_element.file_uploader.id for message, _ in self.everything())
        widget = next(each for each in drawn if each)
        asking = BackMsg()
        asking.file_urls_request.request_id = "1"
        asking.file_urls_request.file_names.append(name)
        asking.file_urls_request.session_id = self.session_id
        self.socket.send(asking.SerializeToString())
        answers = (message for message, _ in self.everything())
        urls = next(each for each in answers if each.WhichOneof("type") == "file_urls_response")
        (there,) = urls.file_urls_response.file_urls
        assert self.upload(data, name, there.file_id) == 204
        given = BackMsg()
        state = given.rerun_script.widget_states.widgets.add(id=widget)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=there.file_id, name=name, size=len(data), file_urls=there
        )
        self.socket.send(given.SerializeToString())
        seen = b""
        for _, data in self.everything():
            seen += data
            if media(seen.partition(name.encode())[2]):
                return seen
        raise AssertionError("the photo was not shown")

    def everything(self):
        while True:
            yield from self.messages()

    def upload(self, data, name="photo.png", file_id="1", session_id="", headers=()):
        """Upload a file as Streamlit's own page does; the status."""
        body = form(data, name)
        given = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "X-Xsrftoken": self.cookies.get("_streamlit_xsrf", ""),
            **dict(headers),
        }
        path = f"/_stcore/upload_file/{session_id or self.session_id}/{file_id}"
        return self.ask(path, "PUT", body, given).status


def form(data, name):
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def media(data):
    """The addresses of pictures and downloads in what a page has sent."""
    return set(re.findall(rb"/media/[0-9a-f]+\.\w+", data))


def models_loaded(server):
    return json.loads(ask(server, "/ready").body)["loading"] is False
