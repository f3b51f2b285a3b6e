"""Words in Tantivy: BM25 over the same chunks, with stemming.  The only module that
imports tantivy.

Each chunk is one document.  A search looks in one field that holds the record's heading, its
question without the boilerplate and the chunk's own text together; what it brings up can then
be measured in each of them apart, by pairs of neighbouring words, and by whom it asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .documents import Document
from .errors import IndexDamaged
from .selection import Selection
from .told import pack
from .wordfiles import damaged

WORDS = "text"
"""The field that is searched: heading, question and text together."""
HEADING, QUESTION, BODY = "heading", "question", "body"
PAIRS = "pairs"
"""Neighbouring words that tell something, as one term each."""
ADDRESSEE = "addressee"
DEFINITIONS = "definitions"
MEMBERS = "members"
MARKS = ("record", "same", "group")

_ANALYZER = "government_english"
_PLAIN = "spaces"
_WRITER_BYTES = 64_000_000
DEEPEST = 40_000
"""Most results of an unfiltered search that are looked through for those that pass a filter.

They cost 25 ms among a million chunks; naming the 20,000 that pass costs 90."""

NAMED_BELOW = 1_000
"""A filter that leaves fewer chunks than this is answered by naming them in the search."""

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_POSSESSIVE = re.compile(r"['’]s\b")
_APOSTROPHE = re.compile(r"['’](?=\w)")

_STOPWORDS = frozenset(
    """
    a about all am an and any are as at be been but by can could did do does for from had
    has have having he her his how i if in into is it its me my of on or our she should so
    some such than that the their them then there these they this those to us was we were
    what when where which while who whom why will with would you your
    """.split()
)


class OutdatedIndex(IndexDamaged):
    """The lexical index has other fields than this program reads; it has to be made anew."""


def normalise(text: str) -> str:
    """Make one word of what the tokenizer would tear apart: 1,200; the Minister's."""
    text = _THOUSANDS.sub("", text)
    return _APOSTROPHE.sub("", _POSSESSIVE.sub("", text))


