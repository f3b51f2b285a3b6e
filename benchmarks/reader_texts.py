"""What a reader is trained on: questions with sentences that do and do not answer them.

Two sorts: SQuAD 1.1 (Rajpurkar et al. 2016), questions of Wikipedia's articles, which the one that
ships was trained on alone; and `written_questions.jsonl`, plain questions of written answers.  A
language model wrote the latter from the records of `pairs-dev.jsonl.gz`, three of each that its
sentences answer (``gold`` has their places) and three near misses that none does; it saw nothing
of the program or of other labelled questions.  Their records are not among the 8,206 that the
project is measured on.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from assistant.evaluation.haystack import read_records
from index import Index
from index.text import sentences
from index.types import WrittenAnswer

from .common import json_lines

WRITTEN = Path(__file__).with_name("written_questions.jsonl")
QUESTIONS = 3
"""Questions of each paragraph that are asked at a time."""
LONGEST = 1_100
"""Characters of the longest paragraph, so that all of it fits the window."""
IN_WINDOW = 950
"""Characters of an answer that are read at a time."""
BESIDE = 7_500
"""Further records that the neighbours of the questions are looked for among."""
NEIGHBOURS = 4
FOLLOWING = 0.12
"""Share of the questions that stand behind another of the same record, as a follow-up is read."""
FROM_NEIGHBOUR = 0.8
NEAR_COPY = 0.8
SAID_TOO = 0.5
"""A neighbour's sentence with this much of the words of one that answers may answer as well."""

LEAST_WEIGHT, MOST_WEIGHT = 0.4, 2.5
_WORD = re.compile(r"\w{3,}")
_FORMS = {
    "count": re.compile(r"\bhow (?:many|much)\b|\b(?:number|no\.?|share|percentage) of\b", re.I),
    "time": re.compile(r"\bwhen\b|\bhow long\b|\bdate\b", re.I),
    "person": re.compile(r"\bwho\b", re.I),
}


class Item(NamedTuple):
    """A question with one sentence of the paragraph of that number, and whether it answers.

    `weight` is what it counts beside others.
    """

    question: str
    paragraph: int
    sentence: int
    answers: float
    weight: float = 1.0


