"""A scripted person's telephone: turns the person's decisions into sound, and the sound on the line into events."""

from __future__ import annotations

import asyncio

from sandbox import line_audio
from sandbox.echo import Echo
from sandbox.line_audio import FRAME_BYTES, FRAME_S, SILENT_FRAME
from sandbox.line_recorder import LineRecorder
from sandbox.people import Person
from sandbox.person import AgentPaused, AgentStarted, Behaviour, Event, HangUp, Heard, Speak, Spoken
from sandbox.person_voice import PersonVoice
from sandbox.sayings import Saying, words
from sandbox.twilio_calls import Call
from sandbox.voice_activity import SpeechBegan, SpeechEnded

_FRAME_PCM = 2 * FRAME_BYTES


class ScriptedHandset:
    """A `telephone.Handset`; `heard()` and `agent_speech()` are wired to the line's ear by whoever answers the call."""

    def __init__(self, person: Person, voice: PersonVoice, recorder: LineRecorder) -> None:
        self._behaviour = Behaviour(person)
        self._voice = voice
        self._recorder = recorder
        self._noise = voice.noise()
        self._noise_at = 0
        self._saying: Saying | None = None
        self._aside = False
        self._sound = b""
        self._sound_at = 0
        self._began = 0.0
        self._hung_up = False

    @property
    def hung_up(self) -> bool:
        return self._hung_up

    def speak(self, now: float) -> bytes:
        if self._saying is None:
            self._obey(self._behaviour.tick(now), now)
        elif self._sound_at >= len(self._sound):
            self._end_saying(now)
            self._event(Spoken(), now)
        if self._sound_at == 0:
            self._began = now
        return self._next_frame()

    def hear(self, frame: bytes, now: float) -> None:
        """The ear is the line's: see `agent_speech`."""

    def pressed(self) -> str:
        return ""

    def line_ended(self, now: float) -> None:
        if self._saying is not None:
            self._end_saying(now)

    async def finish(self) -> None:
        """All that was said is known already."""

    def agent_speech(self, speech: SpeechBegan | SpeechEnded, now: float) -> None:
        """The agent became audible or silent."""
        self._event(AgentStarted(speech.at) if isinstance(speech, SpeechBegan) else AgentPaused(speech.ended), now)

    def heard(self, text: str, ended: float, now: float) -> None:
        """What the agent said in the stretch of speech that ended at `ended`."""
        self._event(Heard(text, ended), now)

    def _event(self, event: Event, now: float) -> None:
        self._obey(self._behaviour.handle(event, now), now)

    def _obey(self, commands: list[Speak | HangUp], now: float) -> None:
        for command in commands:
            match command:
                case Speak(saying, aside):
                    self._saying, self._aside = saying, aside
                    self._sound = self._voice.pcm(saying)
                    self._sound_at = 0
                case HangUp():
                    self._hung_up = True

    def _end_saying(self, now: float) -> None:
        """All of it was said, or the line ended in the middle."""
        if self._saying is not None and self._sound_at:
            ended = self._began + self._sound_at / _FRAME_PCM * FRAME_S
            text = words(self._saying) or self._saying.text
            self._recorder.said("person", text, self._began, min(ended, now + FRAME_S), aside=self._aside)
        self._saying = None

    def _next_frame(self) -> bytes:
        pcm = b""
        if self._saying is not None:
            if self._sound_at == 0 and not self._sound:
                return SILENT_FRAME
            pcm = self._sound[self._sound_at : self._sound_at + _FRAME_PCM]
            self._sound_at += _FRAME_PCM
        if self._noise:
            noise = self._noise[self._noise_at : self._noise_at + _FRAME_PCM]
            self._noise_at = (self._noise_at + _FRAME_PCM) % len(self._noise)
            pcm = line_audio.mixed(pcm, noise) if pcm else noise
        return line_audio.to_ulaw(pcm) if pcm else SILENT_FRAME


class PersonTelephone:
    """A scripted person's telephone (a `telephone_network.Telephone`); the voice is made while it rings."""

    def __init__(self, person: Person, voice: PersonVoice, ring_scale: float = 1.0) -> None:
        self.name = person.name
        self.answered_by = person.answered_by
        self.echo: Echo | None = None
        self._person = person
        self._voice = voice
        self._ring_scale = ring_scale

    async def answer(self, call: Call) -> ScriptedHandset:
        """Lifts the receiver after the person's time, and not before the voice is ready."""
        await asyncio.gather(self._voice.prepare(), asyncio.sleep(self._person.answers_after_s * self._ring_scale))
        return ScriptedHandset(self._person, self._voice, call.recorder)
