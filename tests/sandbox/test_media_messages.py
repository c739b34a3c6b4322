"""The strict reader of what a media server sends."""

import base64
import json
from typing import Any

import pytest

from sandbox import media_messages
from sandbox.media_messages import Clear, InvalidMessage, Mark, Media

SID = "MZ1"


def test_the_three_messages_are_understood() -> None:
    payload = base64.b64encode(b"\xff\x7f").decode()
    assert read(event="media", streamSid=SID, media={"payload": payload}) == Media(b"\xff\x7f")
    assert read(event="mark", streamSid=SID, mark={"name": "1.2"}) == Mark("1.2")
    assert read(event="clear", streamSid=SID) == Clear()


def test_a_binary_frame_is_31950() -> None:
    with pytest.raises(InvalidMessage) as refused:
        media_messages.read(b"{}", SID)
    assert refused.value.code == 31950


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"event": "play", "streamSid": "MZ1"}', "unknown event"),
        ('{"event": ["media"], "streamSid": "MZ1"}', "unknown event"),
        ('{"streamSid": "MZ1"}', "unknown event"),
        ('{"event": "clear"}', "missing streamSid"),
        ('{"event": "clear", "streamSid": "MZ2"}', "wrong streamSid"),
        ('{"event": "clear", "streamSid": "MZ1", "now": true}', "extra now"),
        ('{"event": "mark", "streamSid": "MZ1", "mark": "x"}', "not an object"),
        ('{"event": "mark", "streamSid": "MZ1", "mark": {"name": 7}}', "not a string"),
        ('{"event": "media", "streamSid": "MZ1", "media": {}}', "missing payload"),
        ('{"event": "media", "streamSid": "MZ1", "media": {"payload": "/w==", "track": "outbound"}}', "extra track"),
        ('{"event": "media", "streamSid": "MZ1", "media": {"payload": "?"}}', "not base64"),
        ('{"event": "media", "streamSid": "MZ1", "media": {"payload": 1}}', "not a string"),
    ],
)
def test_every_deviation_is_31951_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidMessage, match=why) as refused:
        media_messages.read(text, SID)
    assert refused.value.code == 31951


def test_numbers_of_the_media_message_are_strings() -> None:
    message = media_messages.media(SID, 3, 155, b"\xff" * 160)
    assert message["media"]["chunk"] == "3"
    assert message["media"]["timestamp"] == "155"
    assert message["media"]["track"] == "inbound"
    assert media_messages.dtmf(SID, "5")["dtmf"] == {"track": "inbound_track", "digit": "5"}


def read(**message: Any) -> Media | Mark | Clear:
    return media_messages.read(json.dumps(message), SID)