@dataclass(frozen=True)
class Question:
    """A question with the sentences of a paragraph that answer it.

    `near` are paragraphs of other records with those of their sentences that come near; `weight`
    is what it counts beside others.
    """

    text: str
    right: tuple[int, ...]
    is_answered: bool = True
    near: tuple[Near, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Paragraph:
    """A stretch of text under a title, cut into sentences, and what is asked of it."""

    title: str
    text: str
    spans: list[tuple[int, int]]
    asked: list[Question] = field(default_factory=list)
    record: str = ""


Near = tuple[Paragraph, tuple[int, ...]]


def squad(file: Path) -> list[list[Paragraph]]:
    """The paragraphs of each article of SQuAD."""
    articles = []
    for article in json.loads(file.read_text("utf-8"))["data"]:
        made = []
        for paragraph in article["paragraphs"]:
            text, spans = paragraph["context"], sentences(paragraph["context"])
            asked = []
            for question in paragraph["qas"]:
                at = question["answers"][0]["answer_start"]
                own = tuple(n for n, (start, end) in enumerate(spans) if start <= at < end)[:1]
                asked += [Question(question["question"].strip(), own)] if own else []
            if asked and len(text) < LONGEST:
                made.append(Paragraph(article["title"].replace("_", " "), text, spans, asked))
        articles.append(made)
    return articles


def squad_batches(
    articles: Sequence[Sequence[Paragraph]], together: int, chance: random.Random
) -> Iterator[list[Paragraph]]:
    """All paragraphs once, two of an article side by side."""
    twos = []
    for own in articles:
        mixed = chance.sample(list(own), len(own))
        twos += list(zip(mixed[::2], mixed[1::2], strict=False))
    chance.shuffle(twos)
    every = [paragraph for two in twos for paragraph in two]
    for start in range(0, len(every) - together + 1, together):
        yield every[start : start + together]


def squad_items(paragraphs: Sequence[Paragraph], chance: random.Random) -> list[Item]:
    """Some questions of each paragraph with their own sentence and one to three others."""
    made: list[Item] = []
    for at, paragraph in enumerate(paragraphs):
        beside = at ^ 1  # the other of its article
        for asked in _some(paragraph, chance):
            question, right = asked.text, asked.right[0]
            wrong = [n for n in _likest(question, paragraph, chance) if n != right]
            made.append(Item(question, at, right, 1.0))
            made += [Item(question, at, n, 0.0) for n in wrong[:1]]
            if len(wrong) > 2 and chance.random() < 0.4:
                made.append(Item(question, at, chance.choice(wrong[1:]), 0.0))
            if chance.random() < 0.6:
                other = _likest(question, paragraphs[beside], chance)[0]
                made.append(Item(question, beside, other, 0.0))
    return made


def written(pairs: Path, folder: Path, chance: random.Random) -> list[Paragraph]:
    """The answers that questions were written of, a window at a time.

    `folder` is an index of some of the pairs, where each question's neighbours are looked for;
    it is made where there is none.
    """
    rows = json_lines(WRITTEN)
    asked: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        asked.setdefault(str(row["id"]), []).append(row)
    records = {record.id: record for record in read_records([pairs])[0]}
    if not Index.exists(folder):
        make_index(folder, records.values(), asked, chance)
    neighbours = _neighbours(folder, records, rows, chance)
    weights = _balanced(rows)
    made = []
    for key, own in asked.items():
        for offset, window in _windows(records[key]):
            places = {start + offset: n for n, (start, _) in enumerate(window.spans)}
            questions = [
                Question(
                    row["q"],
                    tuple(places[start] for start, _ in row["gold"] if start in places),
                    bool(row["gold"]),
                    neighbours[key, row["q"]],
                    weights[form(row["q"]), bool(row["gold"])],
                )
                for row in own
            ]
            made.append(Paragraph(window.title, window.text, window.spans, questions, key))
    return made


def form(question: str) -> str:
    """What a question asks for by its words: a count, a time, a person or anything else."""
    return next((name for name, words in _FORMS.items() if words.search(question)), "other")


def _balanced(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, bool], float]:
    """What questions of each form count, answered or not, so that the form tells nothing.

    Of the near misses half ask how many, of the others a sixth: that would be learnt.
    """
    counts = Counter((form(row["q"]), bool(row["gold"])) for row in rows)
    return {
        (name, answered): min(
            MOST_WEIGHT, max(LEAST_WEIGHT, (count + counts[name, not answered]) / (2 * count))
        )
        for (name, answered), count in counts.items()
    }


def written_items(
    paragraphs: Sequence[Paragraph], chance: random.Random
) -> tuple[list[Paragraph], list[Item]]:
    """Some questions of each window with all that answers and some of what does not.

    What does not is of the same window and of the question's neighbours, which are put behind the
    windows.
    """
    windows, made = list(paragraphs), []
    for at, paragraph in enumerate(paragraphs):
        for asked in _some(paragraph, chance):
            question, weight = _as_asked(asked, paragraph, chance), asked.weight
            few = 1 if asked.is_answered else 2
            wrong = [n for n in _likest(asked.text, paragraph, chance) if n not in asked.right]
            made += [Item(question, at, n, 1.0, weight) for n in asked.right]
            made += [Item(question, at, n, 0.0, weight) for n in wrong[:few]]
            if len(wrong) > few:
                made.append(Item(question, at, chance.choice(wrong[few:]), 0.0, weight))
            if asked.near and chance.random() < FROM_NEIGHBOUR:
                window, near = chance.choice(asked.near)
                windows.append(window)
                chosen = chance.sample(near, min(2, len(near)))
                made += [Item(question, len(windows) - 1, n, 0.0, weight) for n in chosen]
    return windows, made


