"""The report of a line: who said what and when."""

from sandbox.line_recorder import LineRecorder


def test_stretches_of_one_turn_of_the_agent_are_joined() -> None:
    recorder = LineRecorder()
    recorder.answered_at = 1000.0
    recorder.said("agent", "How are you", 4.0, 5.0)
    recorder.said("agent", "Hello.", 2.0, 3.5)
    recorder.said("person", "Fine.", 6.0, 6.5)
    recorder.said("agent", "Good.", 7.0, 7.5)
    assert [(one.speaker, one.text, one.began, one.ended) for one in recorder.utterances()] == [
        ("agent", "Hello. How are you", 2.0, 5.0),
        ("person", "Fine.", 6.0, 6.5),
        ("agent", "Good.", 7.0, 7.5),
    ]
    assert recorder.report()["utterances"][0]["started_at"] == 1002.0


def test_the_agent_is_interrupted_by_a_clear_and_the_person_by_the_agent() -> None:
    recorder = LineRecorder()
    recorder.said("agent", "I was say", 1.0, 2.0)
    recorder.cleared(2.0, unheard_s=0.3)
    recorder.cleared(2.9, unheard_s=0.0)
    recorder.said("agent", "Sorry.", 2.4, 3.0)
    recorder.said("person", "Wait, my dog", 1.5, 2.8)
    recorder.said("person", "Yes.", 4.0, 4.5)
    assert [(one.text, one.interrupted) for one in recorder.utterances()] == [
        ("I was say", True),
        ("Wait, my dog", True),
        ("Sorry.", False),
        ("Yes.", False),
    ]


def test_the_greeting_is_measured_from_the_first_start_to_the_first_sound_after_it() -> None:
    recorder = LineRecorder()
    recorder.agent_audible(0.1)
    assert recorder.greeting_ms() is None
    recorder.stream_start(0.2)
    recorder.agent_audible(0.55)
    recorder.stream_start(3.0)
    recorder.agent_audible(4.0)
    assert recorder.greeting_ms() == 350


def test_every_clear_is_told_with_its_moment_and_what_it_took_back() -> None:
    recorder = LineRecorder()
    recorder.answered_at = 1000.0
    recorder.cleared(2.0374, unheard_s=0.52)
    recorder.cleared(9.0, unheard_s=0.0)
    assert recorder.report()["clears"] == [
        {"at": 1002.0374, "unheard_ms": 520},
        {"at": 1009.0, "unheard_ms": 0},
    ]


def test_an_aside_is_told_from_a_turn() -> None:
    recorder = LineRecorder()
    recorder.said("person", "Yes, dear.", 1.0, 1.5, aside=True)
    recorder.said("person", "I am well.", 3.0, 3.5)
    assert [one["aside"] for one in recorder.report()["utterances"]] == [True, False]
