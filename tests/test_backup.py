"""A backup brings everything back, and a damaged one touches nothing."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import zipfile

import pytest

from assistant import cli
from index import Index, migrations
from index.backup import back_up, inspect, restore
from index.bundled import ADAPTER_FILE
from index.errors import BackupDamaged, BadRequest, IndexMissing
from index.models import embedder_for, keep_adapter
from index.paths import CATALOG_FILE
from index.reembedding import reembed

from .fakes import HashingEmbedder, make_record

RECORDS = [make_record(str(n), heading=f"Topic{n}", text=f"Otter {n}.") for n in range(60)]


@pytest.fixture
def folder(tmp_path):
    with Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as index:
        index.add([make_record("1", text="What was said before.")])
        index.add(RECORDS)
    return tmp_path / "data"


def test_everything_comes_back(folder, tmp_path) -> None:
    made = back_up(folder, tmp_path / "b")
    assert (made.records, made.chunks) == (60, 60)
    assert inspect(tmp_path / "b") == made == restore(tmp_path / "b", tmp_path / "again")
    with Index.open(tmp_path / "again", embedder=HashingEmbedder()) as index:
        assert {r.id: r for r in index.records()} == {r.id: r for r in RECORDS}
        assert [e.record.text for e in index.history("1")] == ["What was said before."]
        assert index.retrieve("topic7 otter")[0].record.id == "7"
    assert Index.verify(tmp_path / "again", embedder=HashingEmbedder()).ok


def test_a_backup_of_an_index_in_use_is_of_one_moment(folder, tmp_path) -> None:
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        index.add([make_record("new")])  # still in SQLite's log, not in the file itself
        assert back_up(folder, tmp_path / "b").records == 61
        index.add([make_record("newer")])
    restore(tmp_path / "b", tmp_path / "again")
    with Index.open(tmp_path / "again", embedder=HashingEmbedder()) as index:
        assert (index.get("new") is not None, index.get("newer")) == (True, None)


def test_any_damage_is_noticed_and_nothing_is_touched(folder, tmp_path) -> None:
    back_up(folder, tmp_path / "b")
    content = (tmp_path / "b").read_bytes()
    for at in range(0, len(content), len(content) // 40):
        spoiled = bytearray(content)
        spoiled[at] ^= 0x55
        (tmp_path / "spoiled").write_bytes(spoiled)
        try:
            report = inspect(tmp_path / "spoiled")
        except BackupDamaged:
            continue
        # A byte that neither names nor holds anything, such as a time in the zip.
        assert report == inspect(tmp_path / "b")
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    spoiled = bytearray(content)
    spoiled[len(content) // 2] ^= 0x55
    (tmp_path / "spoiled").write_bytes(spoiled)
    before = {f: f.stat().st_mtime_ns for f in folder.rglob("*") if f.suffix != ".lock"}
    for name in ("cut", "spoiled"):
        with pytest.raises(BackupDamaged, match="nothing was restored"):
            restore(tmp_path / name, folder, force=True)
    assert {f: f.stat().st_mtime_ns for f in folder.rglob("*") if f.suffix != ".lock"}.keys() == (
        before.keys()
    )
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert index.status().records == 60


def test_a_changed_catalogue_with_a_right_zip_is_noticed(folder, tmp_path) -> None:
    back_up(folder, tmp_path / "b")
    with zipfile.ZipFile(tmp_path / "b") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[CATALOG_FILE] = parts[CATALOG_FILE].replace(b"Otter 7.", b"Otter 8.")
    with zipfile.ZipFile(tmp_path / "forged", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(BackupDamaged, match="checksum"):
        restore(tmp_path / "forged", tmp_path / "again")


def test_a_folder_with_something_in_it_is_spared_unless_told_otherwise(folder, tmp_path) -> None:
    back_up(folder, tmp_path / "b")
    other = tmp_path / "other"
    with Index.open_or_create(other, embedder=HashingEmbedder()) as index:
        index.add([make_record("mine", heading="Walrus", text="A walrus.")])
    (other / "conversations.sqlite3").write_text("kept")
    with pytest.raises(BadRequest, match="not empty"):
        restore(tmp_path / "b", other)
    restore(tmp_path / "b", other, force=True)
    with Index.open(other, embedder=HashingEmbedder()) as index:
        assert index.get("mine") is None
        assert index.status().records == 60
    assert (other / "conversations.sqlite3").read_text() == "kept"


def test_a_spoiled_catalogue_can_be_replaced(folder, tmp_path) -> None:
    back_up(folder, tmp_path / "b")
    (folder / CATALOG_FILE).write_bytes(b"spoiled" * 1000)
    restore(tmp_path / "b", folder, force=True)
    assert Index.verify(folder, embedder=HashingEmbedder()).ok


def test_a_backup_of_a_newer_program_is_refused(folder, tmp_path) -> None:
    db = sqlite3.connect(folder / CATALOG_FILE)
    db.execute(f"PRAGMA user_version = {migrations.newest() + 1}")
    db.close()
    back_up(folder, tmp_path / "b")
    with pytest.raises(BackupDamaged, match="newer program"):
        restore(tmp_path / "b", tmp_path / "again")


def test_what_is_not_there_is_said(tmp_path) -> None:
    with pytest.raises(IndexMissing):
        back_up(tmp_path, tmp_path / "b")
    with pytest.raises(BadRequest, match="There is no file"):
        restore(tmp_path / "none", tmp_path / "again")
    (tmp_path / "text").write_text("not a backup")
    with pytest.raises(BackupDamaged):
        restore(tmp_path / "text", tmp_path / "again")


def test_an_index_tuned_by_an_adapter_opens_again(tmp_path, monkeypatch, capsys) -> None:
    data, again = tmp_path / "data", tmp_path / "again"
    data.mkdir()
    name = keep_adapter(ADAPTER_FILE, data)
    with Index.open_or_create(data, embedder=embedder_for(data, name)) as index:
        index.add(RECORDS[:3])
    monkeypatch.setattr("assistant.settings.default_config_file", lambda: tmp_path / "none.toml")
    for words in (("backup", tmp_path / "b"), ("restore", tmp_path / "b", "--data-dir", again)):
        where = () if words[0] == "restore" else ("--data-dir", data)
        monkeypatch.setattr(sys, "argv", ["assistant", "index", *map(str, words + where)])
        with pytest.raises(SystemExit, match="0"):
            cli.main()
    assert "3 records" in capsys.readouterr().out
    assert (again / f"{name}.safetensors").read_bytes() == ADAPTER_FILE.read_bytes()
    with Index.open(again) as index:
        assert index.embedder.name == name
        assert index.retrieve("topic2 otter", k=1)[0].record.id == "2"


def test_a_spoiled_adapter_is_noticed(folder, tmp_path) -> None:
    name = f"{keep_adapter(ADAPTER_FILE, folder)}.safetensors"
    assert list(back_up(folder, tmp_path / "b").adapters) == [name]
    with zipfile.ZipFile(tmp_path / "b") as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = parts[name][:-1] + b"?"
    with zipfile.ZipFile(tmp_path / "forged", "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    with pytest.raises(BackupDamaged, match="checksum"):
        restore(tmp_path / "forged", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_an_index_that_was_moved_comes_back(folder, tmp_path) -> None:
    new = HashingEmbedder("other", 32)
    reembed(folder, new)
    back_up(folder, tmp_path / "b")
    for target in (tmp_path / "again", folder):
        restore(tmp_path / "b", target, force=True)
        assert [found.name for found in target.glob("search-*")] == ["search-1"]
        assert Index.verify(target, embedder=new).ok
        with Index.open(target, embedder=new) as index:
            assert index.retrieve("topic7 otter")[0].record.id == "7"


def test_a_file_that_is_no_backup_is_not_written_over(folder, tmp_path) -> None:
    for file in (folder / CATALOG_FILE, tmp_path):
        with pytest.raises(BadRequest, match="is no backup"):
            back_up(folder, file)
    with pytest.raises(BadRequest, match="cannot be written"):
        back_up(folder, tmp_path / "nowhere" / "b")


def test_a_restore_that_is_stopped_leaves_the_folder_as_it_was(
    folder, tmp_path, monkeypatch
) -> None:
    back_up(folder, tmp_path / "b")

    def killed(*_: object) -> None:
        # As by a kill: not even what is put there meanwhile is cleared away.
        shutil.copytree(next((tmp_path / "again").glob(".restore-*")), tmp_path / "left")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("index.backup._put_in_place", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(tmp_path / "b", tmp_path / "again")
    (tmp_path / "left").rename(tmp_path / "again" / ".restore-left")
    assert not Index.exists(tmp_path / "again")
    restore(tmp_path / "b", tmp_path / "again")
    assert not list((tmp_path / "again").glob(".restore-*"))
    with Index.open(tmp_path / "again", embedder=HashingEmbedder()) as index:
        assert index.status().pending == 0
        assert len(index.retrieve("topic7 otter", k=3))
