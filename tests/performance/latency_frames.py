"""What a page and its server say to each other, as the browser saw it, with the browser's own clock."""

import base64
from dataclasses import dataclass, field

from playwright.sync_api import CDPSession, Page
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

__all__ = ["Tap"]

_DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_PATIENCE = 120_000


@dataclass
class Tap:
    """Listens to a page's connection from now on.

    Attributes:
        page: the page.
        asked: seconds at which the page asked for a run of its script.
        finished: seconds at which the server said that a run had ended well.
    """

    page: Page
    asked: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._session: CDPSession = self.page.context.new_cdp_session(self.page)
        self._session.on("Network.webSocketFrameSent", lambda frame: self.asked.append(frame["timestamp"]))
        self._session.on("Network.webSocketFrameReceived", self._receive)
        self._session.send("Network.enable")

    def server_seconds(self, action):
        """From the first run that ``action`` has the page ask for until the server has finished the last."""
        self.asked.clear()
        self.finished.clear()
        action()
        waited = 0
        while not (self.asked and self.finished and self.finished[-1] >= self.asked[-1]):
            self.page.wait_for_timeout(5)  # lets the events in
            waited += 5
            if waited > _PATIENCE:
                raise TimeoutError("the server did not finish the page within two minutes")
        return self.finished[-1] - self.asked[0]

    def _receive(self, frame):
        message = ForwardMsg.FromString(base64.b64decode(frame["response"]["payloadData"]))
        if message.WhichOneof("type") == "script_finished" and message.script_finished in _DONE:
            self.finished.append(frame["timestamp"])
