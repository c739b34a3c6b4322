"""From a pause to an answer: decide early, sound late.

One clock runs, from the last moment the person was heard. What happens along it:

1. When the voice fades, or at the latest after a pause of `draft_after_s`, all of the turn is transcribed.
2. When the words are there and may be the whole turn, an answer is drafted: the language model thinks and the voice
   speaks, but nothing is sent and nothing has happened. Words that sound unfinished are given a little more time first.
3. When the silence has lasted as long as the words ask for (`endpointing.py`), the turn is over: it is told, and the
   draft is released; it can be heard at once. Until then a quick sign of the person's voice holds it back a moment, and
   speech takes it back: it never happened, the clock starts again, and the next transcript is of the whole turn.

So the person is waited for as long as is kind, and the machines work meanwhile. It costs requests that come to nothing:
their number is bounded in each turn, and they can be turned off (`Timing.drafts`).

What is said a hundred times on such calls is answered here, in code and at once: "Pardon?", "slower", "louder", "hold
on", "stop". A holding word fills the time while an answer is not ready, never into an unfinished sentence. A turn
without words: if it was clearly a voice we ask, at most twice in a row; else we listen.
"""

from __future__ import annotations

from callregistry.call_events import Kind
from voicebridge.dialogue.barge_in import asks_for_nothing, lets_us_go_on
from voicebridge.dialogue.caller import Caller
from voicebridge.dialogue.ending import Ending
from voicebridge.dialogue.endpointing import Completeness, completeness
from voicebridge.dialogue.events import ChangeManner, LineName, Role, Transcribed, TranscriptionFailed
from voicebridge.dialogue.intents import Intent, intent_of, is_goodbye
from voicebridge.dialogue.manners import OPENERS, for_saying_again, wished
from voicebridge.dialogue.states import AgentState, CallerState, Phase
from voicebridge.dialogue.talk import Deadlines, Talk
from voicebridge.dialogue.turn import Turn

_FILLERS = (LineName.LET_ME_SEE, LineName.ONE_MOMENT)
_IN_CODE = {Intent.REPEAT, Intent.HOLD_ON, Intent.STOP, *OPENERS}


