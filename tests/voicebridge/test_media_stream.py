"""The wire format of Media Streams, by example and by mutation."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebridge.media_stream import (
    Connected,
    Dtmf,
    Ignored,
    MalformedMessage,
    Mark,
    Media,
    Start,
    Stop,
    clear,
    mark,
    media,
    parse,
)

START = {
    "event": "start",
    "sequenceNumber": "1",
    "start": {
        "accountSid": "AC0",
        "streamSid": "MZ0",
        "callSid": "CA0",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "abc"},
    },
    "streamSid": "MZ0",
}
MEDIA = {
    "event": "media",
    "sequenceNumber": "2",
    "media": {
        "track": "inbound",
        "chunk": "1",
        "timestamp": "155",
        "payload": base64.b64encode(b"\xff" * 160).decode(),
    },
    "streamSid": "MZ0",
}


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ({"event": "connected", "protocol": "Call", "version": "1.0.0"}, Connected()),
        (START, Start("MZ0", "CA0", "AC0", {"token": "abc"})),
        (MEDIA, Media(b"\xff" * 160, 155)),
        ({"event": "dtmf", "streamSid": "MZ0", "dtmf": {"track": "inbound_track", "digit": "1"}}, Dtmf("1")),
        ({"event": "mark", "sequenceNumber": "4", "streamSid": "MZ0", "mark": {"name": "3.1"}}, Mark("3.1")),
        ({"event": "stop", "streamSid": "MZ0", "stop": {"accountSid": "AC0", "callSid": "CA0"}}, Stop()),
        ({"event": "something-new", "streamSid": "MZ0"}, Ignored()),
        ({**MEDIA, "media": {"track": "outbound", "timestamp": "1", "payload": "/w=="}}, Ignored()),
    ],
)
def test_what_twilio_sends_becomes_a_message(wire: dict[str, Any], message: object) -> None:
    assert parse(json.dumps(wire)) == message


def test_a_stream_may_come_without_parameters() -> None:
    body = {name: value for name, value in START["start"].items() if name != "customParameters"}  # type: ignore[attr-defined]
    assert parse(json.dumps(START | {"start": body})) == Start("MZ0", "CA0", "AC0", {})


@pytest.mark.parametrize(
    "wire",
    [
        b"\x00\x01",
        b'{"event":"stop"}',
        "",
        "null",
        "[]",
        "{",
        "{}",
        '{"event":7}',
        '{"event":"media"}',
        '{"event":"media","media":{}}',
        '{"event":"media","media":{"timestamp":"1","payload":"not base64!"}}',
        '{"event":"media","media":{"timestamp":"1","payload":"ä"}}',
        '{"event":"media","media":{"timestamp":"soon","payload":"/w=="}}',
        '{"event":"mark"}',
        '{"event":"dtmf"}',
        '{"event":"start"}',
        '{"event":"start","start":{"streamSid":"MZ0"}}',
        '{"event":"start","start":{"streamSid":"MZ0","callSid":"CA0","accountSid":"AC0","customParameters":{"a":1}}}',
        "[" * 100_000,
        '{"event":"mark","mark":{"name":"\ud800"}}',
    ],
)
def test_anything_else_is_malformed(wire: str | bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse(wire)


def test_the_complaint_never_quotes_the_message() -> None:
    with pytest.raises(MalformedMessage) as raised:
        parse('{"event":"media","media":{"timestamp":"1","payload":"secret words"}}')
    assert "secret" not in str(raised.value)


@given(st.text() | st.binary(), st.data())
def test_no_input_raises_anything_else(noise: str | bytes, data: st.DataObject) -> None:
    whole = json.dumps(data.draw(st.sampled_from([START, MEDIA])))
    cut = data.draw(st.integers(0, len(whole)))
    for wire in (noise, whole[:cut] + str(noise) + whole[cut:], whole[:cut]):
        try:
            parse(wire)
        except MalformedMessage:
            continue


def test_what_we_send_has_exactly_the_documented_fields() -> None:
    assert json.loads(media("MZ0", b"\xff\x00")) == {"event": "media", "streamSid": "MZ0", "media": {"payload": "/wA="}}
    assert json.loads(mark("MZ0", "3.1")) == {"event": "mark", "streamSid": "MZ0", "mark": {"name": "3.1"}}
    assert json.loads(clear("MZ0")) == {"event": "clear", "streamSid": "MZ0"}
