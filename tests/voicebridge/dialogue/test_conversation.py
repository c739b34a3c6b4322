"""What the model is told of the call: what was said, and of ours what was heard."""

from __future__ import annotations

from voicebridge.dialogue.conversation import Conversation, Message
from voicebridge.dialogue.prompts import CLOSING_HINT, INTERRUPTED, INTRODUCE_YOURSELF, SUMMARISE

SYSTEM = Message("system", "You are kind.")


def user(content: str) -> Message:
    return Message("user", content)


def assistant(content: str) -> Message:
    return Message("assistant", content)


def talk(conversation: Conversation, first: int, last: int) -> Conversation:
    """Turns with these numbers, each answered."""
    for number in range(first, last + 1):
        conversation.person_said(number, f"question {number}")
        conversation.agent_said(number, f"answer {number}", interrupted=False)
    return conversation


def test_the_conversation_is_told_in_its_order() -> None:
    conversation = Conversation("You are kind.")
    conversation.agent_said(1, "Hello Anna.", interrupted=False)
    conversation.person_said(1, "Good morning.")
    assert conversation.messages() == [SYSTEM, assistant("Hello Anna."), user("Good morning.")]


def test_a_turn_told_again_replaces_what_was_told() -> None:
    conversation = Conversation("You are kind.")
    conversation.person_said(1, "My knee hurts")
    conversation.person_said(1, "My knee hurts when I go upstairs.")
    conversation.person_said(2, "Yes.")
    assert conversation.messages() == [SYSTEM, user("My knee hurts when I go upstairs."), user("Yes.")]


def test_what_was_not_heard_is_not_in_it() -> None:
    conversation = Conversation("You are kind.")
    conversation.agent_said(2, "", interrupted=True)
    assert conversation.messages() == [SYSTEM]
    conversation.agent_said(3, "Once upon", interrupted=False)
    conversation.agent_said(3, "", interrupted=True)
    assert conversation.messages() == [SYSTEM]


def test_a_line_that_was_broken_off_is_marked() -> None:
    conversation = Conversation("You are kind.")
    conversation.agent_said(2, "Once upon a", interrupted=True)
    assert conversation.messages() == [SYSTEM, assistant(f"Once upon a {INTERRUPTED}")]


def test_a_turn_and_a_reply_of_the_same_number_are_two_things() -> None:
    conversation = talk(Conversation("You are kind."), 1, 1)
    assert conversation.messages() == [SYSTEM, user("question 1"), assistant("answer 1")]


def test_a_draft_is_made_with_words_that_are_not_told_yet() -> None:
    conversation = talk(Conversation("You are kind."), 1, 1)
    drafted = conversation.messages(also_said=(2, "My knee hurts."))
    assert drafted == [SYSTEM, user("question 1"), assistant("answer 1"), user("My knee hurts.")]
    assert conversation.messages() == [SYSTEM, user("question 1"), assistant("answer 1")], "they never happened"


def test_a_draft_for_a_turn_that_goes_on_has_it_once_and_last() -> None:
    conversation = talk(Conversation("You are kind."), 1, 1)
    conversation.agent_said(1, "answer", interrupted=True)
    drafted = conversation.messages(also_said=(1, "question 1, and more"))
    assert drafted == [SYSTEM, assistant(f"answer {INTERRUPTED}"), user("question 1, and more")]


def test_a_turn_that_went_on_stands_after_what_we_began_to_answer() -> None:
    conversation = Conversation("You are kind.")
    conversation.person_said(1, "My knee hurts")
    conversation.agent_said(2, "Oh", interrupted=True)
    conversation.person_said(1, "My knee hurts when I go upstairs.")
    conversation.agent_said(3, "Upstairs?", interrupted=False)
    assert conversation.messages() == [
        SYSTEM,
        assistant(f"Oh {INTERRUPTED}"),
        user("My knee hurts when I go upstairs."),
        assistant("Upstairs?"),
    ]


def test_for_our_goodbye_the_model_is_told_so() -> None:
    conversation = talk(Conversation("You are kind."), 1, 1)
    assert conversation.messages(closing=True)[-1] == Message("system", CLOSING_HINT)
    assert Message("system", CLOSING_HINT) not in conversation.messages()


def test_when_it_grows_long_the_older_lines_give_way_to_a_summary() -> None:
    conversation = talk(Conversation("You are kind.", summarise_at=20), 1, 9)
    assert conversation.to_summarise() is None
    talk(conversation, 10, 10)
    asked = conversation.to_summarise()
    assert asked is not None
    assert asked[0] == Message("system", SUMMARISE)
    assert asked[1].content.startswith("Person: question 1\nKindline: answer 1\n")
    assert asked[1].content.endswith("Kindline: answer 5")
    assert conversation.to_summarise() is None, "one at a time"
    talk(conversation, 11, 11)
    conversation.summarised(" They talked about questions. ")
    messages = conversation.messages()
    assert messages[1] == Message("system", "Earlier in this call: They talked about questions.")
    assert messages[2] == user("question 6")
    assert messages[-1] == assistant("answer 11")


def test_the_next_summary_holds_the_last_one() -> None:
    conversation = talk(Conversation("You are kind.", summarise_at=20), 1, 10)
    conversation.to_summarise()
    conversation.summarised("They talked about apples.")
    asked = talk(conversation, 11, 20).to_summarise()
    assert asked is not None
    assert asked[1].content.startswith("Earlier: They talked about apples.\nPerson: question 6\n")


def test_without_a_summary_the_lines_stay_and_it_is_tried_again() -> None:
    conversation = talk(Conversation("You are kind.", summarise_at=20), 1, 10)
    for fail in (conversation.summary_failed, lambda: conversation.summarised("  ")):
        assert conversation.to_summarise() is not None
        fail()
    assert conversation.to_summarise() is not None
    assert len(conversation.messages()) == 21


def test_it_is_bounded_even_when_no_summary_can_be_had() -> None:
    conversation = Conversation("You are kind.", keep_messages=12, summarise_at=10)
    talk(conversation, 1, 5)
    assert conversation.to_summarise() is not None
    talk(conversation, 6, 100)
    assert len(conversation.messages()) == 13
    conversation.summarised("Old things.")
    assert conversation.messages()[2:] == [
        message for number in range(95, 101) for message in (user(f"question {number}"), assistant(f"answer {number}"))
    ]


def test_a_summary_without_an_end_is_cut() -> None:
    conversation = talk(Conversation("You are kind.", summarise_at=20), 1, 10)
    conversation.to_summarise()
    conversation.summarised("x" * 100_000)
    assert len(conversation.messages()[1].content) < 3100


def test_who_has_not_heard_who_calls_is_told_in_the_next_answer() -> None:
    conversation = Conversation("Be kind.")
    conversation.agent_said(1, "Hello Ada, this is", interrupted=True)
    conversation.greeting_was_cut_short()
    conversation.person_said(1, "Who is it?")
    assert conversation.messages()[-1] == Message("system", INTRODUCE_YOURSELF)
    assert conversation.messages(closing=True)[-1] == Message("system", CLOSING_HINT)
    conversation.agent_said(2, "This is Kindline, an automated AI voice.", interrupted=False)
    assert conversation.messages()[-1].role == "assistant"
