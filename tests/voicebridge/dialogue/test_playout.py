"""What the person has heard, from what was sent and which marks came back."""

from __future__ import annotations

import pytest

from voicebridge.dialogue.playout import MarkFate, Playout

ONE = "Good morning, Anna."
TWO = "How did you sleep last night?"


def sent(playout: Playout, reply: int, text: str, chunks: int, now: float = 0.0, chunk_s: float = 0.4) -> list[str]:
    """A whole sentence goes to the telephone, with a mark after each chunk."""
    playout.sentence_begun(reply, text)
    marks = []
    for _ in range(chunks):
        playout.audio_sent(reply, chunk_s, now)
        marks.append(playout.mark_sent(reply))
    playout.sentence_sent(reply)
    return marks


def test_a_reply_is_heard_when_its_last_mark_has_come_back() -> None:
    playout = Playout()
    marks = sent(playout, 1, ONE, 2) + sent(playout, 1, TWO, 3)
    playout.reply_sent(1)
    assert marks == ["1.1", "1.2", "1.3", "1.4", "1.5"]
    for at, mark in enumerate(marks):
        assert not playout.has_played_out(1)
        assert playout.mark_returned(mark, 0.4 * (at + 1)) is MarkFate.PLAYED
    assert playout.has_played_out(1)
    assert playout.heard_text(1) == playout.said_text(1) == f"{ONE} {TWO}"
    assert not playout.was_interrupted(1)


def test_a_reply_that_is_still_being_sent_has_not_played_out() -> None:
    playout = Playout()
    for mark in sent(playout, 1, ONE, 2):
        playout.mark_returned(mark, 1.0)
    assert not playout.has_played_out(1)


def test_of_the_current_sentence_the_share_played_is_heard_cut_at_a_word() -> None:
    playout = Playout()
    sent(playout, 1, ONE, 2)
    sent(playout, 1, TWO, 6)
    playout.mark_returned("1.4", 1.6)  # two of six chunks of the second sentence: 9 of its 29 letters
    assert playout.heard_text(1) == f"{ONE} How did"
    assert playout.was_interrupted(1)


def test_a_word_that_ends_at_the_cut_is_heard() -> None:
    playout = Playout()
    sent(playout, 1, "abcd efgh", 9, chunk_s=0.1)
    playout.mark_returned("1.4", 0.4)
    assert playout.heard_text(1) == "abcd"


def test_marks_pending_at_a_clear_were_discarded_and_not_heard() -> None:
    playout = Playout()
    first, second, third = sent(playout, 1, ONE, 3, now=10.0)
    playout.mark_returned(first, 10.4)
    playout.cleared(10.4)
    assert playout.mark_returned(second, 10.45) is MarkFate.DISCARDED
    assert playout.mark_returned(third, 10.45) is MarkFate.DISCARDED
    assert playout.heard_text(1) == "Good"
    playout.reply_sent(1)
    assert not playout.has_played_out(1)
    assert playout.mark_returned(second, 10.5) is MarkFate.UNKNOWN, "each is echoed once"


def test_between_two_marks_the_clock_says_what_was_heard() -> None:
    playout = Playout()
    playout.sentence_begun(1, "one two three four")
    playout.audio_sent(1, 2.0, 5.0)
    playout.mark_sent(1)
    playout.sentence_sent(1)
    playout.cleared(6.0)
    assert playout.heard_text(1) == "one two"
    assert playout.ahead_s(6.0) == 0.0


def test_audio_that_had_no_mark_yet_counts_at_a_clear_too() -> None:
    playout = Playout()
    playout.sentence_begun(1, "one two three four")
    playout.audio_sent(1, 2.0, 5.0)
    playout.cleared(6.2)
    playout.sentence_sent(1)
    playout.reply_sent(1)
    assert playout.heard_text(1) == "one two"
    assert not playout.has_played_out(1)


