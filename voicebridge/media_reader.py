"""The reader of one media stream: takes what Twilio sends as it comes, and never waits for anything else.

When it stops reading for 320 ms Twilio's audio piles up, so all it does is cheap: audio goes to the ears, marks to the
mouth, and what they mean into the call's inbox. An inbox that is full means that the call's loop is stuck: then the
stream ends.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from callregistry.logs import get_logger
from voicebridge import media_stream
from voicebridge.dialogue import events as ev
from voicebridge.ears import Ears
from voicebridge.mouth import Mouth

log = get_logger(__name__)

SILENT_SOCKET_S = 10.0
"""Media flows 50 times a second, silence included. A socket without any for this long is dead, whatever TCP says
(it may be given up a tenth earlier)."""
MAX_MESSAGES_PER_S = 200
BURST = 2000
"""After a stall of the network, ten seconds of audio may arrive at once (and as much again in other messages)."""
MAX_MALFORMED = 50


class StreamEnd(StrEnum):
    """How a media stream ended (the `reason` of `stream.ended`)."""

    STOPPED = "stopped"
    """Twilio said `stop`: hung up, or other TwiML."""
    LOST = "stream_lost"
    """The socket broke, or fell silent. Twilio may come back for the rest of its TwiML."""
    REFUSED = "protocol_violation"
    """The other end does not speak the protocol."""
    OVERLOADED = "overloaded"
    """We could not keep up."""
    HUNG_UP = "hung_up"
    """We had the call hung up."""


class MediaReader:
    """`run` it once; `ended` is set when it has put a `StreamEnd` into the inbox."""

    def __init__(
        self,
        socket: ServerConnection,
        ears: Ears,
        mouth: Mouth,
        inbox: asyncio.Queue[ev.Event | StreamEnd],
        *,
        silent_socket_s: float = SILENT_SOCKET_S,
    ) -> None:
        self._socket, self._ears, self._mouth, self._inbox = socket, ears, mouth, inbox
        self._silent_socket_s = silent_socket_s
        self._malformed = 0
        self.ended: asyncio.Future[StreamEnd] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Reads until the stream ends."""
        end = StreamEnd.LOST
        try:
            end = await self._read()
        except (ConnectionClosed, TimeoutError) as problem:
            log.info("stream broke off", problem=type(problem).__name__)
        except asyncio.QueueFull:
            log.error("inbox full, stream given up")
            end = StreamEnd.OVERLOADED
        self.ended.set_result(end)
        while self._inbox.full():  # the loop may be stuck: the end must be heard all the same
            self._inbox.get_nowait()
        self._inbox.put_nowait(end)

    async def _read(self) -> StreamEnd:
        async with asyncio.timeout(self._silent_socket_s) as silence:
            return await self._read_on(silence)

    async def _read_on(self, silence: asyncio.Timeout) -> StreamEnd:
        loop = asyncio.get_running_loop()
        allowance, counted_at = float(BURST), loop.time()
        put_off_at = counted_at
        # A new timer for each of 50 messages a second would cost as much as hearing them.
        put_off_every_s = self._silent_socket_s / 10
        while True:
            text = await self._socket.recv()
            now = loop.time()
            if now > put_off_at:
                silence.reschedule(now + self._silent_socket_s)
                put_off_at = now + put_off_every_s
            allowance = min(BURST, allowance + (now - counted_at) * MAX_MESSAGES_PER_S) - 1
            counted_at = now
            if allowance < 0:
                log.warning("too many messages")
                return StreamEnd.REFUSED
            try:
                message = media_stream.parse(text)
            except media_stream.MalformedMessage as problem:
                if self._is_too_much(problem):
                    return StreamEnd.REFUSED
                continue
            if isinstance(message, media_stream.Stop):
                return StreamEnd.STOPPED
            self._take(message, now)

    def _take(self, message: media_stream.Message, now: float) -> None:
        match message:
            case media_stream.Media(payload):
                for event in self._ears.hear(payload, now):
                    self._inbox.put_nowait(event)
            case media_stream.Mark(name):
                self._mouth.mark_returned(name)
            case media_stream.Dtmf(digit):
                self._inbox.put_nowait(ev.DigitPressed(digit))
            case _:
                pass  # connected and start came before; unknown events may come with a new Twilio

    def _is_too_much(self, problem: media_stream.MalformedMessage) -> bool:
        if self._malformed == 0:
            log.warning("malformed message ignored (told once)", problem=str(problem))
        self._malformed += 1
        return self._malformed > MAX_MALFORMED
