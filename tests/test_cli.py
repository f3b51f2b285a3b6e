"""The command line: what a person types, reads, and gets back as an exit status."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant import building, cli
from index.paths import sample_file
from index.types import WrittenAnswer

from .fakes import HashingEmbedder, make_record


@dataclass(frozen=True)
class Told:
    """What a command wrote, and its exit status."""

    status: int
    out: str
    err: str


class Program:
    """The command line in this process, with a small embedder and its own data folder."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.data_dir = folder / "data"
        self.folder = folder
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *words: str | Path, data_dir: Path | None = None) -> Told:
        where = [] if data_dir is None else ["--data-dir", str(data_dir)]
        self._monkeypatch.setattr(sys, "argv", ["assistant", *map(str, words), *where])
        self._capsys.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        told = self._capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Told(status, told.out, told.err)

    def file(self, *records: WrittenAnswer, name: str = "records.jsonl") -> Path:
        path = self.folder / name
        lines = (r.model_dump_json(exclude={"content_hash"}) for r in records)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path


@pytest.fixture
def program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    for variable in list(os.environ):
        if variable.startswith("ASSISTANT_"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("assistant.settings.default_config_file", lambda: tmp_path / "none.toml")
    monkeypatch.setattr(
        "index.embedding.SentenceTransformerEmbedder", lambda name: HashingEmbedder()
    )
    return Program(tmp_path, capsys, monkeypatch)


def bridges(record_id: str = "1", count: int = 412) -> WrittenAnswer:
    return make_record(
        record_id,
        heading="Bridges: Repairs",
        question="To ask the Secretary of State, how many bridges were repaired.",
        text=f"In 2023 we repaired {count} bridges. We thank all engineers.",
    )


SAMPLE_SIZE = len(sample_file().read_text("utf-8").splitlines())


def test_ask_on_an_empty_folder_builds_the_sample_first_and_says_so(program: Program) -> None:
    told = program("ask", "What is known of human trafficking routes?")
    assert told.status == 0
    assert "Building the sample index" in told.err
    assert f"{SAMPLE_SIZE} summaries" in told.err
    assert "Building" not in told.out
    again = program("ask", "What is known of human trafficking routes?")
    assert again.err == ""
    assert again.out == told.out


def test_ask_writes_the_answer_and_its_numbered_sources(program: Program) -> None:
    program("index", "add", program.file(bridges()))
    told = program("ask", "How many bridges were repaired in 2023?")
    lines = told.out.splitlines()
    assert lines[0] == "Answered"
    assert "  In 2023 we repaired 412 bridges. [1]" in lines
    assert "Source" in lines
    source = "[1] Bridges: Repairs, Department for Example, Commons, answered 9 May 2024, UIN 1"
    assert source in lines
    assert any(line.strip().startswith("https://questions-statements") for line in lines)


def test_ask_as_json_carries_spans_that_fit_their_records(program: Program) -> None:
    program("index", "add", program.file(bridges()))
    answer = json.loads(program("ask", "How many bridges were repaired?", "--json").out)
    assert answer["kind"] == "answered"
    (record,) = answer["records"]
    cited = [s for s in answer["sentences"] if s["citations"]]
    assert cited
    for sentence in cited:
        for citation in sentence["citations"]:
            assert record["text"][citation["start"] : citation["end"]] == sentence["text"]


def test_what_is_not_covered_is_no_failure(program: Program) -> None:
    program("index", "add", program.file(bridges()))
    told = program("ask", "How many bridges were repaired in Ipswich?")
    assert told.status == 0
    assert told.out.startswith("Not in the indexed answers\n")
    assert "Closest record" in told.out


def test_notes_stand_beside_what_needs_care(program: Program) -> None:
    holding = bridges().model_copy(update={"is_holding": True, "is_answer_truncated": True})
    program("index", "add", program.file(holding))
    told = program("ask", "How many bridges were repaired?")
    assert "Holding reply" in told.out
    assert "cut the answer short" in told.out


def test_retrieve_shows_passages_with_scores_and_keeps_to_its_limits(program: Program) -> None:
    lords = bridges("2", 77).model_copy(update={"house": "Lords"})
    program("index", "add", program.file(bridges(), lords))
    told = program("retrieve", "bridges repaired", "-k", "1")
    assert told.out.startswith("1. Bridges: Repairs")
    assert "2. " not in told.out
    assert "score 1.000" in told.out
    only = json.loads(program("retrieve", "bridges", "--house", "lords", "--json").out)
    assert [passage["record_id"] for passage in only] == ["2"]
    assert only[0]["notes"] == []
    none = program("retrieve", "bridges", "--department", "Eel Office")
    assert none.out == "Nothing was found.\n"
    assert none.err == 'No record here is from "Eel Office".\n'
    near = program("ask", "bridges", "--department", "Departments of Example")
    assert near.err.endswith("Did you mean Department for Example?\n")
    assert not program("retrieve", "bridges", "--department", "Department for Example").err


def test_add_counts_what_became_of_the_records(program: Program) -> None:
    first = program("index", "add", program.file(bridges("1"), bridges("2")))
    assert (first.status, first.err) == (0, "")
    assert first.out == "2 records: 2 added, 0 changed, 0 unchanged.\n"
    second = program("index", "add", program.file(bridges("1"), bridges("2", 500)))
    assert second.out == "2 records: 0 added, 1 changed, 1 unchanged.\n"


def test_each_refusal_is_a_line_and_the_status_says_so(program: Program) -> None:
    path = program.file(bridges())
    with path.open("a", encoding="utf-8") as stream:
        stream.write('{"id": "7", "heading": "No answer"}\n')
    told = program("index", "add", path)
    assert told.status == 1
    assert "1 added" in told.out
    assert "1 refused" in told.out
    (line,) = told.err.splitlines()
    assert line.startswith("Refused: ")
    assert "records.jsonl" in line
    assert (program.data_dir / building.REFUSED_FILE).read_text("utf-8") == line + "\n"


def test_many_refusals_are_listed_in_a_file(program: Program) -> None:
    path = program.folder / "bad.jsonl"
    path.write_text("".join(f'{{"id": "{n}"}}\n' for n in range(50)), "utf-8")
    told = program("index", "add", path)
    lines = told.err.splitlines()
    assert sum(line.startswith("Refused: ") for line in lines) == building.SHOWN_REFUSALS
    assert any(f"{50 - building.SHOWN_REFUSALS} more" in line for line in lines)
    listed = (program.data_dir / building.REFUSED_FILE).read_text("utf-8").splitlines()
    assert len(listed) == 50


def test_official_records_take_the_place_of_the_sample(program: Program) -> None:
    program("ask", "anything")
    told = program("index", "add", program.file(bridges()))
    assert f"{SAMPLE_SIZE} summaries" in told.out
    assert "--keep-sample" in told.out
    status = json.loads(program("index", "status", "--json").out)
    assert (status["records"], status["summaries"]) == (1, 0)


def test_the_sample_can_be_kept(program: Program) -> None:
    program("ask", "anything")
    program("index", "add", program.file(bridges()), "--keep-sample")
    status = json.loads(program("index", "status", "--json").out)
    assert (status["records"], status["summaries"]) == (SAMPLE_SIZE + 1, SAMPLE_SIZE)
    # Having been kept, it stays.
    program("index", "add", program.file(bridges("2")))
    status = json.loads(program("index", "status", "--json").out)
    assert status["summaries"] == SAMPLE_SIZE


def test_a_file_without_a_record_leaves_the_sample(program: Program) -> None:
    program("ask", "anything")
    path = program.folder / "bad.jsonl"
    path.write_text('{"id": "1"}\n', "utf-8")
    assert program("index", "add", path).status == 1
    assert json.loads(program("index", "status", "--json").out)["summaries"] == SAMPLE_SIZE


def test_status_counts(program: Program) -> None:
    program("index", "add", program.file(bridges("1"), bridges("2", 3)))
    told = program("index", "status")
    assert told.out.startswith("2 records from 1 department, answered 9 May 2024 to 9 May 2024.")
    assert "Model: hashing" in told.out
    assert "sample" not in told.out


def test_remove_says_how_many_and_which_were_not_there(program: Program) -> None:
    program("index", "add", program.file(bridges("1"), bridges("2", 3)))
    told = program("index", "remove", "1")
    assert (told.status, told.out, told.err) == (0, "Removed 1 record.\n", "")
    told = program("index", "remove", "2", "77")
    assert (told.status, told.out) == (1, "Removed 1 record.\n")
    assert told.err == "There is no record 77 in the index.\n"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["ask", ""], 2, "The question is empty."),
        (["ask", "bridges", "--from", "soon"], 2, "soon"),
        (["index", "add", "nowhere.jsonl"], 2, "There is no file or folder nowhere.jsonl."),
        (["index", "status"], 1, "There is no index in"),
        (["index", "remove", "1"], 1, "There is no index in"),
        (["serve", "--port", "70000"], 2, "setting 'port' cannot be 70000"),
        (["ask", "bridges", "--config", "nowhere.toml"], 2, "no settings file"),
    ],
)
def test_a_failure_is_one_sentence_and_a_status(
    program: Program, words: list[str], status: int, message: str
) -> None:
    if words[0] == "ask":
        program("index", "add", program.file(bridges()))
    told = program(*words)
    assert told.status == status
    assert told.out == ""
    assert message in told.err
    assert len(told.err.splitlines()) == 1


