"""The reader of a media stream, alone: what it makes of a socket that speaks, falls silent, or is flooded."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import cast

from websockets.asyncio.server import ServerConnection

from voicebridge.dialogue import events as ev
from voicebridge.ears import Ears
from voicebridge.media_reader import BURST, MediaReader, StreamEnd
from voicebridge.mouth import Mouth


def media(number: int) -> str:
    body = {"track": "inbound", "chunk": str(number), "timestamp": str(20 * number)}
    return json.dumps({"event": "media", "media": body | {"payload": base64.b64encode(b"\xff" * 160).decode()}})


class Wire:
    """What the reader needs of a socket: messages, each so many seconds after the one before; then nothing."""

    def __init__(self, messages: list[str], every_s: float = 0.0) -> None:
        self._messages, self._every_s = messages, every_s
        self.read = 0

    async def recv(self) -> str:
        if self.read == len(self._messages):
            await asyncio.Event().wait()
        await asyncio.sleep(self._every_s)
        self.read += 1
        return self._messages[self.read - 1]


def reader_of(wire: Wire, silent_socket_s: float = 5.0) -> MediaReader:
    inbox: asyncio.Queue[ev.Event | StreamEnd] = asyncio.Queue(8)
    socket = cast(ServerConnection, wire)
    ears = Ears()
    return MediaReader(socket, ears, Mouth(socket, "MZ0", ears), inbox, silent_socket_s=silent_socket_s)


async def test_a_socket_that_falls_silent_is_lost_and_not_before() -> None:
    wire = Wire([media(i) for i in range(20)], every_s=0.05)
    reader, began = reader_of(wire, silent_socket_s=0.4), asyncio.get_running_loop().time()
    await reader.run()
    lasted_s = asyncio.get_running_loop().time() - began
    assert (wire.read, reader.ended.result()) == (20, StreamEnd.LOST)
    assert lasted_s > 1.0 + 0.35, "one second of messages, and nine tenths of the silence at least"


async def test_a_flood_is_refused_and_a_burst_is_not() -> None:
    stop = json.dumps({"event": "stop"})
    burst, flood = Wire([*map(media, range(BURST - 1)), stop]), Wire([*map(media, range(2 * BURST)), stop])
    for wire, end in ((burst, StreamEnd.STOPPED), (flood, StreamEnd.REFUSED)):
        reader = reader_of(wire)
        await reader.run()
        assert reader.ended.result() is end
