"""Where question-answer pairs come from: the records of an index, or a file of pairs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from ..errors import BadRequest
from ..markup import html_to_text
from ..text import fold, without_address
from ..types import WrittenAnswer
from .pairs import Pair

SHORTEST = 40
"""Characters of an answer below which it says too little to learn from."""

Asked = Mapping[str, Sequence[str]]
"""Questions that people asked, by the id of the record or pair that answers them."""

HELD_OUT = 0.15
MOST_HELD_OUT = 1_500


@dataclass(frozen=True, slots=True)
class Material:
    """Pairs to learn from, and later ones to judge by; none is in both."""

    earlier: tuple[Pair, ...]
    later: tuple[Pair, ...]


def of_records(
    records: Iterable[WrittenAnswer], share: float, asked: Asked | None = None
) -> Material:
    """The latest `share` of the records' pairs, `MOST_HELD_OUT` at most, to judge by.

    Records that answer nothing (holding, withdrawn, cut or summarised ones) are left out, and
    so are earlier pairs whose question or answer comes again in the later ones.
    """
    dated: list[tuple[date, str, Pair]] = []
    for record in records:
        if record.is_holding or record.is_withdrawn or record.is_truncated or record.is_summary:
            continue
        pair = _pair(record.question, record.text, (asked or {}).get(record.id, ()))
        if pair is not None:
            dated.append((record.answered or record.asked or date.min, record.id, pair))
    dated.sort(key=lambda item: item[:2])
    pairs = [pair for *_, pair in dated]
    count = min(int(len(pairs) * share), MOST_HELD_OUT)
    earlier, later = pairs[: len(pairs) - count], pairs[len(pairs) - count :]
    known = {text for pair in later for text in _texts(pair)}
    return Material(tuple(p for p in earlier if not known & _texts(p)), tuple(later))


def read_pairs(
    file: Path, exclude: Iterable[WrittenAnswer] = (), asked: Asked | None = None
) -> tuple[list[Pair], int]:
    """The pairs of a file, and how many were dropped because `exclude` holds them too.

    The file is JSON Lines, gzipped or not, with ``questionText`` and ``answerText`` (HTML or
    plain) and, where `asked` names it, ``id``.  A pair is dropped whose question, or the beginning
    of whose answer, is one of the records'; white space and case do not count.

    Raises:
        BadRequest: the file cannot be read, or a line is not such an object.
    """
    known = {
        text for record in exclude for text in _texts(Pair(_question(record.question), record.text))
    }
    pairs: list[Pair] = []
    dropped = 0
    for own, question, answer in _lines(file):
        plain = " ".join(html_to_text(question).split())
        pair = _pair(plain, html_to_text(answer), (asked or {}).get(own, ()))
        if pair is None:
            continue
        if known & _texts(pair):
            dropped += 1
        else:
            pairs.append(pair)
    return pairs, dropped


def _lines(file: Path) -> Iterator[tuple[str, str, str]]:
    number = 0
    try:
        with _opened(file) as lines:
            for line in lines:
                number += 1
                if line.strip():
                    given = json.loads(line)
                    question, answer = given["questionText"], given["answerText"]
                    yield str(given.get("id", "")), str(question or ""), str(answer or "")
    except (OSError, EOFError) as error:
        raise BadRequest(f"The pairs in {file} cannot be read ({error}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest(
            f"Line {number} of {file} is not a question-answer pair.",
            "Each line must be a JSON object with questionText and answerText.",
        ) from error


def _opened(file: Path) -> IO[str]:
    with file.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
    return gzip.open(file, "rt", encoding="utf-8") if is_packed else file.open(encoding="utf-8")


def _pair(question: str, answer: str, asked: Sequence[str]) -> Pair | None:
    question = _question(question)
    if not question or len(answer) < SHORTEST:
        return None
    return Pair(question, answer, tuple(asked))


def _question(text: str) -> str:
    return without_address(" ".join(text.split()))


def _texts(pair: Pair) -> frozenset[str]:
    # An answer is told by its beginning: the rest may differ in a table or a link.
    return frozenset((f"q {fold(pair.question)}", f"a {fold(pair.answer)[:400]}"))


def check_enough(pairs: Sequence[Pair], least: int) -> None:
    """Refuse what is too little to learn from.

    Raises:
        BadRequest: there are fewer than `least` pairs.
    """
    if len(pairs) < least:
        raise BadRequest(
            f"There are only {len(pairs):,} question-answer pairs to train on; "
            f"{least:,} are needed.",
            "Add more records first.",
        )
