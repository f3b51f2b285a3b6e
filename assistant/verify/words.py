"""Which words carry what: negation, modality, bounds, conditions, or nothing at all."""

from __future__ import annotations

FUNCTION = frozenset(
    "a an the this that these those it its itself he she they we you i him her them us our ours "
    "their theirs his my your who whom whose which what there here is are was were be been being "
    "am has have had having do does did done of to in on at by for with from into onto upon as "
    "and or but so than then also such am's it's that's there's s about how when where while "
    "because though although both either via per re etc eg ie e g ll ve d m "
    "under within through throughout across among amongst towards regarding concerning".split()
)
"""Words that are not compared: they change with the wording, seldom with the meaning."""

NEGATORS = frozenset(
    "no not never none neither nor cannot without nobody nothing nowhere n't".split()
)

MODALS = {
    **dict.fromkeys(("will", "shall", "won't", "we'll", "it'll", "they'll", "i'll"), "will"),
    **dict.fromkeys(("would", "wouldn't"), "would"),
    **dict.fromkeys(("may", "might"), "may"),
    **dict.fromkeys(("could", "couldn't"), "could"),
    **dict.fromkeys(("can", "can't", "cannot"), "can"),
    **dict.fromkeys(("should", "shouldn't", "ought"), "should"),
    **dict.fromkeys(("must", "mustn't"), "must"),
}

CONDITIONS = frozenset({"if", "unless", "except", "excluding", "whether", "provided"})
CONDITION_PHRASES: dict[tuple[str, ...], str] = {
    ("whether", "or", "not"): "whether",
    ("as", "long", "as"): "if",
    ("so", "long", "as"): "if",
}

QUALIFIERS = frozenset(
    "only some few most many several partly mainly largely almost nearly proposed draft interim "
    "provisional estimated alleged likely possible potential".split()
)
"""Who leaves one out of a sentence says more than it does."""

BOUNDS: dict[tuple[str, ...], str] = {
    ("up", "to"): "at most",
    ("at", "most"): "at most",
    ("no", "more", "than"): "at most",
    ("not", "more", "than"): "at most",
    ("a", "maximum", "of"): "at most",
    ("at", "least"): "at least",
    ("no", "fewer", "than"): "at least",
    ("no", "less", "than"): "at least",
    ("not", "less", "than"): "at least",
    ("a", "minimum", "of"): "at least",
    ("more", "than"): "more than",
    ("over",): "more than",
    ("above",): "more than",
    ("exceeding",): "more than",
    ("in", "excess", "of"): "more than",
    ("fewer", "than"): "less than",
    ("less", "than"): "less than",
    ("under",): "less than",
    ("below",): "less than",
    ("nearly",): "almost",
    ("almost",): "almost",
    ("just", "under"): "almost",
    ("approximately",): "about",
    ("around",): "about",
    ("about",): "about",
    ("roughly",): "about",
    ("circa",): "about",
    ("some",): "about",
    ("an", "estimated"): "about",
}
"""What stands before a figure and says how it bounds; longer phrases are tried first."""
LONGEST_BOUND = max(map(len, BOUNDS))

REPORTING = frozenset(
    "said say says stated noted added according answer answered reply replied explained told "
    "set out".split()
)
"""Words of the claim that only say that something was said."""

SPEAKERS = frozenset("government department minister ministers hm his majesty's".split())
"""Whom "we" and "I" in an answer stand for."""
FIRST_PERSON = frozenset({"we", "our", "i", "my", "us"})
GENERIC = frozenset(
    "department government minister ministry office agency scheme programme fund body company "
    "review bill act party organisation".split()
)
"""Nouns that stand for something named elsewhere, as "the scheme" does."""

RATES = frozenset({"a", "an", "per", "each", "every"})
PERIODS = {
    **dict.fromkeys(("year", "annum"), "year"),
    **{period: period for period in ("month", "week", "day", "hour", "quarter")},
}
YEARLY = {
    **dict.fromkeys(("annual", "annually", "yearly"), "year"),
    **{"monthly": "month", "weekly": "week", "daily": "day", "hourly": "hour"},
    "quarterly": "quarter",
}
"""``a year``, ``per annum`` and ``annually`` say the same, and not what ``years`` says."""

