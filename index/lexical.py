"""Words in Tantivy: BM25 over the same chunks, with stemming.  The only module that
imports tantivy.

Each chunk is one document: the record's heading, its question without the boilerplate, and
the chunk's own text, together.  On real questions one field beats a sum of three.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import IndexDamaged
from .selection import Selection

FIELD = "text"

_ANALYZER = "government_english"
_WRITER_BYTES = 64_000_000
DEEPEST = 5_000
"""Most results of an unfiltered search that are looked through for those that pass a filter."""

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
        folder.mkdir(parents=True, exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("chunk", stored=True, indexed=True, fast=True)
        builder.add_text_field(FIELD, stored=False, tokenizer_name=_ANALYZER, index_option="freq")
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
            raise IndexDamaged(
                f"The lexical index in {folder} cannot be opened ({error}).",
                "Run: assistant index rebuild",
            ) from error
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        self._writer: Any = None

    def replace(self, added: Sequence[tuple[int, str]], deleted: Sequence[int]) -> None:
        """Store `added` (number, text) and drop `deleted`, in one commit.

        Adding a number again replaces what it had.
        """
        if self._writer is None:
            # One indexing thread: batches are small, and more would only cut the index
            # into more segments.
            self._writer = self._index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        for number in deleted:
            self._writer.delete_documents_by_term("chunk", number)
        for number, text in added:
            self._writer.delete_documents_by_term("chunk", number)
            document = self._tantivy.Document()
            document.add_integer("chunk", number)
            document.add_text(FIELD, normalise(text))
            self._writer.add_document(document)
        self._writer.commit()
        self._index.reload()

    def reload(self) -> None:
        """See what another process has committed."""
        self._index.reload()

    def count(self) -> int:
        return int(self._index.searcher().num_docs)

    def numbers(self) -> list[int]:
        """Every chunk number that is here, as often as it is here."""
        searcher = self._index.searcher()
        if not searcher.num_docs:
            return []
        everything = self._tantivy.Query.all_query()
        return [number for number, _ in self._top(searcher, everything, searcher.num_docs)]

    def terms(self, text: str) -> list[str]:
        """The stemmed words of `text` that are searched for, without repetition."""
        words = re.findall(r"\w+", normalise(text))
        kept = [word for word in words if word.lower() not in _STOPWORDS] or words
        return list(dict.fromkeys(self._analyzer.analyze(" ".join(kept))))

    def search(
        self, text: str, k: int, selection: Selection | None = None, enough: int | None = None
    ) -> list[tuple[int, float]]:
        """The `k` best chunk numbers for the words of `text` with their score, best first.

        Under a filter `enough` of them will do (`k` if not given) where more are dear.
        """
        query = self._query(text)
        if query is None or k < 1 or (selection is not None and not len(selection)):
            return []
        searcher = self._index.searcher()
        if selection is None:
            return self._top(searcher, query, k)
        depth = int(1.5 * k / selection.share) + 1
        if depth <= DEEPEST:
            hits = self._top(searcher, query, depth)
            found = [hit for hit in hits if hit[0] in selection]
            if len(found) >= (enough or k) or len(hits) < depth:
                return found[:k]
        return self._top(searcher, self._within(query, selection.numbers.tolist()), k)

    def scores(self, text: str, numbers: Sequence[int]) -> dict[int, float]:
        """The score of each of these chunks that has a word of `text`."""
        query = self._query(text)
        if query is None or not numbers:
            return {}
        wanted = self._within(query, numbers)
        return dict(self._top(self._index.searcher(), wanted, len(numbers)))

    def _query(self, text: str) -> Any:
        """Any of the words of `text`; None when it has none."""
        terms = self.terms(text)
        query, occur = self._tantivy.Query, self._tantivy.Occur
        if not terms:
            return None
        return query.boolean_query(
            [(occur.Should, query.term_query(self._schema, FIELD, term)) for term in terms]
        )

    def _within(self, query: Any, numbers: Sequence[int]) -> Any:
        """The same query over these chunks alone, with the same scores."""
        kind, must = self._tantivy.Query, self._tantivy.Occur.Must
        members = kind.term_set_query(self._schema, "chunk", list(numbers))
        return kind.boolean_query([(must, query), (must, kind.const_score_query(members, 0.0))])

    def release(self) -> None:
        """Let another process write."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    @staticmethod
    def _top(searcher: Any, query: Any, k: int) -> list[tuple[int, float]]:
        hits = searcher.search(query, k, count=False).hits
        numbers = searcher.fast_field_values("chunk", [address for _, address in hits])
        return [(int(n), float(score)) for n, (score, _) in zip(numbers, hits, strict=True)]
