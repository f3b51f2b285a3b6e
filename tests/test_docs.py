"""The documentation says what is so: every command is one that exists, every example runs."""

from __future__ import annotations

import gzip
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from assistant.cli import app
from assistant.settings import Settings

from .conftest import Served, offline_environment
from .fakes import make_record
from .shown import ROOT, Shown, blocks, commands, in_text
from .test_sources_texts import pdf

LANGUAGES = {"sh", "python", "toml", "json", "text"}
RUNNER = Path(__file__).with_name("docs_runner.py")
ALSO = {"chroma", "curl", "mypy", "mkdocs", "podman", "ruff", "source", "sudo"}
"""Programs of others that pages show."""
NOT_RUN = {
    ("serve",): "goes on until it is stopped; other tests serve",
    ("mcp",): "goes on until it is stopped; other tests ask it",
    ("tune",): "takes minutes",
    ("eval",): "needs the extra [eval] and labelled questions",
    ("index", "sync"): "needs the official API",
    ("index", "fetch-history"): "needs the network",
    ("index", "reembed"): "embeds everything twice over",
}

ELSEWHERE = {"--llm-model", "--chroma-url"}
"""Options that need a server of another program."""


def program() -> Any:
    return typer.main.get_command(app)


def parse(words: tuple[str, ...]) -> tuple[str, ...]:
    """Parse a command line of `assistant` without running it; gives the path of the command.

    Fails as the program would: an unknown command or option, a value of the wrong kind.
    """
    command, path, rest = program(), [], list(words)
    while inner := getattr(command, "commands", None):
        if not rest or rest[0] not in inner:
            assert rest in (["--help"], ["--version"]), f"there is no command {rest}"
            return tuple(path)
        path.append(rest.pop(0))
        command = inner[path[-1]]
    if rest != ["--help"]:
        command.make_context(" ".join(path), rest)
    return tuple(path)


def help_examples() -> list[Shown]:
    """The command lines that the help of the commands shows."""

    def walk(path: str, command: Any) -> Iterator[Shown]:
        _, _, examples = inspect.cleandoc(command.help or "").partition("\b\n")
        for line in examples.splitlines():
            # The root's help says beside each example what it does.
            yield from in_text(f"help of {path}", re.split(r"\s{3,}", line)[0])
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(f"{path} {name}", inner)

    return [s for s in walk("assistant", program()) if s.words[0] == "assistant"]


def assistants() -> list[Shown]:
    return [s for s in commands() if s.program == "assistant"]


def test_every_block_says_what_language_it_is_in() -> None:
    found = blocks()
    assert len(found) > 40
    assert [b.where for b in found if b.language not in LANGUAGES] == []


def test_every_command_shown_is_one_that_the_program_takes() -> None:
    shown = [*assistants(), *help_examples()]
    assert len(shown) > 60
    refused = []
    for one in shown:
        try:
            parse(one.words[1:])
        except Exception as error:
            refused.append(f"{one}: {error}")
    assert refused == []


def test_a_command_that_does_not_exist_would_be_found() -> None:
    for line in ("index ad x", "ask --colour red x", "serve --port high", "retrieve x -k 0"):
        with pytest.raises(Exception, match=r"no command|No such option|valid integer|greater"):
            parse(tuple(line.split()))


def test_every_command_is_documented_with_an_example() -> None:
    def leaves(path: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield path
        for name, one in (inner or {}).items():
            yield from leaves((*path, name), one)

    with_example = {parse(one.words[1:]) for one in help_examples()}
    assert set(leaves((), program())) - with_example == set()


def test_every_other_program_shown_is_known_and_its_files_are_there() -> None:
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ])  # fmt: skip
    for one in commands():
        words = " ".join(one.words)
        if one.program == "pip":
            for named in re.findall(r"\[([\w,]+)\]", words):
                assert set(named.split(",")) <= extras, one
        elif one.program == "python" and "benchmarks." in words:
            module = ROOT / (words.split()[2].replace(".", "/") + ".py")
            source = module.read_text("utf-8") + (ROOT / "benchmarks/common.py").read_text("utf-8")
            for option in re.findall(r"(?<= )--[\w-]+", words):
                assert f'"{option}"' in source, one
        elif one.program in ("python3", "python"):
            assert " -m venv " in f"{words} ", one
        elif one.program != "assistant":
            assert one.program in (*ALSO, "pytest"), one
        for file in re.findall(r"(?<= )(?:deploy|tests|docs)/[\w./-]+", words):
            assert (ROOT / file).exists(), one


