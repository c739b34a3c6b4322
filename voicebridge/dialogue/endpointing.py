"""When may the reply sound? After how much silence, counted from the last moment the person was heard.

One silence clock, three patiences. After a sentence that is finished ("Yes, I did.") the reply may sound soon; after
one that announces more ("I went to the") it waits long; what may be either lies between. The words are read again
whenever a new transcript arrives, until the reply sounds (`completeness.py` reads them). While they are not known, the
patience is the one for silence alone.

Two things move it a little:

- This talker's own pauses. Who has twice gone on after a long pause in this call gets a little more than that pause,
  but never more than `habit_most_s` on top. A short finished answer stays short: nobody thinks for long after "Yes".
- A long turn. After `long_turn_s` of it, patience shrinks by a twentieth in the end. Mildly,
  because somebody who tells a story pauses in it.

The setting END_OF_TURN_MS is the patience after a finished sentence. A shorter one shortens only that: whoever is in
the middle of a sentence is waited for all the same. A longer one lengthens all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voicebridge.dialogue.completeness import Completeness, completeness
from voicebridge.dialogue.reading import words_of

__all__ = ["Completeness", "Patience", "completeness", "patience_for"]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of silence before the reply may sound, by what is known of the words."""

    complete_s: float = 1.3
    doubtful_s: float = 1.6
    open_s: float = 1.9
    unknown_s: float = 1.6
    """No transcript yet, or none at all: silence alone decides."""
    habit_margin_s: float = 0.2
    """So much longer than this talker's usual long pause."""
    habit_most_s: float = 0.5
    """His habit never adds more than this."""
    long_turn_s: float = 5.0
    long_turn_share: float = 0.05
    """The most that is taken off in a long turn, reached at three times `long_turn_s`."""
    short_answer_words: int = 5
    """A finished sentence of no more words is answered at once, whatever the habit."""

    def until_sound_s(self, words: str | None, *, asked: str, spoken_s: float, pauses_s: Sequence[float]) -> float:
        """From the end of the person's voice to the earliest sound of ours, in seconds.

        `words`: the transcript of the turn so far, None while there is none. `asked`: the last line we said.
        `spoken_s`: since when this turn lasts. `pauses_s`: the silences in this call after which the person went on
        with the same turn, oldest first.
        """
        if not words:
            return self._for_habit(self.unknown_s, pauses_s)
        verdict = completeness(words, asked)
        patience = {
            Completeness.COMPLETE: self.complete_s,
            Completeness.DOUBTFUL: self.doubtful_s,
            Completeness.OPEN: self.open_s,
        }[verdict]
        if verdict is Completeness.COMPLETE and len(words_of(words)) <= self.short_answer_words:
            return patience
        return self._for_habit(self._for_length(patience, spoken_s), pauses_s)

    def _for_length(self, patience: float, spoken_s: float) -> float:
        share = min(max(spoken_s / self.long_turn_s - 1, 0.0) / 2, 1.0)
        return patience * (1 - self.long_turn_share * share)

    def _for_habit(self, patience: float, pauses_s: Sequence[float]) -> float:
        """One long pause may be an accident: the second longest of the last eight is a habit."""
        if len(pauses_s) < 2:
            return patience
        habit = sorted(pauses_s[-8:])[-2] + self.habit_margin_s
        return min(max(patience, habit), patience + self.habit_most_s)


def patience_for(end_of_turn_ms: int) -> Patience:
    """The patience of the setting END_OF_TURN_MS: milliseconds of silence after a finished sentence."""
    usual = Patience()
    complete_s = end_of_turn_ms / 1000
    longer_s = max(complete_s - usual.complete_s, 0.0)
    return Patience(
        complete_s=complete_s,
        doubtful_s=usual.doubtful_s + longer_s,
        open_s=usual.open_s + longer_s,
        unknown_s=complete_s + usual.unknown_s - usual.complete_s,
    )
