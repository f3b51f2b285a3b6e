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

FIELD = "text"

_ANALYZER = "government_english"
_WRITER_BYTES = 64_000_000
_ALLOWED_TERMS_BELOW = 20_000
"""A filter that leaves more chunks is applied to the results, not inside the search."""

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

    def terms(self, text: str) -> list[str]:
        """The stemmed words of `text` that are searched for, without repetition."""
        words = re.findall(r"\w+", normalise(text))
        kept = [word for word in words if word.lower() not in _STOPWORDS] or words
        return list(dict.fromkeys(self._analyzer.analyze(" ".join(kept))))

    def search(
        self,
        text: str,
        k: int,
        allowed: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The `k` best chunk numbers for the words of `text` with their score, best first."""
        terms = self.terms(text)
        if not terms or k < 1 or (allowed is not None and not allowed):
            return []
        query_type, occur = self._tantivy.Query, self._tantivy.Occur
        clauses = [
            (occur.Should, query_type.term_query(self._schema, FIELD, term)) for term in terms
        ]
        query = query_type.boolean_query(clauses)
        searcher = self._index.searcher()
        if allowed is None:
            return self._top(searcher, query, k)
        if len(allowed) < _ALLOWED_TERMS_BELOW:
            members = query_type.term_set_query(self._schema, "chunk", list(allowed))
            wanted = query_type.boolean_query(
                [(occur.Must, query), (occur.Must, query_type.const_score_query(members, 0.0))]
            )
            return self._top(searcher, wanted, k)
        return self._top_of(searcher, query, k, frozenset(allowed))

    def release(self) -> None:
        """Let another process write."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def _top_of(
        self, searcher: Any, query: Any, k: int, allowed: frozenset[int]
    ) -> list[tuple[int, float]]:
        """Look deeper and deeper until `k` allowed ones are found or all are seen."""
        depth = 4 * k
        while True:
            hits = self._top(searcher, query, depth)
            found = [hit for hit in hits if hit[0] in allowed]
            if len(found) >= k or len(hits) < depth:
                return found[:k]
            depth *= 4

    @staticmethod
    def _top(searcher: Any, query: Any, k: int) -> list[tuple[int, float]]:
        hits = searcher.search(query, k, count=False).hits
        numbers = searcher.fast_field_values("chunk", [address for _, address in hits])
        return [(int(n), float(score)) for n, (score, _) in zip(numbers, hits, strict=True)]
