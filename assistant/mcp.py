"""The MCP server: four tools for other people's assistants, over stdio and HTTP.

The tools give what the REST interface gives (`assistant/api/schemas.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from index.errors import AssistantError

from . import __version__
from .api import schemas, shaping, wording
from .service.gate import Gate, Gates

if TYPE_CHECKING:
    from index.types import Filters

    from .answer import Assistant

T = TypeVar("T")

INSTRUCTIONS = (
    "Official answers of the UK Government to written parliamentary questions.  Search first; "
    "quote only text that a tool returned, with its url, department and date.  A record may be "
    "a holding reply, corrected, cut short or a summary: its notes say so, and so must you."
)

Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=schemas.MAX_QUESTION,
        description="A question in plain words, or a parliamentary question as it was tabled.",
    ),
]
Draft = Annotated[
    str,
    Field(
        min_length=1,
        max_length=schemas.MAX_QUESTION,
        description="The draft of a parliamentary question.",
    ),
]
History = Annotated[
    list[Annotated[str, Field(max_length=schemas.MAX_QUESTION)]] | None,
    Field(
        max_length=schemas.MAX_TURNS, description="Questions asked before this one, oldest first."
    ),
]
Count = Annotated[int, Field(ge=1, le=50, description="How many at most.")]
Departments = Annotated[
    list[str] | None,
    Field(max_length=50, description="Full names of answering departments, such as 'Home Office'."),
]
HouseName = Annotated[schemas.House | None, Field(description="Only this House's questions.")]
Day = Annotated[str | None, Field(description="As 2024-07-30.")]


def build_mcp(
    assistant: Assistant,
    gates: Gates | None = None,
    in_words: Callable[[AssistantError], str] = str,
) -> Any:
    """The server with its tools; `gates` bound the work where others ask as well.

    `in_words` gives what a caller is told of an error.

    Returns an `mcp.server.mcpserver.MCPServer`.
    """
    from mcp.types import ToolAnnotations

    server = _server_class()(
        "government-answers", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING"
    )
    reading = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    tools = Tools(assistant, gates or Gates(Gate(2, 20), Gate(2, 20)), in_words)
    for tool in (
        tools.search_answers,
        tools.get_answer_record,
        tools.answer_question,
        tools.asked_before,
    ):
        server.add_tool(tool, annotations=reading)
    return server


class Tools:
    """The tools over one assistant.  Their docstrings are what a language model reads."""

    def __init__(
        self, assistant: Assistant, gates: Gates, in_words: Callable[[AssistantError], str]
    ) -> None:
        self._assistant = assistant
        self._gates = gates
        self._in_words = in_words

    async def search_answers(
        self,
        query: Question,
        limit: Count = 8,
        department: Departments = None,
        house: HouseName = None,
        answered_from: Day = None,
        answered_to: Day = None,
    ) -> schemas.PassagesBody:
        """Find passages of government answers that bear on a question, best first.

        Each passage is an exact span of an official record, with its heading, department, date,
        address and the notes a reader must know.  Use get_answer_record for the whole record.
        """
        filters = _limits(department, house, answered_from, answered_to)
        found = await self._done(
            self._gates.lookups, partial(self._assistant.index.retrieve, query, limit, filters)
        )
        return schemas.PassagesBody(
            query=found.query,
            passages=tuple(map(shaping.passage, found.passages)),
            offset=0,
            limit=limit,
            suggestions=shaping.suggestions(found.understood),
        )

    async def get_answer_record(
        self, id: Annotated[str, Field(max_length=200, description="record_id of a passage.")]
    ) -> schemas.Record:
        """One official record whole: question, answer, who asked and answered, dates, address."""
        record = await self._done(self._gates.lookups, partial(self._assistant.index.get, id))
        if record is None:
            raise _tool_error(f"There is no record {id!r}. Take an id from search_answers.")
        return shaping.record(record)

    async def answer_question(
        self,
        question: Question,
        history: History = None,
        department: Departments = None,
        house: HouseName = None,
        answered_from: Day = None,
        answered_to: Day = None,
    ) -> schemas.AnswerBody:
        """A short answer in which every sentence is cited to a span of an official record.

        kind is answered, partly, declined (the Government does not give it) or not_covered
        (the indexed answers do not say; nearest then lists the closest records, and what these do
        say is quoted, which is no answer).
        """
        filters = _limits(department, house, answered_from, answered_to)
        ask = partial(self._assistant.answer, question, tuple(history or ()), filters)
        done = await self._done(self._gates.answers, lambda: ask().result())
        # Each costs a reader of tokens dear, and the records are there already.
        return shaping.answer(replace(done, passages=()))

    async def asked_before(
        self, question: Draft, limit: Count = 8
    ) -> list[schemas.AskedBeforeBody]:
        """Questions already asked on the matter of a draft.

        Each with the record (when, by whom), how alike the two questions are, what sort of
        reply was made and the sentence that says most.
        """
        earlier = await self._done(
            self._gates.lookups, partial(self._assistant.asked_before, question, limit)
        )
        return [shaping.asked_before(one) for one in earlier]

    async def _done(self, gate: Gate, work: Callable[[], T]) -> T:
        try:
            return await gate.run(work)
        except AssistantError as error:
            raise _tool_error(self._in_words(error)) from error


def _limits(
    department: list[str] | None, house: str | None, first: str | None, last: str | None
) -> Filters:
    from index import make_filters

    try:
        return make_filters(
            department=department or (),
            house=house or (),
            answered_from=first or None,
            answered_to=last or None,
        )
    except AssistantError as error:
        raise _tool_error(str(error)) from error


@cache
def _server_class() -> type[Any]:
    """The server of the library, which passes over unknown arguments and shows pydantic's words."""
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    class Server(MCPServer):
        async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
            takes = {tool.name: tool.input_schema["properties"] for tool in await self.list_tools()}
            for strange in sorted(arguments.keys() - takes.get(name, arguments).keys()):
                there = ", ".join(sorted(takes[name]))
                raise _tool_error(f"There is no argument {strange!r}; there are {there}.")
            given = {key: value for key, value in arguments.items() if value is not None}
            try:
                return await super().call_tool(name, given, context)
            except ToolError as error:
                if not isinstance(error.__cause__, ValidationError):
                    raise
                first = error.__cause__.errors()[0]
                said, _ = wording.invalid({**first, "loc": ("body", *first["loc"])})
                raise _tool_error(said) from error

    return Server


def _tool_error(sentence: str) -> Exception:
    """What tells a caller that a tool could not do its work, and why."""
    from mcp.server.mcpserver.exceptions import ToolError

    return ToolError(sentence)
