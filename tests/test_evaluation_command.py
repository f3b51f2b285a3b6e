"""`assistant eval` as a person runs it, over a handful of invented records."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import cli
from assistant.evaluation import extras, program
from assistant.evaluation.cache import CachedEmbedder
from assistant.evaluation.haystack import haystack
from assistant.evaluation.labels import Query, Role
from assistant.evaluation.peers import LangChain, Txtai
from assistant.evaluation.progress import Progress

from .fakes import HashingEmbedder, make_record

SUBJECTS = {
    "1": ("Buses", "how many buses ran in Leeds", "There were 412 buses in Leeds in 2023."),
    "2": ("Bridges", "what bridges cost in Kent", "The bridges in Kent cost £3 million."),
    "3": ("Libraries", "whether libraries will close", "No library will close before May."),
    "4": ("Otters", "how many otters live in Devon", "Some 95 otters live in rivers in Devon."),
}

SYSTEMS = ["hybrid", "bm25", "dense", "rrf", "dense-own", "rrf-own"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def embedders(monkeypatch: pytest.MonkeyPatch) -> list[HashingEmbedder]:
    """Every embedder the command has opened."""
    opened: list[HashingEmbedder] = []

    def opening(model: str | None = None) -> HashingEmbedder:
        opened.append(HashingEmbedder("base" if model else "own"))
        return opened[-1]

    monkeypatch.setattr(program, "SentenceTransformerEmbedder", opening)
    return opened


@pytest.fixture
def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    embedders: list[HashingEmbedder],
) -> Run:
    """Runs the command over four records, two tasks and four questions."""
    records = [
        make_record(i, heading=heading, question=f"To ask the Minister, {asked}.", text=text)
        for i, (heading, asked, text) in SUBJECTS.items()
    ]
    lines = (record.model_dump_json(exclude={"content_hash"}) for record in records)
    (tmp_path / "records.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    tasks = tmp_path / "tasks"
    tasks.mkdir()
    own = {"qid": "o1", "query": "how many buses ran in Leeds", "relevant": [1]}
    (tasks / "own-answer.jsonl").write_text(json.dumps(own) + "\n", "utf-8")
    grouped = {"qid": "g1", "query": "otters in Devon rivers", "relevant": [2], "exclude": [4]}
    (tasks / "grouped.jsonl").write_text(json.dumps(grouped) + "\n", "utf-8")
    questions = [
        {"q": "How many buses were there in Leeds?", "id": 1, "short": "412",
         "gold": ["There were 412 buses in Leeds in 2023."]},
        {"q": "How much did the bridges in Kent cost?", "id": 2, "short": "£3 million",
         "gold": ["The bridges in Kent cost £3 million."]},
        {"q": "and in Devon?", "history": ["How many otters live in rivers?"], "id": 4,
         "gold": ["Some 95 otters live in rivers in Devon."]},
        {"q": "Who won the Grand National in 1903?", "kind": "unanswerable"},
    ]  # fmt: skip
    text = "\n".join(map(json.dumps, questions)) + "\nbroken\n"
    (tmp_path / "questions.jsonl").write_text(text, "utf-8")

    def command(*words: str | Path) -> tuple[int, str, str]:
        fixed = ["--cache", tmp_path / "cache", "--data-dir", tmp_path / "data"]
        monkeypatch.setattr(sys, "argv", ["assistant", "eval", *map(str, [*words, *fixed])])
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


def test_every_task_is_scored_and_compared(run: Run, tmp_path: Path) -> None:
    status, out, err = run(
        *("--records", tmp_path / "records.jsonl", "--tasks", tmp_path / "tasks"),
        *("--questions", tmp_path / "questions.jsonl", "--system", ",".join(SYSTEMS)),
        *("--json", tmp_path / "figures.json", "--report", tmp_path / "report"),
    )
    assert status == 0, err
    assert "questions.jsonl, line 5 is left out: it is not JSON." in err
    for words in ("own-answer: 1 queries over 4 answer texts", "follow-ups", "hybrid leads by"):
        assert words in out
    figures = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    by_task = {task["task"]: task for task in figures["tasks"]}
    assert list(by_task) == ["grouped", "own-answer", "questions", "follow-ups"]
    assert by_task["questions"]["queries"] == 2
    for system in by_task["questions"]["systems"]:
        assert system["scores"]["MRR@10"]["mean"] == 1.0, system["system"]
    # The query's own record is not counted, and the right one shares a word with it.
    miss = by_task["grouped"]["worst"][0] if by_task["grouped"]["worst"] else None
    assert miss is None or "4" not in [item["record"] for item in miss["found"]]
    departments = by_task["questions"]["departments"]
    assert [(d["name"], d["queries"]) for d in departments] == [("Others", 2)]
    assert [a["other"] for a in by_task["questions"]["against"]] == SYSTEMS[1:]
    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    assert "<svg" in page
    # It stands alone: nothing is fetched when it is opened.
    assert not re.search(r"<script|<link|@import|(?:src|href)=.https?:|url\(.?http", page)
    assert (tmp_path / "report" / "scores.png").read_bytes().startswith(b"\x89PNG")


def test_a_second_run_embeds_nothing(
    run: Run, tmp_path: Path, embedders: list[HashingEmbedder]
) -> None:
    words = ("--records", tmp_path / "records.jsonl", "--tasks", tmp_path / "tasks",
             "--system", "hybrid,dense")  # fmt: skip
    first = run(*words)
    made = sum(embedder.encoded for embedder in embedders)
    assert made > 0
    second = run(*words)
    assert sum(embedder.encoded for embedder in embedders) == made
    assert "Indexing" in first[2]
    assert "Indexing" not in second[2]


def test_a_haystack_makes_more_to_search(run: Run, tmp_path: Path) -> None:
    pairs = [
        {"id": 900 + n, "questionText": f"To ask about hay {n}", "answerText": f"<p>Hay {n}.</p>"}
        for n in range(3)
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, pairs)) + "\n", "utf-8")
    status, out, err = run(
        *("--records", tmp_path / "records.jsonl", "--haystack", tmp_path / "pairs.jsonl"),
        *("--questions", tmp_path / "questions.jsonl"),
    )
    assert status == 0, err
    assert "over 7 whole records" in out


def test_answers_are_measured(run: Run, tmp_path: Path) -> None:
    status, out, err = run(
        *("--records", tmp_path / "records.jsonl", "--questions", tmp_path / "questions.jsonl"),
        *("--answers", "--report", tmp_path / "report"),
    )
    assert status == 0, err
    assert "answers of the composer extractive" in out
    assert re.search(r"questions, of them answerable +4, 3", out)
    figures = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))["answers"]
    assert figures["gold_any"]["mean"] == 1.0
    assert figures["gold"]["mean"] <= figures["gold_any"]["mean"]
    assert 0.0 <= figures["risk"] <= 1.0
    assert figures["risk_coverage"][-1][0] == 1.0
    assert figures["words_longest"] <= 120
    if figures["coverage"]:
        assert figures["citation_recall"] == figures["reproduced"] == 1.0
    assert (tmp_path / "report" / "risk-coverage.png").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give --tasks DIR or --questions FILE."),
        (["--tasks", "tasks", "--answers"], "--answers needs labelled questions."),
        (["--questions", "nowhere.jsonl"], "There is no file of questions"),
        (["--questions", "questions.jsonl", "--system", "elastic"], "There is no system 'elastic'"),
        (["--questions", "questions.jsonl"], "There is no index in"),
        (
            ["--questions", "questions.jsonl", "--records", "gone"],
            "There is no file or folder gone",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*words)
    assert status in (1, 2)
    assert said in err
    assert "Traceback" not in err
    assert not out


def test_a_library_that_is_not_there_is_asked_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", absent)
    status, _, err = run("--questions", tmp_path / "questions.jsonl")
    assert status == 1
    assert "pip install 'government-answers-assistant[eval]'" in err


@pytest.mark.parametrize(("peer", "library"), [(Txtai, "txtai"), (LangChain, "langchain_chroma")])
def test_peers_find_what_they_were_given(
    tmp_path: Path, peer: type[Txtai] | type[LangChain], library: str
) -> None:
    pytest.importorskip(library, reason="the extra [peers] is not installed")
    hay = haystack(Role.ANSWERS, [make_record(i, text=t) for i, (_, _, t) in SUBJECTS.items()])
    embedder = CachedEmbedder(HashingEmbedder(), tmp_path)
    system = peer(hay, embedder, Progress())
    ranking = system.rank(Query("q", "otters live in rivers", ("4",)), 3)
    assert ranking[0] == "4"
    assert len(set(ranking)) == len(ranking) <= 3
    embedder.close()
