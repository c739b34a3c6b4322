"""How long a stage must be left alone: a 429 of one call holds back all of them. Pure: time is an argument."""

from __future__ import annotations

from voicebridge.providers import ProviderError

FIRST_BACK_OFF_S = 0.5
MAX_BACK_OFF_S = 120.0
RATE_LIMITED = "rate_limited"


class RateLimiter:
    """What one stage's server has told us about its limits, over all calls of this process."""

    def __init__(self) -> None:
        self._open_at = float("-inf")
        self._refusals = 0  # in a row

    def wait_s(self, now: float) -> float:
        """How long from `now` no request may be sent; 0 if one may."""
        return max(0.0, self._open_at - now)

    def succeeded(self) -> None:
        """A request was answered: the back-off starts small again."""
        self._refusals = 0

    def failed(self, error: ProviderError, now: float) -> None:
        """A request failed. Only a rate limit closes the stage: for the server's `retry-after`, or a doubling time."""
        if error.problem != RATE_LIMITED:
            return
        back_off_s = FIRST_BACK_OFF_S * 2**self._refusals
        self._refusals = min(self._refusals + 1, 8)
        asked_s = error.retry_after_s if error.retry_after_s is not None else back_off_s
        self._open_at = max(self._open_at, now + min(asked_s, MAX_BACK_OFF_S))
