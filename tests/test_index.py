"""The index as a whole: equal to a dictionary, exact under filters, honest when it fails."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from datetime import date

import numpy as np
import pytest
from filelock import FileLock

from index import Filters, Index, Rejected, make_filters
from index.coarse import CoarseVectors
from index.errors import BadRequest, IndexBusy, IndexDamaged, IndexMismatch, IndexMissing
from index.locking import LOCK_FILE
from index.paths import CATALOG_FILE, LEXICAL_FOLDER, VECTOR_FOLDER
from index.types import Member

from .fakes import HashingEmbedder, make_record


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


@pytest.fixture
def index(tmp_path, embedder):
    with Index.open_or_create(tmp_path / "data", embedder=embedder) as opened:
        yield opened


def topics(n: int, **changes):
    return [
        make_record(
            str(i), heading=f"Topic{i}", text=f"The figure for topic{i} is {i}00.", **changes
        )
        for i in range(1, n + 1)
    ]


def test_the_best_record_comes_first_with_its_exact_span(index) -> None:
    index.add(topics(20))
    found = index.retrieve("what is the figure for topic7", k=3)
    best = found[0]
    assert best.record.id == "7"
    assert best.text == best.record.text[best.start : best.end] == "The figure for topic7 is 700."
    assert set(best.ranks) <= {"dense", "lexical"}
    assert best.ranks["lexical"] == 1
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert set(found.timings) >= {"embed", "dense", "lexical", "rank", "load"}


def test_unchanged_records_cost_nothing(index, embedder) -> None:
    first = index.add(topics(5))
    assert (first.added, first.chunks) == (5, 5)
    before = embedder.encoded
    second = index.add(topics(5))
    assert (second.added, second.changed, second.unchanged, second.chunks) == (0, 0, 5, 0)
    assert embedder.encoded == before


def test_a_text_is_embedded_once(index, embedder) -> None:
    report = index.add([make_record("1"), make_record("2")])  # the same words, two records
    assert (report.chunks, report.embedded, embedder.encoded) == (2, 1, 1)
    index.add([make_record("1", is_withdrawn=True)])  # a changed record, its words unchanged
    assert embedder.encoded == 1
    report = index.add([make_record("1", text="Other words.", is_withdrawn=True)])
    assert (report.chunks, report.embedded) == (1, 1)


def test_where_a_record_was_read_from_is_not_a_change(index) -> None:
    index.add([make_record(source="api:a.json")])
    assert index.add([make_record(source="api:b.json")]).unchanged == 1


def test_a_changed_record_replaces_all_its_chunks(index) -> None:
    long = " ".join(f"Sentence {n} is about walruses." for n in range(40))
    index.add([make_record("1", text=long)])
    assert index.status().chunks > 3
    report = index.add([make_record("1", text="Nothing is left but otters.")])
    assert (report.changed, index.status().chunks) == (1, 1)
    assert index._store.count() == index._lexical.count() == 1
    assert index.retrieve("walruses")[0].text == "Nothing is left but otters."


def test_a_removed_record_disappears_everywhere(index) -> None:
    index.add(topics(3))
    report = index.remove(["2", "9"])
    assert (report.removed, report.missing) == (1, ("9",))
    assert index.get("2") is None
    assert index._store.count() == index._lexical.count() == 2
    assert "2" not in {p.record.id for p in index.retrieve("topic2", k=8)}


def test_the_later_of_two_copies_in_one_batch_counts(index) -> None:
    report = index.add([make_record("1", text="Old words."), make_record("1", text="New words.")])
    assert (report.added, report.changed) == (1, 1)
    assert index.get("1").text == "New words."
    assert index._store.count() == 1


class Noticing(HashingEmbedder):
    """Tells when it has been asked to embed for the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.second = threading.Event()

    def encode(self, texts):
        self.turns += 1
        if self.turns == 2:
            self.second.set()
        return super().encode(texts)


