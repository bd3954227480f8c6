"""A visit without a browser: ``python -m tests.performance.streamlit_visit ADDRESS first|finished``.

Speaks Streamlit's own protocol, as a browser tab does, and prints when something came; for measuring alone.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

__all__ = ["UNTIL", "visit"]

UNTIL = ("first", "finished")
"""How long a visit lasts: until something of the page is there, or until it has nothing more to draw."""


async def visit(address: str, until: str) -> float:
    """Open the page at ``address`` (``http://host:port``) and wait for one of ``UNTIL``.

    Returns:
        Seconds since the epoch at which it came.

    Raises:
        ConnectionError: the server hung up before, or the page shows an error.
    """
    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    origin = websockets.Origin(address)
    async with websockets.connect(
        stream, subprotocols=[websockets.Subprotocol("streamlit")], origin=origin, max_size=None
    ) as socket:
        hello = BackMsg()
        hello.rerun_script.query_string = ""
        await socket.send(hello.SerializeToString())
        async for data in socket:
            if _is(ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode()), until):
                return time.time()
    raise ConnectionError("the server hung up before the page was there")


def _is(message: ForwardMsg, until: str) -> bool:
    """Whether this is what was waited for; raises ``ConnectionError`` when the page says that it failed."""
    element = message.delta.new_element
    failed = element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR
    if message.delta.WhichOneof("type") == "new_element" and failed:
        raise ConnectionError(f"the page says: {element.alert.body}")
    if until == "finished":
        return message.WhichOneof("type") == "script_finished"
    return message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element"


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"at": asyncio.run(visit(sys.argv[1], sys.argv[2]))}))
