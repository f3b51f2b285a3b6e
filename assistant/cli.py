"""The command line.  Only typer is imported until a command runs: help must be quick."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from .commands import asked as asking
from .commands import eval as evaluation
from .commands import feedback, index_care, index_sync, tune
from .commands.configuration import config_app
from .commands.mcp import mcp as mcp_command
from .commands.options import (
    Config,
    DataDir,
    Department,
    From,
    House,
    Json,
    LlmModel,
    LlmUrl,
    Member,
    Model,
    Question,
    To,
    WhoWrites,
    limits,
    load_settings,
    say_unknown,
)
from .commands.users import users_app

app = typer.Typer(
    name="assistant",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""Ask government what it has already answered.

    Searches answers to written parliamentary questions and gives a short answer in which
    every sentence is quoted from an official record.

    \b
    assistant serve                        open the page in a browser
    assistant ask "How many ...?"          answer one question here
    assistant index add answers.jsonl.gz   add official records

    Settings come from flags, else from ASSISTANT_... environment variables, else from a
    settings file, else from the defaults.  ASSISTANT COMMAND --help explains a command.""",
)
index_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Add, remove and count records; look after the index.",
)
app.add_typer(index_app, name="index")
app.add_typer(feedback.app, name="feedback")


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Say the version and stop.")] = False,
) -> None:
    if version:
        from . import __version__

        typer.echo(f"assistant {__version__}")
        raise typer.Exit


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on; 0 takes a free one.")] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open a browser as well.")] = False,
    auth: Annotated[
        str | None,
        typer.Option(help="Who may use it: none (this machine only), password or proxy."),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", help="Users, for --auth password.", metavar="FILE"),
    ] = None,
    composer: WhoWrites = None,
    llm_model: LlmModel = None,
    llm_url: LlmUrl = None,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Serve the page, REST (/api/docs) and MCP (/mcp); the first time, build the sample index.

    \b
    assistant serve --open
    assistant serve --port 8000 --data-dir ./answers
    assistant serve --host 0.0.0.0 --auth password --password-file users.txt
    """
    from .serving import serve as start

    flags = {"host": host, "port": port, "auth": auth, "password_file": password_file}
    flags |= {"composer": composer, "llm_model": llm_model, "llm_url": llm_url}
    start(load_settings(config, data_dir, model, **flags), open_browser=open_browser)


@app.command()
def ask(
    question: Question,
    *,
    department: Department = None,
    house: House = None,
    member: Member = None,
    answered_from: From = None,
    answered_to: To = None,
    composer: WhoWrites = None,
    llm_model: LlmModel = None,
    llm_url: LlmUrl = None,
    json: Json = False,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Answer one question from the index.

    \b
    assistant ask "What is the UK's target for cutting emissions by 2035?"
    assistant ask "How long do people wait for a driving test?" --house Commons --from 2024-07-05
    assistant ask "How long do people wait for a driving test?" --llm-model ollama_chat/llama3.2
    """
    from . import terminal
    from .building import ensure_index
    from .settings import open_assistant

    flags = {"composer": composer, "llm_model": llm_model, "llm_url": llm_url}
    settings = load_settings(config, data_dir, model, **flags)
    filters = limits(department, house, member, answered_from, answered_to)
    ensure_index(settings, data_dir)
    with open_assistant(settings) as assistant:
        say_unknown(assistant.index, filters)
        answer = assistant.answer(question, filters=filters).result()
    typer.echo(terminal.answer_as_json(answer) if json else terminal.answer_as_text(answer))


