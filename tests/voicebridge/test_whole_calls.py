"""Calls from the first message to the last, over real sockets."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest

from callregistry.call_events import Kind
from callregistry.calls import CallStatus, Direction
from tests.voicebridge.conftest import QUICK, Scene
from tests.voicebridge.fakes import call_sid_of
from voicebridge import call_session
from voicebridge.dialogue.events import LineName
from voicebridge.greeting import WAIT_FOR_IT_S
from voicebridge.lines import WORDS
from voicebridge.providers import ProviderError, Stage


def failure(stage: Stage, *, permanent: bool = False) -> ProviderError:
    return ProviderError(stage, "server_error", permanent=permanent)


async def test_a_whole_call_is_greeted_understood_answered_and_said_goodbye(scene: Scene) -> None:
    scene.ears.texts = ["My roses are in bloom.", "I have to go now, goodbye."]
    scene.mind.answers = ["How lovely. What colour are they?", "Take care. Goodbye, Ada."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.8)
        await scene.until_listening(call, after=1)
        await telephone.say(0.8)
        assert await telephone.until_closed() == 1000
    await scene.until_no_call_is_active()
    assert scene.said(call)[1:] == [
        ("answer", "How lovely. What colour are they?", False),
        ("goodbye", "Take care. Goodbye, Ada.", False),
    ]
    said = [event.data["text"] for event in scene.events(call, Kind.PERSON_SAID)]
    assert said == ["My roses are in bloom.", "I have to go now, goodbye."]
    finished = scene.registry.call(call.id)
    assert finished is not None
    assert finished.finished_at is not None
    assert scene.events(call, Kind.CALL_FINISHED)[0].data == {"reason": "said_goodbye"}
    assert scene.callbacks == [("/callbacks/hangup", {"call_id": call.id, "attempt": 1, "reason": "said_goodbye"})]
    assert scene.events(call)[-1].data == {"attempt": 1, "reason": "hung_up"}


async def test_the_call_is_in_progress_as_soon_as_its_stream_is_claimed(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        claimed = scene.registry.call(call.id)
        assert claimed is not None
        assert (claimed.status, claimed.attempt) == (CallStatus.IN_PROGRESS, 1)


async def test_a_greeting_made_while_the_phone_rang_is_on_the_wire_at_once(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    await scene.until(lambda: scene.registry.greeting(call.id) is not None)
    began = asyncio.get_running_loop().time()
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        assert telephone.received[0][0] - began < 0.3
        await scene.until_listening(call)
    role, heard, interrupted = scene.said(call)[0]
    assert (role, interrupted) == ("greeting", False)
    assert "Ada" in heard
    assert "Sunrise House" in heard


async def test_without_a_greeting_the_local_line_greets_before_the_person_wonders(scene: Scene) -> None:
    scene.voice.delay_s = 5.0
    exchange = await scene.open()
    call = exchange.new_call()
    began = asyncio.get_running_loop().time()
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        assert telephone.received[0][0] - began < 1.2
        await scene.until_listening(call)
    assert scene.said(call)[0] == ("greeting", WORDS["en"][LineName.GREETING], False)


async def test_whoever_rings_us_is_greeted_without_waiting_for_a_greeting_nobody_makes(scene: Scene) -> None:
    exchange = await scene.open()
    now = time.time()
    call = scene.registry.adopt_call("CA" + "7" * 32, Direction.INBOUND, "+12025550199", "+12025550101", now=now)
    scene.registry.set_twilio_sid(call.id, call_sid_of(call))
    scene.registry.advance_status(call.id, CallStatus.IN_PROGRESS, now=now)
    async with exchange.answered(call) as telephone:
        began = asyncio.get_running_loop().time()
        await telephone.until_audio()
        assert telephone.received[0][0] - began < WAIT_FOR_IT_S * 0.8


async def test_a_reply_is_told_with_where_its_time_went(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.6)
        await scene.until_listening(call, after=1)
    greeting, answer = scene.events(call, Kind.REPLY_STARTED)
    assert greeting.data["latency_ms"] is None
    stages = answer.data["stages"]
    assert list(stages) == ["endpointing_ms", "stt_ms", "llm_ms", "tts_ms", "waiting_ms"]
    assert sum(stages.values()) == answer.data["latency_ms"]
    assert 250 <= answer.data["latency_ms"] < 1500, "the pause that ends the turn, and little else"


async def test_audio_is_marked_often_and_never_far_ahead_of_what_is_played(scene: Scene) -> None:
    scene.voice.s_per_char = 0.1
    scene.mind.answers = ["This is a sentence of some length. And this is another one, just as long."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        begin = len(telephone.received)
        await telephone.say(0.6)
        await telephone.until(lambda: len(telephone.audio()) > 40_000, within_s=10)
        first_at, unmarked, sent = telephone.received[begin][0], 0, 0
        for at, message in telephone.received[begin:]:
            if message["event"] == "mark":
                unmarked = 0
            else:
                size = len(message["media"]["payload"]) * 3 // 4
                unmarked, sent = unmarked + size, sent + size
                assert unmarked <= 3200, "a mark at least every 400 ms"
                assert sent / 8000 - (at - first_at) < 2.4, "at most about 2 s ahead"
        assert sent / 8000 > 1.9


async def test_an_interruption_clears_the_telephone_and_only_what_was_heard_is_kept(scene: Scene) -> None:
    scene.voice.s_per_char = 0.05
    scene.ears.texts = ["Tell me a story.", "Wait, stop please, I have a question."]
    long_answer = "Once upon a time there was a gardener. She had many roses. She loved them all very much indeed."
    scene.mind.answers = [long_answer, "Please ask."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        before = len(telephone.audio())
        await telephone.say(0.6)
        await telephone.until_audio(before + 16_000)
        await asyncio.sleep(0.5)
        await telephone.say(0.9)
        await telephone.until(lambda: "clear" in telephone.events())
        cleared = telephone.events().index("clear")
        await scene.until_listening(call, after=2)
    await scene.until_no_call_is_active()
    role, heard, interrupted = scene.said(call)[1]
    assert (role, interrupted) == ("answer", True)
    assert heard.startswith("Once upon")
    assert len(heard) < len(long_answer)
    assert long_answer.startswith(heard)
    assert scene.said(call)[2][:2] == ("answer", "Please ask.")
    told = [message.content for message in scene.mind.asked[-1]]
    assert not any("very much indeed" in content for content in told)
    assert any(heard in content for content in told)
    between = telephone.received[cleared + 1 :]
    assert all(message["mark"]["name"].startswith("3.") for _, message in between if message["event"] == "mark")


async def test_a_resumed_call_says_so_and_remembers(scene: Scene) -> None:
    scene.ears.texts = ["My roses are in bloom.", "Where were we?"]
    scene.mind.answers = ["How lovely.", "At your roses."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.6)
        await scene.until_listening(call, after=1)
        telephone.break_off()
    await scene.until_no_call_is_active()
    interrupted = scene.registry.call(call.id)
    assert interrupted is not None
    assert interrupted.finished_at is None, "Twilio comes back for the rest of its TwiML"
    async with exchange.answered(call, attempt=2) as telephone:
        await scene.until_listening(call, after=2)
        await telephone.say(0.6)
        await scene.until_listening(call, after=3)
    assert scene.said(call)[2] == ("line", WORDS["en"][LineName.CUT_OFF], False)
    contents = [message.content for message in scene.mind.asked[-1]]
    assert "My roses are in bloom." in contents
    assert "How lovely." in contents
    turns = [event.data["turn"] for event in scene.events(call, Kind.PERSON_SAID)]
    assert turns == [1, 2]
    replies = [event.data["reply"] for event in scene.events(call, Kind.AGENT_SAID)]
    assert len(set(replies)) == len(replies)


async def test_who_was_cut_off_before_the_greeting_was_heard_is_greeted(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        telephone.break_off()
    await scene.until_no_call_is_active()
    async with exchange.answered(call, attempt=2):
        await scene.until_listening(call)
    assert scene.said(call)[-1] == ("greeting", WORDS["en"][LineName.GREETING], False)


async def test_what_was_said_just_before_hanging_up_is_told(scene: Scene) -> None:
    scene.ears.texts = ["I must go, somebody is at the door."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.8)
        await telephone.hang_up()
        await scene.until_no_call_is_active()
    [said] = scene.events(call, Kind.PERSON_SAID)
    assert said.data["text"] == "I must go, somebody is at the door."
    [ended] = scene.events(call, Kind.STREAM_ENDED)
    assert said.seq < ended.seq
    assert scene.events(call, Kind.CALL_FINISHED)[0].data == {"reason": "person_hung_up"}


async def test_a_registry_that_takes_nothing_does_not_keep_the_person_on_the_line(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_session, "FINISH_WITHIN_S", 0.3)
    scene.ears.texts = ["Goodbye."]
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        with scene.locked_registry():
            await telephone.say(0.6)
            await scene.until(lambda: "/callbacks/hangup" in [path for path, _ in scene.callbacks], within_s=15)


async def test_a_key_on_the_telephone_is_an_event(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await telephone.press("5")
        await scene.until(lambda: len(scene.events(call, Kind.DTMF)) == 1)
    assert scene.events(call, Kind.DTMF)[0].data == {"digit": "5"}


async def test_marks_that_never_come_back_do_not_stop_the_talk(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        telephone.echoes_marks = False
        await scene.until(lambda: len(scene.said(call)) == 1, within_s=6)
    assert scene.said(call)[0][2] is False


@pytest.mark.parametrize("stage", list(Stage))
async def test_a_stage_that_fails_is_replaced_by_a_spoken_line(scene: Scene, stage: Stage) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    scene.ears.texts = [failure(stage)] if stage is Stage.STT else ["Hello there, how are you?"]
    # A draft that fails is tried once more when the turn is over.
    scene.mind.answers = [failure(stage)] * 2 if stage is Stage.LLM else ["I am well."] * 2
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        scene.voice.fails_on = lambda text: stage is Stage.TTS
        before = len(telephone.audio())
        await telephone.say(0.8)
        await telephone.until_audio(before)
        await scene.until_listening(call, after=1)
    role, heard, _ = scene.said(call)[1]
    assert role == "line"
    assert heard in {WORDS["en"][LineName.TROUBLE], WORDS["en"][LineName.DID_NOT_HEAR]}
    failed = scene.events(call, Kind.STAGE_FAILED)
    assert [event.data["stage"] for event in failed] == [stage]


async def test_when_nothing_works_the_call_ends_with_a_spoken_goodbye(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    scene.ears.texts = [failure(Stage.STT)] * 3
    async with exchange.answered(call) as telephone:
        for spoken in range(3):
            await scene.until_listening(call, after=spoken)
            await telephone.say(0.8)
        assert await telephone.until_closed(within_s=10) == 1000
    assert scene.said(call)[-1] == ("goodbye", WORDS["en"][LineName.GOODBYE_TROUBLE], False)
    assert scene.callbacks[-1][1]["reason"] == "technical"


async def test_a_voice_that_fails_in_mid_reply_keeps_what_was_heard(scene: Scene) -> None:
    scene.mind.answers = ["That is good. And now for something else."]
    scene.voice.fails_on = lambda text: "something" in text
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        await telephone.say(0.8)
        await scene.until_listening(call, after=2)
    assert scene.said(call)[1][:2] == ("answer", "That is good.")
    assert scene.said(call)[2][0] == "line"


async def test_a_silent_person_is_asked_and_then_said_goodbye(scene: Scene) -> None:
    exchange = await scene.open(replace(QUICK, idle_s=0.3, idle_again_s=0.3))
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        assert await telephone.until_closed(within_s=10) == 1000
    assert [role for role, _, _ in scene.said(call)] == ["greeting", "line", "goodbye"]
    assert scene.callbacks[-1][1]["reason"] == "silence"
    assert scene.mind.asked == [], "nothing was said, so nothing is paid for"


async def test_when_the_person_hangs_up_the_call_is_finished(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        await telephone.hang_up()
        await scene.until_no_call_is_active()
    await scene.until(lambda: len(scene.callbacks) == 1)
    assert scene.events(call, Kind.CALL_FINISHED)[0].data == {"reason": "person_hung_up"}
    assert scene.events(call, Kind.STREAM_ENDED)[0].data == {"attempt": 1, "reason": "stopped"}
    over = {"call_id": call.id, "attempt": 1, "reason": "person_hung_up"}
    assert scene.callbacks == [("/callbacks/call-over", over)]
    assert scene.said(call)[0][2] is True, "the greeting was cut short"


async def test_an_operator_s_reason_is_not_overwritten_by_the_hang_up_that_follows(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        scene.registry.finish_call(call.id, "operator", now=time.time())
        await telephone.hang_up()
        await scene.until_no_call_is_active()
    assert [event.data["reason"] for event in scene.events(call, Kind.CALL_FINISHED)] == ["operator"]


async def test_older_turns_are_summarised_in_the_background(scene: Scene) -> None:
    scene.ears.texts = [f"This is turn number {n}." for n in range(40)]
    exchange = await scene.open(replace(QUICK, greeting_barge_in_s=0.2))
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        spoken = 0
        while not scene.mind.summaries:
            await scene.until_listening(call, after=spoken)
            spoken += 1
            await telephone.say(0.4)
            assert spoken < 40
    assert len(scene.mind.summaries) == 1


async def test_malformed_messages_are_ignored_and_too_many_end_the_stream(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        for nonsense in ("{", "[]", '{"event":"media"}', b"\x00", '{"event":"new"}'):
            await telephone.socket.send(nonsense)
        await telephone.press("5")
        await scene.until(lambda: len(scene.events(call, Kind.DTMF)) == 1)
        for _ in range(60):
            await telephone.socket.send("{")
        await telephone.until_closed()
    await scene.until_no_call_is_active()
    assert scene.events(call, Kind.STREAM_ENDED)[0].data["reason"] == "protocol_violation"


async def test_a_flood_of_messages_ends_the_stream(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        flood = json.dumps({"event": "mark", "mark": {"name": "x"}})
        try:
            for _ in range(4000):
                await telephone.socket.send(flood)
        finally:
            await scene.until_no_call_is_active()
    assert scene.events(call, Kind.STREAM_ENDED)[0].data["reason"] == "protocol_violation"


async def test_five_calls_at_once_do_not_touch_each_other(scene: Scene) -> None:
    exchange = await scene.open(QUICK)

    async def one_call(number: int) -> None:
        call = exchange.new_call(f"+1202555010{number}", f"Person{number}")
        async with exchange.answered(call) as telephone:
            await scene.until_listening(call)
            await telephone.say(0.4 + 0.05 * number)
            await scene.until_listening(call, after=1)
            if number % 2:
                await telephone.hang_up()
            else:
                telephone.break_off()
            await telephone.until_closed()
        assert [role for role, _, _ in scene.said(call)] == ["greeting", "answer"]
        turns = scene.events(call, Kind.PERSON_SAID)
        assert [event.data["turn"] for event in turns] == [1]

    async with asyncio.TaskGroup() as tasks:
        for number in range(5):
            tasks.create_task(one_call(number))
    await scene.until_no_call_is_active()
    asked = sorted(messages[0].content for messages in scene.mind.asked)
    assert all(f"Person{n}" in prompt for n, prompt in enumerate(asked))
