"""What people say to a voice on the telephone when they want it otherwise: the phrases, and how they are looked for.

Notation, one phrase a line: `say (that|it) again` offers a choice, `[please] stop` a word that may be \
missing; `{ASK}`
is put in from below, a comma is a stop that may be there, and `_` stands for one to six words that are no story ("my
glasses", "the television off"). Contractions are written out ("you are", "can not"): `plain_words` does the same with
what was said.
"""

from __future__ import annotations

import re

_PARTS = {
    "ASK": "[i am] [sorry] [but] [can you|could you|would you|will you|would you mind|do you think you could|"
    "i would like you to|you [will] (need|have) to|you must|i need you to|you can|if you could|try to] "
    "[please|just|perhaps]",
    "BIT": "[just] [a bit|a little|a little bit|much|even|some|a lot|way|far]",
    "MOMENT": "(a|one|just a|just one|another|half a|only a) [little|quick] "
    "(minute|moment|second|sec|tick|mo|bit|while)",
    "JUST_A_MOMENT": "(just a|just one|one|half a) [little|quick] (minute|moment|second|sec|tick|mo)",
    "SPEAK": "(speak|speaking|talk|talking|say it|say that|say this|saying it|saying that|go|going|read it)",
    "CAN_NOT": "(can not|could not|can hardly|can barely|could hardly|could barely|can scarcely|am not able to) "
    "[quite|really|even]",
    "DID_NOT": "(did not|could not|did not even) [quite|really|properly]",
    "SAID": "(that|you|what you [just] said|what you were saying|a word|a word you said|"
    "a word of (that|it)|any of (that|it)|all of (that|it)|the last (bit|part|word|thing|sentence)|the end|"
    "that last (bit|part)|the first (bit|part)|the question|your question)",
    "TOO": "(too|so|very|a bit too|a little too|much too|far too|rather|awfully|a bit|a little|really|terribly|that)",
    "WELL": "[very|so|too|that] [well|good|properly|clearly|at all|now|any more|anymore|today]",
    "BELL": "[front|other|mobile] (door|doorbell|door bell|bell|phone|telephone|mobile|kettle)",
    "VISITOR": "(postman|nurse|carer|cleaner|doctor|window cleaner|milkman|gardener)",
    "THINGS": "(my|a|some|the) [reading|other] (glasses|spectacles|specs|hearing aid|pen|pencil|paper|piece of paper|"
    "diary|calendar|stick|address book|tissue|handkerchief)",
    "I_MUST": "i (will|have to|need to|must|have got to|should|had better|am going to|am just going to) "
    "[just|quickly|go and]",
    "LET_ME": "(let me|(can|could|may) i just|(while|till|until) i|"
    "give me {MOMENT} to) [just|quickly|first|please] [go and|try and|try to]",
    "MACHINE": "(television|tv|telly|radio|oven|stove|kettle|cooker|gas|tap|iron|music)",
}

