"""The scripted companion's script: what people talk about on the telephone, and what it says to that (data).

A question has a second wording, for when it was not heard, and an answer to a bare yes and a bare no. Written for
older people: short plain sentences, no jokes, no advice on health, never two questions at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One question."""

    text: str
    again: str
    yes: str = "I see, thank you."
    no: str = "I see, thank you."


@dataclass(frozen=True, slots=True)
class Topic:
    """Something to talk about: how it is recognised, what is said to it, and what may be asked next."""

    name: str
    pattern: re.Pattern[str]
    says: tuple[str, ...]
    asks: tuple[Question, ...] = ()
    sad: bool = False
    """Not the moment to say back days and times."""
    small_talk: bool = False
    """About the call itself: nothing for a summary."""


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


GOODBYE = _words(
    r"(?<!said )good ?-?bye(?! to)", r"bye", r"bye-bye", r"(?:have|need|got) to go now", r"must go now",
    r"i'll let you go", r"talk to you (?:later|soon|tomorrow)", r"speak to you (?:later|soon|tomorrow)",
    r"hang up now", r"good night",
)  # fmt: skip
YES = re.compile(
    r"^\W*(?:oh |well )?(?:(?:yes|yeah|yep|yup|of course|sure|certainly|indeed|a little)\b|i (?:do|did|have|am)\W*$)",
    re.I,
)
NO = re.compile(
    r"^\W*(?:oh |well )?(?:no|nope|not really|never|not yet|i don't|i didn't|i haven't|nobody|none)\b", re.I
)
SAY_AGAIN = re.compile(
    r"^\W*(?:what|(?:i beg your )?pardon|sorry|huh|eh)(?: me)?\W*$|^\W*(?:pardon|sorry|what)(?: me)?\?"
    r"|^\W*(?:what|sorry|pardon).{0,12}(?:did you say|was that)"
    r"|\b(?:can|could|would|please)\b.{0,20}\b(?:repeat|say (?:that|it) again|say (?:that|it) once more)\b"
    r"|^\W*say (?:that|it) again|^\W*i (?:didn't|did not|can't|could not|couldn't) (?:hear|catch|understand)",
    re.I,
)
HOLD_ON = re.compile(
    r"\b(?:hold on|hang on|one moment|(?:just|wait) a (?:minute|moment|second))(?:,? (?:please|dear))?\W*$"
    r"|\b(?:some(?:one|body)|there)(?:'s| is) (?:some(?:one|body) )?at the door\W*$",
    re.I,
)
LET_ME_WAIT = "Of course, take your time. I will wait."
OPENERS = ("Oh", "Ah", "Well")
SORRY_OPENER = "Oh dear"

HOW_ARE_YOU = Question(
    "How are you today?",
    "I asked how you are. Is it a good day for you?",
    yes="I am glad to hear that.",
    no="I am sorry to hear that.",
)
_SLEEP = Question(
    "How did you sleep last night?",
    "I asked about your sleep. Was it a good night?",
    yes="I am glad you slept well.",
    no="I am sorry the night was not so good.",
)
_EATEN = Question(
    "What have you had to eat today?",
    "I asked about your meals. Have you eaten something nice today?",
    yes="I am glad you have eaten.",
    no="A warm meal can do a lot of good.",
)
_VISIT = Question(
    "Is anybody coming to see you this week?",
    "I asked about visitors. Will somebody come by this week?",
    yes="It is good to have company.",
    no="Then it is good that we can talk a little.",
)
_OUTSIDE = Question(
    "Have you been outside today?",
    "I asked if you went out. Did you get some fresh air?",
    yes="Fresh air does a lot of good.",
    no="Perhaps there will be a better moment for it.",
)
_ENJOY = Question(
    "What do you enjoy doing most these days?",
    "I asked what you like to do. What gives you joy?",
)
_ELSE = Question(
    "Is there anything else you would like to tell me?",
    "I asked if there is more on your mind. Would you like to go on?",
    yes="Please go on, I am listening.",
    no="That is quite all right.",
)
TELL_MORE = Question("Would you tell me a little more about it?", "I asked to hear more. What happened then?",
                      yes="Please do, I have time.", no="That is quite all right.")  # fmt: skip