class LexicalIndex:
    """Chunk numbers by their words.

    Searches are safe from many threads; one writer at a time, which keeps others out
    from its first change until `release`.
    """

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._tantivy: Any = tantivy
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("chunk", stored=True, indexed=True, fast=True)
        for name in (WORDS, HEADING, QUESTION, BODY, ADDRESSEE):
            builder.add_text_field(name, tokenizer_name=_ANALYZER, index_option="freq")
        builder.add_text_field(PAIRS, tokenizer_name=_PLAIN, index_option="freq")
        for name in (DEFINITIONS, MEMBERS):
            builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
        for name in MARKS:
            builder.add_integer_field(name, indexed=True, fast=True)
        self._schema = builder.build()
        filters = tantivy.Filter
        self._analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(filters.remove_long(60))
            .filter(filters.lowercase())
            .filter(filters.ascii_fold())
            .filter(filters.stemmer("english"))
            .build()
        )
        try:
            self._index: Any = tantivy.Index(self._schema, path=str(folder))
        except ValueError as error:
            if "schema does not match" in str(error):
                raise OutdatedIndex(
                    f"The lexical index in {folder} is of an earlier layout.",
                    "Run: assistant index rebuild",
                ) from error
            raise IndexDamaged(
                f"The lexical index in {folder} cannot be opened ({error}).",
                "Run: assistant index rebuild",
            ) from error
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        plain = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer(_PLAIN, plain)
        self._stops = frozenset(t for word in _STOPWORDS for t in self._analyzer.analyze(word))
        self._writer: Any = None

    # -- writing ------------------------------------------------------------------

    def replace(self, added: Sequence[Document], deleted: Sequence[int]) -> None:
        """Store `added` and drop the chunk numbers `deleted`, in one commit.

        Adding a number again replaces what it had.
        """
        with self._telling():
            if self._writer is None:
                # One indexing thread: batches are small, and more would only cut the index
                # into more segments.
                self._writer = self._index.writer(heap_size=_WRITER_BYTES, num_threads=1)
            for number in deleted:
                self._writer.delete_documents_by_term("chunk", number)
            for document in added:
                self._writer.delete_documents_by_term("chunk", document.number)
                self._writer.add_document(self._stored(document))
            self._writer.commit()
            self._index.reload()

    def _stored(self, document: Document) -> Any:
        made = self._tantivy.Document()
        made.add_integer("chunk", document.number)
        parts = {HEADING: document.heading, QUESTION: document.question, BODY: document.body}
        for name, text in parts.items():
            made.add_text(name, normalise(text))
        made.add_text(WORDS, normalise("\n".join(parts.values())))
        pairs = [pair for text in parts.values() for pair in self._pairs(normalise(text))]
        made.add_text(PAIRS, " ".join(pairs))
        made.add_text(ADDRESSEE, normalise(document.addressee))
        for definition in document.definitions:
            made.add_text(DEFINITIONS, definition)
        for member in document.members:
            made.add_text(MEMBERS, member)
        for name in MARKS:
            made.add_integer(name, getattr(document, name))
        return made

    def told(self, document: Document) -> bytes:
        """The words of a document packed (see `index.told`), as they are indexed here."""
        parts = [normalise(text) for text in (document.heading, document.question, document.body)]
        fields = [
            *(self._analyzer.analyze(text) for text in parts),
            [pair for text in parts for pair in self._pairs(text)],
            self._analyzer.analyze(normalise(document.addressee)),
        ]
        return pack((document.same, document.group), fields)

    def reload(self) -> None:
        """See what another process has committed."""
        with self._telling():
            self._index.reload()

    def release(self) -> None:
        """Let another process write."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with self._telling():
                writer.wait_merging_threads()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn Tantivy's errors, which are all of one type, into ours."""
        try:
            yield
        except ValueError as error:
            self._writer = None
            raise IndexDamaged(
                f"The index of words in {self._folder} cannot be read or written ({error}).",
                "Check the free space and the permissions of the folder, then run: assistant "
                "index verify --repair",
            ) from error
        except BaseException as error:
            # What its Rust code gives up with is no `Exception`, lest anybody go on after it.
            if type(error).__name__ != "PanicException":
                raise
            raise IndexDamaged(
                f"A file of the index of words in {self._folder} is damaged.",
                "Make it anew: assistant index rebuild",
            ) from error

    # -- reading ------------------------------------------------------------------

    def count(self) -> int:
        return int(self._index.searcher().num_docs)

    def numbers(self) -> list[int]:
        """Every chunk number that is here, as often as it is here."""
        with self._telling():
            searcher = self._index.searcher()
            if not searcher.num_docs:
                return []
            everything = self._tantivy.Query.all_query()
            return [number for number, _ in self._top(searcher, everything, searcher.num_docs)]

    def damaged_files(self) -> list[str]:
        """Names of the files that are not as they were written."""
        return damaged(self._folder)

    def terms(self, text: str) -> list[str]:
        """The stemmed words of `text` that are searched for, without repetition."""
        words = re.findall(r"\w+", normalise(text))
        kept = [word for word in words if word.lower() not in _STOPWORDS] or words
        return list(dict.fromkeys(self._analyzer.analyze(" ".join(kept))))

    def _pairs(self, text: str) -> list[str]:
        telling = [t for t in self._analyzer.analyze(text) if t not in self._stops]
        return [f"{a}_{b}" for a, b in pairwise(telling)]

    def pairs(self, text: str) -> list[str]:
        """Neighbouring words of `text`, each pair as one term, without repetition."""
        return list(dict.fromkeys(self._pairs(normalise(text))))

    def search(
        self,
        text: str,
        k: int,
        selection: Selection | None = None,
        enough: int | None = None,
        extra: Mapping[str, float] | None = None,
    ) -> list[tuple[int, float]]:
        """The `k` best chunk numbers for the words of `text` with their score, best first.

        Under a filter `enough` of them will do (`k` if not given) where more are dear.
        `extra` are further words with their weight beside a word of the text's 1.
        """
        with self._telling():
            return self._found(text, k, selection, enough, extra)

    def _found(
        self,
        text: str,
        k: int,
        selection: Selection | None,
        enough: int | None,
        extra: Mapping[str, float] | None,
    ) -> list[tuple[int, float]]:
        query = self._any(WORDS, self.terms(text), extra)
        if query is None or k < 1 or (selection is not None and not len(selection)):
            return []
        searcher = self._index.searcher()
        if selection is None:
            return self._top(searcher, query, k)
        if len(selection) >= NAMED_BELOW:
            likely = int(1.5 * k / selection.share) + 1
            depths = (likely, min(8 * likely, DEEPEST), DEEPEST) if likely <= DEEPEST else ()
            for depth in dict.fromkeys(depths):
                found, is_all = self._passing(searcher, query, depth, selection)
                if len(found) >= (enough or k) or is_all:
                    return found[:k]
        return self._top(searcher, self._within(query, selection.numbers.tolist()), k)

    def frequencies(self, terms: Iterable[str], field: str) -> dict[str, int]:
        """How many chunks have each term in the field."""
        with self._telling():
            searcher = self._index.searcher()
            return {term: int(searcher.doc_freq(field, term)) for term in terms}

    def meanings(self, short: str) -> list[tuple[str, int]]:
        """What the records say an abbreviation (in capitals) stands for, with their number."""
        prefix = f"{short}="
        with self._telling():
            found = self._index.searcher().terms_with_prefix(DEFINITIONS, prefix, limit=50)
        return [(term.removeprefix(prefix), int(count)) for term, count in found]

    def members(self, names: Iterable[str]) -> list[str]:
        """Those of these names, in any case, that are names of members here."""
        with self._telling():
            searcher = self._index.searcher()
            return [name for name in names if searcher.doc_freq(MEMBERS, name.casefold())]

    def marked(self, field: str, values: Sequence[int], most: int) -> dict[int, tuple[int, ...]]:
        """The marks of chunks that have one of these marks in the field, at most `most`."""
        if not values or most < 1:
            return {}
        with self._telling():
            searcher = self._index.searcher()
            hits = searcher.search(self._members(field, values), most, count=False).hits
            addresses = [address for _, address in hits]
            numbers = searcher.fast_field_values("chunk", addresses)
            columns = [searcher.fast_field_values(name, addresses) for name in MARKS]
        return dict(zip(numbers, zip(*columns, strict=True), strict=True))

    def _any(
        self, field: str, terms: Sequence[str], extra: Mapping[str, float] | None = None
    ) -> Any:
        """Any of the terms; None when there are none."""
        kind, should = self._tantivy.Query, self._tantivy.Occur.Should
        parts = [(should, kind.term_query(self._schema, field, term)) for term in terms]
        for term, weight in (extra or {}).items():
            boosted = kind.boost_query(kind.term_query(self._schema, field, term), weight)
            parts.append((should, boosted))
        return kind.boolean_query(parts) if parts else None

    def _members(self, field: str, values: Sequence[int]) -> Any:
        kind = self._tantivy.Query
        return kind.const_score_query(kind.term_set_query(self._schema, field, list(values)), 0.0)

    def _within(self, query: Any, numbers: Sequence[int]) -> Any:
        """The same query over these chunks alone, with the same scores."""
        kind, must = self._tantivy.Query, self._tantivy.Occur.Must
        return kind.boolean_query([(must, query), (must, self._members("chunk", numbers))])

    @staticmethod
    def _passing(
        searcher: Any, query: Any, depth: int, selection: Selection
    ) -> tuple[list[tuple[int, float]], bool]:
        """Those of the `depth` best that pass, and whether there are no more to look at."""
        numbers, scores = LexicalIndex._hits(searcher, query, depth)
        passing = np.flatnonzero(selection.has(np.array(numbers, dtype=np.int64))).tolist()
        return [(numbers[at], scores[at]) for at in passing], len(numbers) < depth

    @staticmethod
    def _top(searcher: Any, query: Any, k: int) -> list[tuple[int, float]]:
        return list(zip(*LexicalIndex._hits(searcher, query, k), strict=True))

    @staticmethod
    def _hits(searcher: Any, query: Any, k: int) -> tuple[list[int], list[float]]:
        """Chunk numbers of the `k` best, and their scores."""
        hits = searcher.search(query, k, count=False).hits
        numbers = searcher.fast_field_values("chunk", [address for _, address in hits])
        return [int(number) for number in numbers], [float(score) for score, _ in hits]