REPEAT = """
[say|you] what
what is that you (say|said)
what was that [again|you said|you just said|you were saying]
what (did|do|have) you [just] (say|said|ask|asked|saying) [to me|me] [just now|then|again|before|there]
what (are|were) you saying [to me] [just now]
what was (the|your|that) question [again]
(eh|huh)
pardon [me]
[i] beg [your] pardon
come again
run that by me (again|once more)
{ASK} (say|repeat|tell me|ask me|go over|ask|saying|repeating) [that|it|this|what you [just] said|the last \
(bit|part)] [for me] (again|once more|one more time|another time)
{ASK} (repeat|repeating) [that|it|this|yourself|what you [just] said|the question|the last \
(bit|part|sentence)] [for me]
{ASK} (say|tell me) what you [just] said
(once more|one more time|again)
[i am] [sorry] [afraid] i {DID_NOT} (catch|get|hear|understand|follow|make out) [{SAID}] {WELL}
i missed (that|what you [just] said|the last (bit|part)|that last (bit|part)|the question)
i do not (understand|follow) (you|what you are saying|what you say|what you [just] said) {WELL}
i {CAN_NOT} (understand|make out|follow) (you|what you are saying|what you say|a word you say) {WELL}
i lost you [there]
you (are|were) breaking up
you (broke|cut|dropped) (up|out|off)
"""
SLOWER = """
{ASK} (slow|slowing) down {BIT}
[much] slower
more slowly
{ASK} [{SPEAK}] {BIT} (slower|more slowly) [for me]
{ASK} {SPEAK} {BIT} slowly [for me]
{ASK} say (that|it) again, [but|and] {BIT} (slowly|more slowly|slower)
(less|not so|not that|not quite so|not too) (fast|quick|quickly)
{ASK} [do] not {SPEAK} (so|that|too) (fast|quick|quickly)
[that is|that was] (too|much too|a bit too|far too|a little too) (fast|quick) [for me]
you are [{SPEAK}] {BIT} {TOO} (fast|quick|quickly) [for me]
you {SPEAK} {BIT} {TOO} (fast|quickly) [for me]
i can not keep up [with you]
take it [a bit|a little] (slow|slower|slowly|more slowly)
(can|could) we (slow down|go slower|take it slower)
"""
FASTER = """
{ASK} (speed|speeding|hurry) [it] up {BIT}
(faster|quicker)
{ASK} [{SPEAK}] {BIT} (faster|quicker|more quickly)
(not so|not that|not quite so|less) (slow|slowly)
{ASK} [do] not {SPEAK} (so|that|too) (slow|slowly)
you are [{SPEAK}] {BIT} {TOO} (slow|slowly) [for me]
you {SPEAK} {BIT} {TOO} (slow|slowly) [for me]
(that is|that was) (too|much too|a bit too|far too) slow [for me]
"""
LOUDER = """
{ASK} (speak|speaking) up {BIT} [for me]
louder
{ASK} [{SPEAK}] {BIT} (louder|more loudly|more clearly) [for me]
more volume
{ASK} {SPEAK} {BIT} [more] (clearly|distinctly)
you are mumbling
{ASK} (turn|turning) (it|yourself|the volume|the sound|your volume|your voice) up {BIT}
{ASK} turn up (the volume|the sound|your volume|your voice) {BIT}
{ASK} (raise|lift) your voice {BIT}
(you are|you sound|your voice is|the sound is|the volume is) [{SPEAK}] {BIT} {TOO} \
(quiet|quietly|faint|soft|softly|low|far away|muffled) [for me]
(too|so|very) (quiet|faint|soft)
you {SPEAK} {BIT} {TOO} (quietly|softly) [for me]
[i am] [sorry] [afraid] i {CAN_NOT} hear [you|a thing|a word|anything|what you are saying|what you say|a word \
you say|a word you are saying] {WELL}
[i am] [sorry] [afraid] i do not hear [you] {WELL}
i am [a bit|a little|rather|quite|very] (deaf|hard of hearing) [you know]
my hearing is (not|very|quite|so|too) [so|too|very] (good|bad|poor|great|what it was)
"""
QUIETER = """
[a bit|a little|much] (quieter|softer)
{ASK} [{SPEAK}] {BIT} (quieter|more quietly|softer|more softly)
{ASK} {SPEAK} {BIT} (quietly|softly)
(not so|not that|not quite so|less|not too) (loud|loudly)
{ASK} [do] not {SPEAK} (so|that|too) (loud|loudly)
(you are|your voice is|the sound is) [{SPEAK}] {BIT} {TOO} (loud|loudly) [for me]
that is (too|much too|far too|a bit too|a bit|rather) loud [for me]
too loud
you are [always] (shouting|yelling|screaming) [at me|in my ear]
[please] (do not|stop) (shout|yell|shouting|yelling) [at me|so much|like that|so loud]
[there is] no need to (shout|yell)
you do not (have|need) to (shout|yell) [at me]
why are you shouting [at me]
{ASK} (turn|turning) (it|yourself|the volume|the sound|your volume) down {BIT}
{ASK} turn down (the volume|the sound|your volume|your voice) {BIT}
{ASK} lower your voice {BIT}
i am not deaf
"""
BUSY = """
[there is|i think there is|i hear|i can hear] (someone|somebody) [is] [just] [knocking|ringing] (at|on) \
(the|my) [front|back] door
(someone|somebody) (is|has) [just] (knocking|ringing|here|come|arrived)
(that is|there is|there goes) (the|my) ({BELL}|{VISITOR})
(the|my) {BELL} is (ringing|boiling|whistling)
(the|my) {BELL} has just (rung|gone|boiled)
the [front] (doorbell|door bell|bell) (rang|went)
(the|my) {VISITOR} (is|has) [just] (here|come|arrived|at the door)
{LET_ME} (get|fetch|find|grab|take|turn|switch|look for|check|close|shut|open|answer|sit|pick \
up|move|blow|drink|write) [_]
{LET_ME} (put (on|down|away)|put) _
{LET_ME} have a (look|drink|sip|cough|think)
let me [just] (see|think|look|remember) [about (it|that)] [who (it|that) is] [now|for (a moment|a minute)|here]
{I_MUST} (get|fetch|find|put on|look for|put in) ({THINGS}|something to write (with|on|down))
{I_MUST} (answer|get|open|see to|see who is at|go to) (the|my) {BELL}
{I_MUST} (go to|use|pop to|nip to) the (toilet|bathroom|loo|lavatory)
{I_MUST} (turn|switch) (off|down) (the|my) {MACHINE}
{I_MUST} (turn|switch) (the|my) {MACHINE} (off|down)
i will be [right|straight] back [in {MOMENT}]
back in {MOMENT}
"""
WAIT = """
{ASK} (hold|hang) on {BIT} [there] [for] [{MOMENT}|for me]
(would|do) you mind waiting [for] [{MOMENT}|for me]
{ASK} wait [up|there|here] [for] [{MOMENT}|for me]
{JUST_A_MOMENT}
a moment
{ASK} (give|giving) me [just] ({MOMENT}|some time|time)
bear with me [for] [{MOMENT}]
hold the line
[please] do not (hang up|go away|go) [yet] [on me]
{ASK} stay (on the line|there|with me)
not just now
excuse me [for] {MOMENT}
"""
STOP = """
[please|just] stop [it|that|this] [talking|speaking] [now|there|right there] [for] [{MOMENT}]
[please|just] be (quiet|silent) [now]
(shush|hush|shh|sh|shhh)
shut (up|it)
[that is] [quite] enough [of that|now]
that will do
do not talk [now|any more]
"""
RETURN = """
i am [right] (back|here) [again|now]
here i am [again]
i am ready [now|again]
i have [got|found] {THINGS} [now|on|here]
back again
sorry (about|for) (that|the wait|the delay|the interruption|keeping you [waiting])
sorry to [have] (keep|kept) you [waiting]
sorry i kept you [waiting]
(thank you|thanks) for (waiting|holding|holding on|hanging on|your patience)
where were we
where did we (leave off|stop|get to)
what were we (talking about|saying)
are you [still] (there|on the line|with me|here)
[you] still there
you there
have (you gone|you hung up|i lost you)
"""
AROUND = """
(okay|ok|yes|yeah|well|right|all right|alright|then|now|so|and|but|oh|ah|um|uh|er|no|look|listen|here|hello|hey)
(please|kindly|thank you|thanks|sorry|excuse me|i am [so|very] sorry|i am afraid|i think|for me|if you \
(can|could|would|do not mind))
(dear|my dear|love|darling|sweetheart|honey|kindline|sir|madam|young man|young lady)
(goodness|my goodness|goodness me|oh dear|just|at all|a bit|a little|again|would you|could you|can you|will you)
(it is|this is) a (bad|terrible|poor) (line|connection)
the line is [so|very|too] (bad|terrible|poor|noisy)
"""
INTERRUPTIONS = """
[please|but|now|um|uh|ah|sorry|hey|well|and|okay|oh], [please|no], (stop|wait|help|listen|excuse me|shut up|be quiet)
[please|but|now|um|uh|ah|sorry|hey|well|and|okay|oh], (hold on|hang on|just a minute|just a moment)
[but|well|sorry], no
"""

