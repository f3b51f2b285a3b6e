"""Fit the composer's weights to labelled questions, and say how well they carry over.

    python -m benchmarks.fit_composer --data-dir INDEX --questions questions.jsonl [--write]

The questions are JSON Lines: ``q``, ``history`` (optional), ``id`` and ``also`` (records that
answer), ``gold`` (sentences of the answer).  The figures are from cross-validation: each
question is answered with weights fitted to the other folds only.  With ``--write`` the weights
fitted to all of them replace `assistant/compose/model.json`.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from assistant.compose import Request, extractive, model, words
from assistant.compose.features import Candidate, candidates
from index import Index

RECORD = ["score", "cosine", "in_record", "best_overlap", "best_match"]
SENTENCE = [
    *("match_below_best", "match_lead", "match_before", "match_after"),
    *("overlap_below_best", "row_below_best", "tabled_overlap"),
    *("length", "short", "row", "link", "refuses"),
    *("gives_amount", "gives_time", "gives_person", "gives_reason", "gives_whether"),
]
FOCUS = 1.5
RECORD_PENALTY = 0.5
SENTENCE_PENALTY = 16.0
COMMON = 0.003
"""Stems in fewer records than this share are not listed: all are equally rare."""


@dataclass
class Case:
    """A labelled question with its candidates; `right` and `gold` are what to predict."""

    question: dict[str, Any]
    found: list[Candidate]
    right: list[bool]
    gold: list[list[bool]]


def folded(text: str) -> str:
    """Lower-case words with single spaces, as gold sentences are compared."""
    return f" {re.sub(r'[^0-9a-z]+', ' ', text.casefold()).strip()} "


def rarity(index: Index) -> tuple[dict[str, float], float]:
    """Inverse document frequency of the stems of the records, and that of unlisted ones."""
    counts: Counter[str] = Counter()
    total = 0
    for record in index.records():
        total += 1
        counts.update(words.terms(f"{record.heading} {record.question} {record.text}"))
    common = {t: n for t, n in counts.items() if n >= COMMON * total}
    listed = {t: round(math.log(total / n), 2) for t, n in sorted(common.items())}
    return listed, round(math.log(1 / COMMON) + 1, 2)


def cases(index: Index, questions: Sequence[dict[str, Any]], k: int) -> list[Case]:
    """Every answerable question with its candidates and labels."""
    made = []
    for question in questions:
        history = tuple(question.get("history", ()))
        passages = tuple(index.retrieve(question["q"], k=k, history=history))
        request = Request(question["q"], history, passages)
        found = candidates(request, index.embedder)
        ids = {str(i) for i in (question["id"], *question.get("also", ()))}
        gold = [[is_gold(u.text, c.record.id in ids, question) for u in c.units] for c in found]
        right = [
            c.record.id in ids or sum(own) >= len(question["gold"])
            for c, own in zip(found, gold, strict=True)
        ]
        made.append(Case(question, found, right, gold))
    return made


def is_gold(text: str, right: bool, question: dict[str, Any]) -> bool:
    """Whether a unit holds, or is part of, a gold sentence; short ones count in place only."""
    own = folded(text)
    for sentence in map(folded, question["gold"]):
        if sentence in own and (right or len(sentence) > 25):
            return True
        if own in sentence and len(own) > 25:
            return True
    return False


def fit(train: Sequence[Case]) -> dict[str, Any]:
    """Weights of records (softmax over a question's records) and of sentences (logistic)."""
    record = _fit_records([c for c in train if any(c.right)])
    rows = [
        ([u.features[name] for name in SENTENCE], label)
        for case in train
        for candidate, right, gold in zip(case.found, case.right, case.gold, strict=True)
        if right
        for u, label in zip(candidate.units, gold, strict=True)
    ]
    bias, sentence = _fit_logistic(np.array([r for r, _ in rows]), np.array([y for _, y in rows]))
    return {"record": record, "sentence": sentence, "bias": bias, "focus": FOCUS}


def _fit_records(train: Sequence[Case]) -> dict[str, float]:
    matrices = [np.array([[c.features[n] for n in RECORD] for c in case.found]) for case in train]
    labels = [np.array(case.right, dtype=float) for case in train]
    spread = np.concatenate(matrices).std(axis=0) + 1e-9

    def loss(weights: np.ndarray) -> float:
        total = RECORD_PENALTY * float(weights @ weights)
        for matrix, label in zip(matrices, labels, strict=True):
            scores = matrix / spread @ weights
            scores = np.exp(scores - scores.max())
            total -= math.log(float(scores @ label / scores.sum()) + 1e-9)
        return total

    weights = minimize(loss, np.zeros(len(RECORD))).x / spread
    return {name: round(float(w), 4) for name, w in zip(RECORD, weights, strict=True)}


def _fit_logistic(matrix: np.ndarray, labels: np.ndarray) -> tuple[float, dict[str, float]]:
    spread = matrix.std(axis=0) + 1e-9
    mean = matrix.mean(axis=0)
    scaled = (matrix - mean) / spread

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = scaled @ weights[1:] + weights[0]
        chances = 1 / (1 + np.exp(-scores))
        value = float(np.logaddexp(0, scores).sum() - scores @ labels)
        value += SENTENCE_PENALTY * float(weights[1:] @ weights[1:])
        error = chances - labels
        slope = np.concatenate(
            [[error.sum()], scaled.T @ error + 2 * SENTENCE_PENALTY * weights[1:]]
        )
        return value, slope

    found = minimize(loss, np.zeros(matrix.shape[1] + 1), jac=True).x
    weights = found[1:] / spread
    bias = float(found[0] - mean @ weights)
    return round(bias, 4), {n: round(float(w), 4) for n, w in zip(SENTENCE, weights, strict=True)}


def answer_of(case: Case, fitted: Any, max_words: int) -> str:
    """What the composer shows with these weights, marks and opening lines included."""
    chosen = extractive.select(case.found, model.worths(case.found, fitted), max_words)
    lines = []
    for number, (at, units) in enumerate(chosen, 1):
        candidate = case.found[at]
        lines.append(extractive.opening(candidate.record))
        lines += [f"{candidate.units[n].text}[{number}]" for n in units]
    return "\n".join(lines)


def measure(made: Sequence[Case], answer: Callable[[Case], str]) -> dict[str, float]:
    """Share of gold sentences shown, of questions whose gold is shown whole, and the words."""
    shown = total = whole = 0
    lengths = []
    for case in made:
        text = answer(case)
        lengths.append(len(text.split()))
        hits = [folded(sentence) in folded(text) for sentence in case.question["gold"]]
        shown, total, whole = shown + sum(hits), total + len(hits), whole + all(hits)
    return {
        "gold": shown / total,
        "whole": whole / len(made),
        "words": float(np.mean(lengths)),
        "longest": max(lengths),
    }


def cross_validate(
    made: Sequence[Case], max_words: int, folds: int = 5, seeds: Sequence[int] = (0, 1, 2)
) -> dict[str, float]:
    """`measure` over answers made with weights fitted to other questions, mean of `seeds`."""
    results = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(made))
        answers: dict[int, str] = {}
        for fold in np.array_split(order, folds):
            held_out = set(fold.tolist())
            fitted = fit([case for n, case in enumerate(made) if n not in held_out])
            answers.update({n: answer_of(made[n], fitted, max_words) for n in held_out})
        by_case = {id(made[n]): text for n, text in answers.items()}
        results.append(measure(made, lambda case, texts=by_case: texts[id(case)]))
    return {name: float(np.mean([r[name] for r in results])) for name in results[0]}


def main() -> None:
    """Fit, report, and with ``--write`` keep the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--max-words", type=int, default=120)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = options.questions.read_text("utf-8").splitlines()
    questions = [q for q in map(json.loads, lines) if q.get("gold")]
    with Index.open(options.data_dir) as index:
        listed, unknown = rarity(index)
        model.load().update(rarity=listed, unknown=unknown)
        made = cases(index, questions, k=8)
    found = sum(any(case.right) for case in made) / len(made)
    print(f"questions {len(made)}, right record among those considered {found:.3f}")
    for name, value in cross_validate(made, options.max_words).items():
        print(f"{name:8} {value:.3f}")
    if options.write:
        fitted = {**fit(made), "unknown": unknown, "rarity": listed}
        target = Path(model.__file__).with_name(model.FILE)
        target.write_text(json.dumps(fitted, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"written to {target}")


if __name__ == "__main__":
    main()