GENERAL_QUESTIONS = (HOW_ARE_YOU, _SLEEP, _EATEN, _VISIT, _OUTSIDE, _ENJOY, _ELSE)

REPAIRS = (
    Question("Could you say that once more?", "I did not hear you well. What did you say?"),
    Question("Would you say it again, a little louder?", "I did not hear you well. What was that?"),
)
REPAIR_SAYS = ("I am sorry, I did not quite catch that.", "I am sorry, that was not clear to me.")

EMERGENCY = Topic(
    "emergency",
    _words(r"can'?t breathe", r"chest pain", r"pain in my chest",
           r"(?:i've|i have|i) (?:just )?fallen(?! asleep)", r"i fell(?! asleep)",
           r"heart attack", r"(?:a|having a) stroke", r"ambulance", r"bleeding", r"kill myself", r"want to die"),
    ("That sounds serious, and I am only an automated voice. Please hang up now and call your emergency number.",
     "Please call your emergency number now. I cannot send help myself."),
    (Question("Is somebody with you who can help?", "I asked if you are alone. Is anybody near you?",
              yes="Please ask them for help right away.", no="Please call your emergency number right away."),),
    sad=True,
)  # fmt: skip

TOPICS: tuple[Topic, ...] = (
    EMERGENCY,
    Topic(
        "who I am",
        _words(r"who are you", r"who is (?:this|it|calling|that|speaking)", r"who's (?:this|calling|that|speaking)",
               r"(?:are you|is this|are you a) .{0,20}(?:robot|machine|computer|recording|real|human|person|a i|ai)",
               r"what are you", r"am i (?:talking|speaking) to"),
        ("I am an automated voice, not a person. To be exact, I am a scripted sandbox companion.",
         "I am a scripted sandbox companion, an automated voice that calls to talk a little."),
        (Question("Is it all right for you to talk with me?", "I asked if we may talk a little. Is that all right?",
                  yes="Thank you, that is kind.", no="That is quite all right, you can hang up at any time."),),
        small_talk=True,
    ),
    Topic(
        "hearing me",
        _words(r"(?:can|do) you hear me", r"are you (?:still )?there", r"hello\W+hello"),
        ("Yes, I am here, and I can hear you.", "Yes, I can hear you well."),
        small_talk=True,
    ),
    Topic(
        "being back",
        _words(r"(?:i'm|i am) back(?: again)?", r"here i am again"),
        ("Welcome back.", "It is good to have you back."),
        small_talk=True,
    ),
    Topic(
        "how I speak",
        _words(r"slower", r"more slowly", r"too fast", r"louder", r"speak up", r"too quiet", r"can't hear you"),
        ("Of course, I will speak clearly and use short sentences.", "I will do my best to be clear."),
        small_talk=True,
    ),
    Topic(
        "loss",
        _words(r"died", r"passed away", r"funeral", r"death", r"lost my", r"widow(?:er|ed)?", r"grave", r"mourning"),
        ("I am very sorry for your loss.", "That is a hard thing to carry. I am very sorry."),
        (Question("What would you like to tell me about that time?", "I asked about those days. What do you remember?"),
         Question("Who is there for you these days?", "I asked about company. Is there somebody close to you?",
                  yes="I am glad you are not alone.", no="I am sorry, that is hard.")),
        sad=True,
    ),
    Topic(
        "loneliness",
        _words(r"lonely", r"loneliness", r"all alone", r"on my own", r"by myself", r"miss (?:him|her|them|my|having)",
               r"nobody (?:comes|calls|visits)", r"no one (?:comes|calls|visits)"),
        ("I am sorry that it feels lonely. It is good that we can talk.",
         "Being alone a lot is hard. Thank you for telling me."),
        (Question("Who do you like to talk with when you feel that way?",
                  "I asked whom you like to talk with. Who comes to mind?"),
         _VISIT),
        sad=True,
    ),
    Topic(
        "health",
        _words(r"pains?", r"hurts?", r"hurting", r"ach(?:es?|ing)", r"sore", r"ill", r"sick", r"dizzy", r"hospital",
               r"knees?", r"hip", r"back is", r"my back", r"headache", r"arthritis", r"cough",
               r"not (?:so )?(?:well|good)", r"unwell", r"tired", r"weak"),
        ("I am sorry that you have to deal with that.", "That cannot be easy. Thank you for telling me."),
        (Question("How long has it been like that?", "I asked since when. How long have you had it?"),
         Question("Does your doctor know about it?", "I asked about your doctor. Have you told the doctor?",
                  yes="That is good, your doctor is the right person for it.",
                  no="Perhaps it would be good to tell your doctor about it."),
         Question("Is there something that makes it easier?", "I asked what helps. Does anything make it easier?",
                  yes="I am glad that something helps.", no="I am sorry to hear that.")),
    ),
    Topic(
        "medicine",
        _words(r"medicines?", r"medication", r"pills?", r"tablets?", r"insulin", r"prescription", r"blood pressure"),
        ("It is good that you look after your medicine.",
         "Your doctor or your pharmacist can tell you all about your medicine."),
        (Question("Does somebody help you with it?", "I asked about help with your medicine. Does anybody help you?",
                  yes="It is good to have help.", no="Your pharmacist can help, if you ever need it."),),
    ),
    Topic(
        "the doctor",
        _words(r"doctor", r"nurse", r"appointment", r"dentist", r"surgery", r"check-?up"),
        ("It is good that you are looked after.", "Thank you for telling me about that."),
        (Question("What did they tell you?", "I asked what they said. What did you hear from them?"),),
    ),
    Topic(
        "sleep",
        _words(r"sle(?:ep|pt|eping)", r"awake", r"in bed", r"nap", r"dream(?:s|t|ed)?", r"woke", r"insomnia"),
        ("A night's rest makes a great difference.", "Thank you for telling me about your night."),
        (Question("Do you feel rested now?", "I asked if you are rested. Do you feel fresh?",
                  yes="That is good to hear.", no="Perhaps a little rest later will do you good."),
         Question("What helps you to fall asleep?", "I asked what helps you sleep. What do you do for it?")),
    ),
    Topic(
        "family",
        _words(r"daughters?", r"sons?", r"grand(?:children|child|sons?|daughters?)", r"famil(?:y|ies)", r"husband",
               r"wife", r"sisters?", r"brothers?", r"children", r"niece", r"nephew", r"neighbou?rs?", r"friends?",
               r"birthday", r"wedding", r"visit(?:ing|ed|ors?|s)?", r"cat", r"dog"),
        ("It is good to have people who are dear to you.", "That is nice to hear."),
        (Question("What do you like to do together?", "I asked what you do together. What is nice about it?"),
         Question("When will you see each other next?", "I asked about your next meeting. When will it be?"),
         Question("What makes you smile when you think of that?", "I asked what makes you smile. What comes to mind?")),
    ),
    Topic(
        "food",
        _words(r"breakfast", r"lunch", r"dinner", r"supper", r"eat(?:en|ing)?", r"ate", r"cook(?:ed|ing)?", r"soup",
               r"cake", r"coffee", r"tea", r"food", r"meal", r"bread", r"potatoes", r"bak(?:e|ed|ing)", r"hungry",
               r"porridge", r"eggs?", r"toast", r"appetite"),
        ("That sounds good.", "Something tasty makes the day nicer."),
        (Question("What is your favourite dish?", "I asked about your favourite dish. What do you like best?"),
         Question("Do you like to cook for yourself?", "I asked about cooking. Do you enjoy it?",
                  yes="That is lovely.", no="It is nice when somebody else does it, too.")),
    ),
    Topic(
        "garden",
        _words(r"gardens?", r"gardening", r"flowers?", r"roses?", r"tomatoes", r"plant(?:s|ed|ing)?", r"trees?",
               r"balcony", r"birds?", r"lawn", r"weeds?"),
        ("A garden is a fine thing to look after.", "How nice to see things grow."),
        (Question("What is growing there at the moment?", "I asked what grows there. What do you see?"),
         Question("Which flowers do you like best?", "I asked about flowers. Which ones are your favourites?")),
    ),
    Topic(
        "weather",
        _words(r"weather", r"rain(?:s|ed|ing|y)?", r"sunny", r"sun(?:shine)?", r"snow(?:s|ed|ing|y)?", r"cold",
               r"warm", r"hot", r"wind(?:y)?", r"storm", r"cloud(?:s|y)?", r"fog(?:gy)?", r"frost"),
        ("The weather does a lot to a day.", "Thank you, now I can picture it."),
        (_OUTSIDE, Question("Which season do you like best?", "I asked about the seasons. Which one do you like?")),
    ),
    Topic(
        "pastimes",
        _words(r"television", r"tv", r"radio", r"music", r"song", r"sing(?:ing)?", r"read(?:ing)?", r"books?",
               r"knit(?:ting|ted)?", r"cards", r"crossword", r"puzzles?", r"walk(?:ed|ing)?", r"church",
               r"danc(?:e|ed|ing)", r"newspaper", r"football", r"paint(?:ing)?"),
        ("That is a good way to spend some time.", "That sounds pleasant."),
        (Question("How did you come to like it?", "I asked how it began. When did you start with it?"),
         Question("What was the last one you enjoyed?", "I asked about the last one. Which one did you like?")),
    ),
    Topic(
        "the past",
        _words(r"used to", r"years ago", r"when i was", r"in my day", r"remember", r"as a (?:girl|boy|child)",
               r"the war", r"i worked", r"my work", r"retired"),
        ("Thank you for sharing that memory.", "What a lot you have seen."),
        (Question("What was the best thing about that time?", "I asked about that time. What was best about it?"),
         Question("Who was with you then?", "I asked who was with you. Who was there?")),
    ),
    Topic(
        "thanks",
        _words(r"thank you for (?:calling|ringing)", r"kind of you", r"nice of you", r"thanks for"),
        ("You are very welcome.", "It is good to talk with you."),
        small_talk=True,
    ),
    Topic(
        "feeling low",
        _words(r"sad", r"not (?:too|very|so) (?:well|good|great|happy)", r"terrible", r"awful",
               r"(?<!not )(?<!not too )(?<!not so )bad", r"worried",
               r"afraid", r"scared", r"bored", r"so-so", r"unhappy", r"depressed", r"upset"),
        ("I am sorry to hear that. Thank you for telling me.", "That does not sound easy."),
        (Question("What is on your mind?", "I asked what is on your mind. What makes it hard?"),
         Question("What would make the day a little better?", "I asked what would help. What would be nice?")),
        sad=True,
    ),
    Topic(
        "feeling well",
        _words(r"fine", r"good", r"well", r"great", r"wonderful", r"lovely", r"happy", r"all right", r"alright",
               r"okay", r"ok", r"can'?t complain", r"not (?:too |so )?bad", r"better"),
        ("I am glad to hear that.", "That is good to hear."),
    ),
    Topic(
        "a greeting",
        re.compile(r"^\W*(?:hello|hi|hey|good (?:morning|afternoon|evening)|yes\W+hello|hallo)\b", re.I),
        ("Hello, it is good to hear you.", "Hello again."),
        (HOW_ARE_YOU,),
        small_talk=True,
    ),
)  # fmt: skip
