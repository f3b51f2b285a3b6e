"""Candidates in rank order to results: collapsed, loaded, and cut to the number asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .catalog import Catalog
from .collapse import MOST_OTHERS, Merger, clusters
from .lexical import LexicalIndex
from .searching import Found
from .selection import Selection
from .types import Passage, RecordRef, WrittenAnswer

Marks = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate record: its score, and the places of its chunks, the best first."""

    record_id: str
    score: float
    chunks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """Makes passages of ranked candidates.  Safe from many threads."""

    catalog: Catalog
    lexical: LexicalIndex

    def passages(
        self,
        found: Found,
        order: Sequence[Ranked],
        k: int,
        per_record: int,
        collapse: bool,
        selection: Selection | None,
    ) -> list[Passage]:
        """The best `k` passages, with the records that are collapsed into each; fewer where
        the candidates have no more."""
        marks: dict[str, tuple[int, int]] = {}
        if collapse:
            told = found.candidates.told.marks.tolist()
            for ranked in order:
                same, group = told[ranked.chunks[0]]
                marks[ranked.record_id] = (same, group)
        groups, records = self._groups([ranked.record_id for ranked in order], marks, k, collapse)
        named = {ranked.record_id for ranked in order if is_named(found, ranked)}
        groups = _placed(groups, records, named, k)
        others = self._others(groups, marks, selection) if collapse else {}
        by_id = {ranked.record_id: ranked for ranked in order}
        passages: list[Passage] = []
        for members in groups:
            ranked = by_id[members[0]]
            for turn, place in enumerate(ranked.chunks[:per_record]):
                passages.append(
                    _passage(
                        records[members[0]],
                        found,
                        place,
                        ranked.score,
                        others.get(members[0], ()) if not turn else (),
                    )
                )
        return passages[:k]

    def _groups(
        self, ids: Sequence[str], marks: Marks, k: int, collapse: bool
    ) -> tuple[list[list[str]], dict[str, WrittenAnswer]]:
        """Record ids in rank order, those of one result together, and the first of each loaded.

        Twice as many as `k` are looked at, so that a holding reply does not push out a
        substantive answer that ranks just behind it; more where near-copies leave too few.
        """
        records: dict[str, WrittenAnswer] = {}
        merger = Merger()
        most = 2 * k
        while True:
            groups = clusters(ids, marks, most) if collapse else [[i] for i in ids[:most]]
            is_all = len(groups) < most
            lacking = [members[0] for members in groups if members[0] not in records]
            records.update(self.catalog.records(lacking))
            # A record that the catalogue no longer has was withdrawn a moment ago.
            groups = [members for members in groups if members[0] in records]
            if collapse:
                groups = merger.merged(groups, records)
            if len(groups) >= k or is_all:
                return groups, records
            most *= 2

    def _others(
        self, groups: Sequence[Sequence[str]], marks: Marks, selection: Selection | None
    ) -> dict[str, tuple[RecordRef, ...]]:
        """What is collapsed into each group's first record: candidates in rank order, then
        the other records with the same marks."""
        owner: dict[tuple[str, int], str] = {}
        listed: dict[str, list[str]] = {}
        for members in groups:
            listed[members[0]] = list(members[1:])
            for member in members:
                for kind, mark in zip(("same", "group"), marks.get(member, ()), strict=False):
                    if mark:
                        owner.setdefault((kind, mark), members[0])
        refs: dict[str, RecordRef] = {}
        for at, kind in enumerate(("same", "group"), 1):
            values = [mark for name, mark in owner if name == kind]
            hits = self.lexical.marked(kind, values, MOST_OTHERS * max(len(groups), 1))
            allowed = [n for n in sorted(hits) if selection is None or n in selection]
            for number, ref in sorted(self.catalog.chunk_refs(allowed).items()):
                refs[ref.id] = ref
                listed[owner[kind, hits[number][at]]].append(ref.id)
        taken = {members[0] for members in groups}
        made: dict[str, tuple[RecordRef, ...]] = {}
        for leader, ids in listed.items():
            own = [i for i in dict.fromkeys(ids) if i not in taken and i in refs]
            taken.update(own)
            made[leader] = tuple(refs[i] for i in own[:MOST_OTHERS])
        return made


def _placed(
    groups: list[list[str]], records: Mapping[str, WrittenAnswer], named: set[str], k: int
) -> list[list[str]]:
    """The first `k`: holding replies and withdrawn questions last, unless asked for by number.

    Where one of these ranks among the best `k`, the likeliest has the last place: that a
    question waits for its answer would else be known only where little else is found.
    """

    def is_no_answer(members: list[str]) -> bool:
        record = records[members[0]]
        return (record.is_put_off or record.is_withdrawn) and named.isdisjoint(members)

    last = [members for members in groups if is_no_answer(members)]
    first = [members for members in groups if not is_no_answer(members)]
    is_likely = k > 1 and any(is_no_answer(members) for members in groups[:k])
    return [*first[: k - is_likely], *last][:k]


def is_named(found: Found, ranked: Ranked) -> bool:
    """Whether the question gives the number of this record."""
    return any("uin" in found.ranks[found.chunks[place].number] for place in ranked.chunks)


def _passage(
    record: WrittenAnswer, found: Found, place: int, score: float, others: tuple[RecordRef, ...]
) -> Passage:
    chunk = found.chunks[place]
    measured = {
        "dense": float(found.first.cosines[place]),
        "lexical": float(found.first.scores[place]),
    }
    ranks = found.ranks[chunk.number]
    return Passage(record, chunk.start, chunk.end, score, ranks, measured, others)
