"""A person's file: what it may say, and what a mistake in it is answered with."""

import re
import wave
from pathlib import Path

import pytest

from sandbox import line_audio
from sandbox.echo import Echo
from sandbox.people import HangsUp, Noise, People, Person, PersonError, load, load_folder
from sandbox.sayings import Saying, directions, words

GOOD = 'name = "Ruth"\ndescription = "Kind."\nlines = ["One."]\n'


def test_a_file_with_everything_in_it_is_read(tmp_path: Path) -> None:
    write_wav(tmp_path / "mine.wav", line_audio.tone(440, 0.5))
    person = load_text(
        tmp_path,
        """
        name = "Ruth"
        number = "+12025550133"
        description = "Kind."
        voice = "pico-en-GB"
        pace = 0.9
        level_dbfs = -30
        trails_off_db = 9
        noise = { kind = "room", level_dbfs = -55 }
        echo = { delay_ms = 250, down_db = 24 }
        answers_after_s = 7
        greeting = ""
        farewell = "Bye."
        nudge = ""
        asides = [{ say = "[cough]", interrupt_after_s = 1.2 }]
        hangs_up = { after_s = 12.5 }
        lines = [
            "One.",
            { say = "Two.", pause_before_s = 2.0 },
            { wav = "mine.wav", says = "Three.", interrupt_after_s = 1 },
            { say = "[knock] Four.", alone_after_s = 15 },
        ]
        [[reactions]]
        when = "weather"
        say = "It rains."
        times = 2
        """,
    )
    assert person.number == "+12025550133"
    assert person.noise == Noise("room", -55)
    assert (person.echo, person.trails_off_db) == (Echo(250, 24), 9)
    assert person.greeting is None
    assert person.nudge is None
    assert person.asides == (Saying("[cough]", interrupt_after_s=1.2),)
    assert person.hangs_up == HangsUp(after_s=12.5)
    assert person.lines[1:] == (
        Saying("Two.", pause_before_s=2.0),
        Saying("Three.", tmp_path / "mine.wav", interrupt_after_s=1.0),
        Saying("[knock] Four.", alone_after_s=15),
    )
    assert person.reactions[0].when.search("How is the WEATHER?")
    assert (person.reactions[0].say.text, person.reactions[0].times) == ("It rains.", 2)


@pytest.mark.parametrize(
    ("more", "key", "why"),
    [
        ('voice = "bass"', "voice", "must be one of joe"),
        ("pace = 9", "pace", "must be a number from 0.5 to 2"),
        ("pace = true", "pace", "must be a number"),
        ('level_dbfs = "loud"', "level_dbfs", "must be a number"),
        ('number = "+12025550100"', "number", "reserved for fiction"),
        ('number = "+14155551234"', "number", "reserved for fiction"),
        ('number = "+12025550180"', "number", "+12025550101 to +12025550179"),
        ('number = "+447700900123"', "number", "+12025550101 to +12025550179"),
        ("number = 12025550101", "number", "+12025550101 to +12025550179"),
        ('noise = "hum"', "noise", "must be a table"),
        ('noise = { kind = "rain" }', "noise.kind", "must be one of hum"),
        ("trails_off_db = 99", "trails_off_db", "must be a number from 0 to 30, not 99"),
        ("echo = true", "echo", "must be a table {delay_ms, down_db}"),
        ("echo = { delay_ms = 5 }", "echo.delay_ms", "must be a number from 20 to 500, not 5"),
        ("echo = { down_db = -3 }", "echo.down_db", "must be a number from 0 to 60, not -3"),
        ("echo = { level = 3 }", "echo.level", "not a key that is known"),
        ('asides = "Mm."', "asides", "must be a list"),
        ('asides = ["Mm."]', "asides[0]", "must be a table with interrupt_after_s"),
        ('asides = [{ say = "Mm.", pause_before_s = 1 }]', "asides[0]", "must be a table with interrupt_after_s"),
        ('nudge = { say = "Mm.", alone_after_s = 1, pause_before_s = 1 }', "nudge.alone_after_s", "goes with neither"),
        ('nudge = { say = "M", alone_after_s = 1, interrupt_after_s = 0 }', "nudge.alone_after_s", "goes with neither"),
        ('farewell = "[cough 2]"', "farewell", "[cough 2] is not understood"),
        ("greeting = 7", "greeting", "must be a text"),
        ('greting = "Hi"', "greting", "not a key that is known"),
        ('hangs_up = "soon"', "hangs_up", "must be"),
        ("hangs_up = { after = 3 }", "hangs_up.after", "not a key"),
        ("hangs_up = { after_line = 1.9 }", "hangs_up.after_line", "must be a whole number from 1 to 1000, not 1.9"),
        ('farewell = "Bye [pause 1..2]"', "farewell", "[pause 1..2] is not understood: write [pause SECONDS]"),
        ('farewell = "Bye [pause 1,2]"', "farewell", "[pause 1,2] is not understood"),
        ('farewell = "Bye [pause]"', "farewell", "[pause] is not understood"),
        ('farewell = "Bye [paus 1]"', "farewell", "[paus 1] is not understood"),
        ('farewell = "Bye [pause 1 2]"', "farewell", "[pause 1 2] is not understood"),
        ('farewell = "Bye [pause 100000]"', "farewell", "up to 30 seconds"),
        ('farewell = "Bye [pause 1"', "farewell", "[pause 1 is not understood"),
        ('farewell = "Bye 1]"', "farewell", "] is not understood"),
        ('farewell = "[tone 9000 1]"', "farewell", "50 to 3800 hertz"),
        ('farewell = "[tone 1000]"', "farewell", "write [pause SECONDS] or [tone HERTZ SECONDS]"),
        ('farewell = { say = "[pause x]" }', "farewell.say", "[pause x] is not understood"),
        ('farewell = { wav = "none.wav", says = "x" }', "farewell.wav", "no such file"),
        ('farewell = { say = "Bye", pause = 1 }', "farewell.pause", "not a key that is known"),
        ('[[reactions]]\nwhen = "("\nsay = "x"', "reactions[0].when", "not a regular expression"),
        ('[[reactions]]\nwhen = "x"', "reactions[0].say", "is missing"),
        ('[[reactions]]\nwhen = "x"\nsay = "y"\ntimes = 1.5', "reactions[0].times", "must be a whole number"),
    ],
)
def test_a_mistake_is_told_with_the_file_and_the_key(tmp_path: Path, more: str, key: str, why: str) -> None:
    with pytest.raises(PersonError, match=rf"person\.toml: {re.escape(key)}: .*{re.escape(why)}"):
        load_text(tmp_path, GOOD + more)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "name: is missing"),
        ('name = "A"\ndescription = "B"', "lines: is missing"),
        ('name = "A"\ndescription = "B"\nlines = "x"', "lines: must be a list"),
        ('name = "A"\ndescription = "B"\nlines = ["a", ""]', "lines[1]: must be a text or a table"),
        ('name = "A"\ndescription = "B"\nlines = [{pause_before_s = 1}]', "lines[0].say: is missing"),
        ('name = "A"\ndescription = "B"\nlines = []', "person.toml: lines: must have at least one line"),
        (f'name = "{"A" * 81}"\ndescription = "B"\nlines = ["a"]', "name: must have at most 80 characters, not 81"),
        ("name = Ruth", "not TOML"),
    ],
)
def test_what_is_missing_or_no_toml_is_told(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(PersonError, match=re.escape(why)):
        load_text(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a WAV file that can be read"),
        (b"ID3 this is an MP3, or something like it", "not a WAV file that can be read"),
        (b"RIFF", "not a WAV file that can be read"),
        (line_audio.stereo_wav(b"", b""), "there is nothing to hear in it"),
        (line_audio.stereo_wav(line_audio.SILENT_FRAME * 50, b""), "there is nothing to hear in it"),
    ],
)
def test_a_wav_file_that_cannot_be_played_is_told(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "mine.wav").write_bytes(content)
    with pytest.raises(PersonError, match=rf"person\.toml: farewell\.wav: .*mine\.wav: {why}"):
        load_text(tmp_path, GOOD + 'farewell = { wav = "mine.wav", says = "Bye." }')