@app.command()
def retrieve(
    question: Question,
    *,
    k: Annotated[int | None, typer.Option("--k", "-k", min=1, help="How many passages.")] = None,
    department: Department = None,
    house: House = None,
    member: Member = None,
    answered_from: From = None,
    answered_to: To = None,
    json: Json = False,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Show the passages found for a question, best first, with their scores.

    \b
    assistant retrieve "cost of driving tests" -k 3
    assistant retrieve "cost of driving tests" --json | head
    """
    from . import terminal
    from .building import ensure_index
    from .settings import open_assistant

    settings = load_settings(config, data_dir, model, k=k)
    filters = limits(department, house, member, answered_from, answered_to)
    ensure_index(settings, data_dir)
    with open_assistant(settings) as assistant:
        say_unknown(assistant.index, filters)
        found = assistant.index.retrieve(question, k=settings.k, filters=filters)
    as_written = terminal.passages_as_json if json else terminal.passages_as_text
    typer.echo(as_written(found))


app.command("asked")(asking.asked)
app.command("mcp")(mcp_command)
app.add_typer(users_app, name="user")
app.add_typer(config_app, name="config")


@index_app.command()
def add(
    paths: Annotated[
        list[Path], typer.Argument(help="Files or folders of records.", metavar="PATH...")
    ],
    keep_sample: Annotated[
        bool, typer.Option("--keep-sample", help="Keep the bundled summaries beside the records.")
    ] = False,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Add records from files; what is there already is left as it is.

    What cannot be read is refused, one line each, and the exit status is then 1.  The
    first official records replace the bundled sample.

    \b
    assistant index add answers.jsonl.gz
    assistant index add downloads/ more.json --data-dir ./answers
    """
    from .building import add_files

    if not add_files(load_settings(config, data_dir, model), paths, keep_sample=keep_sample):
        raise typer.Exit(1)


@index_app.command()
def status(
    json: Json = False, data_dir: DataDir = None, model: Model = None, config: Config = None
) -> None:
    """Say what the index holds, how fresh it is, and which months have no or few answers.

    \b
    assistant index status
    """
    from index.gaps import coverage
    from index.sync.report import sync_state

    from . import terminal
    from .settings import open_assistant

    with open_assistant(load_settings(config, data_dir, model)) as assistant:
        held = assistant.index.status()
        freshness = sync_state(assistant.index)
        covered = coverage(assistant.index)
    as_written = terminal.status_as_json if json else terminal.status_as_text
    typer.echo(as_written(held, freshness, covered))


@index_app.command()
def remove(
    ids: Annotated[list[str], typer.Argument(help="Record ids, as retrieve --json shows them.")],
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Remove records by id; an id that is not held is an error.

    \b
    assistant index remove 1745973 1739577
    """
    from prompts import counted

    from .settings import open_assistant

    with open_assistant(load_settings(config, data_dir, model)) as assistant:
        report = assistant.index.remove(ids)
    typer.echo(f"Removed {counted(report.removed, 'record')}.")
    if report.missing:
        known_as = "is no record" if len(report.missing) == 1 else "are no records"
        typer.echo(f"There {known_as} {', '.join(report.missing)} in the index.", err=True)
        raise typer.Exit(1)


@index_app.command()
def rebuild(
    data_dir: DataDir = None,
    config: Config = None,
    chroma_url: Annotated[
        str | None,
        typer.Option(
            help="Chroma server to move the vectors to; '' moves them back into the data folder.",
            metavar="URL",
        ),
    ] = None,
) -> None:
    """Make the search files anew from the catalogue; nothing is read or embedded again.

    Searches go on in the old ones until the new ones are whole, so there has to be room for both.

    \b
    assistant index rebuild
    assistant index rebuild --chroma-url http://127.0.0.1:8000
    """
    from index import Index

    settings = load_settings(config, data_dir, None)
    url = chroma_url if chroma_url is not None else settings.chroma_url
    told = Index.rebuild(settings.data_dir, chroma_url=url)
    typer.echo(f"The search files hold {told:,} chunks again.")


app.command("eval")(evaluation.evaluate)
index_sync.register(index_app)
index_care.register(index_app)
tune.register(app, index_app)


STOPPED = 130
"""Exit status after Ctrl+C, as shells have it."""


def main() -> None:
    """Entry point: every failure is one sentence on stderr and an exit status."""
    from index.errors import AssistantError, BadRequest

    _quieten()
    try:
        app()
        sys.stdout.flush()
    except AssistantError as error:
        _fail(str(error), 2 if isinstance(error, BadRequest) else 1)
    except KeyboardInterrupt:
        _fail("Stopped.", STOPPED)
    except SystemExit as ended:
        # Typer turns Ctrl+C into this status without a word.
        if ended.code == STOPPED:
            _fail("Stopped.", STOPPED)
        raise
    except BrokenPipeError:
        # The reader (head, less) has seen enough; leave nothing for Python to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        told = f"{error.strerror or error}{where}"
        _fail_if_full(error, told)
        _fail(f"{told}.", 1)
    except Exception as error:
        from sqlite3 import DatabaseError

        if not isinstance(error, DatabaseError):
            raise
        _fail_if_full(error, str(error))
        _fail(
            f"The catalogue cannot be read or written ({error}). See what is wrong with: assistant "
            "index verify",
            1,
        )


def _fail_if_full(error: Exception, told: str) -> None:
    from index.database import is_full

    if is_full(error):
        _fail(
            f"The disk is full ({told}). Make free space, then run this again; what was stored "
            "before is kept.",
            1,
        )


def _fail(sentence: str, status: int) -> None:
    from .logs import complain

    complain(sentence, exit_status=status)
    sys.exit(status)


def _quieten() -> None:
    """Keep the libraries' bars, warnings and reports home out of what a person reads."""
    import logging
    import warnings

    for variable, value in {
        # What NumPy multiplies here is small: a second thread waits, spinning, more than it helps.
        "OPENBLAS_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "ANONYMIZED_TELEMETRY": "False",
        "GRADIO_ANALYTICS_ENABLED": "False",
    }.items():
        os.environ.setdefault(variable, value)
    warnings.simplefilter("ignore")
    # Loggers of ours that are counted or written elsewhere hand on what is no error, too.
    errors = logging.StreamHandler()
    errors.setLevel(logging.ERROR)
    logging.basicConfig(level=logging.ERROR, format="%(message)s", handlers=[errors])