def _as_asked(asked: Question, paragraph: Paragraph, chance: random.Random) -> str:
    text = asked.text.rstrip("?").lower() if chance.random() < 0.2 else asked.text
    before = [other.text for other in paragraph.asked if other is not asked]
    if before and chance.random() < FOLLOWING:
        return f"{chance.choice(before)} {text}"
    return text


def _some(paragraph: Paragraph, chance: random.Random) -> list[Question]:
    return chance.sample(paragraph.asked, min(QUESTIONS, len(paragraph.asked)))


def _likest(question: str, paragraph: Paragraph, chance: random.Random) -> list[int]:
    """The sentences of a paragraph, those that share most words with a question first."""
    own = _words(question)
    shared = [
        len(own & _words(paragraph.text[start:end])) + chance.random()
        for start, end in paragraph.spans
    ]
    return sorted(range(len(shared)), key=lambda n: -shared[n])


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _share(some: frozenset[str], others: frozenset[str]) -> float:
    """How much of the lesser the two have in common."""
    return len(some & others) / max(1, min(len(some), len(others)))


def make_index(
    folder: Path, records: Iterable[WrittenAnswer], wanted: Collection[str], chance: random.Random
) -> None:
    """An index of the records that are wanted and `BESIDE` others."""
    own, others = [], []
    for record in records:
        (own if record.id in wanted else others).append(record)
    with Index.open_or_create(folder) as index:
        index.add(own + chance.sample(others, min(BESIDE, len(others))))


def _windows(record: WrittenAnswer) -> list[tuple[int, Paragraph]]:
    """An answer cut after sentences into stretches, and where in it each begins."""
    runs: list[list[tuple[int, int]]] = []
    for start, end in sentences(record.text):
        if not runs or end - runs[-1][0][0] > IN_WINDOW:
            runs.append([])
        runs[-1].append((start, end))
    made = []
    for own in runs:
        offset = own[0][0]
        spans = [(start - offset, end - offset) for start, end in own]
        made.append((offset, Paragraph(record.title, record.text[offset : own[-1][1]], spans)))
    return made


def _neighbours(
    folder: Path,
    records: Mapping[str, WrittenAnswer],
    rows: Sequence[dict[str, Any]],
    chance: random.Random,
) -> dict[tuple[str, str], tuple[Near, ...]]:
    """Of each record's questions, windows of other records that search finds for them.

    Nobody has said that these do not answer.  Near-copies of a question's own record, and
    sentences that say much of what answers it, are left out.
    """
    found = {}
    with Index.open(folder) as index:
        for row in rows:
            own = records[str(row["id"])]
            gold = [_words(own.text[start:end]) for start, end in row["gold"]]
            near = []
            for passage in index.retrieve(row["q"], k=NEIGHBOURS + 2).passages:
                other = records.get(passage.record.id)
                if other is None or other.id == own.id or _is_near_copy(own.text, other.text):
                    continue
                if window := _nearest(row["q"], other, gold, chance):
                    near.append(window)
            found[own.id, row["q"]] = tuple(near[:NEIGHBOURS])
    return found


def _is_near_copy(text: str, other: str) -> bool:
    return _share(_words(text), _words(other)) > NEAR_COPY


def _nearest(
    question: str, record: WrittenAnswer, gold: Sequence[frozenset[str]], chance: random.Random
) -> Near | None:
    """The window of a record that shares most words with a question, and its likest sentences."""
    asks = _words(question)
    windows = [window for _, window in _windows(record)]
    window = max(windows, key=lambda one: len(asks & _words(one.text)), default=None)
    if window is None:
        return None
    likest = [
        n
        for n in _likest(question, window, chance)[:4]
        if not any(_share(_words(window.text[slice(*window.spans[n])]), g) > SAID_TOO for g in gold)
    ]
    return (window, tuple(likest)) if likest else None