def test_a_sentence_whose_audio_is_still_coming_is_measured_by_its_letters() -> None:
    playout = Playout()
    playout.sentence_begun(1, "This sentence has fifty letters in it, more or less")
    playout.audio_sent(1, 1.0, 0.0)
    playout.mark_returned(playout.mark_sent(1), 1.0)
    assert playout.heard_text(1) == "This sentence"


def test_a_sentence_without_sound_was_not_heard() -> None:
    playout = Playout()
    playout.sentence_begun(1, ONE)
    playout.cleared(1.0)
    assert playout.heard_text(1) == ""
    assert playout.was_interrupted(1)


def test_sound_without_words_plays_out() -> None:
    playout = Playout()
    playout.audio_sent(1, 0.4, 0.0)
    mark = playout.mark_sent(1)
    playout.reply_sent(1)
    playout.mark_returned(mark, 0.4)
    assert playout.has_played_out(1)
    assert playout.heard_text(1) == ""


def test_an_echo_stands_for_the_marks_before_it() -> None:
    playout = Playout()
    sent(playout, 1, ONE, 3)
    playout.reply_sent(1)
    assert playout.mark_returned("1.3", 1.2) is MarkFate.PLAYED
    assert playout.has_played_out(1)
    assert playout.mark_returned("1.2", 1.3) is MarkFate.UNKNOWN


@pytest.mark.parametrize("name", ["", "9.9", "greeting", "1", "1.2.3", "1.99", "\x00"])
def test_strange_marks_are_unknown(name: str) -> None:
    playout = Playout()
    sent(playout, 1, ONE, 2)
    assert playout.mark_returned(name, 1.0) is MarkFate.UNKNOWN


def test_how_far_ahead_we_are_follows_the_clock_and_the_marks() -> None:
    playout = Playout()
    assert playout.ahead_s(100.0) == 0.0
    sent(playout, 1, ONE, 5, now=100.0)
    assert playout.ahead_s(100.0) == pytest.approx(2.0)
    assert playout.ahead_s(101.5) == pytest.approx(0.5)
    playout.mark_returned("1.1", 100.7)  # the line was 0.3 s late to begin
    assert playout.ahead_s(100.7) == pytest.approx(1.6)
    playout.audio_sent(1, 0.4, 100.7)
    playout.mark_returned("1.2", 101.1)
    assert playout.ahead_s(101.1) == pytest.approx(1.6), "audio without a mark is still to be played, too"
    assert playout.ahead_s(200.0) == 0.0


def test_a_mark_is_due_when_enough_has_been_sent_since_the_last_one() -> None:
    playout = Playout()
    assert playout.unmarked_s(1) == 0.0
    playout.sentence_begun(1, ONE)
    playout.audio_sent(1, 0.2, 0.0)
    playout.audio_sent(1, 0.2, 0.0)
    assert playout.unmarked_s(1) == pytest.approx(0.4)
    playout.mark_sent(1)
    assert playout.unmarked_s(1) == 0.0


def test_lost_marks_can_be_given_up_on() -> None:
    playout = Playout()
    sent(playout, 1, ONE, 2)
    sent(playout, 2, TWO, 1)
    playout.reply_sent(1)
    playout.give_up_on(1, 3.0)
    assert playout.has_played_out(1)
    assert playout.heard_text(1) == ONE
    assert playout.mark_returned("1.2", 3.1) is MarkFate.UNKNOWN
    assert not playout.has_played_out(2)
    assert playout.ahead_s(3.0) == pytest.approx(0.4), "the other reply is still to be played"


def test_two_replies_do_not_touch_each_other() -> None:
    playout = Playout()
    sent(playout, 1, ONE, 1)
    playout.reply_sent(1)
    playout.mark_returned("1.1", 0.4)
    sent(playout, 2, TWO, 2, now=1.0)
    playout.cleared(1.0)
    assert playout.has_played_out(1)
    assert playout.heard_text(1) == ONE
    assert playout.heard_text(2) == ""


