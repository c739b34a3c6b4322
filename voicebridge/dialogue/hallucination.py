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

VOICE_PER_WORD_MS = 130
"""Less voice than this for each word is suspicious: a clear "Thank you." has at least 350 ms."""
LEAST_VOICE_MS = 160
CLEAR_VOICE_MS = 500
"""With less, the rarest of the models' favourites are not believed."""
FAINT_SNR_DB = 6.0
NO_SPEECH_PROB = 0.6
"""Real speech on a telephone stays under 0.45; silence, hiss, clicks and breath are above 0.65."""
UNSURE_LOGPROB = -1.0
MOST_WORDS_PER_S = 9.0
"""Twice as fast as fast talkers: how much of the sound counts as voice is itself a guess."""
FREE_WORDS = 3
LOOP_TIMES = 4
FAST_WORDS_PER_S = 4.5
"""Nobody says the same thing over and over at this speed."""

_NEVER_SAID = re.compile(
    r"amara ?org|subtitle[sd]? by|subtitles (?:made|created|provided)|captions? by|"
    r"caption(?:s|ed|ing) (?:provided|made)|"
    r"transcri(?:bed|ption|pt) by|translated by|otter ai|www |https?\b|\bcom\b$|like and subscribe|"
    r"subscribe to (?:my|our|the) channel|sous titr|sottotitoli|untertitel|untertitelung|legendas? (?:por|pela)|"
    r"subt[ií]tulos|ondertitel|undertexter|napisy|субтитры|продолжение следует|字幕|ご視聴|谢谢观看|請不吝|시청해"
)
_SOUND_NOTE = re.compile(r"[\s♪♫*.…-]*|[\s♪♫]*[\[(*♪♫][^\])*♪♫]*[\])*♪♫][\s♪♫.]*")
"""Nothing, "[Music]", "(applause)", "*sighs*", "♪ la la ♪"."""

_SUSPECT = frozenset(
    (
        "you", "thank you for watching", "thanks for watching", "thank you so much for watching",
        "thank you very much for watching", "thanks for listening", "thank you for listening", "please subscribe",
        "see you in the next video", "i ll see you in the next video", "see you in the next one",
        "the end", "to be continued", "music", "applause", "silence", "foreign", "beep",
        "bell rings", "thank you for watching and see you next time", "we ll be right back", "don t forget to subscribe",
    )
)  # fmt: skip
"""Favourites of the models that hardly anybody says to a caller."""
_COMMON = frozenset(
    (
        "thank you", "thank you very much", "thank you so much", "thank you thank you", "thanks", "bye", "bye bye",
        "goodbye", "okay", "ok", "so", "oh", "ah", "uh", "um", "hmm", "mm", "mm hmm", "yeah", "the", "i", "a", "and",
        "it s", "i m sorry", "sorry", "all right", "alright", "right", "well", "i don t know", "good", "huh",
    )
)  # fmt: skip
"""Favourites of the models that people say all the time."""


def is_invented(heard: Transcribed) -> bool:
    """Nobody said this. False for an empty text: that is an honest answer."""
    if not heard.text.strip():
        return False
    words = re.findall(r"\w+", heard.text.lower())
    plain = " ".join(words)
    if _SOUND_NOTE.fullmatch(heard.text) or _NEVER_SAID.search(plain):
        return True
    if _is_too_fast(len(words), heard.voiced_ms):
        return True
    doubts = _doubts(heard, len(words))
    if _times_repeated(words) >= LOOP_TIMES:
        return doubts > 0 or len(words) > FAST_WORDS_PER_S * heard.voiced_ms / 1000
    if plain in _SUSPECT:
        return doubts > 0 or heard.voiced_ms < CLEAR_VOICE_MS
    if plain in _COMMON:
        return doubts > 0
    # Any words: only if the model itself says that there was no speech, and something else says so too.
    return doubts > 1 and (heard.no_speech_prob or 0.0) > NO_SPEECH_PROB


def _doubts(heard: Transcribed, words: int) -> int:
    """How many signs there are that this was no voice, or none that could be understood."""
    return (
        int(heard.voiced_ms < max(LEAST_VOICE_MS, VOICE_PER_WORD_MS * words))
        + int(heard.snr_db is not None and heard.snr_db < FAINT_SNR_DB)
        + int(heard.no_speech_prob is not None and heard.no_speech_prob > NO_SPEECH_PROB)
        + int(heard.avg_logprob is not None and heard.avg_logprob < UNSURE_LOGPROB)
    )


def _is_too_fast(words: int, voiced_ms: int) -> bool:
    return words > FREE_WORDS + MOST_WORDS_PER_S * voiced_ms / 1000


def _times_repeated(words: list[str]) -> int:
    """How often the text says its last phrase (of at most eight words) in a row at its end."""
    return max((_times_at_end(words, size) for size in range(1, 9)), default=1)


def _times_at_end(words: list[str], size: int) -> int:
    phrase, times = words[-size:], 1
    while len(words) >= (times + 1) * size and words[-(times + 1) * size : -times * size] == phrase:
        times += 1
    return times
