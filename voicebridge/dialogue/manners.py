"""How we speak, step by step: slower, faster, louder, softer, as the person asks. Bounded: it must stay a voice."""

from __future__ import annotations

from dataclasses import replace

from voicebridge.dialogue.events import LineName, Manner
from voicebridge.dialogue.intents import Intent

_PACE_STEP, _SLOWEST, _FASTEST = 0.86, 0.64, 1.15
_GAIN_STEP_DB, _SOFTEST_DB, _LOUDEST_DB = 4.0, -8.0, 12.0
_AGAIN_PACE = 0.9
"""What was not understood is said again a little slower."""

OPENERS = {
    Intent.SLOWER: LineName.SLOWER,
    Intent.FASTER: LineName.FASTER,
    Intent.LOUDER: LineName.LOUDER,
    Intent.QUIETER: LineName.QUIETER,
}
"""Wishes for another manner, and how we say that we have heard them."""


def wished(manner: Manner, intent: Intent) -> Manner:
    """The manner after a wish (one of `OPENERS`)."""
    match intent:
        case Intent.SLOWER:
            return replace(manner, pace=max(_SLOWEST, round(manner.pace * _PACE_STEP, 2)))
        case Intent.FASTER:
            return replace(manner, pace=min(_FASTEST, round(manner.pace / _PACE_STEP, 2)))
        case Intent.LOUDER:
            return replace(manner, gain_db=min(_LOUDEST_DB, manner.gain_db + _GAIN_STEP_DB))
        case _:
            return replace(manner, gain_db=max(_SOFTEST_DB, manner.gain_db - _GAIN_STEP_DB))


def for_saying_again(manner: Manner) -> Manner:
    """The manner in which something is repeated."""
    return replace(manner, pace=max(_SLOWEST, round(manner.pace * _AGAIN_PACE, 2)))