_CONTRACTIONS = [
    (re.compile(pattern), full)
    for pattern, full in (
        (r"\bcan'?t\b|\bcannot\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"\bshan't\b", "shall not"),
        (r"n't\b", " not"),
        (r"'m\b", " am"),
        (r"'re\b", " are"),
        (r"'ll\b", " will"),
        (r"'ve\b", " have"),
        (r"'d\b", " would"),
        (r"\b(let)'s\b", r"\1 us"),
        (
            r"\b(he|she|it|that|there|what|who|where|how|someone|somebody|\w*bell|phone|kettle|hearing|voice)'s\b",
            r"\1 is",
        ),
    )
]
_NO_STORY_STOPS = (
    "i we he she they you and but because so tell say ask about that was is as if when what how which where way "
    "help doctor ambulance nurse police question subject straight guess"
)
_NO_STORY = rf"(?: (?!(?:{_NO_STORY_STOPS.replace(' ', '|')})\b)\w+){{1,6}}(?<! a)(?<! the)(?<! my)"


def plain_words(text: str) -> str:
    """Lower-case words, each with a space before it, contractions written out, and " |" where a stop was heard."""
    text = re.sub(r"[.,;:!?…–—]+(?=\s|$)", " | ", text.lower().replace("’", "'"))
    for contraction, full in _CONTRACTIONS:
        text = contraction.sub(full, text)
    return "".join(f" {word}" for word in re.findall(r"\w+|\|", text))


def one_of(phrases: str) -> str:
    """The regular expression for one of the phrases, one a line, in text as `plain_words` gives it."""
    return "|".join(_expression(line) for line in phrases.strip().splitlines())


def _expression(phrase: str) -> str:
    while "{" in phrase:
        phrase = re.sub(r"\{(\w+)\}", lambda name: _PARTS[name[1]], phrase)
    symbols = {"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|", ",": "(?: \\|)?", "_": _NO_STORY}
    return "".join(symbols.get(symbol, f" {symbol}") for symbol in re.findall(r"[()\[\]|,]|\w+", phrase))
