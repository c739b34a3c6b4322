"""How a scripted person behaves: events and time in, words out."""

import re
from dataclasses import replace

import pytest

from sandbox.people import HangsUp, Person, Reaction
from sandbox.person import AgentPaused, AgentStarted, Behaviour, HangUp, Heard, Speak, Spoken
from sandbox.sayings import Saying

RUTH = Person(
    "Ruth",
    "",
    (Saying("I am well."), Saying("I had soup."), Saying("I must go. Goodbye.")),
    farewell=Saying("Bye then."),
    reactions=(Reaction(re.compile(r"\bcat\b", re.IGNORECASE), Saying("The cat sleeps.")),),
    gives_up_after_s=30,
)


class Conversation:
    """Plays a behaviour in steps of 20 ms; each of our sayings takes one second."""

    def __init__(self, person: Person = RUTH) -> None:
        self.behaviour = Behaviour(person)
        self.now = 0.0
        self.said: list[tuple[float, str]] = []
        self.hung_up_at: float | None = None
        self._speaking_until: float | None = None

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            self.now = round(self.now + 0.02, 3)
            if self._speaking_until is not None and self.now >= self._speaking_until:
                self._speaking_until = None
                self._obey(self.behaviour.handle(Spoken(), self.now))
            self._obey(self.behaviour.tick(self.now))

    def agent(self, text: str, seconds: float = 2.0, words_after_s: float = 0.2) -> None:
        """The agent says something; half a second of quiet tells that it ended, its words come a little later."""
        self._obey(self.behaviour.handle(AgentStarted(self.now), self.now))
        self.wait(seconds)
        ended = self.now
        self.wait(0.5)
        self._obey(self.behaviour.handle(AgentPaused(ended), self.now))
        self.wait(words_after_s)
        self._obey(self.behaviour.handle(Heard(text, ended), self.now))

    def words(self) -> list[str]:
        return [text for _, text in self.said]

    def _obey(self, commands: list[Speak | HangUp]) -> None:
        for command in commands:
            match command:
                case Speak(saying):
                    assert self._speaking_until is None, "spoke while speaking"
                    self.said.append((self.now, saying.text))
                    self._speaking_until = self.now + 1.0
                case HangUp():
                    self.hung_up_at = self.now


def test_a_whole_call_from_hello_to_the_goodbyes() -> None:
    call = Conversation()
    call.wait(2)
    for question in ("How are you?", "What did you eat?", "Lovely."):
        call.agent(question)
        call.wait(3)
    call.agent("Goodbye, Ruth.")
    call.wait(2)
    assert call.words() == ["Hello?", "I am well.", "I had soup.", "I must go. Goodbye."]
    assert call.hung_up_at is not None


def test_the_answer_comes_about_a_second_after_the_agent_has_finished() -> None:
    call = Conversation()
    call.wait(2)
    call.agent("How are you?")
    ended = call.now - 0.7
    call.wait(3)
    assert 0.8 <= call.said[-1][0] - ended <= 1.25


def test_a_pause_between_the_agents_sentences_is_not_answered() -> None:
    call = Conversation()
    call.wait(2)
    call.agent("Hello, Ruth.", seconds=1)
    call.agent("How are you?", seconds=1)
    call.wait(2)
    assert call.words() == ["Hello?", "I am well."]


def test_an_answer_waits_for_the_words_but_not_for_ever() -> None:
    call = Conversation()
    call.wait(2)
    call.agent("How are you?", words_after_s=2.0)
    call.wait(1)
    assert call.words() == ["Hello?", "I am well."]


def test_a_reaction_goes_before_the_next_line_and_is_used_once() -> None:
    call = Conversation()
    call.wait(2)
    for _ in range(2):
        call.agent("How is the cat?")
        call.wait(3)
    assert call.words() == ["Hello?", "The cat sleeps.", "I am well."]


@pytest.mark.parametrize(
    "plea",
    ["Sorry, I didn't catch that.", "I could not hear you well.", "Could you say that once more?", "Pardon?"],
)
def test_the_last_thing_is_said_again_when_the_agent_did_not_understand(plea: str) -> None:
    call = Conversation()
    call.wait(2)
    call.agent("How are you?")
    call.wait(3)
    call.agent(plea)
    call.wait(3)
    assert call.words() == ["Hello?", "I am well.", "I am well."]


def test_just_a_moment_is_waited_for() -> None:
    call = Conversation()
    call.wait(2)
    call.agent("One moment, please.")
    call.wait(4)
    assert call.words() == ["Hello?"]


def test_a_line_may_interrupt_the_agent() -> None:
    call = Conversation(replace(RUTH, lines=(Saying("Wait!", interrupt_after_s=0.8), Saying("Goodbye."))))
    call.wait(2)
    call.agent("This is a very long greeting.", seconds=4)
    began = 2.0
    assert call.said[-1][1] == "Wait!"
    assert call.said[-1][0] == pytest.approx(began + 0.8, abs=0.03)
    call.wait(2)
    assert call.words() == ["Hello?", "Wait!", "Goodbye."]


def test_what_was_talked_over_is_not_answered() -> None:
    call = Conversation(replace(RUTH, lines=(Saying("Wait!", interrupt_after_s=0.5), Saying("Second."))))
    call.wait(2)
    call.agent("Cut off.", seconds=0.8)
    call.wait(3)
    assert call.words() == ["Hello?", "Wait!"]


