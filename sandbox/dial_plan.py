"""Numbers: which are well formed, which are special here, and what Twilio answers when one may not be called. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

YOU = "+12025550100"
_FIRST_PERSON, _LAST_PERSON = 1, 79
DEFAULT_FROM_NUMBER = "+14155550100"
TWILIO_TEST_FROM = "+15005550006"
DEFAULT_REGIONS = ("+1", "+44")

BUSY = "+12025550190"
NO_ANSWER = "+12025550191"
FAILED = "+12025550192"

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True)
class Refusal:
    """Twilio's error body for a request that it refuses."""

    status: int
    code: int
    message: str


MAGIC: dict[str, tuple[str, Refusal | None]] = {
    BUSY: ("busy", None),
    NO_ANSWER: ("rings until the timeout: no-answer", None),
    FAILED: ("cannot be reached: failed", None),
    "+12025550193": (
        "refused with 21216 (blocked number)",
        Refusal(400, 21216, "Account not allowed to call +12025550193."),
    ),
    "+12025550194": (
        "refused with 21214 (cannot be reached)",
        Refusal(400, 21214, "'To' phone number cannot be reached: +12025550194"),
    ),
    "+12025550195": (
        "refused with 21217 (not valid)",
        Refusal(400, 21217, "The phone number you are attempting to call, +12025550195, is not valid."),
    ),
    "+12025550196": (
        "refused with 21219 (trial account, unverified number)",
        Refusal(
            400,
            21219,
            "The number +12025550196 is unverified. Trial accounts may only make calls to verified numbers.",
        ),
    ),
    "+12025550197": ("refused with 20005 (account not active)", Refusal(403, 20005, "Account not active")),
    "+12025550198": ("refused with 429, 20429", Refusal(429, 20429, "Too Many Requests")),
    "+12025550199": ("refused with 500, 20500", Refusal(500, 20500, "An internal server error has occurred")),
}
"""Numbers that behave in a special way: what happens, and the refusal if the REST API refuses them."""


def persons_numbers() -> list[str]:
    """The numbers that people may have, in order; all in the range that is kept free for fiction (555-01xx)."""
    return [f"+120255501{last_digits:02d}" for last_digits in range(_FIRST_PERSON, _LAST_PERSON + 1)]


def refusal_of(
    to: str | None, from_number: str | None, own_numbers: frozenset[str], regions: tuple[str, ...]
) -> Refusal | None:
    """Why Twilio would not place this call; None when it would."""
    if not to:
        return Refusal(400, 21201, "No 'To' number is specified")
    if not from_number:
        return Refusal(400, 21213, "Caller phone number ('From') is required")
    if not _E164.fullmatch(from_number):
        return Refusal(400, 21212, f"The 'From' number {from_number} is not a valid phone number.")
    if from_number not in own_numbers and from_number != TWILIO_TEST_FROM:
        return Refusal(
            400,
            21210,
            f"The source phone number provided, {from_number}, is not yet verified for your account. You may only make "
            "calls from phone numbers that you've verified or purchased from Twilio.",
        )
    if not _E164.fullmatch(to):
        return Refusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if not to.startswith(regions):
        return Refusal(
            400,
            21215,
            f"Account not authorized to call {to}. Perhaps you need to enable some international permissions: "
            "https://www.twilio.com/console/voice/calls/geo-permissions/low-risk",
        )
    if to.startswith("+1") and not re.fullmatch(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", to):
        return Refusal(400, 21217, f"The phone number you are attempting to call, {to}, is not valid.")
    return MAGIC[to][1] if to in MAGIC else None
