"""Fit the ranking's weights to labelled questions, and say how well they carry over.

    python -m benchmarks.fit_ranking --data-dir INDEX --answers-dir INDEX [--write]

INDEX are an index of whole records and one of the same answers' text alone, both with the
model that the weights are for.  The labels are those of `--tasks` (a folder of task files)
and `--questions`; with `--pairs` also those that `benchmarks.citing` finds, which
count as one task with `pursuant`.  Those of `benchmarks.further` are more in plain words.
`--written-dir` is an index of the pairs, for the plain questions that were written of them
(`reader_texts.py`): fitted to as one more task.
`--large-dir` is a larger index that holds the records wanted and the pairs too: questions in plain
words are then measured and fitted to in both; with `--related` what tells a follow-up is fitted
there too (`turns.py`).
With `--first` the weights are fitted by which the records are chosen that feedback is taken from;
all others are measured with these, so they are to be fitted anew after it.
Each figure is from cross-validation: a question is ranked with weights fitted to the other folds
only, where folds are either drawn at random, all questions that want one record together, or follow
the dates of the records wanted.
With ``--write`` the weights fitted to all replace `index/ranking/weights.json`.
`--cache FILE` keeps what was measured for another run.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import random
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from index import Index
from index.embedding import SentenceTransformerEmbedder
from index.followups import joined_with
from index.ranking import model
from index.ranking.features import DERIVED, FED_BACK, LONG, NAMES, with_derived
from index.text import without_address

from .citing import citing
from .common import DEFAULT_RECORDS, commit, json_lines, machine
from .further import QUESTIONS as FURTHER
from .reader_texts import WRITTEN
from .turns import fit_related, related_cases

PENALTY = 0.3
FOLDS = 5
WORTH = 150.0
"""Each task counts as much as this many questions, however many it has."""
DEPTH = 100
RISING = ("words", "words_squared", "words_covered")
"""Columns of which more never counts against a record: they are too much alike to be told apart
by so few questions."""
NEW = ", new"
"""Of a task whose questions' own records are in the index: as if these were not, as when nobody
has asked the question yet."""
TABLED = ("own-answer", "conversation", "pursuant", "grouped", "citing")
"""Tasks of tabled questions: four of files, and what is found by `benchmarks.citing`."""
IN_LARGE = ("staff", "follow-up", "staff, further", "follow-up, further", "written")
"""Tasks that are also measured, and fitted to, in the index of `--large-dir`."""
LARGE = " in large"
LARGE_WORTH = 0.3
"""What a task in the large index counts beside the same in the smaller one: with as much weight it
gained there what plain questions lost here."""

Floats = NDArray[np.float64]


@dataclass
class Case:
    """A labelled question with its candidates' features; `right` is what to predict."""

    task: str
    rows: Floats
    long: float
    ranks: Floats
    """Columns: rank in dense and in lexical search alone, 0-based."""
    right: NDArray[np.bool_]
    wanted: int
    day: int
    group: int
    """Alike for questions that want the same record, in whatever task."""