def test_every_settings_file_shown_is_taken(tmp_path: Path) -> None:
    shown = blocks("toml")
    assert len(shown) >= 3
    for block in shown:
        file = tmp_path / "settings.toml"
        file.write_text(block.text, "utf-8")
        Settings.load(file)
    for block in blocks("json"):
        json.loads(block.text)


def test_everything_that_the_reference_names_is_there() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
    named = re.findall(r"^::: (\S+)$", page, re.MULTILINE)
    assert len(named) >= 10
    for name in named:
        assert pkgutil.resolve_name(name) is not None, name


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f"- {page}\n" not in menu] == []


def test_every_setting_is_documented() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        generate = pytest.importorskip("generate", reason="the extra [docs] is not installed")
    finally:
        sys.path.remove(str(ROOT / "docs"))
    told = generate.settings()
    for name in Settings.model_fields:
        assert re.search(rf"^\| `{name}` \| .* \| \w.*\. \|$", told, re.MULTILINE), name


def test_every_example_in_python_runs(served: Served, tmp_path: Path) -> None:
    """As it stands, on the bundled sample, beside a running service."""
    pieces = [
        {"where": b.where, "python": b.text.replace("http://127.0.0.1:7860", served.url)}
        for b in blocks("python")
    ]
    assert len(pieces) >= 8
    assert _run(pieces, served.data_dir, tmp_path) == []


def test_every_command_that_ends_by_itself_runs(served: Served, tmp_path: Path) -> None:
    """In the order of the pages, on a copy of the bundled sample's index."""
    shutil.copytree(served.data_dir, tmp_path / "data")
    _files_named(tmp_path)
    pieces = [
        {"where": str(one), "words": one.words[1:], "typed": "a long enough password\n"}
        for one in assistants()
        if parse(one.words[1:]) not in NOT_RUN and not ELSEWHERE & set(one.words)
    ]
    assert len(pieces) > 20
    assert _run(pieces, tmp_path / "data", tmp_path) == []


def _run(pieces: list[dict[str, Any]], data_dir: Path, home: Path) -> list[dict[str, str]]:
    """Run pieces in one process of their own; gives those that failed, with what they said."""
    environment = {
        **offline_environment(home),
        "ASSISTANT_DATA_DIR": str(data_dir),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    told = subprocess.run(
        [sys.executable, RUNNER],
        input=json.dumps(pieces),
        capture_output=True,
        text=True,
        cwd=home,
        env=environment,
        timeout=500,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    failed: list[dict[str, str]] = json.loads(told.stdout)
    return failed


def test_every_address_shown_answers(served: Served, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    shown = [one for one in commands() if one.program == "curl"]
    assert len(shown) >= 8
    for one in shown:
        words = [word.replace("http://127.0.0.1:7860", served.url) for word in one.words]
        assert any(served.url in word for word in words), one
        told = subprocess.run(
            [*words, "--silent", "--fail-with-body", "--max-time", "60"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, f"{one}: {told.stdout[:300]}"
        assert told.stdout


def _files_named(folder: Path) -> None:
    """The files that pages speak of, where their commands are run."""
    records = [make_record(n, text=f"{n} bridges are closed.") for n in ("1745973", "1739577")]
    lines = "".join(r.model_dump_json(exclude={"content_hash"}) + "\n" for r in records)
    (folder / "answers.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "pages").mkdir()
    (folder / "pages" / "note.txt").write_text("Guidance. Bridges are inspected every year.")
    (folder / "guidance.pdf").write_bytes(pdf(["Guidance on bridges", "They are inspected."]))
