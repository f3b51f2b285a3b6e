"""Answers, passages and counts as text for a terminal and as JSON."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from index.gaps import Coverage
from index.reports import IndexStatus
from index.sync.report import SyncState
from index.types import Passage, WrittenAnswer
from prompts import counted, render

from .export.sections import timeline_line
from .freshness import coverage_lines, freshness_lines
from .types import AnswerKind, GroundedAnswer, TimelineEntry, Verdict

MAX_WIDTH = 96


def notes(record: WrittenAnswer) -> list[str]:
    """What a reader must know of a record before relying on it, one line each."""
    found = []
    if record.is_summary:
        found.append(render("summary_note"))
    if record.is_holding:
        found.append(render("holding_note", is_put_off=record.is_put_off))
    if record.is_withdrawn:
        found.append(render("withdrawn_note"))
    if record.is_corrected:
        found.append(render("correction_note", corrected=record.corrected))
    if record.is_truncated:
        cut = {"answer": record.is_answer_truncated, "question": record.is_question_truncated}
        found.append(render("truncated_note", **cut))
    return found


def source_line(record: WrittenAnswer) -> str:
    """One line that identifies a record."""
    return render(
        "source_line",
        title=record.title,
        department=record.department,
        house=record.house,
        answered=record.answered,
        uin=record.uin,
    )


def answer_as_text(answer: GroundedAnswer) -> str:
    """The answer with its numbered sources, ready to read."""
    lines = [render("kind_label", kind=str(answer.kind), reply=str(answer.reply)), ""]
    for sentence in answer.sentences:
        marks = "".join(f"[{n}]" for n in dict.fromkeys(c.number for c in sentence.citations))
        lines += _wrapped(f"{sentence.text} {marks}".strip(), "" if sentence.framing else "  ")
        if sentence.verdict is Verdict.PARTLY:
            lines += _wrapped(f"(borne out only in part: {sentence.reason})", "    ")
    if answer.kind is AnswerKind.NOT_COVERED:
        listed = answer.nearest
        heading = render("nearest_heading", nearest=len(listed))
    else:
        listed = answer.records
        heading = render("sources_heading", sources=len(listed))
    if listed:
        lines += ["", heading]
    for number, record in enumerate(listed, 1):
        lines += _source(f"[{number}] ", record)
    if len(answer.timeline) > 1:
        lines += ["", render("timeline_heading", answers=len(answer.timeline))]
        for entry in answer.timeline:
            lines += _wrapped(timeline_line(entry), "  ")
    if answer.searched:
        lines += ["", *_wrapped(render("searched_note", searched=answer.searched), "")]
    if answer.note:
        lines += ["", *_wrapped(answer.note, "")]
    if answer.withheld:
        lines += ["", render("withheld_heading", withheld=len(answer.withheld))]
        for sentence in answer.withheld:
            lines += _wrapped(f"- {sentence.text}", "  ")
            lines += _wrapped(sentence.reason, "    ")
    return "\n".join(lines)


def passages_as_text(passages: Sequence[Passage]) -> str:
    """Passages with their rank, source and scores."""
    if not passages:
        return "Nothing was found."
    lines: list[str] = []
    for rank, passage in enumerate(passages, 1):
        how = ", ".join(f"{stage} {value:.3f}" for stage, value in passage.similarities.items())
        lines += _source(f"{rank}. ", passage.record)
        lines += [f"   score {passage.score:.3f}" + (f" ({how})" if how else "")]
        for paragraph in passage.text.splitlines():
            lines += _wrapped(paragraph, "   | ")
        lines.append("")
    return "\n".join(lines[:-1])


def status_as_text(
    status: IndexStatus, freshness: SyncState, covered: tuple[Coverage, ...] = ()
) -> str:
    """What the index holds and how fresh it is, in lines."""
    facets = status.facets
    lines = [
        render(
            "status",
            records=status.records,
            summaries=status.summaries,
            departments=len(facets.departments),
            first_answered=facets.first_answered,
            last_answered=facets.last_answered,
        )
    ]
    if status.only_sample:
        lines += ["", render("sample_banner", records=status.records)]
    lines.append("")
    for name, count in (
        ("Holding replies", status.holding),
        ("Cut short by their source", status.truncated),
        ("Corrected", status.corrected),
        ("Withdrawn", status.withdrawn),
        ("Refused so far", status.refused),
        ("Chunks", status.chunks),
        ("Chunks waiting for the next change", status.pending),
    ):
        if count:
            lines.append(f"{name}: {count:,}")
    lines.append(f"Size on disk: {status.size_bytes / 1e6:,.1f} MB")
    lines += [f"Model: {status.model}", f"Folder: {status.folder}"]
    for heading, counts in (("Departments", facets.departments), ("Houses", facets.houses)):
        if counts:
            lines += ["", heading]
            lines += [f"{count:>8,}  {name}" for name, count in counts]
    if covered:
        lines += ["", *coverage_lines(covered)]
    if freshness.has_synced:
        lines += ["", *freshness_lines(freshness)]
    elif freshness.newest_answer:
        days = (date.today() - freshness.newest_answer).days
        newest = f"{freshness.newest_answer} ({counted(days, 'day')} ago)"
        lines += ["", f"Newest answer: {newest}; never synced (assistant index sync)"]
    return "\n".join(lines)


def answer_as_json(answer: GroundedAnswer) -> str:
    """The answer as one JSON object."""
    return _dump(
        {
            "question": answer.question,
            "kind": str(answer.kind),
            "reply": str(answer.reply),
            "text": answer.text,
            "sentences": [asdict(sentence) for sentence in answer.sentences],
            "confidence": round(answer.confidence, 4),
            "uncovered": list(answer.uncovered),
            "records": [_record(record) for record in answer.records],
            "timeline": [_entry(entry) for entry in answer.timeline],
            "nearest": [_record(record) for record in answer.nearest],
            "passages": [_passage(passage) for passage in answer.passages],
            "composer": answer.composer,
            "searched": answer.searched,
            "note": answer.note,
            "withheld": [asdict(sentence) for sentence in answer.withheld],
            "timings": {stage: round(value, 4) for stage, value in answer.timings.items()},
        }
    )


def passages_as_json(passages: Sequence[Passage]) -> str:
    """A JSON array of passages, best first."""
    return _dump([_passage(passage) for passage in passages])


def status_as_json(
    status: IndexStatus, freshness: SyncState, covered: tuple[Coverage, ...] = ()
) -> str:
    """The counts, the months and the freshness as one JSON object."""
    sync = asdict(freshness) if freshness.has_synced else None
    months = [asdict(part) for part in covered]
    own = {**asdict(status), "only_sample": status.only_sample}
    return _dump({**own, "newest_answer": freshness.newest_answer, "months": months, "sync": sync})


def _source(mark: str, record: WrittenAnswer) -> list[str]:
    indent = " " * len(mark)
    lines = _wrapped(source_line(record), indent)
    lines[0] = mark + lines[0].removeprefix(indent)
    if record.url:
        lines.append(indent + record.url)
    return lines + [f"{indent}{note}" for note in notes(record)]


def _record(record: WrittenAnswer) -> dict[str, Any]:
    return {**record.model_dump(mode="json", exclude={"original_text"}), "notes": notes(record)}


def _entry(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "record_id": entry.record.id,
        "answered": entry.record.answered,
        "start": entry.start,
        "end": entry.end,
        "text": entry.record.text[entry.start : entry.end],
        "kind": str(entry.kind),
        "change": entry.change,
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "record_id": passage.record.id,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": passage.score,
        "ranks": dict(passage.ranks),
        "similarities": dict(passage.similarities),
        "title": passage.record.title,
        "department": passage.record.department,
        "answered": passage.record.answered,
        "url": passage.record.url,
        "notes": notes(passage.record),
    }


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _wrapped(text: str, indent: str) -> list[str]:
    """Lines of a width to read; unwrapped where the output goes to a file or a program."""
    if not sys.stdout.isatty():
        return [indent + text]
    width = min(shutil.get_terminal_size().columns, MAX_WIDTH)
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False
    ) or [indent]
