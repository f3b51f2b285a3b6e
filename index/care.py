"""Looking after a data folder: check it, mend it, make its search files anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from .auditing import Audit
from .catalog import Catalog
from .checking import CheckReport, Fault, Finding, Progress, check
from .embedding import Embedder
from .errors import AssistantError, IndexDamaged
from .followers import present_lexical, present_vectors
from .ingest import Writer
from .lexical import LexicalIndex
from .locking import kept_to_ourselves
from .manifest import match
from .paths import VECTOR_FOLDER, followers_home
from .place import server_of
from .probing import probe
from .recovery import make_whole
from .remaking import remake
from .store import VectorStore, forget_clients

T = TypeVar("T")


def verify(
    folder: Path,
    embedder: Embedder,
    *,
    repair: bool = False,
    progress: Progress = lambda *_: None,
) -> CheckReport:
    """Look at everything in a data folder and, with `repair`, put right what can be.

    Raises:
        IndexMissing: there is no index.
        IndexBusy: another process is writing.
        IndexDamaged: the catalogue cannot be opened at all, or the folder cannot be written.
    """
    with kept_to_ourselves(folder) as catalog:
        make_whole(followers_home(folder, catalog.manifest()), catalog)
        # An index that this process has open may not have noticed what another has written.
        forget_clients()
        report = _look(folder, catalog, embedder, progress, catch_up=repair)
        if report.ok or not repair:
            return report
        _mend(folder, catalog, embedder, report)
        after = _look(folder, catalog, embedder, progress, catch_up=True)
        left = {finding.fault for finding in after.findings}
        mended = tuple(f for f in report.findings if f.fault not in left)
        return replace(after, mended=mended)


def rebuild(folder: Path, *, chroma_url: str | None = None) -> int:
    """Make Chroma and the lexical index anew from the catalogue; returns the chunks told.

    Nothing is embedded again: the catalogue keeps the vectors.  With a `chroma_url` they move
    to the Chroma server there; with an empty one, back into the folder.  Searches go on in the
    old ones until the new ones are whole.
    """
    with kept_to_ourselves(folder) as catalog:
        return remake(folder, catalog, chroma_url)


@contextmanager
def _followers(
    home: Path, catalog: Catalog, *, tried: bool = True
) -> Iterator[tuple[VectorStore | AssistantError, LexicalIndex | AssistantError]]:
    """The two followers, each as the error it raises where it cannot be opened.

    Vectors that nobody has `tried` may end the process, so another one tries them first.
    """
    with ExitStack() as opened:
        store = _or_error(lambda: _vectors(home, catalog, tried))
        if not isinstance(store, AssistantError):
            opened.callback(store.close)
        lexical = _or_error(lambda: present_lexical(home, catalog))
        if not isinstance(lexical, AssistantError):
            opened.callback(lexical.release)
        yield store, lexical


def _vectors(home: Path, catalog: Catalog, tried: bool) -> VectorStore:
    if not tried and server_of(catalog.manifest()) is None:
        probe(home / VECTOR_FOLDER)
    return present_vectors(home, catalog)


@contextmanager
def _opened(home: Path, catalog: Catalog) -> Iterator[tuple[VectorStore, LexicalIndex]]:
    with _followers(home, catalog) as (store, lexical):
        if isinstance(store, AssistantError):
            raise store
        if isinstance(lexical, AssistantError):
            raise lexical
        yield store, lexical


def _or_error(make: Callable[[], T]) -> T | AssistantError:
    try:
        return make()
    except IndexDamaged as error:  # a server that is away is no damage to be mended
        return error


def _look(
    folder: Path, catalog: Catalog, embedder: Embedder, progress: Progress, *, catch_up: bool
) -> CheckReport:
    home = followers_home(folder, catalog.manifest())
    with _followers(home, catalog, tried=False) as (store, lexical):
        if isinstance(store, VectorStore) and isinstance(lexical, LexicalIndex) and catch_up:
            Writer(catalog, store, lexical, embedder).catch_up()
        return check(catalog, store, lexical, progress)


def _mend(folder: Path, catalog: Catalog, embedder: Embedder, report: CheckReport) -> None:
    found = {finding.fault: finding for finding in report.findings}
    if Fault.PAGES in found:
        return
    audit = Audit(catalog)
    catalog.remove(_ids(found.get(Fault.UNREADABLE)))
    audit.distrust(_ids(found.get(Fault.ALTERED)))
    audit.drop(_numbers(found.get(Fault.ORPHANS)))
    for fault in (Fault.VECTORS_STRAY, Fault.WORDS_STRAY):
        audit.ask_for(delete=_numbers(found.get(fault)))
    for fault in (
        Fault.VECTORS_MISSING,
        Fault.VECTORS_WRONG,
        Fault.WORDS_MISSING,
        Fault.WORDS_DOUBLED,
    ):
        audit.ask_for(add=_numbers(found.get(fault)))
    if found.keys() & {Fault.VECTORS_CLOSED, Fault.WORDS_CLOSED}:
        remake(folder, catalog)
    forget_clients()
    with _opened(followers_home(folder, catalog.manifest()), catalog) as (store, lexical):
        writer = Writer(catalog, store, lexical, embedder)
        writer.catch_up()
        if Fault.BARE in found:
            match(folder, catalog, embedder)
            writer.remake(_ids(found[Fault.BARE]))


def _ids(finding: Finding | None) -> list[str]:
    return [name for name in finding.concerned if isinstance(name, str)] if finding else []


def _numbers(finding: Finding | None) -> list[int]:
    return [name for name in finding.concerned if isinstance(name, int)] if finding else []
