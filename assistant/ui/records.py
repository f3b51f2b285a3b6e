"""The view of what is indexed, and of adding to it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.errors import AssistantError
from index.sources import read_path
from index.types import Rejected

from ..holdings import holdings, short_name
from ..service.identity import Role, require
from .keeping import scope_of
from .markup import panel
from .plots import over_time
from .shared import QUIET, Shared, Update, header
from .signals import say, signal

if TYPE_CHECKING:
    from index import Index
    from index.reports import AddReport

_log = logging.getLogger(__name__)
MOST_FILES = 100
_FAILED = "Sorry, something went wrong and not all files could be added."


class IndexView:
    """Its components, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        with gr.Column(elem_id="index-view", elem_classes="view"):
            self.held = gr.HTML("", elem_id="held", apply_default_css=False)
            gr.HTML(panel("adding"), apply_default_css=False)
            self.files = gr.File(
                label="Files to add", file_count="multiple", elem_id="files", height=160
            )
            self.progress = gr.HTML("", elem_id="adding", apply_default_css=False)
        self.outputs = [self.held, self.progress, self.files, shared.header, shared.signal]

    def connect(self) -> None:
        """Tie every event to its function; files are added one lot at a time."""
        self.files.upload(self._added, self.files, self.outputs, concurrency_limit=1, **QUIET)

    def refreshed(self) -> Update:
        """What the index holds now."""
        try:
            held = holdings(self._shared.assistant.index)
        except AssistantError as error:
            return self._shared.told(error)
        plot = over_time(held.days, "Records by date answered", "held-plot")
        most = max((n for _, n in held.status.facets.departments), default=1)
        return {self.held: panel("held", held=held, status=held.status, plot=plot, most=most)}

    def _added(self, request: gr.Request, files: Sequence[str] | None) -> Iterator[Update]:
        """Add what was dropped, saying how far it has come and what was refused."""
        paths = [Path(file) for file in files or ()]
        try:
            require(scope_of(request), Role.CURATOR)
            if len(paths) > MOST_FILES:
                yield self._refused(
                    f"That is {len(paths)} files; the most at once is {MOST_FILES}."
                )
                return
            for step in adding(self._shared.assistant.index, paths):
                if isinstance(step, int):
                    yield {self.progress: panel("progress", done=step)}
                    continue
                yield {
                    self.progress: panel("added", report=step, names=_names(paths)),
                    self.files: None,
                    self._shared.header: header(self._shared.assistant),
                    self._shared.signal: signal(say(_said(step))),
                    **self.refreshed(),
                }
        except AssistantError as error:
            yield self._refused(str(error))
        except Exception:
            _log.exception("files could not be added")
            yield self._refused(_FAILED)
        finally:
            for path in paths:
                path.unlink(missing_ok=True)

    def _refused(self, why: str) -> Update:
        return {self.progress: panel("problem", text=why), self.files: None}


def adding(index: Index, paths: Sequence[Path]) -> Iterator[int | AddReport]:
    """Add the files: the number of records dealt with so far, again and again, then the report.

    As on the command line, the first official records take the place of the bundled sample.

    Raises:
        AssistantError: another process is writing, or the index cannot be written.
    """
    steps: queue.Queue[int | AddReport | BaseException] = queue.Queue()

    def work() -> None:
        try:
            was_sample = index.status().only_sample
            items = (_told(item) for path in paths for item in read_path(path))
            report = index.add(items, progress=steps.put)
            index.drop_outgrown_sample(was_sample)
            steps.put(report)
        except BaseException as error:
            steps.put(error)

    # A thread of its own: a reader who closes the page must not stop an ingest half way.
    threading.Thread(target=work, name="adding", daemon=True).start()
    while True:
        step = steps.get()
        if isinstance(step, BaseException):
            raise step
        yield step
        if not isinstance(step, int):
            return


def _told(item: Any) -> Any:
    """A refusal with the file's own name: where it lay meanwhile is nobody's business."""
    return replace(item, file=short_name(item.file)) if isinstance(item, Rejected) else item


def _names(paths: Sequence[Path]) -> list[str]:
    return [path.name for path in paths]


def _said(report: AddReport) -> str:
    refused = f", {len(report.rejected):,} refused" if report.rejected else ""
    return f"{report.added:,} added, {report.changed:,} changed{refused}."
