"""TwiML to verbs."""

import pytest
from twilio.twiml.voice_response import Connect, VoiceResponse

from sandbox import twiml
from sandbox.twiml import Document, Hangup, Pause, Play, Redirect, Say, Stream, TwimlError


def test_what_the_official_sdk_writes_is_understood() -> None:
    response = VoiceResponse()
    connect = Connect(action="/after")
    stream = connect.stream(url="wss://app.example/media", status_callback="https://app.example/s", name="one")
    stream.parameter(name="call", value="c1")
    stream.parameter(name="token", value="abc")
    response.append(connect)
    response.say("Goodbye  now", voice="alice", loop=2)
    response.pause(length=3)
    response.play("https://app.example/a.wav")
    response.redirect("/again", method="GET")
    response.hangup()
    assert twiml.parse(str(response).encode()) == Document(
        (
            twiml.Connect(
                Stream(
                    "wss://app.example/media",
                    "one",
                    "inbound_track",
                    "https://app.example/s",
                    "POST",
                    {"call": "c1", "token": "abc"},
                ),
                "/after",
            ),
            Say("Goodbye now", "alice", "en-US", 2),
            Pause(3),
            Play("https://app.example/a.wav"),
            Redirect("/again", "GET"),
            Hangup(),
        )
    )


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<Response><Say>",
        b"<response/>",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><Response><Say>&a;</Say></Response>",
    ],
)
def test_what_cannot_be_parsed_is_12100(xml: bytes) -> None:
    with pytest.raises(TwimlError) as refused:
        twiml.parse(xml)
    assert refused.value.code == 12100


def test_more_than_64_kb_are_11750() -> None:
    with pytest.raises(TwimlError) as refused:
        twiml.parse(b"<Response><Say>" + b"a" * 65536 + b"</Say></Response>")
    assert refused.value.code == 11750


@pytest.mark.parametrize(
    ("xml", "verbs"),
    [
        ("<Gather/><Hangup/>", (Hangup(),)),
        ("<say>lower case is another name</say>", ()),
        ('<Say colour="red">Hi</Say>', (Say("Hi"),)),
        ('<Pause length="long"/>', (Pause(1),)),
        ("<Connect><Room>x</Room></Connect>", ()),
        (f'<Connect><Stream url="wss://a"><Parameter name="n" value="{"v" * 499}"/></Stream></Connect>', None),
    ],
)
def test_what_is_not_known_is_a_12200_warning_and_skipped(xml: str, verbs: tuple[twiml.Verb, ...] | None) -> None:
    document = twiml.parse(f"<Response>{xml}</Response>".encode())
    assert {code for code, _ in document.warnings} == {12200}
    if verbs is not None:
        assert document.verbs == verbs


def test_loop_zero_means_until_hang_up() -> None:
    assert twiml.parse(b'<Response><Say loop="0">Hi</Say></Response>').verbs == (Say("Hi", loop=1000),)


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (Stream("wss://app.example/media"), None),
        (Stream("wss://127.0.0.1:8765/media"), None),
        (Stream("ws://app.example/media"), 31922),
        (Stream("https://app.example/media"), 31922),
        (Stream("wss://app.example/media?token=1"), 31920),
        (Stream(""), 31923),
        (Stream("/media"), 31923),
        (Stream("wss:///media"), 31923),
        (Stream("wss://app.example:port/media"), 31923),
        (Stream("wss://[::1/media"), 31923),
        (Stream("wss://app.example/media", track="both_tracks"), 31941),
    ],
)
def test_the_rules_of_stream_urls(stream: Stream, code: int | None) -> None:
    problem = twiml.stream_problem(stream)
    assert (problem and problem[0]) == code