def questions(folder: Path, file: Path, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every labelled question with the name of its task, at most `most` of each."""
    for name in TABLED[:4]:
        rows = json_lines(folder / f"{name}.jsonl")
        for row in random.Random(1).sample(rows, min(most, len(rows))):
            yield name, row
    known = [row for row in json_lines(file) if row.get("id")]
    plain_ones = [row["q"] for row in known if not row.get("history")]
    for number, row in enumerate(known):
        name = "follow-up" if row.get("history") else "staff"
        made = {
            "query": row["q"],
            "history": row.get("history", []),
            "relevant": [row["id"], *row.get("also", [])],
            "exclude": [],
        }
        yield name, made
        if name == "staff":
            # The same question after one about something else: history must not harm it.
            other = plain_ones[(number + 7) % len(plain_ones)]
            yield "changed subject", {**made, "history": [other]}


def further() -> Iterator[tuple[str, dict[str, Any]]]:
    """The questions of another writer (`benchmarks.further`), with the names of their tasks."""
    for row in json_lines(FURTHER):
        if row["kind"] != "unanswerable":
            name = "follow-up, further" if row.get("history") else "staff, further"
            history = row.get("history", [])
            made = {"query": row["q"], "history": history, "relevant": [row["id"]], "exclude": []}
            yield name, made


def written() -> Iterator[tuple[str, dict[str, Any]]]:
    """The plain questions that were written of the pairs and are answered there."""
    for row in json_lines(WRITTEN):
        if row["gold"]:
            yield "written", {"query": row["q"], "relevant": [row["id"]]}


class Remembering:
    """An embedder that has embedded the questions beforehand, many at a time."""

    def __init__(self, embedder: Any, texts: Sequence[str]) -> None:
        self._embedder = embedder
        wanted = list(dict.fromkeys(texts))
        self._known = dict(zip(wanted, embedder.encode(wanted), strict=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._known[text]
        return vector


def wordings(asked: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """Every text that a question is searched by, and what was asked before."""
    for _, question in asked:
        text = without_address(question["query"])
        yield text
        if joined := joined_with(text, question.get("history", ())):
            yield joined
            yield joined[: -len(text)].strip()


def case(
    index: Index, task: str, question: dict[str, Any], days: dict[str, int], is_new: bool = False
) -> Case:
    """A question's candidates, measured by the retriever itself.

    Where it `is_new`, the records that are excluded are no candidates to begin with.
    """
    retriever = index._retriever
    searcher = retriever.searcher
    history = tuple(question.get("history", ()))
    understood = retriever._understander.read(question["query"])
    wordings = searcher.wordings(question["query"], history, understood)
    ranks: dict[int, dict[str, int]] = {}
    searcher.search(wordings, ranks, DEPTH, DEPTH, None, {})
    excluded = {str(i) for i in question.get("exclude", ())}
    if is_new:
        held = searcher.catalog.chunks(list(ranks))
        ranks = {n: own for n, own in ranks.items() if held[n].record_id not in excluded}
    found = searcher.measure(wordings, ranks)
    assert found is not None
    wanted = {str(i) for i in question["relevant"]} - excluded
    kept = np.array([i not in excluded for i in found.candidates.records])
    ids = [i for i in found.candidates.records if i not in excluded]
    owner = found.candidates.owner
    alone = np.full((len(kept), 2), -np.inf)
    values = np.stack([found.first.cosines, found.first.scores], axis=1)
    np.maximum.at(alone, owner, values)
    places = np.argsort(np.argsort(-alone[kept], axis=0, kind="stable"), axis=0)
    return Case(
        task=task,
        rows=found.rows[kept],
        long=found.long,
        ranks=places.astype(float),
        right=np.array([i in wanted for i in ids]),
        wanted=len(wanted),
        day=int(np.median([days.get(i, 0) for i in wanted])),
        group=zlib.crc32(min(wanted, default="").encode()),
    )


def columns(item: Case) -> Floats:
    """What is weighed of each candidate: every column, then those of `LONG` as they count."""
    rows = with_derived(item.rows)
    places = [(*NAMES, *DERIVED).index(name) for name in LONG]
    return np.concatenate([rows, rows[:, places] * item.long], axis=1)


def _weighed_as(item: Case) -> str:
    """The task that a question counts with: those of another writer with their like."""
    task = item.task.removesuffix(NEW).replace(", further", "")
    return "pursuant" if task == "citing" else task


def fit(cases: Sequence[Case], without: Collection[str] = ()) -> Floats:
    """Weights under which each question's wanted records are the likeliest (softmax).

    Those of the columns `without` are 0.
    """
    usable = [c for c in cases if c.right.any()]
    sizes = Counter(_weighed_as(c) for c in usable)
    rows = np.concatenate([columns(c) for c in usable])
    spread = rows.std(axis=0) + 1e-6
    rows = rows / spread
    lengths = [len(c.rows) for c in usable]
    starts = np.cumsum([0, *lengths[:-1]])
    segment = np.repeat(np.arange(len(usable)), lengths)
    worth = [WORTH * (LARGE_WORTH if c.task.endswith(LARGE) else 1.0) for c in usable]
    share = np.concatenate(
        [
            c.right / c.right.sum() * value / sizes[_weighed_as(c)]
            for c, value in zip(usable, worth, strict=True)
        ]
    )
    mass = np.add.reduceat(share, starts)

    def loss(weights: Floats) -> tuple[float, Floats]:
        sums = rows @ weights
        sums -= np.maximum.reduceat(sums, starts)[segment]
        powers = np.exp(sums)
        total = np.add.reduceat(powers, starts)
        value = -float(share @ (sums - np.log(total)[segment]))
        slope = rows.T @ (mass[segment] * powers / total[segment] - share)
        return value + PENALTY * float(weights @ weights), slope + 2 * PENALTY * weights

    bounds = [(0.0 if name in RISING else None, None) for name in (*NAMES, *DERIVED)]
    bounds += [(None, None)] * len(LONG)
    names = (*NAMES, *DERIVED, *LONG)
    bounds = [(0.0, 0.0) if n in without else b for n, b in zip(names, bounds, strict=True)]
    start = np.zeros(rows.shape[1])
    options = {"maxiter": 300}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    weights: Floats = found.x / spread
    return weights


def ndcg(order: Sequence[int], item: Case) -> float:
    """nDCG@10 with binary gains."""
    gains = [1 / math.log2(r + 2) for r, at in enumerate(order[:10]) if item.right[at]]
    return sum(gains) / sum(1 / math.log2(r + 2) for r in range(min(10, item.wanted)))


def reciprocal(order: Sequence[int], item: Case) -> float:
    """Reciprocal rank within the first ten."""
    return next((1 / r for r, at in enumerate(order[:10], 1) if item.right[at]), 0.0)


def found_at(depth: int) -> Callable[[Sequence[int], Case], float]:
    """Whether one of the wanted is among the first `depth`."""
    return lambda order, item: float(any(item.right[at] for at in order[:depth]))


def show(label: str, cases: Sequence[Case], sums: Sequence[Floats]) -> None:
    """One line: each task's figures."""
    parts = []
    for task in dict.fromkeys(c.task for c in cases):
        tabled = task.removesuffix(NEW) in TABLED
        measures = [ndcg] if tabled else [reciprocal, found_at(5)]
        own = [
            (np.argsort(-s, kind="stable").tolist(), c)
            for s, c in zip(sums, cases, strict=True)
            if c.task == task
        ]
        figures = "/".join(f"{np.mean([m(*pair) for pair in own]):.3f}" for m in measures)
        parts.append(f"{task} {figures}")
    print(f"{label:14s} {'  '.join(parts)}", flush=True)


def cross_validated(
    cases: Sequence[Case], folds: NDArray[np.int64], without: Collection[str] = ()
) -> list[Floats]:
    """The sums of every question's candidates under weights fitted to the other folds."""
    sums: list[Floats] = [np.empty(0)] * len(cases)
    for fold in range(FOLDS):
        weights = fit([c for c, own in zip(cases, folds, strict=True) if own != fold], without)
        for at in np.flatnonzero(folds == fold):
            sums[at] = columns(cases[at]) @ weights
    return sums


def collect(options: argparse.Namespace) -> tuple[list[Case], list[Any]]:
    """All questions measured, and what tells whether those with history go on with it."""
    asked = list(questions(options.tasks, options.questions, options.most))
    asked += further()
    if options.pairs:
        with Index.open(options.data_dir) as whole:
            asked += (("citing", query) for query in citing(options.pairs, whole.records()))
    if options.written_dir:
        asked += written()
    cases = []
    embedder = Remembering(SentenceTransformerEmbedder(options.model), list(wordings(asked)))
    print("questions embedded", flush=True)
    with ExitStack() as stack:
        whole, answers = (
            stack.enter_context(Index.open(folder, embedder=embedder))
            for folder in (options.data_dir, options.answers_dir)
        )
        large, of_pairs = (
            folder and stack.enter_context(Index.open(folder, embedder=embedder))
            for folder in (options.large_dir, options.written_dir)
        )
        related = related_cases(large, embedder, asked) if large and options.related else []
        days = {r.id: day.toordinal() for r in whole.records() if (day := r.answered or r.asked)}
        held = {record.id for record in answers.records()}
        for number, (task, question) in enumerate(asked, 1):
            index = answers if task in ("own-answer", "conversation") else whole
            index = of_pairs if task == "written" else index
            # An index of some of the answers will do: what it lacks cannot be found there.
            if index is not answers or held.issuperset(map(str, question["relevant"])):
                cases.append(case(index, task, question, days))
            if question.get("exclude"):
                cases.append(case(index, task + NEW, question, days, is_new=True))
            if large and task in IN_LARGE:
                cases.append(case(large, task + LARGE, question, days))
            if number % 200 == 0:
                print(f"{number} of {len(asked)} questions measured", flush=True)
    return cases, related


def weighed(weights: Floats) -> dict[str, dict[str, float]]:
    """The weights by name, as `weights.json` has them."""
    names = (*NAMES, *DERIVED)
    values = [round(float(w), 3) for w in weights]
    return {
        "record": dict(zip(names, values[: len(names)], strict=True)),
        "long": dict(zip(LONG, values[len(names) :], strict=True)),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data-dir", type=Path, required=True)
    arguments.add_argument("--answers-dir", type=Path, required=True)
    arguments.add_argument("--tasks", type=Path, default=DEFAULT_RECORDS.with_name("tasks"))
    arguments.add_argument(
        "--questions", type=Path, default=DEFAULT_RECORDS.with_name("questions-dev.jsonl")
    )
    arguments.add_argument("--most", type=int, default=1_000, help="questions of each task")
    arguments.add_argument("--model", help="embedding model of the indexes, if not the default")
    arguments.add_argument("--pairs", type=Path, help="questions that may cite a record")
    arguments.add_argument("--large-dir", type=Path, help="a larger index, for plain questions")
    arguments.add_argument(
        "--first", action="store_true", help="fit what feedback is taken by, and nothing else"
    )
    arguments.add_argument(
        "--related",
        action="store_true",
        help="fit what tells a follow-up as well, in the larger index: not with a model that has "
        "learnt from the questions this is fitted to",
    )
    arguments.add_argument(
        "--written-dir", type=Path, help="an index of the pairs, for what was written of them"
    )
    arguments.add_argument("--cache", type=Path)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    print(f"machine  {machine()}\ncommit   {commit()}")
    if options.cache and options.cache.exists():
        cases, related = pickle.loads(options.cache.read_bytes())  # noqa: S301  our own file
    else:
        cases, related = collect(options)
        if options.cache:
            options.cache.write_bytes(pickle.dumps((cases, related)))

    show("dense", cases, [-c.ranks[:, 0] for c in cases])
    show("BM25", cases, [-c.ranks[:, 1] for c in cases])
    show("equal RRF", cases, [(1 / (60 + c.ranks)).sum(axis=1) for c in cases])
    show("weights now", cases, [model.totals(c.rows, c.long) for c in cases])
    without = (*FED_BACK, "near_feedback") if options.first else ()
    chance = np.array([c.group % FOLDS for c in cases])
    show("fitted", cases, cross_validated(cases, chance, without))
    days = np.array([c.day for c in cases])
    by_time = np.searchsorted(np.quantile(days, [0.2, 0.4, 0.6, 0.8]), days)
    show("fitted by time", cases, cross_validated(cases, by_time, without))

    found = dict(model.load())
    if options.first:
        found["first"] = weighed(fit(cases, without))
    else:
        found |= weighed(fit(cases))
    if related:
        found["related"] = fit_related(related)
    print(json.dumps(found, indent=1))
    if options.write:
        file = Path(model.__file__).with_name(model.FILE)
        file.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
