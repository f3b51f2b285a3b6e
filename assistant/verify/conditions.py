"""Does the claim leave out what the evidence makes a statement depend on?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from .align import Alignment, align
from .tokens import Token, tokenise
from .types import Missing

_STATES = (
    "appropriate|possible|necessary|needed|required|applicable|relevant|available|practicable|"
    "feasible|suitable|eligible|approved|successful|passed|enacted|published|agreed"
)
_BEGUN = "the|a|an|it|they|we|he|she|you|there|this|that|these|those|any|all"
# Read over the words and signs of a sentence, each between single spaces.
_OPENER = re.compile(
    rf"""(?<=\ )(?:
      (?P<excepting> unless|except|excluding|apart\ from|other\ than|with\ the\ exception\ of )
    | (?P<near> (?:where|when|if)\ (?:\w+ly\ )?(?:{_STATES})(?=\ [,;.)]|\ $|\ and\ |\ to\ )
        | (?:where|if)\ (?:{_STATES})|as\ (?:appropriate|necessary|needed|required)
        | in\ (?:certain|exceptional|limited|some|rare|specific|particular)\ (?:\w+\ )?
          (?:circumstances|cases|instances) )
    | (?P<broad> if|provided\ that|(?:as|so)\ long\ as|on\ (?:the\ )?condition|subject\ to
        | (?<=,\ )(?:provided|providing|should)(?=\ (?:{_BEGUN})\ )
        | provided(?=\ (?:they|it|there|you|he|she)\ )
        | only\ (?:where|when|once|in|with|after)|in\ principle|assuming\ that
        | in\ the\ (?:event|absence)\ (?:of|that)
        | with\ the\ (?:consent|agreement|approval|permission)\ of
        | pending(?=\ (?:the|an?|any|further|final|approval|agreement|completion|royal)\ )
        | (?:when|as\ soon\ as)(?=\ parliamentary\ time)
        | once(?=\ (?:{_BEGUN}|{_STATES}|completed?|operational|appointed|awarded|finalised)\ ) )
    | (?P<leading> where(?!\ to\ )|once|assuming|(?<=^\ )should )
    )(?=\ )""",
    re.VERBOSE,
)
"""`near` limits only what stands beside it, `leading` is a condition only where it leads."""
_OTHERWISE = {
    # "See if" asks whether, "even if" limits nothing, "i.e. if" explains; "is subject to tax" is
    # a statement.
    "if": "even|as|see|sees|ask|asks|asked|asking|know|check|determine|assess|establish|consider|"
    "understand|identify|unclear|tell|what|only|to|ie|[eg] \\.",
    "subject": "(?:is|are|was|were|be|been|being|become|becomes|became|remains?|made|those|both|"
    r"either|and|or|therefore|generally|normally|usually)(?: (?:not|also|still|now|\w+ly))?",
    "provided": r"(?:has|have|had|is|are|was|were|be|been|being)(?: \w+ly)?",
    "as": "for|just|only",
    "so": "for",
    "once": "at|than|least|only|more",
    "except": "nothing",
}
_OTHERWISE_AFTER = {word: re.compile(rf" (?:{after}) $") for word, after in _OTHERWISE.items()}
_OPENS = re.compile(
    r"^ (?:(?:however|therefore|furthermore|moreover|additionally|in addition|for example|"
    r"in particular|similarly|also|as such|separately|overall|(?:in|at|from|under) [\w ]{1,30}) "
    r"(?:, )?)?$"
)
_JOINED = re.compile(r" (?:and|or|but|that|which|who|:|;)(?: ,)? $")
_CLOSED = frozenset({",", ";", ":", "then", "."})
_BRACKETS = frozenset("()")
_PARTED = frozenset("; : ( ) and or but which who whom whose because while although".split())
_VERBS = frozenset("is are was were be been has have had do does did".split())
_LEAST = 4
"""How many words of a condition are read where nothing shows its end."""
_NEAR = 3
"""How many words after a condition tell the clause that it limits."""
_SAID = 1 / 3
"""A condition with more than this of its words in the claim is said there."""
_MOST = 90
"""How far a condition, and what it limits, are followed."""
_LONGEST = 4_000
"""Characters of a sentence that is looked at where a part of it is quoted."""
_SHOWN = 9
"""How many of its words are shown."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: its tokens, which sort of words opens it, and the stretches that it limits."""

    tokens: range
    sort: str
    text: str
    before: range
    after: range

    def content(self, sentence: Sequence[Token]) -> list[int]:
        """The places of what it says."""
        return [j for j in self.tokens if sentence[j].is_content]


def condition_issues(found: Alignment) -> Iterator[Missing]:
    """The conditions of the sentence that the claim leaves out, or tells as a fact."""
    own = conditions(found.claim)
    if not found.places or any(_instead(found, mine) for mine in own):
        return
    kept = set(found.places.values())
    ours = {found.places[i] for mine in own for i in mine.tokens if i in found.places}
    for condition in conditions(found.sentence):
        said = condition.content(found.sentence)
        held = kept.intersection(said)
        if not said:
            continue
        if len(held) > _SAID * len(said):
            opener = found.sentence[condition.tokens.start].kind == "condition"
            if opener and condition.tokens.start not in kept and ours.isdisjoint(held):
                note = f"The cited text says “{condition.text}”, as a condition; this does not."
                yield Missing("condition", condition.text, note)
        elif _states(found, condition, kept):
            note = f"It leaves out a condition of the cited text: “{condition.text}”."
            yield Missing("condition", condition.text, note)