def test_an_early_goodbye_of_the_agent_is_returned() -> None:
    call = Conversation()
    call.wait(2)
    call.agent("I have to go. Goodbye!")
    call.wait(3)
    assert call.words() == ["Hello?", "Bye then."]
    call.agent("Goodbye.")
    call.wait(2)
    assert call.hung_up_at is not None


def test_when_both_have_said_goodbye_the_receiver_is_put_down_after_a_moment() -> None:
    call = Conversation()
    call.wait(2)
    call.agent("I have to go. Goodbye!")
    call.wait(10)
    assert call.words() == ["Hello?", "Bye then."]
    spoken_at = call.said[-1][0] + 1.0
    assert call.hung_up_at == pytest.approx(spoken_at + 4.0, abs=0.1)


def test_silence_is_asked_into_twice_and_then_given_up() -> None:
    call = Conversation()
    call.wait(40)
    assert call.words() == ["Hello?", "Hello? Are you there?", "Hello? Are you there?"]
    assert call.hung_up_at == pytest.approx(31.3, abs=0.1)


def test_the_receiver_is_lifted_in_silence_when_there_is_no_greeting() -> None:
    call = Conversation(replace(RUTH, greeting=None))
    call.wait(3)
    assert call.words() == []


@pytest.mark.parametrize(
    ("hangs_up", "at"),
    [(HangsUp(after_s=1.5), 1.5), (HangsUp(after_line=1), 6.2)],
)
def test_when_the_receiver_is_put_down(hangs_up: HangsUp, at: float) -> None:
    call = Conversation(replace(RUTH, hangs_up=hangs_up))
    call.wait(2)
    call.agent("How are you?")
    call.wait(4)
    assert call.hung_up_at == pytest.approx(at, abs=0.5)


def test_an_answering_machine_says_its_announcement_and_nothing_else() -> None:
    call = Conversation(replace(RUTH, answered_by="machine_start"))
    call.wait(2)
    call.agent("How are you?")
    call.wait(30)
    assert call.words() == ["Hello?"]


def test_somebody_who_asked_to_hold_on_comes_back_by_himself_whatever_is_said_meanwhile() -> None:
    lines = (Saying("Hold on."), Saying("I am back.", alone_after_s=15.0), Saying("Goodbye."))
    call = Conversation(replace(RUTH, lines=lines))
    call.wait(2)
    call.agent("How are you?")
    call.wait(3)
    assert call.words() == ["Hello?", "Hold on."]
    spoken_at = call.said[-1][0] + 1.0
    call.agent("Of course. Take your time, I will wait.")
    call.wait(2)
    call.agent("Are you still there?")
    assert call.words() == ["Hello?", "Hold on."]
    call.wait(10)
    assert call.words() == ["Hello?", "Hold on.", "I am back."]
    assert call.said[-1][0] == pytest.approx(spoken_at + 15.0, abs=0.1)
    call.agent("Welcome back.")
    call.wait(3)
    assert call.words()[-1] == "Goodbye."


def test_asides_are_said_into_the_agents_speech_one_a_turn_and_are_no_turns() -> None:
    asides = (Saying("[cough]", interrupt_after_s=1.0), Saying("Yes, dear.", interrupt_after_s=1.0))
    call = Conversation(replace(RUTH, asides=asides))
    call.wait(2)
    began = call.now
    call.agent("Hello, this is a long greeting. How are you?", seconds=5)
    call.wait(2)
    assert call.words() == ["Hello?", "[cough]", "I am well."]
    assert call.said[1][0] == pytest.approx(began + 1.0, abs=0.05)
    call.wait(2)
    call.agent("Good.", seconds=0.4)
    call.wait(3)
    assert call.words()[-1] == "I had soup.", "too short an answer to say anything into it"
    call.agent("That is nice to hear, and so on.", seconds=5)
    assert call.words()[-1] == "Yes, dear."


def test_an_agent_that_goes_on_after_an_aside_hears_no_second_one_and_one_that_stops_is_answered() -> None:
    asides = (Saying("[cough]", interrupt_after_s=1.0), Saying("Yes, dear.", interrupt_after_s=1.0))
    call = Conversation(replace(RUTH, asides=asides))
    call.wait(2)
    call.agent("Hello, this is", seconds=1.2)  # held: the person may have wanted to speak
    call.agent("Kindline. How are you?", seconds=2.0)
    call.wait(3)
    assert call.words() == ["Hello?", "[cough]", "I am well."]


def test_what_ends_during_an_aside_is_answered() -> None:
    call = Conversation(replace(RUTH, asides=(Saying("Yes, dear.", interrupt_after_s=1.0),)))
    call.wait(2)
    call.agent("How are you?", seconds=1.1)
    call.wait(3)
    assert call.words() == ["Hello?", "Yes, dear.", "I am well."]


def test_somebody_may_fall_silent_for_ever() -> None:
    call = Conversation(replace(RUTH, lines=(Saying("One."),), farewell=None, nudge=None, gives_up_after_s=300))
    call.wait(2)
    for text in ("How are you?", "Are you still there?", "I can't hear you. Goodbye."):
        call.agent(text)
        call.wait(20)
    assert call.words() == ["Hello?", "One."]
    assert call.hung_up_at is None


def test_a_holding_word_with_an_answer_behind_it_is_answered() -> None:
    call = Conversation()
    call.wait(2)
    call.agent("Let me see.", seconds=0.6)
    call.wait(3)
    assert call.words() == ["Hello?"]
    call.agent("Let me see.", seconds=0.6)
    call.agent("I am glad to hear that. What did you eat?")
    call.wait(3)
    assert call.words() == ["Hello?", "I am well."]
