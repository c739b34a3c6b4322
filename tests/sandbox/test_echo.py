"""The agent's voice that comes back from a loudspeaker telephone: late, quieter, and in the telephone's band."""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt
import pytest
from websockets.asyncio.server import ServerConnection

from sandbox import line_audio
from sandbox.echo import Echo, EchoPath
from sandbox.line_audio import FRAME_BYTES, SILENT_FRAME
from sandbox.twilio_faults import FaultError, TwilioFaults
from tests.sandbox.telephone_fixtures import Customer, MediaServer, Sandbox, connect, tone_ulaw, until

Samples = npt.NDArray[np.float64]


def samples(ulaw: bytes) -> Samples:
    return np.frombuffer(line_audio.to_pcm(ulaw), "<i2").astype(np.float64)


def frames(ulaw: bytes) -> list[bytes]:
    return [ulaw[at : at + FRAME_BYTES] for at in range(0, len(ulaw), FRAME_BYTES)]


def returned(echo: Echo, agent: bytes, person: bytes | None = None) -> bytes:
    """What the line gets from the telephone while it plays `agent`, and for a second after."""
    path = EchoPath(echo)
    played = frames(agent) + [SILENT_FRAME] * 50
    spoken = frames(person or b"") + [SILENT_FRAME] * 1000
    return b"".join(path.added(mine, yours) for mine, yours in zip(spoken, played, strict=False))


def speech_like(seconds: float = 2.0) -> bytes:
    noise = np.random.default_rng(7).normal(0, 3000, round(seconds * 8000)).astype("<i2").tobytes()
    return line_audio.to_ulaw(line_audio.telephone_band(noise))


@pytest.mark.parametrize(("delay_ms", "down_db"), [(20, 0), (105, 12), (180, 18), (400, 30)])
def test_the_voice_comes_back_as_late_and_as_much_quieter_as_was_asked_for(delay_ms: float, down_db: float) -> None:
    agent = speech_like()
    back = samples(returned(Echo(delay_ms, down_db), agent))
    sent = np.pad(samples(agent), (0, back.size - len(agent)))
    likeness = np.fft.irfft(np.fft.rfft(back, 2 * back.size) * np.conj(np.fft.rfft(sent, 2 * back.size)))
    assert abs(int(likeness[: back.size].argmax()) - delay_ms * 8) <= 4
    lost_db = 10 * np.log10((sent**2).sum() / (back**2).sum())
    assert lost_db == pytest.approx(down_db, abs=1.0)


def test_nothing_below_the_telephones_band_comes_back() -> None:
    hum = line_audio.to_ulaw(line_audio.tone(80, 1.0, -20))
    steady = samples(returned(Echo(100, 0), hum))[2000:8000]
    assert np.abs(steady).max() < 0.05 * np.abs(samples(hum)).max()


def test_while_we_are_silent_the_person_is_not_touched() -> None:
    person = speech_like(1.0)
    assert returned(Echo(180, 18), b"", person)[: len(person)] == person


def test_the_person_and_the_echo_are_heard_together() -> None:
    person, agent = tone_ulaw(0.5), speech_like(0.5)
    both = samples(returned(Echo(20, 10), agent, person))
    alone = samples(returned(Echo(20, 10), agent))
    rest = both[: len(person)] - samples(person) - alone[: len(person)]
    assert np.sqrt((rest**2).mean()) < 0.05 * np.sqrt((samples(person) ** 2).mean())


async def test_an_echo_can_be_put_on_every_line(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer
) -> None:
    async def speak(socket: ServerConnection, server: MediaServer) -> None:
        await socket.send(server.media(tone_ulaw(0.5)))

    sandbox.faults.set({"echo_delay_ms": 200, "echo_down_db": 6})
    media_server.behave = speak
    customer.twiml["/voice"] = connect(media_server)
    await sandbox.call(url=customer.url("/voice"))
    await until(lambda: len(loud(media_server)) >= 20)
    assert np.mean([line_audio.frame_level_dbfs(frame) for frame in loud(media_server)]) == pytest.approx(-22, abs=3)


def loud(media_server: MediaServer) -> list[bytes]:
    """Frames with more in them than silence, after the person's first hello."""
    payloads = [base64.b64decode(message["media"]["payload"]) for message in media_server.of("media")]
    return [one for one in payloads if line_audio.frame_level_dbfs(one) > -40]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"echo_delay_ms": 10}, "echo_delay_ms: must be 0 or 20 to 500, not 10"),
        ({"echo_delay_ms": 501}, "echo_delay_ms: must be 0 or 20 to 500, not 501"),
        ({"echo_down_db": -1}, r"echo_down_db: must be 0 to 60, not -1\.0"),
    ],
)
def test_an_echo_that_cannot_be_is_refused(wanted: dict[str, float], why: str) -> None:
    faults = TwilioFaults()
    with pytest.raises(FaultError, match=why):
        faults.set(wanted)
    assert faults.echo is None
