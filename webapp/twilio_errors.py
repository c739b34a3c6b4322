"""Twilio's error codes as sentences a person can act on: what happened, and what to do about it.

Codes and their meaning: Twilio's error dictionary (https://www.twilio.com/docs/errors/<code>).
"""

from __future__ import annotations

from dataclasses import dataclass

_CONSOLE = "https://console.twilio.com"
GEO_PERMISSIONS = f"{_CONSOLE}/us1/develop/voice/settings/geo-permissions"
VERIFIED_CALLER_IDS = f"{_CONSOLE}/us1/develop/phone-numbers/manage/verified"
ACTIVE_NUMBERS = f"{_CONSOLE}/us1/develop/phone-numbers/manage/incoming"
BILLING = f"{_CONSOLE}/us1/billing/manage-billing/billing-overview"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, and what a person can do."""

    message: str
    help: str


_CREDENTIALS = Explanation(
    "Twilio did not accept our credentials.",
    f"Compare TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or the API key) in .env with {_CONSOLE}, then restart.",
)
_NOT_A_NUMBER = Explanation(
    "Twilio says that this is not a working telephone number.",
    "Check the number digit by digit, with its country code.",
)
_BAD_FROM = Explanation(
    "Twilio does not accept our own number as the caller.",
    f"TWILIO_FROM_NUMBER in .env must be one of your numbers at {ACTIVE_NUMBERS}, written like +12025550100.",
)
_TRIAL = Explanation(
    "This is a Twilio trial account, and trial accounts cannot make this call.",
    f"Upgrade the account at {BILLING}: on a trial Twilio also removes the media stream, so nobody would be heard.",
)
_BAD_ADDRESS = Explanation(
    "Twilio cannot use the address of this web app.",
    "PUBLIC_BASE_URL in .env must be the https address under which the internet reaches this web app.",
)
_BUSY_TWILIO = Explanation(
    "Twilio is getting too many requests from this account at the moment; nothing was dialled.",
    "Wait a few seconds, then try again.",
)

_EXPLANATIONS: dict[int, Explanation] = {
    0: _TRIAL,
    401: _CREDENTIALS,
    403: _CREDENTIALS,
    429: _BUSY_TWILIO,
    10001: Explanation("The Twilio account is not active.", f"Open {BILLING} to see why, and to activate it."),
    10002: _TRIAL,
    10004: Explanation(
        "The Twilio account has as many calls at once as it may have.",
        "Wait until a call has ended; Twilio's support raises the limit.",
    ),
    13223: _NOT_A_NUMBER,
    13224: _NOT_A_NUMBER,
    20003: _CREDENTIALS,
    20005: Explanation(
        "The Twilio account is not active: it may be suspended or out of funds.",
        f"Open {BILLING} and look at the balance and at messages from Twilio.",
    ),
    20008: Explanation(
        "These are Twilio's test credentials, which cannot do this.",
        f"Use the live Account SID and Auth Token from {_CONSOLE}.",
    ),
    20404: Explanation(
        "Twilio does not know this account.",
        f"Compare TWILIO_ACCOUNT_SID in .env with {_CONSOLE}.",
    ),
    20429: _BUSY_TWILIO,
    21201: _NOT_A_NUMBER,
    21205: _BAD_ADDRESS,
    21210: Explanation(
        "Our own number is not verified at Twilio.",
        f"TWILIO_FROM_NUMBER must be bought from Twilio ({ACTIVE_NUMBERS}) or verified ({VERIFIED_CALLER_IDS}).",
    ),
    21211: _NOT_A_NUMBER,
    21212: _BAD_FROM,
    21213: _BAD_FROM,
    21214: Explanation("This number cannot be reached by Twilio.", "Check the number; try it from another telephone."),
    21215: Explanation(
        "The Twilio account may not call this country yet.",
        f"Open {GEO_PERMISSIONS}, tick the country (and only those you need), save, and call again.",
    ),
    21216: Explanation(
        "Twilio blocks calls to this number.",
        "The number is on a block list of Twilio's. Ask Twilio's support if you know it to be right.",
    ),
    21217: _NOT_A_NUMBER,
    21219: Explanation(
        "This is a Twilio trial account, which may only call numbers verified beforehand.",
        f"Verify the number at {VERIFIED_CALLER_IDS}, or better: upgrade at {BILLING}. Trial accounts also remove the "
        "media stream, so nobody would be heard.",
    ),
    32203: Explanation(
        "Twilio blocks this number as a likely fraud.", "Ask Twilio's support if you know the number to be right."
    ),
    573002: _TRIAL,
    573005: Explanation(
        "This is a Twilio trial account, and the number's verification is not finished.",
        f"Finish it at {VERIFIED_CALLER_IDS}, or better: upgrade at {BILLING}.",
    ),
}


def explain(code: int) -> Explanation:
    """What Twilio's error `code` means for the operator. (The HTTP status, where Twilio gave no code.)"""
    known = _EXPLANATIONS.get(code)
    if known is not None:
        return known
    return Explanation(
        f"Twilio refused the call (error {code}).", f"What it means: https://www.twilio.com/docs/errors/{code}"
    )


def explain_failed_call(sip_response_code: str, error_code: str) -> str:
    """Why a call that Twilio had accepted failed, from its last callback's `SipResponseCode` and `ErrorCode`."""
    if error_code.isdecimal() and int(error_code) in _EXPLANATIONS:
        found = _EXPLANATIONS[int(error_code)]
        return f"{found.message} {found.help}"
    sentence = _SIP.get(sip_response_code, "The call could not be connected.")
    return f"{sentence} (SIP {sip_response_code})" if sip_response_code.isdecimal() else sentence


_SIP = {
    "403": "The telephone network refused the call.",
    "404": "This number does not exist or cannot be reached. Check it digit by digit.",
    "408": "The telephone network did not answer in time.",
    "410": "This number is no longer in service.",
    "480": "The telephone is switched off or out of reach at the moment.",
    "484": "This number is incomplete.",
    "503": "The telephone network could not take the call. Try again later.",
    "603": "The call was declined.",
    "607": "The called network blocks this call as unwanted.",
    "608": "The called network blocks this call as unwanted.",
}
