"""What one 20 ms frame costs on its way from the socket to the ears, beside a bare "receive and decode" loop.

Both are servers of the same library in this process; a process of its own (`python -m scripts.benchmarks.frame_path
PORT FRAMES EVERY_S`) sends them frames, as fast as they are taken or in real time. The cost is the CPU time of the
server's thread. In real time every frame wakes a sleeping process, which costs most machines more than the frame does.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from sandbox import line_audio
from sandbox.line_audio import FRAME_BYTES, FRAME_S
from scripts.environment import ROOT
from voicebridge.dialogue import events as ev
from voicebridge.ears import Ears
from voicebridge.media_reader import BURST, MediaReader, StreamEnd
from voicebridge.mouth import Mouth
from voicebridge.server import MAX_MESSAGE_BYTES

FRAMES = BURST - 10
"""In one stream: the reader takes so many at once."""
STREAMS = 7
LIVE_FRAMES = 250
_MODULE = "scripts.benchmarks.frame_path"
_STREAM_SID = "MZ" + "0" * 32
_JSON = msgspec.json.Decoder()

Server = Callable[[ServerConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FramePath:
    """Microseconds of CPU for a frame: medians over some streams."""

    bare_us: float
    reader_us: float
    """The reader with ears that hear nothing."""
    ours_us: float
    """The reader with its ears: all that happens to a frame."""
    bare_live_us: float
    """A frame of one call in real time, bare."""
    ours_live_us: float


class _Deaf(Ears):
    def hear(self, audio: bytes, now: float) -> list[ev.Event]:
        return []


async def bare(socket: ServerConnection) -> None:
    """Receives and decodes, and does nothing else."""
    while True:
        message = _JSON.decode(await socket.recv())
        if message["event"] == "stop":
            return
        base64.b64decode(message["media"]["payload"])


def read_with(ears: type[Ears]) -> Server:
    """The product's reader."""

    async def read(socket: ServerConnection) -> None:
        inbox: asyncio.Queue[ev.Event | StreamEnd] = asyncio.Queue(1024)
        hearing = ears()
        await MediaReader(socket, hearing, Mouth(socket, _STREAM_SID, hearing), inbox).run()

    return read


async def measure_frame_path() -> FramePath:
    """Takes some twenty seconds. The three take turns, so that a busy moment hits all of them."""
    servers = (bare, read_with(_Deaf), read_with(Ears))
    costs: list[list[float]] = [[], [], []]
    for _ in range(STREAMS):
        for server, cost in zip(servers, costs, strict=True):
            cost.append(await _cost_us(server))
    live = [await _cost_us(server, LIVE_FRAMES, FRAME_S) for server in (bare, read_with(Ears))]
    return FramePath(*(statistics.median(cost) for cost in costs), *live)


async def cpu_floor_s_per_min() -> float:
    """What a minute of one call's frames costs a bare server on this machine now, in CPU seconds."""
    return await _cost_us(bare, LIVE_FRAMES, FRAME_S) * 60 / FRAME_S / 1e6


async def _cost_us(server: Server, frames: int = FRAMES, every_s: float = 0.0) -> float:
    took: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def timed(socket: ServerConnection) -> None:
        began = time.thread_time()
        await server(socket)
        took.set_result(time.thread_time() - began)

    async with serve(timed, "127.0.0.1", 0, compression=None, max_size=MAX_MESSAGE_BYTES, max_queue=256) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        arguments = map(str, (port, frames, every_s))
        sender = await asyncio.create_subprocess_exec(sys.executable, "-m", _MODULE, *arguments, cwd=ROOT)
        took_s = await took
        await sender.wait()
    return 1e6 * took_s / frames


def send_frames(port: int, frames: int, every_s: float) -> None:
    """A stream of frames, one `every_s`, and its `stop`."""
    hiss = line_audio.to_ulaw(line_audio.noise("hiss", -60.0, seconds=1.0))
    with connect(f"ws://127.0.0.1:{port}", compression=None, proxy=None) as socket:
        began = time.monotonic()
        for i in range(frames):
            if every_s:
                time.sleep(max(0.0, began + i * every_s - time.monotonic()))
            at = i * FRAME_BYTES % len(hiss)
            payload = base64.b64encode(hiss[at : at + FRAME_BYTES]).decode()
            socket.send(
                f'{{"event":"media","sequenceNumber":"{i}","media":{{"track":"inbound","chunk":"{i}",'
                f'"timestamp":"{20 * i}","payload":"{payload}"}},"streamSid":"{_STREAM_SID}"}}'
            )
        socket.send(f'{{"event":"stop","streamSid":"{_STREAM_SID}"}}')
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            socket.recv(timeout=10)


if __name__ == "__main__":
    send_frames(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
