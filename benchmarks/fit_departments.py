"""Learn from questions and their answers what each department's answers read like.

    python -m benchmarks.fit_departments --pairs PAIRS [--records RECORDS] [--write]

PAIRS are what is learnt from, RECORDS what is told apart with it: the share of answers, of
departments known to the program, that read most like one of whom their question asks, and the
mean logarithm of its chance.  With ``--write`` the weights replace
`index/data/departments.safetensors` (see `index.ranking.style`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

from index.departments import asked
from index.documents import addressee, document
from index.lexical import BODY, LexicalIndex
from index.ranking.style import FILE, Style, frequencies
from index.sources import read_path
from index.told import FIELDS, Told
from index.types import WrittenAnswer

from .common import DEFAULT_RECORDS, parser

PAIRS = DEFAULT_RECORDS.with_name("pairs-dev.jsonl.gz")
FEWEST_TEXTS = 5
"""Answers that a word must stand in to be learnt."""
FEWEST_ANSWERS = 25
"""Answers that a department must have given."""
FREEDOM = 0.8
"""Inverse strength of the penalty on the weights (`C` of scikit-learn)."""


def labelled(file: Path, folder: Path) -> tuple[Told, list[str]]:
    """The words of all answers whose questions ask a department, and the department."""
    records = [item for item in read_path(file) if isinstance(item, WrittenAnswer)]
    whom = [asked(addressee(record.question)) for record in records]
    known = [(record, name) for record, name in zip(records, whom, strict=True) if name]
    lexical = LexicalIndex(folder)
    bare = (WrittenAnswer(id=r.id, kind=r.kind, text=r.text) for r, _ in known)
    packed = [lexical.told(document(0, record, record.text)) for record in bare]
    return Told.unpack(packed), [name for _, name in known]


def fit(told: Told, whom: Sequence[str]) -> Style:
    """The weights learnt from these answers."""
    in_body = told.field == FIELDS.index(BODY)
    each = np.unique(np.stack([told.owner[in_body], told.words[in_body].astype(np.int64)]), axis=1)
    words, texts = np.unique(each[1], return_counts=True)
    kept = texts >= FEWEST_TEXTS
    words = words[kept].astype(np.uint32)
    rarity = np.log(len(whom) / texts[kept])
    names, answers = np.unique(whom, return_counts=True)
    departments = names[answers >= FEWEST_ANSWERS].tolist()
    used = np.isin(whom, departments)
    owner, place, share = frequencies(told, words)
    rows = csr_matrix((share * rarity[place], (owner, place)), shape=(len(whom), len(words)))
    model = LogisticRegression(C=FREEDOM, max_iter=200)
    model.fit(rows[used], np.array(whom)[used])
    weights = model.coef_.T * rarity[:, None]
    scale = np.abs(weights).max(axis=0) / 127
    return Style(
        departments=tuple(model.classes_.tolist()),
        words=words,
        weights=np.round(weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=model.intercept_.astype(np.float32),
    )


def main() -> None:
    """Fit, report, and with ``--write`` keep the weights."""
    arguments = parser((__doc__ or "").splitlines()[0])
    arguments.add_argument("--pairs", type=Path, default=PAIRS)
    arguments.add_argument("--write", action="store_true", help="replace the weights in use")
    options = arguments.parse_args()
    with TemporaryDirectory() as folder:
        learnt = labelled(options.pairs, Path(folder) / "pairs")
        told, whom = labelled(options.records, Path(folder) / "records")
    style = fit(*learnt)
    print(f"{len(learnt[1])} answers of {len(style.departments)} departments learnt from")
    odds = style.logits(told)
    known = np.array([name in style.departments for name in whom])
    right = np.array([style.departments.index(n) for n in np.array(whom)[known]])
    odds = odds[known]
    chance = odds[np.arange(len(right)), right] - logsumexp(odds, axis=1)
    commonest = np.bincount(right).max() / len(right)
    print(f"{len(right)} other answers: {np.mean(odds.argmax(axis=1) == right):.3f} right")
    print(f"(the commonest department {commonest:.3f}), mean log chance {chance.mean():.3f}")
    if options.write:
        style.save(FILE)
        print(f"{len(style.words)} words, {FILE.stat().st_size / 1e3:.0f} kB, written to {FILE}")


if __name__ == "__main__":
    main()