def test_a_forgotten_reply_leaves_nothing() -> None:
    playout = Playout()
    sent(playout, 1, ONE, 2)
    sent(playout, 2, TWO, 1)
    playout.forget(1)
    assert playout.mark_returned("1.1", 0.4) is MarkFate.UNKNOWN
    assert (playout.said_text(1), playout.heard_text(1), playout.has_played_out(1)) == ("", "", False)
    playout.cleared(0.4)
    playout.forget(2)
    assert playout.mark_returned("2.1", 0.5) is MarkFate.UNKNOWN


def test_a_reply_with_nothing_to_say_has_played_out_at_once() -> None:
    playout = Playout()
    playout.sentence_sent(3)
    playout.reply_sent(3)
    assert playout.has_played_out(3)


# --- held and resumed


def test_what_was_held_and_said_again_is_heard_once_and_whole() -> None:
    playout = Playout()
    marks = sent(playout, 1, ONE, 2)
    playout.mark_returned(marks[0], 0.4)
    playout.cleared(0.6)  # in the middle of the second chunk
    assert playout.heard_text(1) == "Good morning,"
    playout.reply_sent(1)
    assert not playout.has_played_out(1)
    playout.resumed(1)
    playout.audio_sent_again(1, 0, 0.2, 3.0)
    assert playout.ahead_s(3.0) == pytest.approx(0.2)
    again = playout.mark_sent(1)
    assert playout.mark_returned(marks[1], 3.01) is MarkFate.DISCARDED
    assert not playout.has_played_out(1)
    playout.mark_returned(again, 3.2)
    assert playout.has_played_out(1)
    assert playout.heard_text(1) == ONE
    assert not playout.was_interrupted(1)


def test_what_was_heard_and_is_said_again_counts_once() -> None:
    playout = Playout()
    playout.sentence_begun(1, "one two three four")
    playout.audio_sent(1, 2.0, now=0.0)
    playout.sentence_sent(1)
    playout.cleared(now=1.3)
    playout.heard_in_vain(1, 0, 0.3)
    playout.resumed(1)
    playout.audio_sent_again(1, 0, 1.0, now=5.0)
    playout.cleared(now=5.5)
    assert playout.heard_text(1) == "one two three"


def test_what_is_said_again_belongs_to_its_own_sentence() -> None:
    playout = Playout()
    sent(playout, 1, ONE, 2)
    sent(playout, 1, TWO, 2)
    assert playout.sentence_under_way(1) == 1
    playout.cleared(0.4)
    playout.resumed(1)
    playout.audio_sent_again(1, 0, 0.4, 2.0)
    playout.mark_returned(playout.mark_sent(1), 2.4)
    assert playout.heard_text(1) == ONE
    playout.audio_sent_again(1, 1, 0.8, 2.4)
    playout.mark_returned(playout.mark_sent(1), 3.2)
    assert playout.heard_text(1) == f"{ONE} {TWO}"


def test_what_was_held_and_not_resumed_was_interrupted() -> None:
    playout = Playout()
    sent(playout, 1, ONE, 2)
    playout.reply_sent(1)
    playout.cleared(0.4)
    assert not playout.has_played_out(1)
    assert playout.was_interrupted(1)
    assert playout.heard_text(1) == "Good"


def test_a_reply_that_was_held_before_its_first_sound_can_go_on() -> None:
    playout = Playout()
    playout.cleared(0.0)
    playout.resumed(1)
    for mark in sent(playout, 1, ONE, 2):
        playout.mark_returned(mark, 1.0)
    playout.reply_sent(1)
    assert playout.has_played_out(1)


def test_whether_more_of_a_reply_is_to_come_is_known() -> None:
    playout = Playout()
    assert not playout.is_all_sent(1)
    sent(playout, 1, ONE, 2)
    assert not playout.is_all_sent(1)
    playout.reply_sent(1)
    assert playout.is_all_sent(1)


def test_the_last_sentence_is_known() -> None:
    playout = Playout()
    assert playout.last_sentence(1) == ""
    sent(playout, 1, ONE, 2)
    sent(playout, 1, TWO, 2)
    assert playout.last_sentence(1) == TWO