class Answering:
    """What one call does about the words of the person."""

    def __init__(self, talk: Talk, ending: Ending, first_turn: int) -> None:
        self._talk, self._ending = talk, ending
        self._next_turn = first_turn
        self._hushed_until = 0.0
        self._misheard = 0

    # --- the clock of a pause

    def deadlines(self) -> Deadlines:
        """What happens by waiting, from the first pause to the first sound."""
        talk, caller, turn = self._talk, self._talk.caller, self._talk.caller.turn
        if turn is None:
            return
        if caller.state is CallerState.PAUSED:
            if not turn.is_asked:
                yield caller.pause_since + self._ask_after_s(caller), self._ask
            elif turn.is_pending:
                yield turn.requested_at + talk.timing.transcribing_s, self._words_never_came
            else:
                if self._wants_draft(turn):
                    yield caller.pause_since + self._draft_after_s(turn), self._draft
                yield self._earliest_sound(turn), self._turn_is_over
        if self._wants_filler(caller, turn):
            yield self._filler_at(turn), self._fill

    def fades(self, at: float, now: float) -> None:
        """Probably the first short pause: all is transcribed already, and 80 ms are won if it is one."""
        caller = self._talk.caller
        assert caller.turn is not None
        if self._talk.timing.drafts and not self._talk.agent.is_heard and not self._is_used_up(caller, caller.turn):
            caller.tells(now, heard_until=at)

    def suspect(self, now: float) -> None:
        """A quick sign of the person's voice: nothing may begin to sound before the ears are sure. Not for ever."""
        caller, timing = self._talk.caller, self._talk.timing
        if caller.turn is not None and caller.state is CallerState.PAUSED:
            latest = caller.pause_since + self._patience_s(caller.turn) + timing.suspicions_s
            self._hushed_until = min(now + timing.suspicion_s, latest)

    def _earliest_sound(self, turn: Turn) -> float:
        return max(self._talk.caller.pause_since + self._patience_s(turn), self._hushed_until)

    def take_back(self) -> None:
        """The person speaks before our answer was heard: it never happened."""
        released = self._talk.agent.reply is not None and not self._talk.agent.has_draft
        self._talk.agent.stops()
        if released:
            self._ending.goes_on()

    def _ask_after_s(self, caller: Caller) -> float:
        timing, turn = self._talk.timing, caller.turn
        assert turn is not None
        if self._talk.agent.is_heard:
            return timing.draft_after_s
        if not timing.drafts:
            return timing.patience.unknown_s
        return timing.late_draft_after_s if self._is_used_up(caller, turn) else timing.draft_after_s

    def _is_used_up(self, caller: Caller, turn: Turn) -> bool:
        return turn.drafts >= self._talk.timing.drafts_per_turn or caller.spoken_s > self._talk.timing.draft_speech_s

    def _ask(self, now: float) -> None:
        self._talk.caller.tells(now)
        if not self._talk.agent.is_heard:
            self._talk.agent.becomes(AgentState.DRAFTING)

    def _patience_s(self, turn: Turn) -> float:
        talk, caller = self._talk, self._talk.caller
        if talk.phase is Phase.PATIENT and turn.text and not _is_for_us(turn.text):
            return talk.timing.hold_on_turn_s
        if intent_of(turn.new_text) in _IN_CODE:
            return talk.timing.in_code_s
        return talk.timing.patience.until_sound_s(
            turn.text or None, asked=talk.asked, spoken_s=caller.spoken_s, pauses_s=caller.pauses_s
        )

    # --- the words

    def hears(self, event: Transcribed | TranscriptionFailed, now: float) -> None:
        """The answer to a request for transcription, of the turn that goes on or of the last words of the call."""
        talk = self._talk
        turn = talk.caller.hears(event)
        if turn is None:
            talk.decisions.ignore()
            return
        if turn is talk.caller.last_words:
            self.tell_last_words()
            return
        if isinstance(event, TranscriptionFailed):
            self._ending.failed("stt", "gave_up")
        self._consider(turn, now)

    def tell_last_words(self) -> None:
        """The stream is over. What was being said then is told, once all that can be known of it is known."""
        turn = self._talk.caller.last_words
        if turn is not None and not turn.is_pending:
            self._talk.caller.last_words = None
            if turn.text != turn.told:
                self._tell(turn)

    def _words_never_came(self, now: float) -> None:
        turn = self._talk.caller.turn
        assert turn is not None
        turn.gave_up_all()
        self._ending.failed("stt", "timeout")
        self._consider(turn, now)

    def _consider(self, turn: Turn, now: float) -> None:
        """All is known that can be known by now: who has the floor?"""
        talk = self._talk
        if not turn.is_known or talk.caller.state is not CallerState.PAUSED or not talk.agent.is_heard:
            return
        if lets_us_go_on(turn, talk.phase):
            if talk.agent.state is AgentState.HELD:
                talk.agent.resumes()
            talk.caller.settles()
        else:
            turn.interrupted_us = True
            talk.stop_for_good(now)

    # --- the draft

    def _wants_draft(self, turn: Turn) -> bool:
        talk = self._talk
        if not talk.timing.drafts or talk.agent.reply is not None or turn.draft_failed:
            return False
        if turn.drafts >= talk.timing.drafts_per_turn:
            return False
        return bool(turn.text) and not self._wants_nothing(turn) and intent_of(turn.new_text) not in _IN_CODE

    def _draft_after_s(self, turn: Turn) -> float:
        talk = self._talk
        if talk.phase is Phase.PATIENT and not _is_for_us(turn.text):
            return talk.timing.hold_on_turn_s - talk.timing.late_draft_after_s
        unfinished = completeness(turn.text, talk.asked) is Completeness.OPEN
        return talk.timing.late_draft_after_s if unfinished else 0.0

    def _draft(self, now: float) -> None:
        turn = self._talk.caller.turn
        assert turn is not None
        self._talk.agent.drafts(turn, self._number(turn), closing=is_goodbye(turn.text), now=now)
        self._talk.agent.tells_of_draft("begun")

    def draft_failed(self) -> None:
        """It came to nothing, and nobody was waiting for it yet. It is tried once more when the turn is over."""
        turn = self._talk.caller.turn
        assert turn is not None, "a draft is the answer to a turn"
        turn.draft_failed = True
        self._talk.agent.tells_of_draft("withdrawn")
        self._talk.agent.reply = None

    def _wants_filler(self, caller: Caller, turn: Turn) -> bool:
        agent = self._talk.agent
        if agent.filler is not None or turn.fillers >= len(_FILLERS):
            return False
        if self._talk.phase in {Phase.CLOSING, Phase.PATIENT}:
            return False
        words_are_late = caller.state is CallerState.PAUSED and turn.is_asked and turn.is_pending and not agent.is_heard
        return words_are_late or (caller.waits and agent.state is AgentState.THINKING)

    def _filler_at(self, turn: Turn) -> float:
        """Like an answer, it is never heard earlier than what was said allows."""
        timing, reply = self._talk.timing, self._talk.agent.reply
        late = turn.ended_at + timing.filler_after_s + turn.fillers * timing.filler_again_s
        return max(late, self._earliest_sound(turn), reply.since + timing.filler_grace_s if reply else 0.0)

    def _fill(self, now: float) -> None:
        turn = self._talk.caller.turn
        assert turn is not None
        self._talk.agent.fills(_FILLERS[turn.fillers])
        turn.fillers += 1

    # --- the answer

    def _turn_is_over(self, now: float) -> None:
        caller = self._talk.caller
        turn = caller.turn
        assert turn is not None
        caller.ends_turn()
        if not turn.text:
            self._no_words(turn, now)
        elif self._wants_nothing(turn):
            self._forget_turn(now)
        else:
            self._answer(turn, now)

    def _wants_nothing(self, turn: Turn) -> bool:
        if turn.answered and not turn.new_text and not turn.interrupted_us:
            return True  # a sound after an answer that was heard
        over_greeting = turn.over_greeting and not turn.interrupted_us
        return asks_for_nothing(turn.text, self._talk.phase, over_greeting=over_greeting)

    def _no_words(self, turn: Turn, now: float) -> None:
        unclear = turn.voiced_ms >= self._talk.timing.clearly_a_voice_ms
        if self._talk.phase in {Phase.CLOSING, Phase.PATIENT}:
            self._forget_turn(now)
        elif turn.failed:
            self._talk.caller.settles()
            self._ending.apologise(now)
        elif unclear and self._misheard < self._talk.timing.misheard_in_a_row:
            self._talk.caller.settles()
            self._misheard += 1
            self._talk.agent.say(LineName.DID_NOT_HEAR, Role.LINE, now)
        else:
            self._forget_turn(now)

    def _forget_turn(self, now: float) -> None:
        """It was nothing that wants an answer."""
        self._talk.caller.settles()
        self._talk.rest()
        if self._ending.hang_up is not None:
            self._ending.close(now)

    def _answer(self, turn: Turn, now: float) -> None:
        self._misheard = 0
        intent = intent_of(turn.new_text)
        closing = is_goodbye(turn.text)
        number = self._tell(turn)
        self._ending.words_came(closing=closing)
        if intent in _IN_CODE:
            self._talk.agent.stops()
            self._talk.caller.settles()
            self._answer_in_code(intent, now)
            return
        agent = self._talk.agent
        if agent.reply is None:
            agent.drafts(turn, number, closing=closing, now=now)
        else:
            agent.tells_of_draft("released")
        agent.releases(now)

    def _answer_in_code(self, intent: Intent, now: float) -> None:
        talk, agent = self._talk, self._talk.agent
        match intent:
            case Intent.HOLD_ON:
                talk.phase = Phase.PATIENT
                agent.say(LineName.I_WAIT, Role.LINE, now)
            case Intent.STOP:
                agent.say(LineName.AM_LISTENING, Role.LINE, now)
            case Intent.REPEAT:
                agent.say_again(for_saying_again(talk.manner), None, now)
            case _:
                talk.manner = wished(talk.manner, intent)
                talk.decisions.commands.append(ChangeManner(talk.manner))
                talk.decisions.record(Kind.VOICE_CHANGED, pace=talk.manner.pace, gain_db=talk.manner.gain_db)
                agent.say_again(talk.manner, OPENERS[intent], now)

    def _number(self, turn: Turn) -> int:
        if turn.number is None:
            turn.number = self._next_turn
            self._next_turn += 1
        return turn.number

    def _tell(self, turn: Turn) -> int:
        """The turn's words for the log, under its number."""
        number = self._number(turn)
        turn.told = turn.text
        facts = {"turn": number, "text": turn.text, "audio_ms": turn.audio_ms, "stt_ms": turn.stt_ms}
        self._talk.decisions.record(Kind.PERSON_SAID, **facts)
        return number


def _is_for_us(words: str) -> bool:
    """While we wait: words that tell us that the person is back, whatever follows them."""
    return any(intent_of(said) is not None for said in (words, words.partition(".")[0]))
