"""English words by what they do in a sentence, as far as `completeness.py` needs it to see that one is unfinished.

Closed classes (articles, pronouns, auxiliaries, conjunctions) are whole; of verbs there are the common ones, with their
forms. Contractions are one word each ("don't", "i'm"). Everything is in lower case.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(pair.split()) for pair in text.split(","))


def _forms(base: str) -> set[str]:
    """A regular verb: need, needs, needed, needing; carry, carries, carried, carrying; live, lives, lived, living."""
    if base.endswith("e"):
        return {base, base + "s", base + "d", base[:-1] + "ing"}
    if base.endswith("y") and base[-2] not in "aeiou":
        return {base, base[:-1] + "ies", base[:-1] + "ied", base + "ing"}
    if base.endswith(("s", "sh", "ch", "x")):
        return {base, base + "es", base + "ed", base + "ing"}
    return {base, base + "s", base + "ed", base + "ing"}


def _verbs(regular: str, irregular: str) -> frozenset[str]:
    return frozenset(form for base in regular.split() for form in _forms(base)) | _words(irregular)


# --- closed classes

ARTICLES = _words("a an the")
POSSESSIVES = _words("my your our their its whose")
"""Not "his" and "her", which may also stand alone."""
SUBJECTS = _words("i he she we they")
"""Pronouns that are never an object."""
PERSONAL = SUBJECTS | _words("you it there")
OBJECTS = _words("me him her us them it you")
PRONOUNS = PERSONAL | _words("that this these those everyone everybody everything nobody somebody who")
DETERMINERS = ARTICLES | POSSESSIVES | _words("his her this that these those some any no every each another both all")
QUANTIFIERS = _words("every each another several many various such")

BE = _words("am is are was were be been being isn't aren't wasn't weren't")
AUXILIARIES = BE | _words(
    "do does did don't doesn't didn't have has had haven't hasn't hadn't can could will would shall should may might "
    "must ought can't cannot couldn't won't wouldn't shan't shouldn't mightn't mustn't needn't"
)
NEGATIVES = _words("not never no without nobody nothing cannot hardly")
CONTRACTIONS = frozenset(
    subject + ending
    for subject in ("i", "you", "he", "she", "it", "we", "they", "there", "that", "who", "what", "where", "how", "here")
    for ending in ("'m", "'s", "'re", "'ve", "'ll", "'d")
)
"""A subject with its verb. It announces the rest: nobody ends with "I'm" or "there's"."""

WH_WORDS = _words("what where when who whom whose which why how")
OBJECT_WH = _words("what which who whom where whatever")
"""They may stand for the object of a verb or a preposition that comes later."""
MEASURES = _words("much many long often old far big tall")
"""After "how"."""
ANTECEDENTS = _words("everything anything nothing something all thing things one ones only that")
"""Before a pronoun they may be the object of its verb: "all I want"."""
CONNECTORS = _words(
    "and but or nor plus because although unless whereas whether than if while until till cause as lest once since"
)
"""Conjunctions that cannot be the last word."""
CLAUSE_OPENERS = _words("if when whenever while although though unless until till since after before once as")
"""At the beginning, they open a clause after which the main one must come."""
NEED_A_CLAUSE = _words("if when because but while whether although unless where so that")
"""After these, a subject alone is not enough: "because my back"."""

PREPOSITIONS = _words(
    "of at from with to for into about during without between towards toward onto upon against among except per "
    "beside besides despite beneath beyond within via concerning regarding including"
)
PLACES = _words("in on by through near under behind inside outside above below across along around past after")
"""Prepositions that may also stand alone: "come in", "he walked past"."""
PARTICLE_PAIRS = _pairs(
    "come in, came in, coming in, stay in, let in, drop in, go in, went in, get in, got in, check in, call in, move "
    "in, is in, lie in, hold on, hang on, carry on, go on, going on, went on, goes on, come on, stay on, move on, "
    "turn on, turned on, switch on, switched on, later on, then on, early on, walked past, get by, go by, went by, "
    "passed by, go through, been through, look after, looked after, day after, soon after, get around, get along"
)
BEFORE_A_NUMBER = _words("at past by until till before around over number press dial am aged turn turned")
"""A number after these is a time or an age, or stands for itself, so it may be the last word."""

FILLERS = _words("um uh er erm ehm uhm em")
INTENSIFIERS = _words("very really quite just rather extremely awfully terribly slightly fairly somewhat so")
ADVERBS = INTENSIFIERS | _words(
    "usually also even still only always never actually probably maybe perhaps mostly nearly almost often sometimes "
    "generally normally basically especially particularly finally suddenly apparently obviously more most less both "
    "either barely certainly definitely possibly mainly recently hardly"
)
"""These tend to stand before what they belong to."""
ORDINALS = _words("first second third fourth fifth sixth seventh eighth ninth tenth next last other main same own only")
ADJECTIVES = _words(
    "old new big small little good nice bad long short red blue green yellow white black brown great young lovely "
    "beautiful different whole local few certain terrible awful wonderful large hot cold warm heavy"
)
"""Common ones that announce a noun when an article stands before them."""
TITLES = _words("mr mrs ms dr prof st mister")
TIME_WORDS = _words(
    "today yesterday tomorrow tonight morning afternoon evening night week month year monday tuesday wednesday "
    "thursday friday saturday sunday summer winter spring autumn ago then now christmas easter lunchtime noon "
    "midnight weekend"
)

# --- verbs

NEED_OBJECT = _verbs(
    "need want use press enter dial select remove include contain consider visit enjoy like love require provide "
    "prefer receive expect live watch remind miss feed cause mention describe hate reach",
    "ask asks asked take takes took taking taken get gets getting got bring brings brought bringing make makes made "
    "making put puts putting buy buys bought buying give gives gave giving find finds found keep keeps kept keeping "
    "held caught send sends sent sending wear wears wore tell tells told telling say says said saying let lets mean "
    "means meant meet met feel feels felt become became seem seems seemed looked looks sounds sounded tastes tasted "
    "doing fed catch spend spent",
)
"""Nothing is said yet when they are the last word."""
GIVING = _words("give gives gave send sent show showed tell tells told ask asked bring brought let lets buy make")
"""With somebody ("tell her") they may still announce something."""
GIVING_MORE = _words("give gives gave send sent bring brought let lets buy show")
THINKING = _words("think thinks thought guess suppose hope hoped wonder wondered wish believe")
SAYING = THINKING | _words("say says said know knew told heard see feel felt")
PASSIVE_NAMES = _words("called named")
RARELY_LAST = _words("went goes born used started began")
"""What is said of somebody is not yet said: "I went", "I was born"."""

VERBS = (
    AUXILIARIES
    | CONTRACTIONS
    | NEED_OBJECT
    | THINKING
    | PASSIVE_NAMES
    | RARELY_LAST
    | _verbs(
        "hurt ache start finish cook clean wash iron walk talk listen play help call phone ring rain snow stay wait "
        "worry remember forget happen die cry laugh smile dance travel retire marry arrive return change open close "
        "lock stop try thank please join bake knit rest breathe record repeat answer move order cough sneeze hold "
        "tremble slip trip turn depend matter belong bother work look sound taste smell ask pass climb learn",
        "telephones telephoned know knows knew see sees saw seen seeing hear hears heard eat eats ate eaten eating "
        "drink drinks drank sleep sleeps slept sleeping wake wakes woke read reads reading write writes wrote "
        "writing speak speaks spoke speaking sing sings sang sit sits sitting sat stand stands stood fall falls fell "
        "fallen break breaks broke broken lose loses lost leave leaves left win won teach taught grow grows grew "
        "swim swam drive drives drove ride rode fly flew cut hurts cost costs begin begins began begun lend lent "
        "pays paid pay come comes came coming go going gone hang hung run runs ran running stopped let's dreamt died "
        "lies lie lay said goes put",
    )
)
IMPERATIVES = _words("press please dial say enter call use tell let don't give")

# --- whole utterances

WHOLE = _words(
    "yes yeah yep yup aye no nope nah okay ok right sure fine thanks hello hi hey bye goodbye cheerio stop help what "
    "pardon why indeed exactly absolutely definitely certainly mm mhm hmm mmhm correct true amen ouch wonderful "
    "lovely great good goodnight never always maybe perhaps probably sometimes louder slower enough nothing "
    "everything listen quiet wait welcome huh eh"
)
"""One word that is all there is to say."""
INTERJECTIONS = _words("oh ah aha now look")
SOCIAL = WHOLE | _words("thank not very quite all pretty sorry many same how")
"""First words of what is said without a verb: "very well, thank you", "not too bad"."""
COURTESIES = _words("please dear love darling sweetheart honey kindline sir madam")
"""May follow a sentence that is already finished."""
COURTESY_PAIRS = _pairs("you know, i mean, you see, thank you, my dear")
OPENERS = _words("oh ah well yes yeah yep no nope so and but okay ok right then now um uh er erm please actually look")
POLARITY = _words("yes yeah yep no nope aye indeed certainly")
BEFORE_LOVE = SUBJECTS | AUXILIARIES | CONTRACTIONS | DETERMINERS | _words("you to really in")
"""After these it is no form of address."""
BEFORE_A_CLAUSE = AUXILIARIES | WH_WORDS | CONNECTORS | _words("that")
CLAUSE_START = PERSONAL | AUXILIARIES | DETERMINERS
CAN_BE_LEFT_ALONE = _words("hope afraid course why or maybe probably think certainly perhaps better if guess")
"""Before "not" and "so": "I hope not", "I think so"."""

DIGITS = _words("zero oh nought one two three four five six seven eight nine double triple")
NUMBERS = DIGITS | _words(
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty "
    "seventy eighty ninety hundred"
)
NUMBER_ITEMS = _words("number code pin phone telephone mobile extension postcode account reference")
"""What is dictated digit by digit."""
TIME_QUESTIONS = _pairs("what time, what day, how long, how often, how old")
STORY_QUESTIONS = _words("why doing happen happened happening new tell feeling about")
STORY_PAIRS = _pairs("you do, you been")
