"""Two records side by side, what differs between them marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from markupsafe import Markup

from index.types import WrittenAnswer
from prompts import british_date

from .cards import Badge, badges
from .markup import linked, panel
from .search import reply

LONGEST = 20_000
"""Characters of an answer that are compared; a book is not set beside another."""
_WORD = re.compile(r"\s*\S+|\s+$")
_MOST_WORDS = 6_000
_SAME, _LEFT, _RIGHT = Markup("{}"), Markup("<del>{}</del>"), Markup("<ins>{}</ins>")


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of both records."""

    label: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right


@dataclass(frozen=True, slots=True)
class Side:
    """One record of the two; `question` and `text` have their own words marked."""

    record: WrittenAnswer
    question: Markup
    text: Markup
    badges: Sequence[Badge]
    cut: bool


def comparison(left: WrittenAnswer, right: WrittenAnswer) -> Markup:
    """The two records side by side."""
    questions = marked_differences(_plain(left.question), _plain(right.question))
    texts = marked_differences(left.text[:LONGEST], right.text[:LONGEST])
    return panel(
        "comparison",
        sides=[
            Side(record, question, text, badges(record), len(record.text) > LONGEST)
            for record, question, text in zip((left, right), questions, texts, strict=True)
        ],
        facts=list(_facts(left, right)),
        same=left.text == right.text,
    )


def marked_differences(left: str, right: str) -> tuple[Markup, Markup]:
    """Both texts, the words that only one has marked; the words of both stay as they are."""
    ours, theirs = _WORD.findall(left), _WORD.findall(right)
    if max(len(ours), len(theirs)) > _MOST_WORDS:
        return linked(left), linked(right)
    match = SequenceMatcher(
        None, [w.strip() for w in ours], [w.strip() for w in theirs], autojunk=False
    )
    first: list[Markup] = []
    second: list[Markup] = []
    for kind, a, b, c, d in match.get_opcodes():
        same = kind == "equal"
        first.append(_run("".join(ours[a:b]), _SAME if same else _LEFT))
        second.append(_run("".join(theirs[c:d]), _SAME if same else _RIGHT))
    return Markup("").join(first), Markup("").join(second)


def _run(text: str, tag: Markup) -> Markup:
    """The text with its words in the tag given, the white space around them outside it."""
    bare = text.strip()
    if not bare:
        return linked(text)
    at = text.index(bare)
    return linked(text[:at]) + tag.format(linked(bare)) + linked(text[at + len(bare) :])


def _facts(left: WrittenAnswer, right: WrittenAnswer) -> Iterator[Fact]:
    rows = (
        ("Department", lambda r: r.department or ""),
        ("House", lambda r: r.house or ""),
        ("Asked", lambda r: british_date(r.asked)),
        ("Asked by", lambda r: r.asker.label if r.asker else ""),
        ("Answered", lambda r: british_date(r.answered)),
        ("Answered by", lambda r: r.answerer.label if r.answerer else ""),
        ("UIN", lambda r: r.uin or ""),
        ("Kind of reply", reply),
    )
    for label, read in rows:
        fact = Fact(label, read(left), read(right))
        if fact.left or fact.right:
            yield fact


def _plain(text: str) -> str:
    return " ".join(text.split())
