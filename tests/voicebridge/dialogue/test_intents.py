"""What a whole utterance is for: no word somewhere in a story decides it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebridge.dialogue.intents import (
    Intent,
    intent_of,
    is_backchannel,
    is_goodbye,
    is_hello,
    is_interruption,
    new_words,
)


@pytest.mark.parametrize(
    "text",
    [
        "goodbye",
        "Goodbye.",
        "Good bye!",
        "Good-bye.",
        "bye bye",
        "Bye-bye, dear.",
        "Bye, bye, bye.",
        "I have to go now, bye",
        "I have to go now.",
        "I've got to go.",
        "I must go now. Goodbye.",
        "okay then, goodbye dear",
        "Okay, bye.",
        "talk to you later",
        "I'll talk to you tomorrow.",
        "Speak to you soon!",
        "See you on Sunday.",
        "Good night, love.",
        "Well, thank you for calling. Goodbye.",
        "Thank you so much for calling, it was lovely talking to you. Bye bye.",
        "Goodbye, and thank you for calling.",
        "Goodbye. Talk to you next week.",
        "Take care. Bye.",
        "My daughter is coming at five, so I have to make tea. Goodbye.",
        "my tea is ready so goodbye",
        "That will be all for today, goodbye",
        "The doctor said so. Goodbye!",
        "I'll let you go now.",
        "I'm going to hang up now.",
        "Have a nice day.",
        "No, that's all. Goodbye.",
    ],
)
def test_a_farewell_is_a_goodbye(text: str) -> None:
    assert is_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "my husband said goodbye last year",
        "My husband said goodbye.",
        "She never got to say goodbye.",
        "He just said, goodbye.",
        "I told her: goodbye.",
        "he said hello and goodbye",
        "It was a good buy.",
        "good buy",
        "Did you say goodbye?",
        "It was a sad goodbye",
        "I have to go to the doctor.",
        "I have to go now to the shop",
        "Bye, oh wait, I have a question.",
        "We stood by the river",
        "Thank you.",
        "Thank you very much, dear.",
        "Okay.",
        "Okay then",
        "Well now",
        "Goodbye is such a sad word",
        "they all waved and waved bye bye",
        "I see you have a nice voice",
    ],
)
def test_a_story_is_not_a_goodbye(text: str) -> None:
    assert not is_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hello?",
        "hello",
        "Hello, hello?",
        "Yes, hello?",
        "Hello? Who's there?",
        "Good morning.",
        "Oh, hello dear!",
        "Hi.",
    ]
    + ["Who is it?", "Hello. Who is calling, please?", "Well, hello there."],
)
def test_picking_up_is_a_hello(text: str) -> None:
    assert is_hello(text)


@pytest.mark.parametrize(
    "text",
    ["", "Yes.", "Yes, speaking.", "Hello, I cannot hear you.", "Hello, this is Anna Miller.", "I said hello to her."]
    + ["Stop.", "Hello hello hello hello hello hello hello hello hello"],
)
def test_a_sentence_is_not_a_bare_hello(text: str) -> None:
    assert not is_hello(text)


@pytest.mark.parametrize(
    "text",
    ["mm-hm", "Mm-hmm.", "Mhm", "Uh-huh.", "Hmm.", "yes", "Yes, dear.", "yes dear", "Okay.", "OK", "I see.", "Oh!"]
    + ["Oh, I see.", "Yes, yes.", "Right.", "Oh dear.", "Really?", "That's right.", "Of course, dear."],
)
def test_a_sign_of_listening_is_a_backchannel(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No.",
        "Stop.",
        "Wait.",
        "Yes, but I am tired.",
        "Yes I did.",
        "I see him every day.",
        "What?",
        "dear",
        "Help!",
    ]
    + ["yes yes yes yes yes yes"],
)
def test_words_that_want_the_floor_are_no_backchannel(text: str) -> None:
    assert not is_backchannel(text)


@given(st.text(max_size=400))
def test_any_text_can_be_judged(text: str) -> None:
    assert isinstance(is_goodbye(text), bool)
    assert not (is_hello(text) and is_backchannel(text))


def test_a_very_long_story_is_judged_quickly() -> None:
    story = "and then we went to the market and he said bye bye so then well okay now " * 2000
    assert not is_goodbye(story + "to her")
    assert is_goodbye(story + ". Goodbye")


WANTED = {
    Intent.REPEAT: (
        "What?|What was that?|what did you say|What did you say, dear?|What did you just ask me?|"
        "Sorry, what was that again?|Pardon?|Pardon me?|I beg your pardon?|Sorry?|Oh, sorry, love?|Excuse me?|Eh?|"
        "Huh?|Come again?|Say that again.|say it again please|Could you say that again, please?|Can you repeat that?|"
        "Please repeat.|Would you mind repeating that|One more time, please.|I didn't catch that.|"
        "I didn't quite catch that, dear.|Sorry, I did not hear you.|I'm sorry, I couldn't understand what you said.|"
        "I didn't hear a word of that.|I missed that.|You're breaking up.|Wait, what?|Again, please.|Tell me again|"
        "I'm afraid I didn't hear the question.|Pardon? I did not hear you. Could you say that again, please?|"
        "It's a bad line. What did you say?|I'm back. Sorry about that. What did you say?|Run that by me again.|"
        "What's that you said?|I don't understand what you're saying."
    ),
    Intent.SLOWER: (
        "Slower.|slower please|Slow down.|Could you slow down a bit, please?|More slowly, please.|"
        "Please speak more slowly.|Not so fast!|You're talking too fast.|You are going much too fast for me.|"
        "You speak too fast for me, dear|Can you say that a little slower?|Could you say it again more slowly?|"
        "Oh, that's too fast.|I can't keep up with you.|Don't talk so fast|Take it a bit slower, love.|"
        "You will have to talk slower, dear.|Can you say that again, slowly?"
    ),
    Intent.FASTER: (
        "Faster.|Can you speak faster?|A bit quicker, please.|You're too slow.|You talk too slowly|Not so slow.|"
        "Hurry up.|You can talk a bit faster.|Could you speed up a little|That's too slow for me"
    ),
    Intent.LOUDER: (
        "Louder!|Louder please.|Speak up!|Can you speak up, dear?|Sorry, could you speak a bit louder, please?|"
        "You're too quiet.|You'll have to speak up, I'm a little deaf.|Speak clearly, please.|You are very faint.|"
        "I can't hear you.|I cannot hear you very well.|I can hardly hear you|I can't hear a word.|I can't hear|"
        "Your voice is too soft.|Turn it up.|Could you raise your voice a little?|"
        "I'm a bit deaf, could you speak up?|I'm hard of hearing.|I don't hear very well.|My hearing is not so good.|"
        "Pardon? I can't hear you.|Hold on, I can't hear you.|Say that again, a bit louder.|"
        "Could you talk louder? I didn't catch that.|Sorry, I can not hear what you're saying"
    ),
    Intent.QUIETER: (
        "Not so loud!|Quieter, please.|You're shouting.|Stop shouting.|Please don't shout at me|You're too loud.|"
        "That's much too loud.|Could you speak a little more quietly?|There's no need to shout.|"
        "You don't have to shout, dear.|Turn it down a bit.|Lower your voice.|I'm not deaf!|Don't talk so loud|"
        "a bit softer please"
    ),
    Intent.HOLD_ON: (
        "Hold on.|Hold on a minute.|Hang on a second, dear.|Wait.|Wait a minute.|Can you wait a moment, please?|"
        "Just a moment.|One moment, please.|Give me a minute.|Bear with me.|Don't hang up.|Someone's at the door.|"
        "There's somebody at the door.|Oh, that's the doorbell.|The phone is ringing|The kettle's boiling.|"
        "Let me get my glasses.|Hold on, let me get my glasses.|Wait a moment, I'll just turn the television down.|"
        "I'm just going to get a pen|I have to answer the door.|I need to find my glasses.|I'll get my hearing aid|"
        "Let me think.|Let me see.|Let me sit down first.|I'll be right back.|Back in a minute.|"
        "Hold the line, please.|Can I just turn the radio off?|"
        "Sorry, just a second, somebody is knocking at the door.|I must turn off the oven.|Please stay on the line.|"
        "Could you hang on a second while I get a pen?|I need to go to the toilet.|Let me just turn this down."
    ),
    Intent.STOP: (
        "Stop.|Stop it!|Stop talking.|Please stop.|Oh, stop it, please.|No, stop!|Be quiet.|Shut up.|That's enough.|"
        "Enough of that now.|Hush, dear.|That will do."
    ),
    Intent.GOODBYE: (
        "Goodbye.|I have to go now.|Stop. Goodbye.|Someone is at the door, I must go. Goodbye.|Bye bye, dear"
    ),
    Intent.BACKCHANNEL: "Please go on.|Carry on.|Mm-hm.|Yes, dear.|Okay.|Oh, I see.|Right.",
    Intent.HELLO: "Hello?|Hello, hello?|Who is it?|Good morning.",
    Intent.RETURN: (
        "I'm back.|I'm back now, dear.|Right, here I am again.|Sorry about that.|Sorry to keep you waiting.|"
        "Thank you for waiting.|Where were we?|Are you still there?|Hello? Are you still there?|"
        "Hello, are you there?|Okay, I'm here. Where were we?|Still there?|I'm ready now.|Okay, I've got my glasses."
    ),
}

CONVERSATION = {
    "a question for the model": (
        "What did you say the weather is?|What did you say your name was?|What time is it?|Who?|What is that?|"
        "What is that on the table?|How is that?|Can you hear me?|Why did you stop?|What did you have for lunch?|"
        "Where was I when the war ended?"
    ),
    "a wish with a story behind it": (
        "Hold on, I wanted to tell you about my dog.|Wait a minute. I wanted to tell you about my dog.|"
        "Let me get my glasses and then I'll tell you about my dog.|Let me tell you something.|"
        "Hold on to the rail, he said.|Let me see, I think it's in the kitchen drawer|"
        "Sorry, one more thing. He caught a rabbit yesterday.|Stop, I have to tell you that I fell."
    ),
    "a word in a story": (
        "I had to wait a minute at the bus stop.|The doctor said stop.|I told him to speak up.|"
        "The music was louder than ever.|He always repeats himself again and again.|She is a bit deaf.|"
        "My sister can't hear you.|I can't hear the birds any more.|The neighbours are too loud at night.|"
        "I walk slower than I used to.|I have to get my prescription tomorrow.|I must get some milk.|"
        "The bus was too slow.|There was someone at the door yesterday.|I was just back from the shop.|"
        "He said pardon and left|I missed the bus.|I didn't hear from my son.|I don't understand.|"
        "I don't know what you mean"
    ),
    "an answer": (
        "Not yet.|Not now.|A little while.|A while.|Quiet.|Slowly.|No more, thank you.|It's very quiet.|"
        "It is a bit loud.|I didn't get it.|I missed it.|I didn't hear anything.|"
        "I'm just going to sit in the garden.|I just want to get better.|The nurse went home.|I can't understand it.|"
        "Too fast to see.|I'll just have some soup.|I'm going to get a new phone.|I will get my prescription.|"
        "Some more, please.|My hearing aid.|Waiting."
    ),
    "a cry for help": "Can I get some help?|Let me get a doctor.|Let me go!|Can I just get some help?|I can't get up.",
    "a turn of speech": (
        "Let me put it this way.|Let me get this straight.|Let's go.|Let's talk.|Let me take you back to the war."
    ),
    "an apology": "Sorry.|I'm sorry.|Excuse me.|Oh, sorry dear.",
    "only courtesy": "Please.|Well, please, dear.|",
    "a demand that is none of these": "Stop calling me.|Don't call again.|Help!|No.|Turn the heating down tomorrow.",
    "too long to be a wish": "please " * 40 + "stop",
}


@pytest.mark.parametrize(
    ("text", "intent"), [(text, intent) for intent, texts in WANTED.items() for text in texts.split("|")]
)
def test_the_whole_utterance_says_what_is_wanted(text: str, intent: Intent) -> None:
    assert intent_of(text) is intent
    assert intent_of(text.lower().rstrip(".!")) is intent


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=f"{why}: {text[:60]}") for why, texts in CONVERSATION.items() for text in texts.split("|")],
)
def test_conversation_is_for_the_model(text: str) -> None:
    assert intent_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Stop.",
        "Stop the music",
        "Wait.",
        "Wait, I want to say something",
        "No.",
        "No, I did not sleep",
        "No, no, no.",
        "Help me!",
    ]
    + [
        "Please, stop",
        "Oh, listen.",
        "Excuse me.",
        "Hold on, I wanted to tell you about my dog.",
        "But wait",
        "Just a moment",
    ]
    + ["What?", "Louder!", "Goodbye.", "Slow down."],
)
def test_some_words_want_the_floor_at_once(text: str) -> None:
    assert is_interruption(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mm-hm.",
        "Yes, dear.",
        "Oh no",
        "Nothing.",
        "I know.",
        "Hello?",
        "I'm back.",
        "The bus stop is there.",
        "Waiting.",
        "Yes, no.",
    ],
)
def test_other_words_do_not(text: str) -> None:
    assert not is_interruption(text)


@pytest.mark.parametrize(
    ("before", "whole", "new"),
    [
        ("I went to the shop.", "I went to the shop. And I bought bread.", "And I bought bread."),
        ("I went to the shop.", "I went to the shop, mm-hm.", "mm-hm."),
        ("I went to the shop...", "I went to the shop", ""),
        ("Yes.", "yes", ""),
        ("", "All of it.", "All of it."),
        ("I like it.", "", ""),
        ("I like it here.", "I like it.", ""),
        ("I went to the ship", "I went to the shop and home", "shop and home"),
        ("My son David", "The sun is shining", "The sun is shining"),
        ("I don’t know.", "I don't know. Maybe tomorrow?", "Maybe tomorrow?"),
    ],
)
def test_new_words_are_those_behind_the_common_beginning(before: str, whole: str, new: str) -> None:
    assert new_words(before, whole) == new


@given(st.text(max_size=300))
def test_any_text_has_an_intent_or_none(text: str) -> None:
    intent = intent_of(text)
    assert intent is None or isinstance(intent, Intent)
    assert isinstance(is_interruption(text), bool)
    assert new_words(text, text) == ""
