"""Twilio's signed requests to the customer's application: signature, time limits, one retry, redirects.

Nothing leaves the machine: a URL whose host is not loopback fails with 11210, as an unresolvable name would.
Sources: "Webhooks security" (signature), "Webhooks connection overrides" (`#ct=...&rt=...` in the fragment).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from sandbox.twilio_faults import TwilioFaults
from sandbox.twiml import MAX_BYTES

MAX_REDIRECTS = 10


class WebhookError(Exception):
    """The application did not answer as it must; `code` is Twilio's error code (112xx, 11750)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Reply:
    """The application's answer: any status, at most 64 KB."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Overrides:
    """Connection overrides of one URL; times in seconds."""

    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, url: str) -> Overrides:
        """Read them from the URL's fragment; what is out of range is brought into it, what is no number is ignored."""
        given = dict(parse_qsl(urlsplit(url).fragment))

        def seconds(key: str, low: int, high: int, default: float) -> float:
            raw = given.get(key, "")
            return min(max(int(raw), low), high) / 1000 if raw.isdecimal() else default

        retries = given.get("rc", "1")
        return cls(
            seconds("ct", 100, 10_000, 5.0),
            seconds("rt", 100, 15_000, 15.0),
            seconds("tt", 100, 15_000, 15.0),
            min(int(retries), 5) if retries.isdecimal() else 1,
            frozenset(given.get("rp", "ct").split(",")),
        )

    def retry(self, kind: str) -> bool:
        return bool({kind, "all"} & self.retry_on)


def signature(auth_token: str, url: str, fields: Mapping[str, str] | None = None) -> str:
    """X-Twilio-Signature: base64 of HMAC-SHA1 over the URL and the form fields sorted by name."""
    text = url + "".join(name + value for name, value in sorted((fields or {}).items()))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed_url(url: str) -> str:
    """The URL as Twilio signs it: no fragment, no credentials, and no port where the scheme is https."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https":
        host = parts.hostname or host
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def is_loopback(host: str | None) -> bool:
    """May the sandbox connect there? Only to this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_url(url: str) -> bool:
    """An absolute http(s) URL, as Twilio wants it for every callback."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(letter.isspace() for letter in url)


class Webhooks:
    """Sends them, in one HTTP session for all calls."""

    def __init__(self, auth_token: str, faults: TwilioFaults) -> None:
        self._auth_token = auth_token
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def stream_headers(self, url: str) -> dict[str, str]:
        """The signature of a Media Streams upgrade: over the wss URL as the TwiML has it, a bare host with a slash."""
        return self._signature_header(url if urlsplit(url).path else url + "/", {})

    async def send(self, url: str, method: str, fields: Mapping[str, str]) -> Reply:
        """One request to the application, retried and redirected as Twilio does. Raises WebhookError."""
        overrides = Overrides.of(url)
        token = str(uuid.uuid4())
        for attempt in range(overrides.retries + 1):
            last = attempt == overrides.retries
            try:
                reply = await self._follow(url, method, fields, token, overrides)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as problem:
                if last or not overrides.retry("ct"):
                    raise WebhookError(11205, f"HTTP connection failure: {problem}") from problem
            except TimeoutError as problem:
                if last or not overrides.retry("rt"):
                    raise WebhookError(
                        11200, f"HTTP retrieval failure: no answer within the time limit: {url}"
                    ) from problem
            except aiohttp.ClientError as problem:
                raise WebhookError(11206, f"HTTP protocol violation: {problem}") from problem
            else:
                if last or reply.status < 400 or not overrides.retry("4xx" if reply.status < 500 else "5xx"):
                    return reply
        raise AssertionError("the last attempt returns or raises")

    async def _follow(self, url: str, method: str, fields: Mapping[str, str], token: str, times: Overrides) -> Reply:
        for _ in range(MAX_REDIRECTS + 1):
            reply, location = await self._once(url, method, fields, token, times)
            if location is None:
                return reply
            url, method = urljoin(url, location), "GET"
        raise WebhookError(11215, f"Too many HTTP redirects: {url}")

    async def _once(
        self, url: str, method: str, fields: Mapping[str, str], token: str, times: Overrides
    ) -> tuple[Reply, str | None]:
        parts = urlsplit(url)
        if not is_loopback(parts.hostname):
            raise WebhookError(
                11210, f"HTTP bad host name: the sandbox reaches this machine only, not {parts.hostname}"
            )
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))
        if method == "GET":
            url += ("&" if parts.query else "?") + urlencode(fields)
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": token,
            **self._signature_header(signed_url(url), {} if method == "GET" else fields),
        }
        if method != "GET":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        timeout = aiohttp.ClientTimeout(total=times.total_s, sock_connect=times.connect_s, sock_read=times.read_s)
        body = None if method == "GET" else urlencode(fields)
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        async with self._session.request(
            method, URL(url, encoded=True), data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as response:
            content = await response.content.read(MAX_BYTES + 1)
            while len(content) <= MAX_BYTES and (more := await response.content.read(MAX_BYTES)):
                content += more
            if len(content) > MAX_BYTES:
                raise WebhookError(11750, "TwiML response body too large (64 KB)")
            location = response.headers.get("Location") if response.status in (301, 302, 303, 307, 308) else None
            return Reply(response.status, response.headers.get("Content-Type", ""), content), location

    def _signature_header(self, url: str, fields: Mapping[str, str]) -> dict[str, str]:
        if self._faults.signature == "missing":
            return {}
        token = self._auth_token + ("?" if self._faults.signature == "wrong" else "")
        return {"X-Twilio-Signature": signature(token, url, fields)}