def test_a_damaged_catalogue_is_one_sentence(program: Program) -> None:
    program("index", "add", program.file(*(bridges(str(n)) for n in range(400))))
    catalogue = program.data_dir / "catalog.sqlite3"
    spoilt = bytearray(catalogue.read_bytes())
    spoilt[8192:] = b"\xff" * len(spoilt[8192:])
    catalogue.write_bytes(spoilt)
    for words in (["ask", "bridges"], ["index", "status"], ["retrieve", "bridges"]):
        told = program(*words)
        assert told.status == 1
        assert "catalogue" in told.err


@pytest.mark.parametrize("command", ["ask", "asked", "retrieve"])
def test_a_slip_in_the_folder_is_not_answered_from_the_sample(
    program: Program, tmp_path: Path, command: str
) -> None:
    folder = tmp_path / "answres"
    told = program(command, "bridges", data_dir=folder)
    assert told.status == 2
    assert f"There is no folder {folder}." in told.err
    assert not folder.exists()


def test_a_wrong_command_is_a_usage_error(program: Program) -> None:
    told = program("fly")
    assert told.status == 2
    assert "No such command 'fly'" in told.err


def test_a_port_in_use_is_said_before_anything_is_loaded(program: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = program("serve", "--port", str(taken.getsockname()[1]))
    assert told.status == 1
    assert "Choose another with --host and --port." in told.err
    assert not program.data_dir.exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(program: Program) -> None:
    (program.folder / "file").write_text("", "utf-8")
    told = program("index", "add", program.file(bridges()), data_dir=program.folder / "file" / "x")
    assert told.status == 1
    assert len(told.err.splitlines()) == 1


def test_an_interrupt_is_not_a_traceback(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.building.ensure_index", interrupted)
    assert program("ask", "bridges").status == 130


def test_an_error_of_the_system_names_its_file(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> None:
        raise OSError(13, "Permission denied", "/data/index")

    monkeypatch.setattr("assistant.building.ensure_index", closed)
    told = program("ask", "bridges")
    assert (told.status, told.err) == (1, "Permission denied: /data/index.\n")


def test_a_catalogue_that_cannot_be_read_is_one_sentence_and_a_mistake_of_ours_is_none(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("assistant.building.ensure_index", fail)
    error: Exception = sqlite3.DatabaseError("database disk image is malformed")
    told = program("ask", "bridges")
    assert told.status == 1
    assert "(database disk image is malformed)" in told.err
    assert "assistant index verify" in told.err
    error = KeyError("whatever")
    with pytest.raises(KeyError):
        program("ask", "bridges")


def run(*words: str) -> Sequence[str]:
    code = "from assistant.cli import main; main()"
    return [sys.executable, "-c", code, *words]


def test_help_is_quick_and_lists_the_commands() -> None:
    subprocess.run(run("--help"), capture_output=True, check=True)  # compile first
    began = time.perf_counter()
    told = subprocess.run(run("--help"), capture_output=True, text=True, check=True)
    taken = time.perf_counter() - began
    for command in ("serve", "ask", "retrieve", "index"):
        assert command in told.stdout
    # Half a second on a quiet machine; this one may be busy.
    assert taken < 2.0


def test_every_command_has_help_with_an_example() -> None:
    commands = "serve", "ask", "asked", "retrieve", "index add", "index status", "index remove"
    for command in commands:
        told = subprocess.run(
            run(*command.split(), "--help"), capture_output=True, text=True, check=True
        )
        assert f"assistant {command}" in told.stdout


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    told = subprocess.run(run("--version"), capture_output=True, text=True, check=True)
    assert told.stdout == f"assistant {version('government-answers-assistant')}\n"


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    # Far more than a pipe holds, so that writing goes on after the reader has gone.
    code = (
        "import assistant.cli as c, typer\n"
        "@c.app.command()\n"
        "def flood():\n"
        "    for n in range(200_000): typer.echo(n)\n"
        "c.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "flood"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    process.wait(20)
    assert complaints == ""
