"""The scripted companion: warm, brief, honest about what it is, one question at a time."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.companion import Message, answer
from sandbox.companion_script import GENERAL_QUESTIONS, REPAIRS, TOPICS
from sandbox.companion_slots import Slots, slots_in
from sandbox.people import load_folder
from sandbox.sayings import words

NOW = datetime(2026, 11, 22, 20, 42)
GREETING = "Hello, this is Kindline, an automated AI voice. I am calling to see how you are. How are you today?"
PROMPT = Message(
    "system", "You are Kindline. When the person has said goodbye, say goodbye. Never pretend to be human."
)
CLOSING = Message("system", "The person has said goodbye. Say a short, warm goodbye now.")


def talk(*said: str) -> list[str]:
    """What the companion answers to each turn of a conversation, after the greeting."""
    messages, answers = [PROMPT, Message("assistant", GREETING)], []
    for text in said:
        messages.append(Message("user", text))
        answers.append(answer(messages, NOW))
        messages.append(Message("assistant", answers[-1]))
    return answers


def asked(text: str) -> list[str]:
    """The questions in an answer."""
    return re.findall(r"[^.?!]+\?", text)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("How are you?", "all is well with me"),
        ("I am fine, thank you. And you?", "Thank you for asking"),
        ("I am quite well today.", "glad to hear"),
        ("Oh, I am not too bad today.", "glad to hear"),
        ("I feel sad today.", "sorry"),
        ("My knee hurts a little.", "sorry that you have to deal with that"),
        ("My daughter is so good to me.", "your daughter"),
        ("I had porridge for breakfast.", "sounds good"),
        ("It is raining here.", "weather"),
        ("The roses in the garden are in bloom.", "garden"),
        ("I slept badly.", "night's rest"),
        ("I took my tablets with some water.", "medicine"),
        ("I have an appointment at the dentist.", "looked after"),
        ("I feel so lonely since then.", "lonely"),
        ("My husband died last winter.", "very sorry for your loss"),
        ("I used to be a teacher.", "memory"),
        ("I listened to the radio.", "spend some time"),
        ("Can you hear me?", "hear you"),
        ("Please speak a little slower.", "clear"),
        ("Thank you for calling me.", "welcome"),
        ("Hello?", "Hello"),
        ("I fell in the kitchen and cannot get up.", "emergency number"),
        ("I have chest pain.", "emergency number"),
        ("Yesterday we drove all the way to the lighthouse.", "thank you for telling me that"),
    ],
)
def test_what_is_said_is_gone_into(said: str, says: str) -> None:
    (reply,) = talk(said)
    assert says in reply
    assert len(asked(reply)) == 1
    assert len(reply.split()) < 45


@pytest.mark.parametrize(
    "said",
    ["Who are you?", "Who is this?", "Are you a robot?", "Am I talking to a real person?", "Are you a computer?"],
)
def test_it_says_what_it_is_when_asked(said: str) -> None:
    (reply,) = talk(said)
    assert "automated voice" in reply
    assert "a scripted sandbox companion" in reply


def test_time_and_day_are_told() -> None:
    assert "8:42 in the evening, and today is Sunday, November 22" in talk("What time is it?")[0]
    messages = [Message("user", "What day is it today?")]
    assert "12:05 in the afternoon" in answer(messages, datetime(2026, 11, 22, 12, 5))
    assert "12:05 in the morning" in answer(messages, datetime(2026, 11, 22, 0, 5))


@pytest.mark.parametrize(
    ("said", "back"),
    [
        ("My daughter Anna is coming on Thursday at half past three.", "Anna, on Thursday at half past three"),
        ("My son is called Peter.", "your son Peter"),
        ("My neighbor comes tomorrow.", "your neighbor, tomorrow"),
        ("I have two grandchildren.", "two grandchildren"),
        ("I am 84 years old.", "84, that is a fine age"),
        ("My name is Mary.", "nice to talk with you, Mary"),
        ("The nurse comes at 9.30.", "at 9.30"),
    ],
)  # fmt: skip
def test_names_days_times_and_numbers_are_said_back(said: str, back: str) -> None:
    assert back in talk(said)[0]


def test_days_are_not_said_back_to_somebody_in_grief() -> None:
    (reply,) = talk("My brother Paul died on Monday.")
    assert "your brother Paul" in reply
    assert "Monday" not in reply


@pytest.mark.parametrize("said", ["I am pretty tired.", "I am 20 minutes late.", "I am thirsty.", "I'm guilty."])
def test_not_every_i_am_is_an_age(said: str) -> None:
    assert slots_in(said).age is None


def test_a_bare_yes_or_no_is_an_answer_to_the_question_before() -> None:
    replies = talk("The rain has stopped.", "Yes.", "I slept.", "No, not really.")
    assert asked(replies[0]) == [" Have you been outside today?"]
    assert replies[1].startswith("Well, fresh air does a lot of good.")
    assert replies[3].startswith("Ah, perhaps a little rest later will do you good.")


@pytest.mark.parametrize("said", ["What?", "Pardon?", "I beg your pardon?", "I did not hear you.",
                                  "Could you say that again, please?",
                                  "Pardon? I did not hear you. Could you say that again?"])  # fmt: skip
def test_somebody_who_did_not_hear_gets_it_in_other_words(said: str) -> None:
    first, again = talk("It is raining here.", said)
    assert "The weather does a lot to a day." in again
    assert len(asked(again)) == 1
    assert asked(first) != asked(again)


def test_what_was_interrupted_is_not_read_out_with_the_note_about_it() -> None:
    broken = "I am glad to hear that. How did [interrupted: the person did not hear the rest of this]"
    reply = answer([PROMPT, Message("assistant", broken), Message("user", "Pardon?")], NOW)
    assert "interrupted" not in reply
    assert len(asked(reply)) == 1


def test_what_is_not_understood_is_asked_again_twice_and_then_let_be() -> None:
    replies = talk("Blob.", "Hmm hm.", "Grmpf.")
    assert "I am sorry, I did not quite catch that. Could you say that once more?" in replies[0]
    assert asked(replies[0]) != asked(replies[1])
    assert "the line is not so good" in replies[2]
    assert asked(replies[2])[0].strip() not in [q.text for q in REPAIRS]


@pytest.mark.parametrize(
    "said",
    ["Hold on, there is someone at the door.", "Wait a minute.", "Somebody's at the door.", "Just a moment, dear."],
)
def test_somebody_who_asks_to_wait_is_waited_for_and_welcomed_back(said: str) -> None:
    first, second = talk(said, "I am back. It was only the postman.")
    assert first == "Of course, take your time. I will wait."
    assert second.startswith("Welcome back.")


@pytest.mark.parametrize("said", ["Wait a minute. I wanted to tell you about my dog.", "I hold on to my stick."])
def test_not_everything_with_wait_in_it_asks_to_wait(said: str) -> None:
    assert asked(talk(said)[0])


def test_an_answer_begins_with_a_few_words_that_can_be_spoken_at_once() -> None:
    for person in load_folder():
        for reply in talk(*(words(line) for line in person.lines)):
            if "goodbye" not in reply:
                assert len(re.split(r"[,.!?]", reply)[0].split()) <= 4, reply


@pytest.mark.parametrize(
    ("said", "opening"),
    [
        ("My knee hurts a little.", "Oh dear, I am sorry that"),
        ("I listened to the radio.", "Ah, that is a good way"),
        ("I am quite well.", "Ah, I am glad"),
        ("I had soup.", "That sounds good."),
        ("I have chest pain.", "That sounds serious, and"),
    ],
)
def test_how_answers_begin(said: str, opening: str) -> None:
    assert talk(said)[0].startswith(opening)


def test_a_first_turn_without_words_is_a_hello() -> None:
    assert answer([PROMPT, Message("user", " ")], NOW) == "Hello, this is an automated voice. How are you today?"


@pytest.mark.parametrize("said", ["Goodbye.", "Bye bye, dear.", "Well, I have to go now.", "Good night."])
def test_a_goodbye_is_answered_by_one_short_goodbye(said: str) -> None:
    (reply,) = talk(said)
    assert "goodbye" in reply
    assert not asked(reply)
    assert reply.count(".") == 1
    assert len(reply.split()) < 15


def test_a_hint_that_the_person_said_goodbye_is_followed() -> None:
    turn = Message("user", "So long then, my dear.")
    for messages in ([PROMPT, turn, CLOSING], [PROMPT, CLOSING, turn]):
        assert "goodbye" in answer(messages, NOW)
    assert asked(answer([PROMPT, turn], NOW)), "the general prompt is no hint"


def test_a_goodbye_of_long_ago_is_no_goodbye() -> None:
    (reply,) = talk("My husband said goodbye to me at the station that year.")
    assert asked(reply)


def test_the_name_is_kept_for_the_goodbye() -> None:
    assert "Mary" in talk("My name is Mary.", "It is raining.", "Goodbye.")[-1]


def test_a_summary_has_the_facts() -> None:
    messages = [
        Message("system", "Summarise the beginning of this telephone call in at most eight short sentences."),
        Message("assistant", GREETING),
        Message("user", "This is Mary. I am quite well."),
        Message("user", "My daughter Anna is coming on Thursday."),
        Message("user", "I slept badly."),
    ]
    text = answer(messages, NOW)
    assert "Mary" in text
    assert "their daughter Anna" in text
    assert "sleep" in text
    assert '"I slept badly."' in text
    assert not asked(text)


def test_a_transcript_inside_one_message_is_summarised_too() -> None:
    transcript = "Person: My son Tom is ill.\nAssistant: I am sorry about your cat Felix.\nPerson: He is in hospital."
    text = answer([Message("system", "Summarise this."), Message("user", transcript)], NOW)
    assert "their son Tom" in text
    assert "Felix" not in text
    assert '"He is in hospital."' in text


def test_nothing_said_is_summarised_as_that() -> None:
    assert answer([Message("system", "Summarize this.")], NOW) == "The person has not said anything yet."


def test_no_question_of_the_script_is_two_questions_and_each_has_other_words() -> None:
    questions = [*GENERAL_QUESTIONS, *REPAIRS, *(question for topic in TOPICS for question in topic.asks)]
    for question in questions:
        assert question.text.count("?") == question.again.count("?") == 1
        assert question.text != question.again
        assert "?" not in question.yes + question.no
    for topic in TOPICS:
        assert not any("?" in says for says in topic.says)


TURNS = st.lists(
    st.one_of(
        st.sampled_from(
            ["Yes.", "No.", "What?", "Blob.", "And you?", "I slept.", "My knee hurts.", "It rains.", "Hello?",
             "I am fine.", "My son Tom comes on Friday.", "Who are you?", "What time is it?", "My wife died.",
             "I ate.", "Well, well."]
        ),
        st.text(max_size=60),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


@given(TURNS)
def test_whatever_is_said_there_is_one_question_and_never_the_same_twice_running(turns: list[str]) -> None:
    before = " How are you today?"
    for reply in talk(*turns):
        questions = asked(reply)
        if not questions:
            assert "goodbye" in reply
            continue
        assert len(questions) == 1
        assert questions[0].strip() != before.strip()
        before = questions[0]


@given(TURNS)
def test_the_same_conversation_gives_the_same_answers(turns: list[str]) -> None:
    assert talk(*turns) == talk(*turns)


@given(st.text())
def test_no_text_breaks_the_search_for_names_and_times(text: str) -> None:
    assert isinstance(slots_in(text), Slots)
