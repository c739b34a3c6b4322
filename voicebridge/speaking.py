"""What one call says: greeting, answers and lines, each a task, and the record of what was heard of them.

`reply.py` makes an answer and `mouth.py` sends it; here it is begun, released, held, stopped and told of: to
`TurnTaking` through the inbox, to the log, and to the conversation, which gets only what was heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from callregistry.call_events import Kind
from callregistry.calls import Call
from callregistry.logs import get_logger
from callregistry.registry import Greeting
from voicebridge import metrics
from voicebridge.dialogue import events as ev
from voicebridge.dialogue.conversation import Conversation
from voicebridge.dialogue.prompts import is_introduction
from voicebridge.greeting import late_greeting
from voicebridge.history import History
from voicebridge.last_said import LastSaid
from voicebridge.media_reader import StreamEnd
from voicebridge.mouth import LineLostError, Mouth
from voicebridge.providers import Message, ProviderError
from voicebridge.reply import Answer, ReplyTimes, Style, ready_made, synthesise

if TYPE_CHECKING:
    from voicebridge.call_session import House

log = get_logger(__name__)

SUMMARY_TOKENS = 300
_NOT_PART_OF_THE_TALK = {ev.LineName.TROUBLE, ev.LineName.DID_NOT_HEAR}
"""Holding and apology lines: in its history, the model would learn to say them."""


@dataclass(slots=True)
class _Utterance:
    """One reply of ours that is under way."""

    reply: int
    role: ev.Role
    turn: int | None = None
    in_history: bool = True
    is_filler: bool = False
    task: asyncio.Task[None] | None = None
    answer: Answer | None = None
    speech_ended_at: float = 0.0
    transcribe_ms: int = 0


class Speaking:
    """All replies of one call."""

    def __init__(
        self,
        call: Call,
        greeting: Greeting | None,
        house: House,
        history: History,
        mouth: Mouth,
        inbox: asyncio.Queue[ev.Event | StreamEnd],
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._call, self._greeting, self._house, self._mouth = call, greeting, house, mouth
        self._conversation: Conversation = history.conversation
        self._inbox, self._tasks = inbox, tasks
        self._under_way: dict[int, _Utterance] = {}
        settings = house.settings
        self._style = Style(history.manner, lift_consonants=settings.lift_consonants, language=settings.call_language)
        self._last_said = LastSaid()

    def greet(self, reply: int) -> None:
        """Speaks the prepared greeting."""
        self._begin(_Utterance(reply, ev.Role.GREETING), self._greet(reply))

    def say_line(self, command: ev.SayLine) -> None:
        """Speaks a fixed line."""
        part_of_talk = command.line not in _NOT_PART_OF_THE_TALK
        utterance = _Utterance(command.reply, command.role, in_history=part_of_talk)
        self._begin(utterance, self._say(command.reply, self._line(command.line)))

    def fill(self, command: ev.SayFiller) -> None:
        """Speaks a holding word: in its history, the model would learn to say it."""
        utterance = _Utterance(command.reply, ev.Role.LINE, in_history=False, is_filler=True)
        self._begin(utterance, self._say(command.reply, self._line(command.line)))

    def say_again(self, command: ev.SayAgain) -> None:
        """Speaks our last sentence once more."""
        self._begin(_Utterance(command.reply, ev.Role.REPEAT), self._repeat(command))

    def change_manner(self, manner: ev.Manner) -> None:
        """From the next sentence on."""
        self._style.manner = manner

    def told(self, turn: int, text: str) -> None:
        """The person has said this: it is part of the conversation."""
        self._conversation.person_said(turn, text)

    def answer(self, command: ev.StartReply, transcribe_ms: int) -> None:
        """Prepares an answer to the person."""
        providers = self._house.providers
        now = asyncio.get_running_loop().time()
        utterance = _Utterance(
            command.reply,
            ev.Role.GOODBYE if command.closing else ev.Role.ANSWER,
            command.turn,
            answer=Answer(providers.language_model, providers.text_to_speech, self._style, now),
            speech_ended_at=command.speech_ended_at,
            transcribe_ms=transcribe_ms,
        )
        messages = self._conversation.messages(closing=command.closing, also_said=(command.turn, command.text))
        self._begin(utterance, self._answer(utterance, [Message(m.role, m.content) for m in messages]))

    def release(self, reply: int) -> None:
        """The answer may be heard."""
        utterance = self._under_way.get(reply)
        if utterance is not None and utterance.answer is not None:
            utterance.answer.release()

    async def hold(self, reply: int) -> None:
        """Falls silent, and keeps what has not been heard."""
        if reply not in self._under_way:
            return  # it has just finished: that is in the inbox
        try:
            unheard_s = await self._mouth.hold(reply)
        except LineLostError:
            self._put(StreamEnd.LOST)
        else:
            self._put(ev.ReplyHeld(reply, unheard_s, self._mouth.playout.last_sentence(reply)))

    def resume(self, reply: int) -> None:
        """Goes on where it stopped."""
        if reply in self._under_way:
            self._mouth.resume(reply)

    async def stop(self, reply: int) -> None:
        """Stops a reply: nothing more is made or sent of it, and the telephone forgets what it has."""
        utterance = self._under_way.pop(reply, None)
        if utterance is None:
            return
        assert utterance.task is not None
        utterance.task.cancel()
        await asyncio.wait({utterance.task})  # nothing may be sent after the clear
        try:
            await self._mouth.stop(reply)
        except LineLostError:
            self._put(StreamEnd.LOST)
        self._tell_of(utterance)
        self._summarise()

    def settle(self) -> None:
        """The stream is over: tells of what was under way, as far as it was heard."""
        self._mouth.playout.cleared(asyncio.get_running_loop().time())
        for utterance in list(self._under_way.values()):
            self._under_way.pop(utterance.reply)
            self._tell_of(utterance)

    def _begin(self, utterance: _Utterance, speaking: Coroutine[Any, Any, None]) -> None:
        self._under_way[utterance.reply] = utterance
        utterance.task = self._tasks.create_task(self._see_through(utterance.reply, speaking))
        # A task that is cancelled before its first step never gets to what it was to do.
        utterance.task.add_done_callback(lambda _: speaking.close())

    async def _see_through(self, reply: int, speaking: Coroutine[Any, Any, None]) -> None:
        outcome: ev.Event | StreamEnd
        try:
            await speaking
            outcome = ev.ReplyFinished(reply, self._mouth.playout.last_sentence(reply))
        except ProviderError as error:
            log.warning("stage failed", stage=error.stage, problem=error.problem, reply=reply)
            outcome = ev.ReplyFailed(reply, error.stage)
        except LineLostError as error:
            log.warning("the telephone takes no audio", problem=str(error))
            outcome = StreamEnd.LOST
        self._tell_of(self._under_way.pop(reply))
        self._summarise()
        self._put(outcome)

    async def _greet(self, reply: int) -> None:
        greeting = self._greeting or await late_greeting(self._house.call_log, self._call)
        if greeting is None:
            log.info("no greeting was ready, the local one greets")
            await self._say(reply, self._line(ev.LineName.GREETING))
        else:
            await self._say(reply, (greeting.text, self._style.of(greeting.audio)))

    def _line(self, name: ev.LineName) -> tuple[str, bytes]:
        text, audio = self._house.lines.line(name)
        return text, self._style.of(audio)

    async def _repeat(self, command: ev.SayAgain) -> None:
        text = self._last_said.text
        audio = self._last_said.again(command.manner)
        if text and audio is None:  # it was broken off before all of it was made
            style = replace(self._style, manner=command.manner)
            audio = await synthesise(self._house.providers.text_to_speech, text, style)
        again = (text, audio) if text and audio else self._line(ev.LineName.NOTHING_TO_REPEAT)
        opener = [self._line(command.opener)] if command.opener else []
        await self._say(command.reply, *opener, again, manner=command.manner)

    async def _say(self, reply: int, *sentences: tuple[str, bytes], manner: ev.Manner | None = None) -> None:
        spoken = ready_made(*sentences)
        if not self._under_way[reply].is_filler:
            spoken = self._last_said.remember(spoken, manner or self._style.manner)
        await self._mouth.speak(
            reply,
            spoken,
            on_sentence=self._sentence_of(reply),
            on_started=lambda: self._started(reply),
        )

    async def _answer(self, utterance: _Utterance, messages: list[Message]) -> None:
        assert utterance.answer is not None
        await utterance.answer.run(
            utterance.reply,
            messages,
            self._mouth,
            self._last_said,
            on_sentence=self._sentence_of(utterance.reply),
            on_started=lambda: self._started(utterance.reply),
        )

    def _sentence_of(self, reply: int) -> Callable[[str], None]:
        return lambda text: self._record(Kind.AGENT_SENTENCE, {"reply": reply, "text": text})

    def _started(self, reply: int) -> None:
        utterance = self._under_way[reply]
        told: dict[str, Any] = {"reply": reply, "turn": utterance.turn, "latency_ms": None, "stages": None}
        if utterance.answer is not None:
            now = asyncio.get_running_loop().time()
            stages = _stages(utterance.answer.times, utterance.speech_ended_at, utterance.transcribe_ms, now)
            told |= {"latency_ms": sum(stages.values()), "stages": stages}
            for stage, ms in {**stages, "turn_ms": told["latency_ms"]}.items():
                metrics.TURN_STAGE_SECONDS.labels(stage.removesuffix("_ms")).observe(ms / 1000)
            log.info("reply started", reply=reply, latency_ms=told["latency_ms"], **stages)
        else:
            log.info("reply started", reply=reply, role=utterance.role)
        self._record(Kind.REPLY_STARTED, told)
        self._put(ev.ReplyStarted(reply))

    def _tell_of(self, utterance: _Utterance) -> None:
        """A reply is over: what of it was heard goes into the log and the conversation."""
        playout, reply = self._mouth.playout, utterance.reply
        said = playout.said_text(reply)
        if said:
            heard, interrupted = playout.heard_text(reply), playout.was_interrupted(reply)
            told = {"reply": reply, "turn": utterance.turn, "role": utterance.role}
            self._record(Kind.AGENT_SAID, {**told, "text": said, "heard": heard, "interrupted": interrupted})
            if utterance.in_history:
                self._conversation.agent_said(reply, heard, interrupted)
            if utterance.role is ev.Role.GREETING and not is_introduction(heard):
                self._conversation.greeting_was_cut_short()
        playout.forget(reply)

    def _summarise(self) -> None:
        older = self._conversation.to_summarise()
        if older is not None:
            messages = [Message(m.role, m.content) for m in older]
            self._tasks.create_task(self._complete_summary(messages))

    async def _complete_summary(self, messages: list[Message]) -> None:
        try:
            text = await self._house.providers.language_model.complete(messages, max_tokens=SUMMARY_TOKENS)
        except ProviderError as error:
            log.warning("summary failed", problem=error.problem)
            self._conversation.summary_failed()
        else:
            self._conversation.summarised(text)

    def _record(self, kind: Kind, data: dict[str, Any]) -> None:
        self._house.call_log.record(self._call.id, kind, data)

    def _put(self, event: ev.Event | StreamEnd) -> None:
        self._inbox.put_nowait(event)


def _stages(times: ReplyTimes, speech_ended_at: float, transcribe_ms: int, now: float) -> dict[str, int]:
    """The parts of a turn's latency, in ms; together they are all of it."""
    assert times.first_sentence_at is not None
    assert times.first_audio_at is not None
    before_ms = max(0, round((times.asked_at - speech_ended_at) * 1000))
    stt_ms = min(transcribe_ms, before_ms)
    return {
        "endpointing_ms": before_ms - stt_ms,
        "stt_ms": stt_ms,
        "llm_ms": round((times.first_sentence_at - times.asked_at) * 1000),
        "tts_ms": round((times.first_audio_at - times.first_sentence_at) * 1000),
        "waiting_ms": max(0, round((now - times.first_audio_at) * 1000)),
    }