@pytest.mark.parametrize("more", ['answered_by = "fax"', '[[reactions]]\nwhen = "hello"\nsay = "Hello."'])
def test_a_machine_and_somebody_who_only_reacts_need_no_lines(tmp_path: Path, more: str) -> None:
    assert load_text(tmp_path, f'name = "A"\ndescription = "B"\nlines = []\n{more}').lines == ()


def test_a_number_that_somebody_has_is_told_with_the_file(tmp_path: Path) -> None:
    people = People([person("B", "+12025550101")])
    with pytest.raises(PersonError, match=r"person\.toml: number: \+12025550101 is the number of B; give another"):
        people.add(load_text(tmp_path, 'number = "+12025550101"\n' + GOOD))


def test_a_file_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(PersonError, match="nobody.toml: cannot be read: No such file"):
        load(tmp_path / "nobody.toml")


def test_everybody_gets_a_number_of_his_or_her_own_and_keeps_it() -> None:
    people = People([person("A"), person("B", "+12025550101")])
    assert [(one.name, one.number) for one in people] == [("B", "+12025550101"), ("A", "+12025550102")]
    assert people.add(person("A")).number == "+12025550102"
    found = people.at("+12025550102")
    assert found is not None
    assert found.name == "A"
    with pytest.raises(PersonError, match="is the number of B"):
        people.add(person("C", "+12025550101"))


def test_the_people_who_come_with_the_sandbox_say_enough_and_end_with_a_goodbye() -> None:
    people = load_folder()
    human = [person for person in people if person.answered_by == "human"]
    assert len(human) >= 7
    assert len({person.number for person in people}) == len(people)
    for one in human:
        if one.farewell is None:
            continue  # falls silent for ever
        assert len(one.lines) >= 4, one.name
        assert "goodbye" in one.lines[-1].text.lower(), one.name


def test_only_one_of_the_people_never_says_goodbye() -> None:
    assert [person.name for person in load_folder() if person.farewell is None] == ["Mabel"]


def test_stage_directions_are_not_said() -> None:
    text = "I am [pause 1.2] well.[tone 1000 0.5]"
    assert words(Saying(text)) == "I am well."
    assert directions(text) == ["I am", ("pause", 1.2, 0.0), "well.", ("tone", 1000.0, 0.5)]
    assert words(Saying("[cough] Yes. [knock]")) == "Yes."
    assert directions("[cough] Yes. [knock]") == [("cough", 0.0, 0.0), "Yes.", ("knock", 0.0, 0.0)]


def write_wav(path: Path, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(pcm)


def person(name: str, number: str = "") -> Person:
    return Person(name, "", (Saying("x"),), number)


def load_text(folder: Path, text: str) -> Person:
    path = folder / "person.toml"
    path.write_text(text)
    return load(path)
