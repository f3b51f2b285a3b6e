"""Fit the composer's weights to labelled questions, and say how well they carry over.

    python -m benchmarks.fit_composer --data-dir INDEX --questions questions.jsonl [--write]

The questions are JSON Lines: ``q``, ``history`` (optional), ``id`` and ``also`` (records that
answer), ``gold`` (sentences of the answer); those without ``gold`` are answered nowhere.  The
figures are from cross-validation: each question is answered with weights fitted to the other
folds only.  With ``--write`` the weights
fitted to all of them replace `assistant/compose/model.json`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from assistant.compose import Request, constraints, evidence, extractive, features, model, words
from assistant.compose.features import study
from assistant.compose.units import Candidate
from assistant.evaluation.gold import folded, gold_shown
from assistant.evaluation.statistics import auroc
from assistant.following import gone_on_with, with_referred
from index import Index

from .common import json_lines

RECORD = ["score", "cosine", "in_record", "best_overlap", "best_match"]
SENTENCE = [
    *("match_below_best", "match_lead", "match_before", "match_after"),
    *("overlap_below_best", "row_below_best", "tabled_overlap"),
    *("length", "short", "row", "link", "refuses"),
    *("gives_amount", "gives_time", "gives_person", "gives_reason", "gives_whether"),
]
EVIDENCE = ["unbroken", "satisfied"]
NAMES = {
    "read": (
        RECORD,
        [*SENTENCE, "read_below_best"],
        [*EVIDENCE, "read", "read_first"],
    ),
    "unread": (RECORD, SENTENCE, EVIDENCE),
}
"""What is weighed where sentences were read beside the question, and where nothing can."""
RECORD_PENALTY = 2.0
SENTENCE_PENALTY = 16.0
EVIDENCE_PENALTY = 1.0
MASKED_WEIGHT = 0.1
"""What a question whose answering sentences were taken away counts beside a real one."""
COMMON = 0.003
"""Stems in fewer records than this share are not listed: all are equally rare."""


@dataclass
class Case:
    """A labelled question with its candidates; `right` and `gold` are what to predict."""

    question: dict[str, Any]
    request: Request
    right: list[bool]
    gold: list[list[bool]]

    @property
    def is_masked(self) -> bool:
        """Whether it was made from another by taking its answer away."""
        return bool(self.question.get("masked"))

    @property
    def answerable(self) -> bool:
        """Whether any record answers."""
        return bool(self.question.get("gold"))


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
    """Every question with its candidates and labels; none of them right where none answers."""
    made = []
    for question in questions:
        history = tuple(question.get("history", ()))
        result = index.retrieve(question["q"], k=k, history=history)
        passages = with_referred(index, result.passages)
        history = gone_on_with(history, result)
        request = study(question["q"], history, passages, index.embedder)
        found = request.found
        ids = {str(i) for i in (question.get("id"), *question.get("also", ()))}
        gold = [[is_gold(u.text, c.record.id in ids, question) for u in c.units] for c in found]
        right = [
            c.record.id in ids or 0 < len(question.get("gold", ())) <= sum(own)
            for c, own in zip(found, gold, strict=True)
        ]
        made.append(Case(question, request, right, gold))
    return made


def is_gold(text: str, right: bool, question: dict[str, Any]) -> bool:
    """Whether a unit holds, or is part of, a gold sentence; short ones count in place only."""
    own = folded(text)
    for sentence in map(folded, question.get("gold", ())):
        if sentence in own and (right or len(sentence) > 25):
            return True
        if own in sentence and len(own) > 25:
            return True
    return False


def fit(train: Sequence[Case], how: str = "read") -> dict[str, Any]:
    """Weights of records (softmax over a question's records), sentences and evidence."""
    records, sentences, numbers = NAMES[how]
    answerable = [case for case in train if any(case.right)]
    record = _fit_records(answerable, records)
    rows = [
        ([u.features[name] for name in sentences], label)
        for case in answerable
        for c, right, gold in zip(case.request.found, case.right, case.gold, strict=True)
        if right
        for u, label in zip(c.units, gold, strict=True)
    ]
    bias, sentence = _fit_logistic(rows, sentences, SENTENCE_PENALTY)
    fitted = {"record": record, "sentence": sentence, "bias": bias}
    judged, counts = [], []
    for case in (*train, *filter(None, map(masked, train))):
        found = evidence_features(case, fitted)
        judged.append(([found[name] for name in numbers], case.answerable))
        counts.append(MASKED_WEIGHT if case.is_masked else 1.0)
    bias, weights = _fit_logistic(judged, numbers, EVIDENCE_PENALTY, counts)
    return {**fitted, "evidence": weights, "evidence_bias": bias}


def evidence_features(case: Case, fitted: Any) -> dict[str, float]:
    """What `evidence.assess` weighs, with these weights of records and sentences."""
    worth = model.worths(case.request.found, fitted)
    want = constraints.wanted(case.request.question, case.request.history)
    return evidence.features(case.request, worth, want)


def masked(case: Case) -> Case | None:
    """The question with the sentences that answer it taken out of the evidence.

    The nearest of near misses: the right record, all but what was asked for.  None where
    there is nothing to take away, or nothing would be left.
    """
    if not case.answerable:
        return None
    found: list[Candidate] = []
    for candidate, gold in zip(case.request.found, case.gold, strict=True):
        kept = [number for number, is_gold in enumerate(gold) if not is_gold]
        if not kept:
            continue
        places = {number: place for place, number in enumerate(kept)}
        units = [
            replace(
                unit,
                lead=None if unit.lead is None else places.get(unit.lead),
                back=None if unit.back is None else places.get(unit.back),
                features=dict(unit.features),
            )
            for unit in (candidate.units[number] for number in kept)
        ]
        text = "\n".join(unit.text for unit in units)
        record = candidate.record.model_copy(update={"text": text})
        found.append(Candidate(record, units, dict(candidate.features)))
    if not found:
        return None
    features.restate(found, case.request.question, case.request.history)
    request = replace(case.request, found=tuple(found))
    none = [[False] * len(candidate.units) for candidate in found]
    question = {"q": case.question["q"], "masked": True}
    return Case(question, request, [False] * len(found), none)


def _fit_records(train: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    matrices = [
        np.array([[c.features[n] for n in names] for c in case.request.found]) for case in train
    ]
    labels = [np.array(case.right, dtype=float) for case in train]
    spread = np.concatenate(matrices).std(axis=0) + 1e-9

    def loss(weights: np.ndarray) -> float:
        total = RECORD_PENALTY * float(weights @ weights)
        for matrix, label in zip(matrices, labels, strict=True):
            scores = matrix / spread @ weights
            scores = np.exp(scores - scores.max())
            total -= math.log(float(scores @ label / scores.sum()) + 1e-9)
        return total

    weights = minimize(loss, np.zeros(len(names))).x / spread
    return {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}


def _fit_logistic(
    rows: Sequence[tuple[list[float], bool]],
    names: Sequence[str],
    penalty: float,
    counts: Sequence[float] = (),
) -> tuple[float, dict[str, float]]:
    matrix = np.array([row for row, _ in rows])
    labels = np.array([float(label) for _, label in rows])
    spread = matrix.std(axis=0) + 1e-9
    mean = matrix.mean(axis=0)
    scaled = (matrix - mean) / spread
    count = np.array(counts) if counts else np.ones(len(labels))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = scaled @ weights[1:] + weights[0]
        chances = 1 / (1 + np.exp(-scores))
        value = float(count @ (np.logaddexp(0, scores) - scores * labels))
        value += penalty * float(weights[1:] @ weights[1:])
        error = count * (chances - labels)
        slope = np.concatenate([[error.sum()], scaled.T @ error + 2 * penalty * weights[1:]])
        return value, slope

    found = minimize(loss, np.zeros(matrix.shape[1] + 1), jac=True).x
    weights = found[1:] / spread
    bias = float(found[0] - mean @ weights)
    return round(bias, 4), {n: round(float(w), 4) for n, w in zip(names, weights, strict=True)}


def answer_of(case: Case, fitted: Any, max_words: int) -> str:
    """What the composer shows with these weights, marks and opening lines included."""
    found = case.request.found
    worth = model.worths(found, fitted)
    chosen = extractive.select(found, worth, max_words)
    lines = []
    for number, (at, units) in enumerate(chosen, 1):
        candidate = found[at]
        texts = [candidate.units[n].text for n in units]
        lines.append(extractive.opening(candidate.record, texts[0]))
        lines += [f"{text}[{number}]" for text in texts]
    return "\n".join(lines)


def measure(
    made: Sequence[Case], answers: Sequence[str], confidence: Sequence[float]
) -> dict[str, float]:
    """How good the answers are, and how well confidence tells which questions have one.

    `gold` is the share of gold sentences shown, `whole` that of questions whose gold is
    shown whole, both as if nothing were abstained from; `gold_kept` counts what is abstained
    from as not shown.  `auroc` is the chance that an answerable question gets the higher
    confidence of two.
    """
    shown = kept = total = whole = 0
    lengths, yes, no = [], [], []
    for case, text, sure in zip(made, answers, confidence, strict=True):
        (yes if case.answerable else no).append(sure)
        if not case.answerable:
            continue
        lengths.append(len(text.split()))
        hits = gold_shown(case.question["gold"], text)
        shown, total, whole = shown + sum(hits), total + len(hits), whole + all(hits)
        kept += sum(hits) if sure >= evidence.LEAST_CONFIDENCE else 0
    answerable = np.array([True] * len(yes) + [False] * len(no))
    return {
        "gold": shown / total,
        "gold_kept": kept / total,
        "whole": whole / len(lengths),
        "words": float(np.mean(lengths)),
        "longest": max(lengths),
        "auroc": auroc(np.array(yes + no), answerable),
        "abstained_rightly": float(np.mean(np.array(no) < evidence.LEAST_CONFIDENCE)),
        "abstained_wrongly": float(np.mean(np.array(yes) < evidence.LEAST_CONFIDENCE)),
    }


def cross_validate(
    made: Sequence[Case],
    max_words: int,
    how: str = "read",
    folds: int = 5,
    seeds: Sequence[int] = (0, 1, 2),
) -> dict[str, float]:
    """`measure` over answers made with weights fitted to other questions, mean of `seeds`."""
    results = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(made))
        answers, confidence = [""] * len(made), [0.0] * len(made)
        for fold in np.array_split(order, folds):
            held_out = set(fold.tolist())
            fitted: Any = fit([c for n, c in enumerate(made) if n not in held_out], how)
            for n in held_out:
                answers[n] = answer_of(made[n], fitted, max_words)
                confidence[n] = model.confidence(evidence_features(made[n], fitted), fitted)
        results.append(measure(made, answers, confidence))
    return {name: float(np.mean([r[name] for r in results])) for name in results[0]}


def main() -> None:
    """Fit, report, and with ``--write`` keep the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--max-words", type=int, default=120)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    questions = json_lines(options.questions)
    with Index.open(options.data_dir) as index:
        listed, unknown = rarity(index)
        model.load().update(rarity=listed, unknown=unknown)
        made = cases(index, questions, k=8)
    answerable = [case for case in made if case.answerable]
    found = sum(any(case.right) for case in answerable) / len(answerable)
    print(f"{len(made)} questions, {len(answerable)} of them answerable")
    print(f"right record among those considered {found:.3f}")
    for how in NAMES:
        print(f"\nsentences {how} beside the question")
        for name, value in cross_validate(made, options.max_words, how).items():
            print(f"{name:17} {value:.3f}")
    if options.write:
        fits = {how: fit(made, how) for how in NAMES}
        fitted = {**fits, "unknown": unknown, "rarity": listed}
        target = Path(model.__file__).with_name(model.FILE)
        target.write_text(json.dumps(fitted, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"written to {target}")


if __name__ == "__main__":
    main()
