"""Is the sentence finished? Each table is one reason for the answer; text as recognisers write it, and bare words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebridge.dialogue.completeness import Completeness, completeness

SLEEP = "Good morning. Did you sleep well?"
BREAKFAST = "What did you have for breakfast?"
HOW = "How are you today?"
WHEN = "Oh dear. When did you fall?"

FINISHED = {
    "one word is all there is to say": "yes|No.|Okay.|Goodbye.|Thanks.|Stop.|Help!|What?|Why?|Maybe.|Louder!",
    "a sentence that can stand": (
        "I had porridge and a cup of tea.|I can not hear you very well|It was lovely to hear from you.|I don't know.|"
        "I have to see what my daughter is doing today|Mr. Brown came to see me|I slept well|My knee hurts a little.|"
        "The old man who lives next door came|I'm not going any more today|I came first.|I miss her|It tickles me|"
        "Thank you for asking.|I like this|I told him that"
    ),
    "a question to us": (
        "What time is it|What time is it?|How are you?|how old are you|Are you a real person?|Who is it|What's next?|"
        "Can you help?|What time?|which day?"
    ),
    "the object stands in front": (
        "That is all I want.|Tell me what you need.|That's everything I have.|Where are you from|What is it for|"
        "I do not remember what it is called|I do not know which one he wanted|What is it like?|What for?|"
        "And what about|how many tablets do I take|That is where I live|What should I tell him"
    ),
    "the verb was left out on purpose": (
        "Yes, I did.|No, I'm not.|So do I.|Neither can he|And so do I|It's better than it was|I have nothing to do|"
        "They said they would call but they never did|It's cold today, isn't it?|You don't mind do you|If you like.|"
        "As you want"
    ),
    "the last word has a second meaning": (
        "I think so.|I don't think so.|I hope not.|I'm afraid not.|Why not|I don't know why|Me too.|Oh, not so well.|"
        "Come in.|He walked past|The bus went by|I never saw that before|That's all.|I haven't got any.|Not really.|"
        "What have you been through"
    ),
    "the question is embedded": (
        "I don't know where he is|What did you say your name was|that is what they do|It is how they are"
    ),
    "a number that is a time, an age or a year": (
        "I am 82.|I'm eighty|I get up at seven.|I was born in 1938.|It's at 10:30.|at eleven ten pm|ninety over seventy"
    ),
    "a telephone number with all its digits": (
        "My number is 555 123 4567.|My number is 5 5 5. 1 2 3. 4 5 6 7.|my number is 0 7 9 4 6 1 2 3 4 5 6|"
        "five five five one two three four five six seven"
    ),
    "a courtesy at the end": (
        "Yes please|A cup of tea, please.|It was hard, you know.|I'd love some tea, love|No thank you, my dear.|"
        "Give her my love."
    ),
    "the opening clause is followed by the main one": (
        "When I was young we used to go dancing|If it rains I stay at home|When done press two|"
        "To tell you the truth I am tired|If you see her give her my love|If I come?|"
        "Before the war began all the children in our street went to the same school"
    ),
    "so many words without a known verb": "Ten of clubs and five of hearts and the queen",
    "no verb, but a thing one says": "Very well.|Not too bad.|Maybe tomorrow|Well, lovely weather|Thank you very much",
}

UNFINISHED = {
    "punctuation": "My son is coming on Saturday,|I was just -|I went to the...|Well…|He said:|Yes, and –",
    "article, possessive, title": "I went to the|Every|It is in my|I saw Dr.|Dr.|the",
    "conjunction": "I went to the shop. And|And.|We stayed in because|I know him since|As|It rained while",
    "preposition": (
        "I was looking for|We talked about|I fell on the way to|We walked past the|I like to sit in a chair by"
    ),
    "subject": "And then I|But he|My husband and I|It was when they|I'm|There's|So we",
    "auxiliary": (
        "Oh, I am|It has been|They have|I really can't|The number on the card is|Where is|I want to be|What is"
    ),
    "a subject that needs its verb": (
        "I have everything that|I slept and that|Because it|I think it|I don't know what it|When you|I thought there"
    ),
    "not and too, before what they belong to": "I am not|It's too|It's far too|He's not",
    "filler": "Um|Uh, well|Oh well, um|Well,|Well|And well|So|And so",
    "a verb that needs an object": (
        "I would like|I'd like|Please press|I need|We took|I live|He is called|Give me|I think|Well, I hope|"
        "They looked|You said|Let me see|Let me think.|Let us buy|That who wanted|I love"
    ),
    "a question that only begins": (
        "I did not hear you could you|Could you|Is it|What do you|how much|how long|What day|Can I"
    ),
    "a question word": "I don't know what|He asked me where|And who|That is the",
    "an announced noun": (
        "Please enter the first|Letters of your party's first|It was a very|It is a new|There's some|My daughter's|"
        "I saw some|I was there last|And my own|Sit down next"
    ),
    "an adverb between the subject and its verb": "I usually|We're just|We're just you know|He is always|They really",
    "and then": "I take the white pill and then",
    "a clause that only opens": (
        "To be honest|When I was young|If it rains|And if you come to see me|Please wait. When done|To lock"
    ),
    "a clause without its verb": (
        "I slept because my back|I think the doctor|It hurts when the nurse|But my old neighbour"
    ),
    "a telephone number that is announced": "My telephone number is 5 5 5|The code is 1 2|The number's 0794",
}

EITHER = {
    "nothing": " |.|?!",
    "one word that is no answer": "Porridge|Tuesday.|This|Oh|Five|On|Now",
    "a noun": "My daughter|My daughter Susan|The kitchen|My garden|The tall thin man|telephone number",
    "where and when": "In the kitchen|On Monday|This morning|Yesterday morning",
    "digits and letters": "seven two nine|G O U|0794|Zero|my telephone number is 5 5 5 1 2 3 4|0 7 9 4 6 1 2 3 4 5",
    "how many of what": "I have three|I took two|We were twenty|It was a hundred and forty",
    "a verb that seldom ends": "I went|I was born|It started",
    "this, of what": "I had porridge this|I had porridge those",
    "somebody to whom something": "Please tell her|It was her|I said that|Is it his",
    "a word of place": "It is on|He put it in|I fell on|We drove along",
    "an adverb at the end": "He comes sometimes|It's raining really|I slept very",
    "an adjective that may be a noun": "It was the red|On the third|Give me those small",
    "all or some": "They all|I would like some|I was at my daughter's",
    "too, which may be a to that was cut off": "I need a ride too.|The doctor told me too.",
    "a question that may be whole": "Could you?|Are you?|Can you call|How much?",
}

ANSWERS = [
    ("Did you sleep well?", "Yes.", Completeness.COMPLETE),
    (SLEEP, "I did", Completeness.COMPLETE),
    (SLEEP, "No, I couldn't.", Completeness.COMPLETE),
    (SLEEP, "I'd love to", Completeness.COMPLETE),
    (SLEEP, "Lovely weather", Completeness.COMPLETE),
    (SLEEP, "The", Completeness.OPEN),
    (SLEEP, "My daughter", Completeness.DOUBTFUL),
    (BREAKFAST, "Porridge", Completeness.COMPLETE),
    (BREAKFAST, "Two slices of toast", Completeness.COMPLETE),
    (BREAKFAST, "This", Completeness.DOUBTFUL),
    (BREAKFAST, "This morning", Completeness.DOUBTFUL),
    (BREAKFAST, "I had", Completeness.OPEN),
    ("Who is coming?", "My sister", Completeness.COMPLETE),
    ("Who's there?", "My sister", Completeness.COMPLETE),
    ("How many grandchildren do you have?", "Seven", Completeness.COMPLETE),
    ("Tea or coffee?", "The coffee", Completeness.COMPLETE),
    ("In the morning or in the evening?", "In the evening", Completeness.COMPLETE),
    (WHEN, "On Tuesday", Completeness.COMPLETE),
    (WHEN, "Three weeks ago.", Completeness.COMPLETE),
    (WHEN, "When I was young", Completeness.COMPLETE),
    ("How often do you see her?", "Every day", Completeness.COMPLETE),
    ("How old are you?", "Eighty two", Completeness.COMPLETE),
    ("What is your telephone number?", "0 7 9 4", Completeness.OPEN),
    ("What is your telephone number?", "555.123.4567", Completeness.COMPLETE),
    (HOW, "Fine", Completeness.COMPLETE),
    (HOW, "Very well, thank you", Completeness.COMPLETE),
    (HOW, "Oh, I am", Completeness.OPEN),
    (HOW, "I did", Completeness.OPEN),
    (HOW, "My daughter", Completeness.DOUBTFUL),
    ("What did you do today?", "My son", Completeness.DOUBTFUL),
    ("Why do you go there?", "To see my sister", Completeness.COMPLETE),
    ("Why could you not sleep?", "Because my back hurts", Completeness.COMPLETE),
    ("I had a good day.", "Porridge", Completeness.DOUBTFUL),
]


def cases(table: dict[str, str]) -> list[object]:
    return [pytest.param(text, id=f"{why}: {text}") for why, texts in table.items() for text in texts.split("|")]


@pytest.mark.parametrize("text", cases(FINISHED))
def test_a_finished_sentence_is_complete(text: str) -> None:
    assert completeness(text) is Completeness.COMPLETE


@pytest.mark.parametrize("text", cases(UNFINISHED))
def test_words_that_announce_more_are_open(text: str) -> None:
    assert completeness(text) is Completeness.OPEN


@pytest.mark.parametrize("text", cases(EITHER))
def test_what_may_be_either_is_doubtful(text: str) -> None:
    assert completeness(text) is Completeness.DOUBTFUL


@pytest.mark.parametrize(("asked", "text", "expected"), ANSWERS)
def test_our_question_decides_what_is_an_answer(asked: str, text: str, expected: Completeness) -> None:
    assert completeness(text, asked) is expected


@pytest.mark.parametrize("text", ["I went to the", "I had porridge", "my daughter", "could you"])
def test_a_full_stop_and_capitals_prove_nothing(text: str) -> None:
    assert completeness(f"{text.capitalize()}.") is completeness(text)


def test_only_the_last_sentence_counts() -> None:
    assert completeness("I went to the. It was raining all day.") is Completeness.COMPLETE
    assert completeness("It was raining all day. So I went to the.") is Completeness.OPEN


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_can_be_judged(text: str, asked: str) -> None:
    assert completeness(text, asked) in Completeness
