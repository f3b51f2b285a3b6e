"""How many altered claims the check of claims catches, and how many true ones it doubts.

Run: .venv/bin/python -m benchmarks.verification [--half held-out] [--each N] [--show KIND]

Claims are sentences of the real records, as they stand, written otherwise (figures, dates,
quotation marks, white space) or altered so that they say something else.  The evidence is the
chunk of three to six sentences that the sentence stands in.  Records with an even id were
looked at while the rules were made; the figures to quote are those of the held-out half, the
odd ids.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from pathlib import Path

from assistant.types import Verdict
from assistant.verify import verify
from index.dates import MONTHS
from index.sources import read_path
from index.text import fold, sentences
from index.types import WrittenAnswer

from .alterations import CAPITALS, KINDS, Source
from .common import commit, machine, parser

SEED = 20240706
LEAST_WORDS, MOST_WORDS = 6, 90
SELDOM = frozenset({"dropped condition", "another's figure", "small word"})
"""Kinds for which few sentences are fit: all are tried, not two of every record."""
_ALL = 1_000
_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()


def sources(records: Sequence[WrittenAnswer], chance: random.Random, most: int = 2) -> list[Source]:
    """Up to `most` sentences of every record, each with its chunk."""
    parts = [[r.text[a:b] for a, b in sentences(r.text)] for r in records]
    lines = [s for run in parts for s in run if LEAST_WORDS <= len(s.split()) <= MOST_WORDS]
    names = [n for s in lines for n in CAPITALS.findall(s)]
    made = []
    for record in records:
        spans = sentences(record.text)
        fit = [
            n
            for n, (a, b) in enumerate(spans)
            if LEAST_WORDS <= len(record.text[a:b].split()) <= MOST_WORDS
        ]
        for n in chance.sample(fit, min(most, len(fit))):
            first = max(0, n - chance.randint(0, 3))
            last = min(len(spans) - 1, first + chance.randint(2, 5))
            last = max(last, n)
            chunk = record.text[spans[first][0] : spans[last][1]]
            a, b = spans[n]
            made.append(Source(record.text[a:b], chunk, chance.sample(lines, 3), names))
    return made


def rewritten(text: str, chance: random.Random) -> str:
    """The same sentence with figures, dates, quotation marks and white space written otherwise."""
    if not re.search(r"[\"“”‘]|https?://|www\.", text):
        text = _figures_otherwise(text)
        text = _dates_otherwise(text, chance)
    text = text.replace("’", "'").replace("“", '"').replace("”", '"').replace("–", "-")
    return re.sub(r" ", lambda _: chance.choice([" ", " ", " ", "  ", "\n", "\u00a0"]), text)


def _figures_otherwise(text: str) -> str:
    text = re.sub(r"(£\d+(?:\.\d+)?) million\b", r"\1m", text)
    text = re.sub(r"(£\d+(?:\.\d+)?) billion\b", r"\1bn", text)
    text = re.sub(r"(£\d+(?:\.\d+)?)m\b", r"\1 million", text, count=1)
    text = re.sub(r"(?<=\d)%", " per cent", text) if "%" in text else text
    text = re.sub(r"(?<=\d) per ?cent\b", "%", text, count=1)
    text = re.sub(r"(?<![\w.,])(\d{1,3}),(\d)00(?![\w,.]|\s+million)", _thousands, text)
    text = re.sub(r"(?<![\w.,£])(\d{1,3}),(\d{3})(?![\w,])", r"\1\2", text, count=1)
    number = re.compile(rf"(?<= )({'|'.join(_WORDS[1:])})(?= [a-z])")
    return number.sub(lambda m: str(_WORDS.index(m[1]) + 1), text)


def _thousands(match: re.Match[str]) -> str:
    return f"{match[1]}.{match[2]} thousand" if match[2] != "0" else f"{match[1]} thousand"


def _dates_otherwise(text: str, chance: random.Random) -> str:
    def otherwise(match: re.Match[str]) -> str:
        day, month, year = int(match[1]), MONTHS.index(match[2]) + 1, match[3]
        return chance.choice(
            [f"{day:02}/{month:02}/{year}", f"{day}th {match[2]} {year}", f"{match[2]} {year}"]
        )

    # A day that shares its month or year with the one before it cannot be written alone.
    shared = rf"\d\s?(?:and|to|or|,|-|–)\s?\d{{1,2}}|(?:{'|'.join(MONTHS)})\s(?:and|to|or|-)\s"
    if not re.search(shared, text):
        text = re.sub(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b", otherwise, text)
    return re.sub(r"\b(20\d\d)[-–](\d\d)\b(?![-–/])", r"\1/\2", text)


def reworded(text: str, chance: random.Random) -> str:
    """The same, less wordy: no connective, no brackets, a date put last, contracted."""
    text = re.sub(
        r"^(?:However|Therefore|In addition|Additionally|Furthermore|Moreover|Also), (\w)",
        lambda m: m[1].upper(),
        text,
    )
    text = re.sub(r" \((?!excl|exc|incl|not|only|if|un|where)[^()\d]*\)(?=[ ,.])", "", text)
    text = re.sub(r"^(In \d{4}), (the|we) (.*)\.$", _date_last, text)
    text = re.sub(
        r"^(?:The|His Majesty's) Government (?:is clear|recognises) that the ", "The ", text
    )
    for long, short in (("does not", "doesn't"), ("do not", "don't"), ("is not", "isn't")):
        text = re.sub(rf"\b{long}\b", short, text)
    return re.sub(r"^(The [A-Z]\w+(?: \w+)?) has (\w+ed)\b", r"\1 \2", text)


def _date_last(match: re.Match[str]) -> str:
    return f"{match[2].capitalize()} {match[3]} {match[1].lower()}."


def one_clause(text: str, chance: random.Random) -> str:
    """One of two clauses that stand side by side; the text itself where there are no two.

    Neither begins with a condition, which could be of both, and none is what somebody says.
    """
    whole = text.strip()
    found = [m for m in _CLAUSES.finditer(whole) if not _OF_BOTH.search(whole[: m.start()])]
    if not found or not whole.endswith("."):
        return text
    match = chance.choice(found)
    first, second = whole[: match.start()], whole[match.end() : -1]
    choices = [first] if match["verb"] else [first, second]
    kept = chance.choice([c for c in choices if len(c.split()) >= LEAST_WORDS] or [whole[:-1]])
    return f"{kept[:1].upper()}{kept[1:]}."


_CLAUSES = re.compile(
    r"(?:;|, (?:and|but)) (?=(?:we|it|they|there|the [a-z]+ (?:is|are|has|have|will|was|were)) )"
    r"|,? (?:and|but) (?=(?P<verb>will|is|are|has|have|was|were|can|may|must|should) )"
)
_OF_BOTH = re.compile(
    r"(?i)^(?:if|where|when|while|whilst|although|subject|unless|once|should|provided|for|as)\b"
    r"|\b(?:not|no|if|where|that|whether|both|either|neither|which|who|because|to)\b"
)


UNTOUCHED = {
    "as it stands": None,
    "written otherwise": rewritten,
    "reworded": reworded,
    "one of two clauses": one_clause,
}


def altered(
    kind: str, every: Sequence[Source], most: int, chance: random.Random
) -> list[tuple[str, Source]]:
    """Up to `most` claims altered in one way; none that the chunk says after all."""
    made: list[tuple[str, Source]] = []
    for source in every:
        claim = KINDS[kind](source, chance)
        if claim and fold(claim) not in fold(source.chunk):
            made.append((claim, source))
            if len(made) == most:
                break
    return made


def measure(records: Sequence[WrittenAnswer], each: int, show: str) -> None:
    """Print the table for these records."""
    chance = random.Random(SEED)
    every = sources(records, chance)
    chance.shuffle(every)
    began = time.perf_counter()
    claims = caught = 0
    print(f"{'altered':20s} {'claims':>7s} {'caught':>7s} {'recall':>8s}")
    for kind in KINDS:
        if kind in SELDOM:
            drawn = random.Random(SEED)
            tried = altered(kind, sources(records, drawn, most=_ALL), each, drawn)
        else:
            tried = altered(kind, every, each, chance)
        passed = [(c, s) for c, s in tried if verify(c, [s.chunk]).verdict is Verdict.SUPPORTED]
        claims, caught = claims + len(tried), caught + len(tried) - len(passed)
        share = 1 - len(passed) / max(len(tried), 1)
        print(f"{kind:20s} {len(tried):7,d} {len(tried) - len(passed):7,d} {share:8.1%}")
        if show == kind:
            for claim, source in passed[:40]:
                print(f"  - {claim}\n    {source.sentence}")
    print(f"{'all altered':20s} {claims:7,d} {caught:7,d} {caught / max(claims, 1):8.1%}")
    print(f"{'untouched':20s} {'claims':>7s} {'doubted':>7s} {'share':>8s}")
    total = wrong = 0
    for kind, rewrite in UNTOUCHED.items():
        doubted = []
        tried = 0
        for source in every:
            claim = rewrite(source.sentence, chance) if rewrite else source.sentence
            if rewrite and fold(claim) == fold(source.sentence):
                continue  # only its white space differs
            if tried == 2 * each:
                break
            tried += 1
            checked = verify(claim, [source.chunk])
            if checked.verdict is not Verdict.SUPPORTED:
                doubted.append((claim, source, checked.reason))
        print(f"{kind:20s} {tried:7,d} {len(doubted):7,d} {len(doubted) / max(tried, 1):8.1%}")
        total, wrong = total + tried, wrong + len(doubted)
        if show == kind:
            for claim, source, reason in doubted[:40]:
                print(f"  - {claim}\n    {source.sentence}\n    {reason}")
    spent = time.perf_counter() - began
    print(f"{'all untouched':20s} {total:7,d} {wrong:7,d} {wrong / max(total, 1):8.1%}")
    print(f"precision of doubt   {caught / max(caught + wrong, 1):.1%}")
    print(f"time                 {1000 * spent / max(claims + total, 1):.1f} ms/claim")


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--half", choices=["held-out", "development"], default="held-out")
    arguments.add_argument("--each", type=int, default=600, help="claims of each kind at most")
    arguments.add_argument("--show", default="", help="print what went wrong with this kind")
    options = arguments.parse_args()
    odd = options.half == "held-out"
    records = [
        r
        for r in read_path(Path(options.records))
        if isinstance(r, WrittenAnswer) and r.id.isdecimal() and int(r.id) % 2 == odd
    ]
    print(f"machine              {machine()}")
    print(f"commit               {commit()}")
    print(f"records              {len(records):,} ({options.half} half)")
    measure(records, options.each, options.show)


if __name__ == "__main__":
    main()
