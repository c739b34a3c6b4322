"""Who may open a media stream: Twilio, for one call of ours, once.

Before the upgrade: Twilio's signature over `PUBLIC_STREAM_URL`. After it, within a deadline: the `start` message with a
one-time token bound to call, attempt and CallSid, our account, and the claim on the attempt. Until all of that holds,
nothing is asked of any provider. (Twilio docs: "Security"; the stream's URL can carry no query string, so the token is
a `<Parameter>`.)
"""

from __future__ import annotations

import asyncio
import hmac
import time
from dataclasses import dataclass

from twilio.request_validator import RequestValidator
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from callregistry import tokens
from callregistry.calls import Call
from callregistry.registry import Greeting, NewStream, StreamRefused
from voicebridge import media_stream
from voicebridge.call_log import CallLog
from voicebridge.settings import BridgeSettings

START_WITHIN_S = 5.0
MAX_MESSAGES_BEFORE_START = 5


@dataclass(frozen=True, slots=True)
class Admission:
    """A stream that is let in, and has claimed its attempt at the call."""

    call: Call
    attempt: int
    stream_sid: str
    greeting: Greeting | None
    """What was prepared while the phone rang, if it is ready."""


class MediaDoor:
    """The checks, for all streams of this process."""

    def __init__(self, settings: BridgeSettings, call_log: CallLog, bridge: str) -> None:
        self._log, self._bridge = call_log, bridge
        self._url = settings.public_stream_url
        self._account_sid = settings.twilio_account_sid
        self._link_secret = settings.link_secret.get_secret_value()
        self._validator = RequestValidator(settings.twilio_auth_token.get_secret_value())

    def is_signed_by_twilio(self, signature: str | None) -> bool:
        """True if `X-Twilio-Signature` of an upgrade request is right. Twilio signs the URL with or without a slash."""
        if not signature:
            return False
        return any(self._validator.validate(url, {}, signature) for url in (self._url, self._url + "/"))

    async def admit(self, socket: ServerConnection) -> Admission:
        """Waits for `start` and checks all it says. Raises `StreamRefused`."""
        try:
            async with asyncio.timeout(START_WITHIN_S):
                start = await self._start_message(socket)
        except TimeoutError:
            raise StreamRefused("no start message") from None
        except ConnectionClosed:
            raise StreamRefused("closed before start") from None
        except media_stream.MalformedMessage:
            raise StreamRefused("malformed message before start") from None
        stream = self._check(start)
        call, greeting = await self._log.ask(self._log.registry.admit_stream, stream, now=time.time())
        return Admission(call, stream.attempt, start.stream_sid, greeting)

    async def _start_message(self, socket: ServerConnection) -> media_stream.Start:
        for _ in range(MAX_MESSAGES_BEFORE_START):
            message = media_stream.parse(await socket.recv())
            if isinstance(message, media_stream.Start):
                return message
            if not isinstance(message, media_stream.Connected | media_stream.Ignored):
                break
        raise StreamRefused("other messages before start")

    def _check(self, start: media_stream.Start) -> NewStream:
        if not hmac.compare_digest(start.account_sid.encode(), self._account_sid.encode()):
            raise StreamRefused("wrong account")
        call_id, attempt = start.parameters.get("call", ""), start.parameters.get("attempt", "")
        try:
            claims = tokens.verify(self._link_secret, start.parameters.get("token", ""), tokens.STREAM, now=time.time())
        except tokens.TokenError as error:
            raise StreamRefused(str(error)) from None
        if claims.subject != f"{call_id}:{attempt}:{start.call_sid}":
            raise StreamRefused("token is for another call")
        # The token says the attempt, so we wrote it: it is a number.
        nonce = f"stream:{claims.nonce}"
        return NewStream(call_id, int(attempt), start.call_sid, self._bridge, nonce, claims.expires_at)
