"""Tuning the model of an index, going back, and moving an index to another model."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import typer

from index import Index
from index.bundled import ADAPTER_FILE, TUNED_NAME, adapter_of
from index.embedding import Embedder
from index.errors import BadRequest
from index.models import embedder_for, keep_adapter, made_with, model_for
from index.paths import CATALOG_FILE
from index.reembedding import model_before
from index.reembedding import reembed as move
from index.sources import read_path
from index.tuning import judging, lora, material
from index.tuning.descent import Progress
from index.tuning.pairs import Pair
from index.tuning.training import Recipe, memory_needed, train
from index.types import WrittenAnswer
from prompts import counted

from .bars import bars

LEAST_PAIRS = 50
"""Pairs to train on below which nothing can be learnt."""
LEAST_LATER = 10

FURTHER_FROM = 3
"""First layer, of six, that changes where a model is trained further: those below read words, which
it has learnt, and half of the work is spared."""

NOTES = {"base": "all-MiniLM-L6-v2"}
"""Kept in the adapter file."""

_PROBE = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `assistant tune` was asked for; see `assistant.commands.tune`.

    `questions` is a file of labelled questions (`assistant.evaluation.labels`) to learn from too.
    `afresh` trains on the base instead of going on from the present model.
    """

    recipe: Recipe = field(default_factory=Recipe)
    questions: Path | None = None
    afresh: bool = False
    strength: float = 1.0
    runs: int = 1
    held_out: float = material.HELD_OUT
    output: Path | None = None


def tune_index(folder: Path, wanted: Wanted) -> bool:
    """Tune on an index's own pairs; the index is moved to the outcome if that is better.

    Returns whether it was.
    """
    start = None if wanted.afresh else adapter_of(model_for(folder) or TUNED_NAME)
    found, now, chunks = _material(folder, wanted.held_out, _asked(wanted.questions))
    _tell_cost(wanted.recipe, found, now, chunks, start)
    with tempfile.TemporaryDirectory(prefix="tuning-") as made:
        file = _trained(found.earlier, wanted, Path(made) / "adapter.safetensors", start)
        if wanted.output is not None:
            wanted.output.write_bytes(file.read_bytes())
        tuned = embedder_for(folder, str(file))
        if not _is_better(now, tuned, found.later, wanted.recipe.seed):
            typer.echo(f"Not clearly better: the index stays with {now.name}.")
            return False
        name = keep_adapter(file, folder)
    _moved(folder, name)
    typer.echo(f"The index now uses {name}. To go back: assistant tune --undo")
    return True


def _asked(file: Path | None) -> material.Asked:
    """The questions of a file by the record that answers each, a follow-up behind its history."""
    if file is None:
        return {}
    from .evaluation.labels import read_questions

    read = read_questions(file)
    for problem in read.problems:
        typer.echo(problem, err=True)
    found: dict[str, list[str]] = {}
    for question in read.items:
        for record in question.relevant:
            found.setdefault(record, []).append(" ".join([*question.history, question.text]))
    return found


def _material(
    folder: Path, held_out: float, asked: material.Asked
) -> tuple[material.Material, Embedder, int]:
    """What an index holds to learn from and judge by, its model, and how many chunks it has.

    Raises:
        BadRequest: there is too little of either.
    """
    with Index.open(folder, embedder=embedder_for(folder)) as index:
        found = material.of_records(index.records(), held_out, asked)
        now, chunks = index.embedder, index.status().chunks
    material.check_enough(found.earlier, LEAST_PAIRS)
    if len(found.later) < LEAST_LATER:
        raise BadRequest(
            f"{counted(len(found.later), 'later record')} cannot judge a model; "
            f"{LEAST_LATER} are needed.",
            "Add more records, or hold out more of them with --held-out.",
        )
    return found, now, chunks


def _is_better(now: Embedder, tuned: Embedder, later: Sequence[Pair], seed: int) -> bool:
    """Judge both models by the later pairs, and tell what came of it."""
    before = _judged("Judging the present model", now, later, seed)
    after = _judged("Judging the tuned model", tuned, later, seed)
    verdict = judging.compare(before, after, seed)
    for line in _table(before, after, verdict, len(later)):
        typer.echo(line)
    return verdict.is_better


def tune_on_file(file: Path, exclude: Path | None, wanted: Wanted) -> None:
    """Tune on a file of pairs; touches no index."""
    if wanted.output is None:
        raise BadRequest("--pairs makes an adapter file.", "Name it with --output FILE.")
    pairs, dropped = material.read_pairs(file, _records(exclude), _asked(wanted.questions))
    material.check_enough(pairs, LEAST_PAIRS)
    typer.echo(f"{len(pairs):,} pairs; {dropped:,} that the excluded records hold were dropped.")
    start = None if wanted.afresh else ADAPTER_FILE
    _tell_bounds(wanted.recipe, pairs, start)
    _trained(pairs, wanted, wanted.output, start)
    typer.echo(f"The adapter is in {wanted.output}. Try it: --model {wanted.output}")


def undo(folder: Path) -> None:
    """Move an index back to the model that it had before."""
    before = model_before(folder)
    if not before:
        raise BadRequest("The index has only ever had one model: there is nothing to undo.")
    now = made_with(folder)
    _moved(folder, before)
    typer.echo(f"The index uses {before} again. To return to {now}: assistant tune --undo")


def reembed(folder: Path, model: str | None) -> None:
    """Move an index to a model; the tuned one that comes along if none is named."""
    name = model or TUNED_NAME
    if not (folder / CATALOG_FILE).is_file():
        Index.open(folder)  # says what to do
    if Path(name).expanduser().is_file():
        name = keep_adapter(Path(name).expanduser(), folder)
    chunks = _moved(folder, name)
    typer.echo(f"{counted(chunks, 'chunk')} embedded; the index now uses {made_with(folder)}.")


