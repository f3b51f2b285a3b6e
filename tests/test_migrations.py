"""Catalogues of every age: older ones are brought up to date, newer ones refused in words."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from index import Index, migrations
from index.database import Database
from index.errors import IndexDamaged
from index.paths import CATALOG_FILE

from .fakes import HashingEmbedder, make_record


def schema_of(file) -> list[tuple[str, str]]:
    db = sqlite3.connect(file)
    try:
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return sorted((name, " ".join(sql.split())) for name, sql in rows)
    finally:
        db.close()


def make_version(file, version: int) -> None:
    """A catalogue as the program of that version would have made it."""
    db = sqlite3.connect(file, isolation_level=None)
    migrations.upgrade(db, tuple(s for s in migrations.steps() if s.version <= version))
    db.close()


def test_steps_are_numbered_once_each_and_in_order() -> None:
    numbers = [step.version for step in migrations.steps()]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert numbers[-1] == migrations.newest()


@pytest.mark.parametrize("version", [step.version for step in migrations.steps()])
def test_a_catalogue_of_any_earlier_version_becomes_a_new_one(tmp_path, version) -> None:
    make_version(tmp_path / "old", version)
    Database(tmp_path / "old").close()
    Database(tmp_path / "new").close()
    assert schema_of(tmp_path / "old") == schema_of(tmp_path / "new")


def test_an_index_of_the_first_version_keeps_its_records(tmp_path) -> None:
    with Index.open_or_create(tmp_path / "now", embedder=HashingEmbedder()) as index:
        index.add([make_record("1", text="A walrus.")])
    old = tmp_path / "old"
    old.mkdir()
    make_version(old / CATALOG_FILE, 1)
    db = sqlite3.connect(old / CATALOG_FILE)
    db.execute("ATTACH ? AS now", (str(tmp_path / "now" / CATALOG_FILE),))
    for table in ("manifest", "records", "chunks"):
        columns = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
        db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")  # noqa: S608
    db.commit()
    db.close()
    assert Index.rebuild(old) == 1
    with Index.open(old, embedder=HashingEmbedder()) as index:
        assert index.retrieve("walrus")[0].record == make_record("1", text="A walrus.")
        assert index.add([make_record("1", text="An otter.")]).changed == 1
        assert [e.record.text for e in index.history("1")] == ["A walrus."]


def test_a_newer_catalogue_is_refused(tmp_path) -> None:
    Database(tmp_path / "c").close()
    db = sqlite3.connect(tmp_path / "c")
    db.execute(f"PRAGMA user_version = {migrations.newest() + 1}")
    db.close()
    with pytest.raises(IndexDamaged, match=r"has version \d+; this program reads versions up to"):
        Database(tmp_path / "c")


def test_another_database_is_not_taken_for_a_catalogue(tmp_path) -> None:
    db = sqlite3.connect(tmp_path / "c")
    db.execute("CREATE TABLE songs (name TEXT)")
    db.commit()
    db.close()
    with pytest.raises(IndexDamaged, match="not a catalogue"):
        Database(tmp_path / "c")
    assert schema_of(tmp_path / "c") == [("songs", "CREATE TABLE songs (name TEXT)")]


def test_a_step_that_fails_leaves_nothing_behind(tmp_path) -> None:
    db = sqlite3.connect(tmp_path / "c", isolation_level=None)
    good = migrations.Step(1, "0001", ("CREATE TABLE a (x)",))
    bad = migrations.Step(2, "0002", ("CREATE TABLE b (x)", "INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(sqlite3.OperationalError):
        migrations.upgrade(db, (good, bad))
    assert migrations.version(db) == 1
    assert [r[0] for r in db.execute("SELECT name FROM sqlite_master")] == ["a"]
    # Put right, it goes on from there and does not repeat what is done.
    mended = migrations.Step(2, "0002", ("CREATE TABLE b (x)",))
    assert migrations.upgrade(db, (good, mended)) == ["0002"]
    assert migrations.upgrade(db, (good, mended)) == []
    db.close()


def test_many_may_open_an_old_catalogue_at_once(tmp_path) -> None:
    make_version(tmp_path / "c", 1)
    problems: list[BaseException] = []

    def open_it() -> None:
        try:
            Database(tmp_path / "c").close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


def test_triggers_and_comments_are_split_as_sql_reads_them() -> None:
    text = """-- a comment; with a semicolon
CREATE TABLE a (x TEXT DEFAULT ';');
CREATE TRIGGER t AFTER INSERT ON a BEGIN
  UPDATE a SET x = 1;
END;
"""
    first, second = migrations.split_statements(text)
    assert first == "CREATE TABLE a (x TEXT DEFAULT ';');"
    assert second.endswith("END;")
    with pytest.raises(ValueError, match="has no end"):
        migrations.split_statements("CREATE TABLE a (x)")


def test_a_snapshot_does_not_see_what_is_written_meanwhile(tmp_path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([make_record("1", text="Old words.")])

        def change() -> None:
            index.add([make_record("1", text="New words.")])

        with index._catalog.snapshot():
            assert index.get("1").text == "Old words."
            writer = threading.Thread(target=change)
            writer.start()
            writer.join()
            assert index.get("1").text == "Old words."
        assert index.get("1").text == "New words."


def test_an_index_whose_making_was_stopped_is_taken_up(tmp_path) -> None:
    (tmp_path / CATALOG_FILE).touch()
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([make_record("1")])
        assert index.status().records == 1


def test_earlier_texts_are_kept_in_order_and_go_with_their_record(tmp_path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        versions = [make_record("1", text=f"Version {n}.") for n in range(3)]
        for version in versions:
            index.add([version])
        index.add([versions[-1]])
        earlier = index.history("1")
        assert [e.record for e in earlier] == versions[:2]
        assert earlier[0].replaced.tzinfo is not None
        index.remove(["1"])
        assert index.history("1") == ()