def test_a_batch_is_compared_with_the_one_that_is_being_written(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("index.ingest.BATCH", 4)
    embedder = Noticing()
    with Index.open_or_create(tmp_path, embedder=embedder) as index:
        upsert = index._store.upsert

        def late(*given) -> None:
            """Nothing of the first batch is in before the second one has been made ready."""
            assert embedder.second.wait(20)
            upsert(*given)

        monkeypatch.setattr(index._store, "upsert", late)
        first, second, third, fourth, fifth = topics(5)
        changed = second.model_copy(update={"text": "Otters."})
        cut = third.model_copy(update={"text": "The fig...", "is_answer_truncated": True})
        batches = ([first, second, third, fourth], [first, changed, cut, changed], [fifth])
        report = index.add([record for batch in batches for record in batch])
        counts = (report.added, report.changed, report.unchanged, report.kept_fuller)
        assert counts == (5, 1, 2, 1)
        assert list(index.records()) == [first, changed, third, fourth, fifth]


def test_what_was_read_before_a_source_breaks_off_is_stored(index, monkeypatch) -> None:
    monkeypatch.setattr("index.ingest.BATCH", 4)
    made = topics(10)

    def breaking_off():
        yield from made
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.add(breaking_off())
    # The batch in hand is lost, no other.
    assert list(index.records()) == made[:8]
    again = index.add(made)
    assert (again.added, again.unchanged) == (2, 8)
    assert index.status().pending == 0


def test_a_batch_that_cannot_be_written_is_not_passed_over(index, monkeypatch) -> None:
    monkeypatch.setattr("index.ingest.BATCH", 2)
    replace, failed = index._catalog.replace, []

    def fail_once(*given) -> None:
        if not failed:
            failed.append(given)
            raise KeyboardInterrupt
        replace(*given)

    monkeypatch.setattr(index._catalog, "replace", fail_once)
    with pytest.raises(KeyboardInterrupt):
        index.add(topics(5))
    assert list(index.records()) == []


@pytest.mark.parametrize(
    "lesser",
    [
        {"text": "The full answer has several parts, and the l...", "is_answer_truncated": True},
        {"text": "I will reply shortly.", "is_holding": True},
        {"question": "How many", "is_question_truncated": True},
    ],
)
def test_a_lesser_copy_never_replaces_a_fuller_one(index, lesser) -> None:
    full = make_record("1", text="The full answer has several parts, and the last one matters.")
    index.add([full])
    copy = make_record("1", **{"text": full.text, **lesser})
    assert index.add([copy]).kept_fuller == 1
    assert index.get("1").text == full.text
    # The other way round the fuller copy wins.
    index.remove(["1"])
    index.add([copy])
    assert index.add([full]).changed == 1


def test_a_cut_copy_of_a_corrected_answer_does_replace_it(index) -> None:
    index.add([make_record("1", text="The figure is 5.")])
    corrected = make_record(
        "1",
        text="The figure is 6 and...",
        is_answer_truncated=True,
        is_correction=True,
        corrected=date(2024, 6, 1),
    )
    assert index.add([corrected]).changed == 1


def test_refusals_are_passed_on_and_the_rest_kept(index) -> None:
    bad = Rejected("file.json", "item 2", "it has no answer")
    report = index.add([make_record("1"), bad, make_record("2")])
    assert report.rejected == (bad,)
    assert report.added == 2
    assert index.status().refused == 1


def test_a_refusal_is_forgotten_once_its_record_is_accepted(index) -> None:
    index.add([Rejected("july.json", "7", "not answered yet"), Rejected("x.pdf", "", "no text")])
    assert index.status().refused == 2
    index.add([make_record("7")])
    assert index.status().refused == 1


def test_progress_is_told(index) -> None:
    told: list[int] = []
    index.add((make_record(str(n)) for n in range(600)), progress=told.append)
    assert told == [256, 512, 600]


def test_holding_replies_come_after_substantive_ones(index) -> None:
    records = [
        make_record("1", text="I will reply on topic walrus walrus walrus.", is_holding=True),
        make_record("2", heading="Walrus", text="There are some walrus in the zoo."),
        make_record("3", text="Otters."),
    ]
    index.add(records)
    assert index.retrieve("walrus", k=3)[-1].record.id == "1"


def test_a_likely_holding_reply_is_found_however_much_else_there_is(index) -> None:
    holding = "We will answer on walrus tusks shortly."
    tabled = make_record("0", heading="Walrus tusks", text=holding, uin="77", is_holding=True)
    index.add([tabled, *(make_record(str(n), text=f"Zoo {n} has a walrus.") for n in range(1, 30))])
    found = [passage.record.id for passage in index.retrieve("walrus tusks", k=4)]
    assert len(found) == 4
    assert found[-1] == "0"
    assert [p.record.id for p in index.retrieve("walrus tusks", k=1)] != ["0"]
    assert index.retrieve("What is the answer to UIN 77 on walrus?", k=4)[0].record.id == "0"


def test_one_passage_a_record_unless_more_are_asked_for(index) -> None:
    long = " ".join(f"Sentence {n} is about walruses." for n in range(40))
    index.add([make_record("1", text=long), make_record("2")])
    assert [p.record.id for p in index.retrieve("walruses", k=5)] == ["1", "2"]
    several = index.retrieve("walruses", k=5, per_record=5)
    assert sum(p.record.id == "1" for p in several) >= 3
    spans = [(p.start, p.end) for p in several if p.record.id == "1"]
    assert len(spans) == len(set(spans))


FILTERED = [
    ({"department": "Treasury"}, {"1", "4"}),
    ({"department": ["treasury", "Home Office"]}, {"1", "2", "4"}),
    ({"house": "Lords"}, {"2"}),
    ({"asked_from": "2024-03-01"}, {"3", "4"}),
    ({"asked_to": "2024-02-01"}, {"1", "2"}),
    ({"answered_from": "2024-02-02", "answered_to": "2024-03-10"}, {"2", "3"}),
    ({"member": 77}, {"1", "3"}),
    ({"member": "baroness"}, {"2"}),
    ({"member": "100%"}, set()),
    ({"record_id": ["2", "4", "none"]}, {"2", "4"}),
    ({"department": "Treasury", "asked_from": "2024-03-01"}, {"4"}),
]


@pytest.mark.parametrize(("values", "expected"), FILTERED)
def test_filters_let_through_exactly_what_matches(index, values, expected) -> None:
    index.add(
        [
            make_record("1", department="Treasury", asker=Member(id=77), asked=date(2024, 1, 1),
                        answered=date(2024, 1, 9)),
            make_record("2", department="Home Office", house="Lords", asked=date(2024, 2, 1),
                        answered=date(2024, 2, 9), answerer=Member(name="Baroness Example")),
            make_record("3", department="Cabinet Office", answerer=Member(id=77),
                        asked=date(2024, 3, 1), answered=date(2024, 3, 9)),
            make_record("4", department="Treasury", asked=date(2024, 4, 1), answered=None),
        ]
    )  # fmt: skip
    found = index.retrieve("how many examples", k=8, filters=make_filters(**values), collapse=False)
    assert {p.record.id for p in found} == expected


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_k_come_back_whenever_k_match(index, share) -> None:
    matching = int(1000 * share)
    index.add(
        make_record(str(n), text=f"Words about item {n}.",
                    department="Few" if n < matching else "Rest")
        for n in range(1000)
    )  # fmt: skip
    for k in (1, 8, 50):
        found = index.retrieve("words about item 999", k=k, filters=Filters(department="Few"))
        assert len(found) == min(k, matching)
        assert {p.record.department for p in found} == {"Few"}


def test_k_come_back_however_many_and_however_long_the_records(index) -> None:
    long = "\n\n".join(f"Walrus paragraph {n} has words about walrus {n}." for n in range(900))
    index.add([make_record("long", text=long)])
    index.add(make_record(str(n), text=f"Otter number {n}.") for n in range(300))
    assert index.status().chunks > 500
    found = index.retrieve("walrus paragraph words", k=8)
    assert found[0].record.id == "long"
    assert len({p.record.id for p in found}) == 8
    assert len({p.record.id for p in index.retrieve("walrus paragraph words", k=250)}) == 250
    limited = Filters(department="Department for Example")
    index.add([make_record("other", department="Elsewhere")])
    assert len(index.retrieve("walrus paragraph words", k=8, filters=limited)) == 8


def test_a_filter_is_answered_in_full_although_the_vector_store_lost_a_chunk(
    index, monkeypatch
) -> None:
    # Chroma refuses a search limited to ids of which one is not there.
    monkeypatch.setattr("index.dense.EXACT_BELOW", 0)
    monkeypatch.setattr("index.dense.DEEPEST", 0)
    monkeypatch.setattr("index.dense.MOST_KEPT", 0)
    index.add(topics(30, department="Few"))
    index.add([make_record("other", department="Rest")])
    lost = index.catalog.chunk_numbers("7")
    index._store.delete(lost)
    near = index.embedder.encode_query("topic7")
    assert index._store.search(near, 3, [*lost, *index.catalog.chunk_numbers("8")]) == []
    assert [n for n, _ in index._store.search(near, 3, index.catalog.chunk_numbers("8"))]
    found = index.retrieve("figure for topic7", k=20, filters=Filters(department="Few"))
    assert len(found) == 20
    assert found[0].record.id == "7"
    assert "dense" in found[0].ranks


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"house": "Senate"}, "no house 'Senate': it is 'Commons' or 'Lords'"),
        ({"asked_from": "yesterday"}, r"'yesterday' is not a date \(asked from\)"),
        ({"asked_from": "2024-02-01", "asked_to": "2024-01-01"}, "later than"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_filter_is_refused_in_words(values, message) -> None:
    with pytest.raises(BadRequest, match=message):
        make_filters(**values)


@pytest.mark.parametrize("question", ["", "  \n", "x" * 5000])
def test_a_bad_question_is_refused_in_words(index, question) -> None:
    with pytest.raises(BadRequest):
        index.retrieve(question)


def test_an_empty_index_finds_nothing(index) -> None:
    assert len(index.retrieve("anything at all")) == 0
    assert index.examples() == ()


@pytest.mark.parametrize("question", ["???", "the of and", "\u202e\u0000", "🦊", "a" * 3000])
def test_odd_questions_do_no_harm(index, question) -> None:
    index.add(topics(3))
    assert len(index.retrieve(question)) == 3


def test_a_missing_index_is_said(tmp_path) -> None:
    with pytest.raises(IndexMissing, match="There is no index"):
        Index.open(tmp_path / "none")


def test_another_model_is_refused(index) -> None:
    index.add(topics(1))
    with pytest.raises(IndexMismatch, match="made with the model 'hashing'"):
        Index.open(index.folder, embedder=HashingEmbedder("other"))
    with pytest.raises(IndexMismatch, match="window 64 instead of 32"):
        Index.open(index.folder, embedder=HashingEmbedder(window=32))


def test_a_second_writer_is_refused(index, monkeypatch) -> None:
    monkeypatch.setattr("index.locking.WAIT", 0.1)
    with FileLock(index.folder / LOCK_FILE), pytest.raises(IndexBusy, match="Another process"):
        index.add(topics(1))


def test_a_catalogue_that_is_no_database_is_said(tmp_path, embedder) -> None:
    (tmp_path / CATALOG_FILE).write_text("not a database, but long enough to look like one" * 30)
    with pytest.raises(IndexDamaged, match="cannot be read"):
        Index.open(tmp_path, embedder=embedder)


def test_it_is_all_there_after_opening_again(index, embedder) -> None:
    index.add(topics(10))
    index.close()
    with Index.open(index.folder, embedder=embedder) as again:
        assert again.status().records == 10
        assert again.retrieve("figure for topic3")[0].record.id == "3"


def test_the_followers_can_be_rebuilt_from_the_catalogue(index, embedder) -> None:
    index.add(topics(30))
    expected = [(p.record.id, p.start, p.score) for p in index.retrieve("topic4 figure", k=10)]
    index.close()
    shutil.rmtree(index.folder / VECTOR_FOLDER)
    shutil.rmtree(index.folder / LEXICAL_FOLDER)
    before = embedder.encoded
    assert Index.rebuild(index.folder) == 30
    assert embedder.encoded == before
    with Index.open(index.folder, embedder=embedder) as again:
        got = again.retrieve("topic4 figure", k=10)
        assert [(p.record.id, p.start) for p in got] == [(i, s) for i, s, _ in expected]


STEPS = [
    ("_catalog.reserve", "old"),
    ("_store.upsert", "old"),
    ("_lexical.replace", "old"),
    ("_catalog.replace", "old"),
    ("_store.delete", "new"),
    ("_catalog.settle", "new"),
]


@pytest.mark.parametrize(("victim", "seen"), STEPS)
def test_a_stop_between_the_stores_is_made_good_by_the_next_writer(
    index, monkeypatch, victim, seen
) -> None:
    old, new = make_record("1", text="Words about walruses."), make_record("1", text="Otters.")
    index.add([old])
    owner, method = victim.split(".")

    def stop(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(getattr(index, owner), method, stop)
        with pytest.raises(KeyboardInterrupt):
            index.add([new, make_record("2")])
    # A reader sees the batch whole, or sees nothing of it.
    expected = {"old": {"1": old}, "new": {"1": new, "2": make_record("2")}}[seen]
    assert {p.record.id: p.record for p in index.retrieve("walruses", k=5)} == expected
    index.add([])
    assert index.status().pending == 0
    assert index._store.count() == index._lexical.count() == len(expected)
    index.add([new, make_record("2")])
    assert {r.id: r for r in index.records()} == {"1": new, "2": make_record("2")}
    assert index._store.count() == index._lexical.count() == index.status().chunks == 2
    assert index.retrieve("otters")[0].record.id == "1"


def test_reading_from_many_threads_while_writing(index) -> None:
    index.add(topics(50))
    problems: list[BaseException] = []

    def read() -> None:
        try:
            for n in range(1, 40):
                best = index.retrieve(f"figure for topic{n}", k=1)[0]
                assert best.text == best.record.text[best.start : best.end]
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(5):
        index.add([make_record(str(i), text=f"Version {n} of topic{i}.") for i in range(1, 20)])
    for thread in threads:
        thread.join()
    assert not problems


def test_a_thread_that_has_ended_keeps_no_connection(index) -> None:
    index.add(topics(3))
    before = len(index._catalog._opened)
    threads = [threading.Thread(target=index.retrieve, args=("topic",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(index._catalog._opened) == before
    assert len(index.retrieve("topic")) == 3


def test_another_process_sees_what_was_added(index, embedder) -> None:
    index.add(topics(3))
    with Index.open(index.folder, embedder=embedder) as reader:
        assert len(reader.retrieve("topic", k=8)) == 3
        index.add([make_record("new", heading="Walrus", text="A walrus.")])
        assert reader.retrieve("walrus")[0].record.id == "new"


def test_status_counts_every_flag(index) -> None:
    index.add(
        [
            make_record("1", is_holding=True),
            make_record("2", is_answer_truncated=True),
            make_record("3", is_summary=True),
            make_record("4", house="Lords", answered=date(2025, 1, 1)),
        ]
    )
    status = index.status()
    assert (status.records, status.holding, status.truncated, status.summaries) == (4, 1, 1, 1)
    assert not status.only_sample
    assert status.facets.houses == (("Commons", 3), ("Lords", 1))
    assert status.facets.first_answered == date(2024, 5, 9)
    assert status.facets.last_answered == date(2025, 1, 1)
    assert status.size_bytes > 0


def test_sample_alone_is_known_and_removable(index) -> None:
    index.add([make_record("s1", is_summary=True), make_record("s2", is_summary=True)])
    assert index.status().only_sample
    index.add([make_record("1")])
    assert not index.status().only_sample
    assert index.remove_sample() == 2
    assert [r.id for r in index.records()] == ["1"]


def test_examples_are_questions_from_different_departments(index) -> None:
    for n, name in enumerate(["A", "B", "C"]):
        for i in range(4):
            question = f"To ask the Minister, how many of {n}{i} were built."
            index.add([make_record(f"{name}{i}", department=name, question=question)])
    examples = index.examples(3)
    assert len(examples) == 3
    assert all(e.startswith("How many") and e.endswith("?") for e in examples)
    assert len({e.removeprefix("How many of ")[0] for e in examples}) == 3


def test_records_survive_storage_unchanged(index) -> None:
    record = make_record(
        "1",
        text="Zero\u0000width \u200b and 🦊.\n\n- list",
        grouped_uins=("5", "6"),
        corrected=date(2024, 6, 1),
        is_correction=True,
    )
    index.add([record])
    assert index.get("1") == record
    assert index.get("1").content_hash == record.content_hash


def test_vectors_are_kept_in_the_catalogue(index) -> None:
    index.add(topics(2))
    with sqlite3.connect(index.folder / CATALOG_FILE) as db:
        sizes = {len(row[0]) for row in db.execute("SELECT vector FROM chunks")}
    db.close()
    assert sizes == {64 * 2}


def test_a_record_round_trips_through_json() -> None:
    record = make_record()
    data = json.loads(record.model_dump_json())
    assert data.pop("content_hash") == record.content_hash
    assert type(record).model_validate(data) == record


def test_what_can_be_nearest_is_never_left_out_whatever_is_asked_for(index, monkeypatch) -> None:
    index.add(topics(300))
    coarse = CoarseVectors(index.catalog)
    monkeypatch.setattr("index.coarse.MOST_KEPT", 200)
    chance = np.random.default_rng(1)
    for size in (5, 160, 200, 3, 190, 320, 80, 200):
        numbers = chance.permutation(np.arange(1, 331))[:size]
        probe = chance.normal(size=index.embedder.dimension).astype(np.float32)
        there, vectors = index.catalog.vectors(numbers.tolist())
        nearest = np.array(there)[np.argsort(-(vectors @ probe))[:10]]
        reached = coarse.within_reach(numbers, probe, 10)
        assert set(nearest.tolist()) <= set(reached.tolist()) <= set(numbers.tolist())
        assert len(reached) < 100 or size > 200


def test_a_panic_of_the_index_of_words_is_told_as_damage(index, monkeypatch) -> None:
    class PanicException(BaseException):  # as PyO3 names it
        pass

    def panics(*_: object, **__: object) -> None:
        raise PanicException("index out of bounds")

    index.add([make_record("1")])
    monkeypatch.setattr("index.lexical.LexicalIndex._hits", staticmethod(panics))
    with pytest.raises(IndexDamaged, match="assistant index rebuild"):
        index.retrieve("examples")
