"""English words by what they do in a sentence, as far as `completeness.py` needs it to see that one is unfinished.

Closed classes (articles, pronouns, auxiliaries, conjunctions) are whole; of verbs there are the common ones, with their
forms. Contractions are one word each ("don't", "i'm"). Everything is in lower case.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


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


# --- words that announce another one

ARTICLES = _words("a an the")
POSSESSIVES = _words("my your our their its whose")
"""Not "his" and "her", which may also stand alone."""
QUANTIFIERS = _words("every each another several many various such very")
SUBJECTS = _words("i he she we they")
"""Pronouns that are never an object."""
PRONOUNS = SUBJECTS | _words("you it there that this these those everyone everybody everything nobody somebody who")
OBJECT_PRONOUNS = _words("me him her us them it you")
DETERMINERS = ARTICLES | POSSESSIVES | _words("his her this that these those some any no every each another both all")

BE = _words("am is are was were be been being isn't aren't wasn't weren't")
DO = _words("do does did don't doesn't didn't")
HAVE = _words("have has had haven't hasn't hadn't")
MODALS = _words(
    "can could will would shall should may might must ought can't cannot couldn't won't wouldn't shan't shouldn't "
    "mightn't mustn't needn't"
)
AUXILIARIES = BE | DO | HAVE | MODALS
CONTRACTIONS = frozenset(
    subject + ending
    for subject in ("i", "you", "he", "she", "it", "we", "they", "there", "that", "who", "what", "where", "how", "here")
    for ending in ("'m", "'s", "'re", "'ve", "'ll", "'d")
) - {"that's"} | {"that's"}
"""A subject with its verb, which announces the rest: nobody ends with "I'm" or "there's"."""

COORDINATORS = _words("and but or nor plus")
SUBORDINATORS = _words("if when whenever while because although though unless until till since after before once as")
CONNECTORS = COORDINATORS | _words("because although unless whereas whether than if while until till cause as lest")
"""Conjunctions that cannot be the last word."""
WH_WORDS = _words("what where when who whom whose which why how")
RELATIVE = WH_WORDS | _words("everything anything nothing something all whatever whoever only")
"""Before a verb, these may be its object: "what I need", "all I want"."""

PREPOSITIONS = _words(
    "of at from with to for into about during without between towards toward onto upon against among except per "
    "beside besides despite beneath beyond within via concerning regarding including like"
)
PLACES = _words("in on by through near under behind inside outside above below across along around past after")
"""Prepositions that may also stand alone, after a verb: "come in", "he walked past"."""
PHRASAL = _verbs(
    "turn move stay carry pass walk log hand plug call drop join look check live work stop settle try switch climb",
    "come comes came coming go goes went going gone get gets got getting give gives gave giving given hold holds held "
    "holding keep keeps kept keeping put puts putting let lets letting bring brings brought bringing take takes took "
    "taking taken sit sits sat sitting stand stands stood standing lie lies lay lying sleep sleeping slept run runs "
    "ran fall fell then later early straight early",
)
"""What "in" and "on" go with: "come in", "carry on", "from then on"."""

FILLERS = _words("um uh er erm ehm uhm em")
INTENSIFIERS = _words("very really quite just so rather pretty too extremely awfully terribly")
ADVERBS = _words(
    "really usually just also even still only always never actually probably maybe perhaps mostly nearly almost "
    "often sometimes generally normally basically especially particularly finally suddenly apparently obviously "
    "quite rather more most less both either hardly barely certainly definitely possibly"
)
"""These tend to stand before what they belong to."""
ORDINALS = _words("first second third fourth fifth sixth seventh eighth ninth tenth next last other main same only")
ADJECTIVES = _words(
    "old new big small little good nice bad long short red blue green yellow white black brown great young lovely "
    "beautiful different whole local own few certain terrible awful wonderful big large hot cold warm heavy"
)
"""Common ones that announce a noun when an article stands before them."""
TITLES = _words("mr mrs ms dr prof st mister doctor")

# --- verbs

NEED_OBJECT = _verbs(
    "need want use press enter dial select remove include contain consider visit enjoy like love require provide "
    "prefer receive expect believe ask wish",
    "take takes took taking taken get gets getting bring brings brought bringing make makes made making put puts "
    "putting buy buys bought buying give gives gave giving given find finds found keep keeps kept keeping hold held "
    "send sends sent sending wear wears wore tell tells told telling say says said saying let lets mean means meant "
    "meet met feel feels felt become becomes became seem seems seemed looked looks sounds sounded tastes tasted got",
)
"""Nothing is said yet when they are the last word."""
GIVING = _words("give gives gave send sent show showed tell tells told ask asked bring brought let lets buy make")
"""With somebody ("tell her") they still announce something."""
THINKING = _words("think thinks thought believe believed guess suppose hope hoped wonder wondered wish mean")
SAYING = THINKING | _words("say says said know knew told heard so see feel felt")

VERBS = (
    AUXILIARIES
    | NEED_OBJECT
    | THINKING
    | PHRASAL - _words("then later early straight")
    | _verbs(
        "live hurt ache start finish cook clean wash iron walk talk listen watch play help call phone ring rain snow "
        "stay wait worry remember forget happen die cry laugh smile dance travel retire marry visit arrive return "
        "change open close lock stop try thank please sign join garden bake knit rest breathe hope record repeat "
        "answer leave move miss order pay cough sneeze tremble slip trip fill empty turn mute unmute disable enable",
        "know knows knew see sees saw seen hear hears heard eat eats ate eaten drink drinks drank sleep sleeps slept "
        "wake wakes woke read reads write writes wrote speak speaks spoke sing sings sang sit sat stand stood fall "
        "falls fell break breaks broke broken lose loses lost leave leaves left win won teach taught think thought "
        "grow grows grew swim swam drive drives drove ride rode fly flew cut hurts hurt cost costs begin begins began "
        "begun lend lent spend spent pay paid let's lets hear dreamt learnt died lies "
        "i'm you're we're they're he's she's it's there's that's i've you've we've they've i'll you'll he'll she'll "
        "it'll we'll they'll i'd you'd he'd she'd we'd they'd what's where's who's how's here's",
    )
)

# --- whole utterances

WHOLE = _words(
    "yes yeah yep yup aye no nope nah okay ok right sure fine thanks hello hi hey bye goodbye cheerio stop help "
    "what pardon why indeed exactly absolutely definitely certainly mm mhm hmm mmhm correct true amen ouch "
    "wonderful lovely great good goodnight never always maybe perhaps probably sometimes louder slower "
    "oh ah aha enough nothing everything listen careful"
)
"""One word that is all there is to say."""
COURTESY = _words("please dear love darling thanks sweetheart honey then now today kindline though too sir")
"""May follow a sentence that is already finished."""
OPENERS = _words("oh ah well yes yeah no nope so and but okay ok right now then um uh er erm please actually look")
POLARITY = _words("yes yeah yep no nope oh aye indeed certainly course")

DIGITS = _words("zero oh nought one two three four five six seven eight nine double triple")
NUMBER_ITEMS = _words("number code pin phone telephone mobile extension postcode zip account reference digits")
