"""What nobody said is dropped, what was said is kept: by the words and by the evidence of a voice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebridge.dialogue.events import Transcribed
from voicebridge.dialogue.hallucination import is_invented


def heard(
    text: str,
    voiced_ms: int,
    *,
    snr_db: float | None = None,
    no_speech_prob: float | None = None,
    avg_logprob: float | None = None,
) -> Transcribed:
    return Transcribed(
        request=1,
        text=text,
        audio_ms=voiced_ms + 600,
        voiced_ms=voiced_ms,
        took_ms=300,
        snr_db=snr_db,
        no_speech_prob=no_speech_prob,
        avg_logprob=avg_logprob,
    )


SAID = [
    ("nothing at all is an honest answer", heard("  ", 0)),
    ("a clear thank you", heard("Thank you.", 350, snr_db=20, no_speech_prob=0.1, avg_logprob=-0.3)),
    ("a clear thank you, of which nothing more is known", heard("Thank you.", 350)),
    ("a clear yes", heard("Yes.", 350, snr_db=20)),
    ("a very short yes", heard("Yes.", 160, snr_db=12)),
    ("a yes beside the TV", heard("Yes.", 300, snr_db=3)),
    ("an okay beside the TV", heard("Okay.", 300, snr_db=3)),
    ("a bye", heard("Bye.", 240, snr_db=15, no_speech_prob=0.2)),
    ("a long farewell", heard("Bye, bye, bye, bye, bye.", 1200, snr_db=15)),
    ("no, said often and fast", heard("No no no no no.", 900, snr_db=20)),
    ("a sentence again and again, at human speed", heard("I want to go home. " * 4, 6000, snr_db=20)),
    ("words that are repeated at the end", heard("We are just saying some words words words words.", 2500)),
    ("fast talk", heard("Oh I am very well I have been busy all morning with the washing", 2200, snr_db=20)),
    ("a soft voice, half of which was heard as voice", heard("I am a little tired today but quite all right", 1000)),
    ("a sentence that the model is unsure of", heard("My sister Mary is coming.", 1500, avg_logprob=-1.4)),
    ("a sentence that the model calls no speech", heard("My sister Mary is coming.", 1500, no_speech_prob=0.7)),
    ("a story about translating", heard("It was translated by my son.", 1600)),
    ("an address", heard("It is anna at example.com", 1900)),
    ("watching, said clearly", heard("Thank you for watching.", 1000, snr_db=20, no_speech_prob=0.1)),
    ("a dear word in brackets", heard("He said (loudly) no.", 900)),
]

INVENTED = [
    ("thank you, out of a click", heard("Thank you.", 60)),
    ("thank you, out of a hum", heard("Thank you.", 600, snr_db=2)),
    ("thank you, and the model doubts it", heard("Thank you.", 400, no_speech_prob=0.8)),
    ("thank you, and the model is unsure", heard("Thank you.", 400, avg_logprob=-1.5)),
    ("you, out of silence", heard(" you", 100)),
    ("you, out of a cough", heard("you", 350, snr_db=20)),
    ("thanks for watching, out of breath", heard("Thanks for watching!", 300)),
    ("thanks for watching, out of a hiss", heard("Thanks for watching!", 900, snr_db=1)),
    ("bye, out of a breath", heard("Bye.", 400, snr_db=12, no_speech_prob=0.7)),
    ("okay, with two signs against it", heard("Okay.", 100, snr_db=3)),
    ("yes, which the model doubts, out of a click", heard("Yes.", 60, no_speech_prob=0.9)),
    ("any words, out of a hiss", heard("I'm going to the store.", 200, no_speech_prob=0.9)),
    ("subtitle credits", heard("Subtitles by the Amara.org community", 2500, snr_db=20)),
    ("captions", heard("Captioned by somebody", 2500, snr_db=20)),
    ("transcript credits", heard("Transcription by ESO. Translation by —", 2500)),
    ("a channel", heard("Please subscribe to my channel!", 2000)),
    ("foreign credits", heard("Sous-titrage: Sous-titres réalisés par la communauté", 2000)),
    ("Russian boilerplate", heard("Продолжение следует...", 1500)),
    ("Japanese boilerplate", heard("ご視聴ありがとうございました", 1500)),
    ("an address of a site", heard("www.example.com", 1500)),
    ("a sound", heard("[Music]", 1500, snr_db=20)),
    ("applause", heard("(applause)", 1500, snr_db=20)),
    ("a tune", heard("♪ la la la ♪", 1500, snr_db=20)),
    ("dots", heard("...", 500)),
    ("more words than a voice can say", heard("I was in the garden and then I came in and made tea", 300)),
    ("a loop out of noise", heard("I don't know. " * 6, 3000, snr_db=2)),
    ("a loop too fast to be said", heard("I'm going to go. " * 10, 6000, snr_db=20)),
    ("one word, very often", heard("the " * 40, 6000, snr_db=20)),
]


@pytest.mark.parametrize(("why", "transcribed"), SAID, ids=[why for why, _ in SAID])
def test_what_was_said_is_kept(why: str, transcribed: Transcribed) -> None:
    assert not is_invented(transcribed), why


@pytest.mark.parametrize(("why", "transcribed"), INVENTED, ids=[why for why, _ in INVENTED])
def test_what_nobody_said_is_dropped(why: str, transcribed: Transcribed) -> None:
    assert is_invented(transcribed), why


@given(st.text(max_size=200), st.integers(min_value=0, max_value=25000))
def test_any_text_can_be_judged(text: str, voiced_ms: int) -> None:
    assert isinstance(is_invented(heard(text, voiced_ms)), bool)


@pytest.mark.parametrize("text", ["Yes.", "No.", "Help!", "I fell.", "I am in pain.", "My chest hurts."])
def test_a_clear_voice_is_always_believed(text: str) -> None:
    assert not is_invented(heard(text, 500, snr_db=15, no_speech_prob=0.3, avg_logprob=-0.8))