def cuts_condition(part: str, sentence: str) -> bool:
    """Whether a part of a sentence, in its own words, lacks a condition of it."""
    if len(sentence) > _LONGEST:
        return False
    tokens = tokenise(sentence)
    if not conditions(tokens):
        return False
    return any(condition_issues(align(tokenise(part), tokens)))


def shared_conditions(found: Alignment) -> frozenset[int]:
    """The tokens of the claim's conditions that are the sentence's: "if" for "provided that"."""
    sorts: dict[int, set[bool]] = {}
    for one in conditions(found.sentence):
        for j in one.tokens:
            sorts.setdefault(j, set()).add(one.sort == "excepting")
    shared: set[int] = set()
    for mine in conditions(found.claim):
        places = (found.places[i] for i in mine.content(found.claim) if i in found.places)
        if any((mine.sort == "excepting") in sorts.get(j, ()) for j in places):
            shared.update(mine.tokens)
    return frozenset(shared)


def _instead(found: Alignment, mine: Condition) -> bool:
    """Whether a condition of the claim is in none of the sentence's words: it is another's."""
    said = mine.content(found.claim)
    return bool(said) and not any(i in found.places for i in said)


def _states(found: Alignment, condition: Condition, kept: set[int]) -> bool:
    """Whether the claim has what the condition limits: what is beside it, or most of it."""
    for before, stretch in ((True, condition.before), (False, condition.after)):
        said = [j for j in stretch if found.sentence[j].is_content]
        near = said[-1:] if before else said[:_NEAR]
        held = kept.intersection(said)
        if not held:
            continue
        if 2 * len(held.intersection(near)) >= len(near):
            return True
        modal = any(found.sentence[j].kind == "modal" and j in kept for j in stretch)
        if condition.sort != "near" and (modal or 2 * len(held) >= len(said)):
            return True
    return False


def conditions(tokens: Sequence[Token]) -> list[Condition]:
    """The conditions of a sentence, in order."""
    words, places = _words(tokens)
    lowered = [word.lower() for word in words]
    line = f" {' '.join(lowered)} "
    begins = accumulate((len(word) + 1 for word in lowered), initial=1)
    index = {at: n for n, at in enumerate(begins)}
    made: list[Condition] = []
    for match in _OPENER.finditer(line):
        opener = match[0].split()
        before = line[max(0, match.start() - _MOST) : match.start()]
        other = _OTHERWISE_AFTER.get(opener[0])
        leads = bool(_OPENS.match(before) or _JOINED.search(before))
        if (other and other.search(before)) or (match["leading"] and not leads):
            continue
        first = index[match.start()]
        stop = first + len(opener)
        sort = str(match.lastgroup)
        if sort != "near":
            ends = _CLOSED if leads else _CLOSED | _BRACKETS
            if sort == "excepting" and opener != ["unless"]:
                ends |= _VERBS
            most = min(len(words), stop + _MOST)
            stop = next((n for n in range(stop, most) if lowered[n] in ends), most)
        closed = lowered[stop] if stop < len(words) else ""
        if leads and sort != "near" and closed not in (",", "then"):
            stop = min(stop, first + len(opener) + _LEAST)
        span = _tokens(places, first, stop)
        after = range(span.stop, _end(tokens, span.stop))
        if not leads and not (closed == "," and _parts_verb(tokens, span)):
            after = range(0)
        limits = range(0) if leads else range(_begin(tokens, span.start), span.start)
        made.append(Condition(span, sort, _shown(words[first:stop]), limits, after))
    return made


def _words(tokens: Sequence[Token]) -> tuple[list[str], list[int]]:
    """The words and signs of a sentence, and the token at or before which each stands."""
    words: list[str] = []
    places: list[int] = []
    for j, token in enumerate(tokens):
        # "Cannot" is two tokens, a modal verb and a negation, with one text.
        again = token.kind == "negation" and j > 0 and tokens[j - 1].text == token.text
        told = [] if again else token.text.split()
        for word in [*token.before, *told]:
            words.append(word)
            places.append(j)
    return words, places


def _tokens(places: Sequence[int], first: int, stop: int) -> range:
    """The tokens that begin among these words; those only passed over are the next one's."""
    end = places[stop] if stop < len(places) else places[-1] + 1
    return range(places[first], max(end, places[first]))


def _begin(tokens: Sequence[Token], at: int) -> int:
    """Where the clause before a condition begins."""
    first = max(0, at - _MOST)
    while at > first:
        at -= 1
        if _PARTED.intersection(tokens[at].before) or "," in tokens[at].before:
            break
    return at


def _end(tokens: Sequence[Token], at: int) -> int:
    """Where the clause after a condition ends."""
    end = at + 1
    most = min(len(tokens), at + _MOST)
    while end < most and not _PARTED.intersection(tokens[end].before):
        end += 1
    return min(end, most)


def _parts_verb(tokens: Sequence[Token], span: range) -> bool:
    """Whether a condition stands before or within a verb: "can, where possible, be heard"."""
    stop = span.stop
    if span.start and tokens[span.start - 1].kind in ("modal", "negation"):
        return True
    if not _VERBS.isdisjoint(tokens[span.start].before):
        return True
    return stop < len(tokens) and (
        tokens[stop].kind in ("modal", "negation") or not _VERBS.isdisjoint(tokens[stop].before)
    )


def _shown(words: Sequence[str]) -> str:
    """The first words of a condition as a reader would write them."""
    text = " ".join([words[0].lower(), *words[1:_SHOWN]]).replace(" - ", "-").replace(" / ", "/")
    return f"{text} …" if len(words) > _SHOWN else text
