"""Is it an interruption? What was said over our voice, and what it asks of us.

A sound has made us stop for the moment, and what we had not said is kept. Most sounds over a voice ask for nothing: a
cough, the television, "mm-hm", "yes dear", the "Hello?" of picking up while we greet. Then we go on where we stopped.
Words that say something are an interruption, however short: "Stop.", "Wait.", "No.", "Help!" are not signs of
listening, so they count at once. Our goodbye is stopped only by words that are no goodbye themselves.
"""

from __future__ import annotations

from voicebridge.dialogue.intents import is_backchannel, is_goodbye, is_hello, is_interruption, is_thanks
from voicebridge.dialogue.states import Phase, Timing
from voicebridge.dialogue.turn import Turn


def is_noise(turn: Turn, speech_s: float, pitched_ms: int | None, timing: Timing) -> bool:
    """A short sound by itself, without the pitch of a voice: a cough, a knock. No words need be waited for."""
    if pitched_ms is None or turn.stretches > 1:
        return False
    return speech_s < timing.noise_s and pitched_ms < timing.noise_pitched_ms


def lets_us_go_on(turn: Turn, phase: Phase) -> bool:
    """What was said over our voice asks for nothing."""
    words = turn.new_text
    if not words or (turn.over_greeting and _is_how_one_answers_a_telephone(words)):
        return True
    return asks_for_nothing(words, phase, over_greeting=turn.over_greeting) or is_backchannel(words)


def _is_how_one_answers_a_telephone(words: str) -> bool:
    """A name, "Hello, Norman speaking.", and what is misheard of a "Hello?": no reason not to say who is calling."""
    said = words.split()
    short = len(said) <= 2 or (len(said) <= 5 and is_hello(said[0]))
    return short and not is_interruption(words)


def asks_for_nothing(words: str, phase: Phase, *, over_greeting: bool) -> bool:
    """Even once we are silent, these words want no answer: a second goodbye, thanks while we wait, a first hello."""
    if phase is Phase.CLOSING:
        return is_goodbye(words) or is_backchannel(words)
    if phase is Phase.PATIENT:
        return is_backchannel(words) or is_thanks(words)
    return over_greeting and is_hello(words)
