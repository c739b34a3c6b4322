"""What we said last can be said again from memory: all of the sentence, and only if all of it was made."""

from __future__ import annotations

from collections.abc import AsyncIterator

from voicebridge.dialogue.events import Manner
from voicebridge.last_said import LastSaid
from voicebridge.mouth import SpokenSentence
from voicebridge.reply import ready_made


async def say(last: LastSaid, *sentences: tuple[str, bytes], manner: Manner | None = None) -> None:
    async for sentence in last.remember(ready_made(*sentences), manner or Manner()):
        async for _ in sentence.audio:
            pass


async def test_each_sentence_takes_the_place_of_the_one_before() -> None:
    last = LastSaid()
    assert last.again(Manner()) is None
    await say(last, ("One.", b"\x01" * 800), ("Two.", b"\x02" * 800))
    assert (last.text, last.again(Manner())) == ("Two.", b"\x02" * 800)


async def test_a_clause_and_the_rest_of_its_sentence_are_one() -> None:
    last = LastSaid()
    await say(last, ("Oh, how lovely,", b"\x01" * 800), ("and on a Sunday.", b"\x02" * 800))
    assert (last.text, last.again(Manner())) == ("Oh, how lovely, and on a Sunday.", b"\x01" * 800 + b"\x02" * 800)
    await say(last, ("Another reply,", b"\x03" * 800))
    assert (last.text, last.again(Manner())) == ("Another reply,", b"\x03" * 800)


async def test_what_was_broken_off_is_known_and_not_whole() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"\x01" * 800

    async def only() -> AsyncIterator[SpokenSentence]:
        yield SpokenSentence("A long story.", endless())

    last = LastSaid()
    async for sentence in last.remember(only(), Manner()):
        await anext(sentence.audio)
        break
    assert (last.text, last.again(Manner())) == ("A long story.", None)


async def test_another_manner_is_counted_from_the_one_it_was_said_in() -> None:
    last = LastSaid()
    await say(last, ("Slowly.", b"\x55" * 8000), manner=Manner(pace=0.8))
    assert last.again(Manner(pace=0.8)) == b"\x55" * 8000
    slower = last.again(Manner(pace=0.64))
    assert slower is not None
    assert 9500 < len(slower) < 10_500
