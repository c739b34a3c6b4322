"""TwiML: what Twilio is told to do with a call. Pure functions that give XML as text.

Protocol: https://www.twilio.com/docs/voice/twiml. The sentences are Twilio's voice's, for when the bridge is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

from twilio.twiml.voice_response import Connect, VoiceResponse

ONE_MOMENT = "One moment, please."
TECHNICAL_GOODBYE = (
    "I am sorry, I have a technical problem and cannot go on just now. Nothing is wrong with your telephone. "
    "Thank you for your patience, and goodbye."
)
MACHINE_LINE = "Hello. This was a friendly automated call. We will try again another time. Goodbye."
DECLINE_LINE = (
    "Thank you for calling back. This is an automated line that cannot take calls. "
    "Your call has been noted, and there is nothing you need to do. Goodbye."
)
ALL_BUSY_LINE = "Thank you for calling. All lines are busy just now. Please try again a little later. Goodbye."


@dataclass(frozen=True, slots=True)
class StreamOffer:
    """A media stream offered to the bridge. Addresses are absolute; Twilio drops a query from `stream_url`."""

    stream_url: str
    stream_status_url: str
    resume_url: str
    """Asked for more TwiML when the stream is over, however it ended."""
    call_id: str
    attempt: int
    token: str


def connect(offer: StreamOffer, *, first_say: str | None = None, first_pause_s: int = 0) -> str:
    """Connects the call to the bridge; the tail after `</Connect>` runs when the stream dies."""
    response = VoiceResponse()
    if first_say is not None:
        response.say(first_say)
    if first_pause_s:
        response.pause(length=first_pause_s)
    connection = Connect()
    stream = connection.stream(url=offer.stream_url, status_callback=offer.stream_status_url)
    stream.parameter(name="call", value=offer.call_id)
    stream.parameter(name="attempt", value=str(offer.attempt))
    stream.parameter(name="token", value=offer.token)
    response.append(connection)
    response.redirect(offer.resume_url, method="POST")
    return str(response)


def say_and_hang_up(text: str) -> str:
    """A last sentence."""
    response = VoiceResponse()
    response.say(text)
    response.hangup()
    return str(response)


def hang_up() -> str:
    """The end of the call, without a word: all has been said."""
    response = VoiceResponse()
    response.hangup()
    return str(response)
