"""Holding, going on, repair, holding words and wishes, over real sockets: what reaches the telephone."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

from callregistry.call_events import Kind
from tests.voicebridge.conftest import QUICK, Scene
from tests.voicebridge.fakes import Telephone
from voicebridge.audio import codec
from voicebridge.dialogue.events import LineName
from voicebridge.lines import WORDS

STORY = "Once upon a time there was a gardener. She had many roses. She loved them all very much indeed."


def played_s(telephone: Telephone, since: int) -> float:
    """How much of what came after message `since` the telephone has played, or will."""
    plays_until, played = 0.0, 0.0
    for at, message in telephone.received[since:]:
        if message["event"] == "media":
            seconds = codec.duration_s(base64.b64decode(message["media"]["payload"]))
            plays_until = max(at, plays_until) + seconds
            played += seconds
        elif message["event"] == "clear":
            played -= max(0.0, plays_until - at)
            plays_until = at
    return played


async def test_after_a_sign_of_listening_we_go_on_where_we_stopped(scene: Scene) -> None:
    scene.voice.s_per_char = 0.05
    scene.ears.texts = ["Tell me a story.", "Mm-hm."]
    scene.mind.answers = [STORY]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        since = len(telephone.received)
        await telephone.say(0.6)
        await telephone.until_audio(len(telephone.audio()) + 16_000)
        await asyncio.sleep(0.6)
        await telephone.say(0.4)
        await scene.until(lambda: len(scene.said(call)) == 2, within_s=15)
        assert telephone.events().count("clear") == 1
        assert scene.said(call)[1] == ("answer", STORY, False)
        assert abs(played_s(telephone, since) - 0.05 * len(STORY)) < 0.35, (
            "nothing is lost, and next to nothing said twice"
        )
    held = [event.data["state"] for event in scene.events(call, Kind.AGENT_STATE)]
    assert held[held.index("held") + 1] == "speaking"
    assert [event.data["turn"] for event in scene.events(call, Kind.PERSON_SAID)] == [1]


async def test_whoever_goes_on_after_our_first_word_has_taken_one_turn(scene: Scene) -> None:
    scene.voice.s_per_char = 0.05
    scene.ears.texts = ["My son David.", "My son David is coming on Saturday."]
    scene.mind.answers = [STORY, "How lovely."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.6)
        await scene.until(lambda: len(scene.events(call, Kind.REPLY_STARTED)) == 2)
        await asyncio.sleep(0.2)
        await telephone.say(0.8)
        await scene.until_listening(call, after=2)
    told = [(event.data["turn"], event.data["text"]) for event in scene.events(call, Kind.PERSON_SAID)]
    assert told == [(1, "My son David."), (1, "My son David is coming on Saturday.")]
    assert len(scene.ears.heard[1]) > len(scene.ears.heard[0]) + 8000, "all of it is transcribed again"
    contents = [message.content for message in scene.mind.asked[-1]]
    assert contents[-1] == "My son David is coming on Saturday."
    assert "My son David." not in contents
    assert scene.said(call)[1][2] is True
    assert scene.said(call)[2] == ("answer", "How lovely.", False)


async def test_a_draft_that_is_withdrawn_is_never_heard_nor_remembered(scene: Scene) -> None:
    scene.ears.texts = ["My knee hurts.", "My knee hurts when I go upstairs."]
    scene.mind.answers = ["Poor knee.", "Poor you."]
    patient = replace(QUICK, patience=replace(QUICK.patience, complete_s=0.9, unknown_s=0.9))
    exchange = await scene.open(patient)
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.6)
        await scene.until(lambda: len(scene.events(call, Kind.REPLY_DRAFT)) == 1)
        await telephone.say(0.6)
        await scene.until_listening(call, after=1)
    drafts = [event.data["what"] for event in scene.events(call, Kind.REPLY_DRAFT)]
    assert drafts == ["begun", "withdrawn", "begun", "released"]
    assert scene.said(call)[1:] == [("answer", "Poor you.", False)]
    assert not any("Poor knee." in message.content for message in scene.mind.asked[-1])


async def test_a_holding_word_fills_the_time_and_is_no_part_of_the_talk(scene: Scene) -> None:
    scene.ears.texts = ["What is the capital of Peru?", "Thank you."]
    scene.mind.answers = ["It is Lima.", "With pleasure."]
    scene.mind.delay_s = 1.5
    exchange = await scene.open(replace(QUICK, filler_after_s=0.6, filler_again_s=9.0))
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.6)
        await scene.until_listening(call, after=2)
        await telephone.say(0.6)
        await scene.until(lambda: len(scene.mind.asked) == 2)
    assert scene.said(call)[1] == ("line", WORDS["en"][LineName.LET_ME_SEE], False)
    assert scene.said(call)[2] == ("answer", "It is Lima.", False)
    assert not any(WORDS["en"][LineName.LET_ME_SEE] in message.content for message in scene.mind.asked[-1])
    latencies = [event.data["latency_ms"] for event in scene.events(call, Kind.REPLY_STARTED)]
    assert latencies[1] is None, "a holding word is not the first sound"
    assert latencies[2] > 1200


async def test_pardon_is_answered_from_memory_and_slower_wishes_are_kept(scene: Scene) -> None:
    scene.voice.s_per_char = 0.04
    scene.ears.texts = ["Tell me something.", "Pardon?", "Could you speak a bit slower, please?"]
    scene.mind.answers = ["The roses are in bloom."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        for spoken in range(4):
            await scene.until_listening(call, after=spoken)
            if spoken == 1:
                asked_so_far = list(scene.voice.spoken)
            if spoken < 3:
                await telephone.say(0.6)
    slower = WORDS["en"][LineName.SLOWER]
    assert scene.said(call)[1:] == [
        ("answer", "The roses are in bloom.", False),
        ("repeat", "The roses are in bloom.", False),
        ("repeat", f"{slower} The roses are in bloom.", False),
    ]
    assert scene.voice.spoken == asked_so_far, "nobody is asked for what we have just said"
    assert len(scene.mind.asked) == 1
    [changed] = scene.events(call, Kind.VOICE_CHANGED)
    assert changed.data["pace"] < 1.0


async def test_a_resumed_call_keeps_its_manner(scene: Scene) -> None:
    scene.ears.texts = ["Speak louder, please.", "Louder, please."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.6)
        await scene.until_listening(call, after=1)
        telephone.break_off()
    await scene.until_no_call_is_active()
    async with exchange.answered(call, attempt=2) as telephone:
        await scene.until_listening(call, after=2)
        await telephone.say(0.6)
        await scene.until_listening(call, after=3)
    await scene.until_no_call_is_active()
    gains = [event.data["gain_db"] for event in scene.events(call, Kind.VOICE_CHANGED)]
    assert gains[1] > gains[0] > 0