def _records(path: Path | None) -> Iterator[WrittenAnswer]:
    if path is None:
        return
    if not path.exists():
        raise BadRequest(f"There is no file or folder {path}.")
    for item in read_path(path):
        if isinstance(item, WrittenAnswer):
            yield item


def _tell_bounds(recipe: Recipe, pairs: Sequence[Pair], start: Path | None) -> None:
    asked = sum(len(pair.asked) for pair in pairs)
    if asked:
        typer.echo(f"{counted(asked, 'question')} of the file are answered there and learnt from.")
    need = memory_needed(recipe.batch)
    on = "The present model is trained further" if start else "A new adapter is trained on the base"
    typer.echo(
        f"{on} (all-MiniLM-L6-v2{' and its adapter' if start else ''}): at most "
        f"{_lasting(recipe.minutes)} and about {need / 1e9:.1f} GB of memory "
        f"(batches of {recipe.batch})."
    )
    free = _free_memory()
    if free is not None and free < need:
        raise BadRequest(
            f"Only {free / 1e9:.1f} GB of memory are free.", "Choose a smaller --batch."
        )


def _tell_cost(
    recipe: Recipe, found: material.Material, now: Embedder, chunks: int, start: Path | None
) -> None:
    typer.echo(
        f"{len(found.earlier):,} pairs to train on; the latest {len(found.later):,} are kept "
        "apart to judge by."
    )
    _tell_bounds(recipe, found.earlier, start)
    now.encode_query("warm up")
    some = [pair.answer for pair in found.later[:_PROBE]]
    began = time.monotonic()
    now.encode(some)
    each = (time.monotonic() - began) / len(some)
    judged = 2 * judging.texts_of(found.later) * each / 60
    typer.echo(
        f"Judging takes about {_minutes(judged)} more and, if the model is better, embedding "
        f"the index's {chunks:,} chunks again about {_minutes(chunks * each / 60)}."
    )


def _lasting(minutes: float) -> str:
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"


def _minutes(value: float) -> str:
    return counted(max(1, round(value)), "minute")


def _free_memory() -> int | None:
    """Bytes of memory that are free; None where the system does not say."""
    try:
        told = Path("/proc/meminfo").read_text("utf-8")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d+) kB", told, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


def _trained(pairs: Sequence[Pair], wanted: Wanted, file: Path, start: Path | None) -> Path:
    """Train, and write the adapter to `file`; with `start` it is that one, trained further.

    Of one run what it has written when it is stopped is kept in `file`, so that it can be used.
    """
    notes = {**NOTES, "pairs": str(len(pairs))}
    recipe = replace(
        wanted.recipe,
        minutes=wanted.recipe.minutes / wanted.runs,
        first_layer=FURTHER_FROM if start else wanted.recipe.first_layer,
    )
    with (
        tempfile.TemporaryDirectory(prefix="tuning-") as parts,
        _bar("Training, in hundredths") as tell,
    ):
        made = [Path(parts) / f"{run}.safetensors" for run in range(wanted.runs)]
        try:
            for run, one in enumerate(made):

                def on_step(now: Progress, run: int = run) -> None:
                    tell(int(100 * (run + now.share)), 100 * wanted.runs)

                own = replace(recipe, seed=recipe.seed + run)
                train(_opened(start), pairs, own, one, notes, on_step)
        except KeyboardInterrupt:
            if wanted.runs == 1 and made[0].exists():
                _finish(made, start, wanted.strength, file)
            raise
        _finish(made, start, wanted.strength, file)
    return file


def _finish(made: Sequence[Path], start: Path | None, strength: float, file: Path) -> None:
    """Write to `file` what the runs made, at a strength, on top of `start`."""
    whole = made[0]
    if len(made) > 1:
        whole = made[0].with_name("mean.safetensors")
        lora.averaged(made, whole)
    if start is not None:
        lora.added(start, whole, strength, file)
    else:
        lora.weakened(whole, strength, file)


def _opened(start: Path | None) -> Any:
    """The base, with an adapter merged into it where one is named."""
    from index.bundled import load_base

    model = load_base()
    if start is not None:
        lora.merge(model[0].auto_model, start)
    return model


def _judged(what: str, embedder: Embedder, pairs: Sequence[Pair], seed: int) -> judging.Ranks:
    total = judging.texts_of(pairs)
    with _bar(what) as tell:
        return judging.rank(embedder, pairs, seed, lambda done: tell(done, total))


def _table(
    before: judging.Ranks, after: judging.Ranks, verdict: judging.Verdict, count: int
) -> Iterator[str]:
    yield f"Each of {count:,} later questions should find its own answer, by meaning alone:"
    yield f"  {'':<16}{'present':>9}{'tuned':>9}"
    new = after.figures()
    for name, value in before.figures().items():
        mark = "  lost" if name in verdict.lost else ""
        yield f"  {name:<16}{value:>9.3f}{new[name]:>9.3f}{mark}"
    yield (
        f"Gain in nDCG@10: {verdict.gain:+.3f} "
        f"(95% between {verdict.low:+.3f} and {verdict.high:+.3f})."
    )


def _moved(folder: Path, model: str) -> int:
    embedder = embedder_for(folder, model)
    with _bar("Embedding") as tell:
        try:
            return move(folder, embedder, tell)
        except KeyboardInterrupt:
            typer.echo(
                f"The index is as it was. To go on: assistant index reembed --model {model}",
                err=True,
            )
            raise


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    with bars() as display:
        if display is None:
            yield lambda done, total: None
            return
        task = display.add_task(what, total=None)
        yield lambda done, total: display.update(task, completed=done, total=total)