NAMES_FOR: dict[tuple[str, ...], str] = {
    ("united", "kingdom"): "uk",
    ("united", "states", "of", "america"): "us",
    ("united", "states"): "us",
    ("usa",): "us",
    ("european", "union"): "eu",
    ("united", "nations"): "un",
    ("national", "health", "service"): "nhs",
    ("hm", "treasury"): "treasuri",
    ("hmt",): "treasuri",
    ("department", "for", "education"): "dfe",
    ("department", "for", "transport"): "dft",
    ("department", "for", "work", "and", "pensions"): "dwp",
    ("department", "of", "health", "and", "social", "care"): "dhsc",
    ("department", "for", "environment", "food", "and", "rural", "affairs"): "defra",
    ("ministry", "of", "defence"): "mod",
    ("ministry", "of", "justice"): "moj",
    ("hm", "revenue", "and", "customs"): "hmrc",
}
LONGEST_NAME = max(map(len, NAMES_FOR)) + 1

_IRREGULAR = {
    form: verb
    for verb, forms in {
        "use": "used using uses",
        "make": "made",
        "give": "gave given",
        "take": "took taken",
        "spend": "spent",
        "pay": "paid",
        "hold": "held",
        "meet": "met",
        "rise": "rose risen",
        "fall": "fell fallen",
        "begin": "began begun",
        "bring": "brought",
        "build": "built",
        "find": "found",
        "keep": "kept",
        "lead": "led",
        "leave": "left",
        "send": "sent",
        "see": "saw seen",
        "child": "children",
        "woman": "women",
        "man": "men",
    }.items()
    for form in forms.split()
}
_VOWELS = frozenset("aeiouy")
_SHORTEST = 3


def stem(word: str) -> str:
    """The word without its inflection: ``publishes``, ``publishing``, ``published`` alike.

    Only inflections are cut: "employer" and "employee", "police" and "policy" stay apart.  Of
    words that say the same wherever an answer has them ("begin", "start") the first stands.
    """
    cut = _uninflected(word)
    return _SAME.get(cut, cut)


def _uninflected(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("'")
    word = _IRREGULAR.get(word, word)
    if any(c.isdigit() for c in word) or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith(("ies", "ied")) and len(word) > _SHORTEST + 1:
        return word[:-3] + "i"
    if word.endswith(("ing", "ed")):
        return _without_ending(word)
    if word.endswith("es") and len(word) > _SHORTEST + 2:
        return _settled(word[:-2])
    return _settled(word[:-1] if word.endswith("s") and len(word) > _SHORTEST else word)


def _without_ending(word: str) -> str:
    cut = word.removesuffix("ing").removesuffix("ed")
    if len(cut) < _SHORTEST or not _VOWELS.intersection(cut):
        return word
    if cut[-1] == cut[-2] and cut[-1] not in "lsz":
        return cut[:-1]
    # "making" has lost an e, "eating" has not.
    lost = len(cut) == _SHORTEST and cut[1] in _VOWELS and cut[-1] not in "aeiouwxy"
    return f"{cut}e" if lost and cut[0] not in _VOWELS else _settled(cut)


def _settled(word: str) -> str:
    """Without a final e, and with i for a final y, as the endings leave them."""
    if len(word) > _SHORTEST + 1 and word.endswith("e"):
        return word[:-1]
    if len(word) > _SHORTEST and word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "i"
    return word


_SAME = {
    _uninflected(word): _uninflected(group.split()[0])
    for group in (
        "start begin commence",
        "help assist",
        "buy purchase",
        "get receive obtain",
        "provide give supply",
        "people person individual",
        "spend expenditure",
        "rise increase grow growth",
        "reduce reduction cut decrease",
        "allow let permit enable",
        "additional further extra",
        "firm company",
        "law legislation",
        "use utilise",
        "keep retain",
        "quick quickly fast swift swiftly rapid rapidly",
        "large big",
        "conduct undertake",
        "build construct construction",
        "happen occur",
        "close shut closure",
        "choose select",
        "show demonstrate",
        "stress emphasise underline",
        "prison jail",
        "current currently now",
        "tell inform",
        "believe think",
        "assess assessment",
        "introduce introduction",
    )
    for word in group.split()[1:]
}
"""Words for one of their group; none that says more, less or the contrary."""

HEDGES = frozenset(
    stem(word)
    for word in "intend plan aim expect anticipate hope propose consider explore seek commit "
    "estimate forecast believe appear seem possibly potentially perhaps probably aspire allege "
    "intention intent proposal agree ask urge promise try attempt suggest".split()
)
"""Stems: who leaves one out before a verb says more than the record does."""

REVERSERS = frozenset(
    stem(word)
    for word in "fail refuse decline reject deny cease prevent stop avoid lack unable untrue false "
    "incorrect wrong oppose prohibit forbid ban".split()
)
"""Stems of words that deny what follows them without a "not"."""
