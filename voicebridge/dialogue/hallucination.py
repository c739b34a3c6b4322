"""Did anybody say that, or did the speech model make it up?

Speech models write down words for silence, hiss and coughs: what they saw most often under such sounds when they were
trained ("Thank you for watching", subtitle credits), or one phrase over and over. The same words may be true: people
say "Thank you." and "Bye." on the telephone all the time. So words alone decide only where no caller would ever say
them; everything else needs evidence against the voice as well:

- little of it: less voice than the words take, or a voice that hardly stands out of the background;
- the model's own doubt, where it tells (`no_speech_prob`, `avg_logprob`);
- more words than anybody could have said in that much voice.

Nothing is dropped for being short alone: "Yes." in a fifth of a second is an answer.
"""

from __future__ import annotations

import re

from voicebridge.dialogue.events import Transcribed
from voicebridge.dialogue.reading import words_of

VOICE_PER_WORD_MS = 130
"""Less voice than this for each word is suspicious: a clear "Thank you." has at least 350 ms."""
LEAST_VOICE_MS = 160
CLEAR_VOICE_MS = 500
"""With less, what hardly anybody says is not believed."""
FAINT_SNR_DB = 6.0
NO_SPEECH_PROB = 0.6
"""Real speech on a telephone stays under 0.45; silence, hiss, clicks and breath are above 0.65."""
UNSURE_LOGPROB = -1.0
MOST_WORDS_PER_S = 9.0
"""Twice as fast as fast talkers: how much of the sound counts as voice is itself a guess."""
FREE_WORDS = 3
LOOP_TIMES = 4
LONG_LOOP_WORDS = 12
LOOP_WORDS_PER_S = 4.5
"""Nobody says the same thing over and over for long at this speed."""

_CREDITS = re.compile(
    r"(?:subtitles?|subtitled|captions?|captioned|closed captions?|transcri(?:bed|ption|pt)|translat(?:ed|ion)) "
    r"(?:(?:made|created|provided|performed) )?by\b.*|.*\bamara org.*|www\b.*|.*\bsubscribe to (?:my|our) channel.*|"
    r".*\b(?:sous titr|sottotitoli|untertitel|subtítulos|subtitulado|legendas pela|ondertitel|undertexter|napisy).*|"
    r".*(?:субтитры|продолжение следует|字幕|ご視聴|谢谢观看|시청해).*"
)
"""No caller says this."""
_SOUND_NOTE = re.compile(r"[\s♪♫*.…-]*|[\s♪♫]*[\[(*♪♫][^\])*♪♫]*[\])*♪♫][\s♪♫.]*")
"""Nothing, "[Music]", "(applause)", "*sighs*", "♪ la la ♪"."""

_RARE = frozenset(
    (
        "you", "thank you for watching", "thanks for watching", "thank you so much for watching",
        "thank you very much for watching", "thanks for listening", "thank you for listening", "please subscribe",
        "like and subscribe", "don't forget to subscribe", "see you in the next video", "see you in the next one",
        "i'll see you in the next video", "thank you for watching and see you next time", "we'll be right back",
        "the end", "to be continued", "music", "applause", "silence", "foreign", "beep", "bell rings",
    )
)  # fmt: skip
"""Favourites of the models that hardly anybody says to a caller."""
_COMMON = frozenset(
    (
        "thank you", "thank you very much", "thank you so much", "thank you thank you", "thanks", "bye", "bye bye",
        "so", "oh", "ah", "uh", "um", "hmm", "mm", "the", "i", "a", "and", "it's", "i'm sorry",
    )
)  # fmt: skip
"""Favourites of the models that people say too: one sign against the voice is enough."""
_ANSWERS = frozenset(
    ("okay", "ok", "yeah", "right", "all right", "well", "good", "sorry", "hello", "hi", "huh", "goodbye", "mm hmm")
)
"""Favourites of the models that may be the answer to our question: two signs are needed."""


def is_invented(heard: Transcribed) -> bool:
    """Nobody said this. False for an empty text: that is an honest answer."""
    if not heard.text.strip():
        return False
    words = words_of(heard.text)
    text = " ".join(words)
    if _SOUND_NOTE.fullmatch(heard.text) or _CREDITS.fullmatch(text.replace(".", " ")):
        return True
    if len(words) > FREE_WORDS + MOST_WORDS_PER_S * heard.voiced_ms / 1000:
        return True
    doubts = _doubts(heard, len(words))
    if _is_loop(words, heard.voiced_ms, doubts):
        return True
    if text in _RARE:
        return doubts > 0 or heard.voiced_ms < CLEAR_VOICE_MS
    if text in _COMMON:
        return doubts > 0
    # Any words: only if the model itself says that there was no speech, and something else says so too.
    return doubts > 1 and (text in _ANSWERS or (heard.no_speech_prob or 0.0) > NO_SPEECH_PROB)


def _doubts(heard: Transcribed, words: int) -> int:
    """How many signs there are that this was no voice, or none that could be understood."""
    return (
        int(heard.voiced_ms < max(LEAST_VOICE_MS, VOICE_PER_WORD_MS * words))
        + int(heard.snr_db is not None and heard.snr_db < FAINT_SNR_DB)
        + int(heard.no_speech_prob is not None and heard.no_speech_prob > NO_SPEECH_PROB)
        + int(heard.avg_logprob is not None and heard.avg_logprob < UNSURE_LOGPROB)
    )


def _is_loop(words: list[str], voiced_ms: int, doubts: int) -> bool:
    """The text says its last phrase (of at most eight words) over and over, as no voice would."""
    for size in range(1, min(8, len(words) // LOOP_TIMES) + 1):
        times = _times_at_end(words, size)
        if times >= LOOP_TIMES and doubts > 0:
            return True
        if times >= LOOP_TIMES and times * size >= LONG_LOOP_WORDS and len(words) > LOOP_WORDS_PER_S * voiced_ms / 1000:
            return True
    return False


def _times_at_end(words: list[str], size: int) -> int:
    phrase, times = words[-size:], 1
    while len(words) >= (times + 1) * size and words[-(times + 1) * size : -times * size] == phrase:
        times += 1
    return times
