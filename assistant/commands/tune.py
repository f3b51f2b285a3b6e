"""Tune the embedding model on the index's own answers; move an index to another model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Config, DataDir, Model, load_settings

Minutes = Annotated[float, typer.Option("--minutes", min=0.01, help="Longest time to train.")]
Epochs = Annotated[
    int, typer.Option("--epochs", min=1, help="Times each pair is seen, if time allows.")
]
Batch = Annotated[
    int, typer.Option("--batch", min=2, help="Pairs compared at a time; memory grows with it.")
]
Rate = Annotated[float, typer.Option("--rate", min=0.0, help="Learning rate.")]
Strength = Annotated[
    float,
    typer.Option(
        "--strength", min=0.0, max=1.0, help="How much of what was learnt is used, 0 to 1."
    ),
]
Runs = Annotated[
    int,
    typer.Option(
        "--runs", min=1, help="Train this often, each for its share of the time, and average."
    ),
]
HeldOut = Annotated[
    float,
    typer.Option(
        "--held-out", min=0.01, max=0.9, help="Share of the records, the latest, to judge by."
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of all that is random.")]
Pairs = Annotated[
    Path | None,
    typer.Option(
        "--pairs",
        help="Train on this file (JSON Lines with questionText and answerText, gzipped or "
        "not) and not on the index.",
        metavar="FILE",
    ),
]
Exclude = Annotated[
    Path | None,
    typer.Option(
        "--exclude", help="With --pairs: records that must not be learnt from.", metavar="PATH"
    ),
]
Questions = Annotated[
    Path | None,
    typer.Option(
        "--questions",
        help="Learn from these questions too, as people asked them (JSON Lines with q and the id "
        "of the record that answers, as assistant feedback to-questions writes them).",
        metavar="FILE",
    ),
]
Afresh = Annotated[
    bool,
    typer.Option("--afresh", help="Train on the base model, not on from the present one."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", help="Write the adapter to this file as well.", metavar="FILE"),
]
Undo = Annotated[
    bool, typer.Option("--undo", help="Go back to the model that the index had before.")
]


def tune(
    *,
    minutes: Minutes = 30.0,
    epochs: Epochs = 1,
    batch: Batch = 64,
    rate: Rate = 4e-4,
    strength: Strength = 1.0,
    runs: Runs = 1,
    held_out: HeldOut = 0.15,
    seed: Seed = 1,
    pairs: Pairs = None,
    exclude: Exclude = None,
    questions: Questions = None,
    afresh: Afresh = False,
    output: Output = None,
    undo: Undo = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Train the embedding model further on the index's questions and answers.

    It learns from the earlier records and is judged by the latest ones.  Only if it is
    better there is the index moved to it; nothing changes before that, and --undo goes back.

    \b
    assistant tune
    assistant tune --minutes 60 --epochs 2
    assistant tune --questions questions.jsonl
    assistant tune --undo
    assistant tune --pairs pairs.jsonl.gz --exclude answers.jsonl.gz --output adapter.safetensors
    """
    from index.errors import BadRequest
    from index.tuning.training import Recipe

    from .. import tuning

    settings = load_settings(config, data_dir, None)
    if undo:
        tuning.undo(settings.data_dir)
        return
    recipe = Recipe(batch=batch, epochs=epochs, minutes=minutes, rate=rate, seed=seed)
    wanted = tuning.Wanted(recipe, questions, afresh, strength, runs, held_out, output)
    if pairs is not None:
        tuning.tune_on_file(pairs, exclude, wanted)
        return
    if exclude is not None:
        raise BadRequest("--exclude goes with --pairs.")
    if tuning.tune_index(settings.data_dir, wanted):
        _warn_of_other_model(settings.model)


def _warn_of_other_model(named: str | None) -> None:
    if named:
        typer.echo(f"Take the setting model = {named} out: it names another model.", err=True)


def reembed(data_dir: DataDir = None, model: Model = None, config: Config = None) -> None:
    """Move the index to another embedding model; the bundled tuned one if none is named.

    Nothing is read again.  The old index answers until the new one is whole; a move that is
    stopped is gone on with by the next.

    \b
    assistant index reembed
    assistant index reembed --model sentence-transformers/all-MiniLM-L6-v2
    """
    from .. import tuning

    settings = load_settings(config, data_dir, model)
    tuning.reembed(settings.data_dir, settings.model)


def register(app: typer.Typer, index_app: typer.Typer) -> None:
    """Add these commands to `assistant` and to `assistant index`."""
    app.command()(tune)
    index_app.command()(reembed)
