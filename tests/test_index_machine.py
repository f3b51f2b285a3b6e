"""An index after any changes equals a dictionary after the same changes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from index import Filters, Index

from .fakes import HashingEmbedder, make_record

IDS = st.sampled_from([str(n) for n in range(6)])
WORDS = st.sampled_from(["otter", "walrus", "narwhal", "badger"])
HOUSES = st.sampled_from(["Commons", "Lords"])
# More sentences than the fake model's window holds: several chunks.
LENGTHS = st.sampled_from([1, 12])


class IndexMachine(RuleBasedStateMachine):
    """Records added, changed, removed and looked for, in one index that is opened now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.index = self.opened()
        self.expected: dict[str, tuple[str, str]] = {}

    def opened(self) -> Index:
        return Index.open_or_create(self.folder, embedder=HashingEmbedder())

    def teardown(self) -> None:
        self.index.close()
        shutil.rmtree(self.folder)

    @rule(changes=st.dictionaries(IDS, st.tuples(WORDS, HOUSES, LENGTHS), min_size=1, max_size=4))
    def add(self, changes: dict[str, tuple[str, str, int]]) -> None:
        texts = {
            name: (" ".join(f"The {word} number {n} is here." for n in range(length)), house)
            for name, (word, house, length) in changes.items()
        }
        report = self.index.add(
            make_record(name, text=text, house=house) for name, (text, house) in texts.items()
        )
        new = texts.keys() - self.expected.keys()
        same = [name for name, told in texts.items() if self.expected.get(name) == told]
        assert (report.added, report.unchanged) == (len(new), len(same))
        assert report.changed == len(texts) - len(new) - len(same)
        self.expected |= texts

    @rule(names=st.sets(IDS, min_size=1, max_size=3))
    def remove(self, names: set[str]) -> None:
        report = self.index.remove(names)
        assert report.removed == len(names & self.expected.keys())
        assert set(report.missing) == names - self.expected.keys()
        for name in names:
            self.expected.pop(name, None)

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = self.opened()

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def search(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.expected)))
        text, house = self.expected[name]
        word = text.split()[1]
        found = self.index.retrieve(word, k=1, filters=Filters(record_id=name))
        assert [(hit.record.id, hit.record.text) for hit in found] == [(name, text)]
        alike = {n for n, told in self.expected.items() if told[1] == house}
        found = self.index.retrieve(word, k=6, filters=Filters(house=house), collapse=False)
        assert {hit.record.id for hit in found} == alike

    @invariant()
    def holds_what_the_dictionary_holds(self) -> None:
        assert {r.id: (r.text, r.house) for r in self.index.records()} == self.expected
        chunks = self.index.catalog.count_chunks()
        assert self.index._store.count() == self.index._lexical.count() == chunks


TestIndex = IndexMachine.TestCase
TestIndex.settings = settings(
    max_examples=6,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
