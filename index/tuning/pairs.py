"""Questions and answers as training texts: the ways people ask, the forms answers are kept in.

A model tuned on tabled questions alone forgets how people ask in plain words, so every pair
is seen through one of several views, drawn anew each time.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..text import sentences

_WORD = re.compile(r"[\w’'&/.%-]*\w")
_DULL = frozenset(
    """a an and any are as at be been by can could did do does for from had has have having he her
    his how if in into is it its may of on or our she should that the their them there these they
    this to was were what when whether which who will with would department minister ministers
    secretary state government assessment made make steps taking plans recent potential merits
    pursuant answer question""".split()
)
_OPENERS = (
    *("", "", "", "what about ", "any news on ", "what is happening with ", "whats the latest on "),
    *("is there anything on ", "do we know about ", "government position on ", "tell me about "),
)
_FIGURE = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[;,] (?:and )?(?=(?:what|how|when|whether|if|who|which|why)\b)")


ALIKE = 0.3
"""Share of the questions that are taken from another pair with the same answer, if there is one."""
FOLLOWING = 0.12
"""Share of the questions that stand behind another, as a follow-up is searched for."""
ASKED = 0.7
"""Share of a pair's questions that are in people's own words, where somebody asked for it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question without its form of address, and the answer as plain text.

    `asked` are further questions that the answer answers, as people put them.
    """

    question: str
    answer: str
    asked: tuple[str, ...] = ()


def query_view(
    pair: Pair, chance: random.Random, alike: Sequence[Pair] = (), near: Sequence[Pair] = ()
) -> str:
    """The question in one of the ways people ask.

    `alike` are pairs with the same answer: a question of theirs wants it as well.  `near` are
    pairs about nearly the same: theirs may be what was asked before, as a follow-up has it.
    """
    if pair.asked and chance.random() < ASKED:
        return chance.choice(pair.asked)
    if alike and chance.random() < ALIKE:
        text = chance.choice(alike).question
    else:
        views = (_as_tabled, plain_view, _clause, _from_answer)
        text = chance.choices(views, weights=(50, 30, 10, 10))[0](pair, chance)
    if near and chance.random() < FOLLOWING:
        text = f"{chance.choice(near).question} {text}"
    return text


def plain_view(pair: Pair, chance: random.Random) -> str:
    """A few of the words that tell most, in their order, lower-cased more often than not."""
    words = [w for w in _WORD.findall(pair.question) if w.lower() not in _DULL]
    count = min(len(words), chance.randint(3, 9))
    if count < 2:
        return pair.question
    picked = sorted(chance.sample(range(len(words)), count))
    text = " ".join(words[at] for at in picked)
    figure = _FIGURE.search(pair.question)
    opener = f"{figure.group().lower()} " if figure else chance.choice(_OPENERS)
    text = opener + text
    return text.lower() if chance.random() < 0.6 else text


def document_view(pair: Pair, chance: random.Random) -> str:
    """The answer alone, or under a header as chunks are embedded."""
    if chance.random() < 0.5:
        return pair.answer
    words = pair.question.split()
    # Half of the question's words: enough to tell the matter, too few to match by rote.
    kept = [word for word in words if chance.random() < 0.5]
    return f"{' '.join(kept)}\n{pair.answer}"


View = Callable[[Pair, random.Random], str]


def _as_tabled(pair: Pair, chance: random.Random) -> str:
    return pair.question


def _clause(pair: Pair, chance: random.Random) -> str:
    """One of the things asked, where there are several."""
    parts = [part for part in _CLAUSE.split(pair.question) if len(part.split()) > 4]
    return chance.choice(parts) if parts else pair.question


def _from_answer(pair: Pair, chance: random.Random) -> str:
    """A sentence of the answer, as somebody looks up what they half remember."""
    spans = [s for s in sentences(pair.answer) if 6 <= pair.answer.count(" ", *s) <= 40]
    if len(spans) < 3:
        return pair.question
    start, end = chance.choice(spans)
    return pair.answer[start:end]
