"""A look at files that come and go while it is taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index.watching import FileWatch


def test_a_folder_that_goes_while_it_is_looked_at_is_passed_over(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("index.watching.SETTLED", 0.0)
    (tmp_path / "a" / "b").mkdir(parents=True)
    watch = FileWatch([tmp_path / "a"])
    scan = os.scandir

    def remove_and_scan(path: str) -> object:
        if Path(path).name == "b":
            Path(path).rmdir()
        return scan(path)

    monkeypatch.setattr("os.scandir", remove_and_scan)
    assert watch.has_settled()


def test_a_place_that_may_not_be_looked_at_counts_as_gone(tmp_path, monkeypatch) -> None:
    file = tmp_path / "meta.json"
    file.touch()
    watch = FileWatch([], [file])
    assert not watch.missing()

    def refuse(*_: object, **__: object) -> os.stat_result:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr("os.stat", refuse)
        missing = watch.missing()
    assert missing == [file]


@pytest.mark.parametrize("name", ["first", "second"])
def test_files_that_still_change_have_not_settled(tmp_path, monkeypatch, name) -> None:
    monkeypatch.setattr("index.watching.SETTLED", 1e-9)
    within = tmp_path / "a"
    within.mkdir()
    (within / "first").touch()
    watch = FileWatch([tmp_path])
    assert not watch.has_settled()
    assert watch.has_settled()
    (within / name).write_text("more")
    assert not watch.has_settled()
