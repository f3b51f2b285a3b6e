"""The addresses under ``/api/v1``: thin, each a call of the same functions that Python has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse

from ..history.feedback import FeedbackLog
from ..service.gate import Gates
from ..service.identity import identity_of
from . import schemas, shaping
from .events import event_stream
from .kept import Kept, KeptAnswers
from .paging import passages_to
from .problems import NoSuchAnswer, NoSuchRecord, documented

if TYPE_CHECKING:
    from ..answer import Assistant
    from ..service.discretion import Discretion
    from ..service.questions import QuestionLog
    from ..types import GroundedAnswer

MAX_K = 100
MAX_OFFSET = 900
MOST = MAX_OFFSET + MAX_K + 1
EVENTS = "text/event-stream"

RecordId = Annotated[str, Path(max_length=200, description="Id of a record.")]
Text = Annotated[
    str,
    Query(
        min_length=1,
        max_length=schemas.MAX_QUESTION,
        description="A question in plain words, or a tabled question as it stands.",
        examples=["How many arrests has the joint intelligence cell in France led to?"],
    ),
]
Limit = Annotated[int, Query(ge=1, le=MAX_K, description="Passages on a page.")]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET, description="Passages to pass over.")]
Names = Annotated[list[schemas.Name] | None, Query(max_length=50)]
Houses = Annotated[list[schemas.House] | None, Query(max_length=2)]
Day = Annotated[schemas.Day | None, Query()]


def _limits(
    department: Names = None,
    house: Houses = None,
    member: Names = None,
    asked_from: Day = None,
    asked_to: Day = None,
    answered_from: Day = None,
    answered_to: Day = None,
) -> schemas.FilterBody:
    return schemas.FilterBody(
        department=tuple(department or ()),
        house=tuple(house or ()),
        member=tuple(member or ()),
        asked_from=asked_from,
        asked_to=asked_to,
        answered_from=answered_from,
        answered_to=answered_to,
    )


Limits = Annotated[schemas.FilterBody, Depends(_limits)]


def _known(request: Request) -> None:
    """Refuse a parameter that an address does not take: a limit that is ignored finds too much."""
    paths = request.app.openapi()["paths"]
    described = paths.get(request.scope["route"].path, {}).get(request.method.lower(), {})
    known = {one["name"] for one in described.get("parameters", ()) if one["in"] == "query"}
    strange = [name for name in request.query_params if name not in known]
    if known and strange:
        raise RequestValidationError(
            [
                {
                    "type": "no_such_parameter",
                    "loc": ("query", name),
                    "msg": f"There is no such parameter; there are {', '.join(sorted(known))}",
                    "input": request.query_params[name],
                }
                for name in strange
            ]
        )


@dataclass(frozen=True, slots=True)
class Backend:
    """What the routes need."""

    assistant: Assistant
    gates: Gates
    questions: QuestionLog
    discretion: Discretion
    kept: KeptAnswers = field(default_factory=KeptAnswers)


def router(backend: Backend) -> APIRouter:
    """The routes over one assistant."""
    routes = APIRouter(prefix="/api/v1", dependencies=[Depends(_known)])
    _search(routes, backend)
    _answers(routes, backend)
    _records(routes, backend)
    return routes


def _search(routes: APIRouter, backend: Backend) -> None:
    index, gate = backend.assistant.index, backend.gates.lookups

    @routes.get("/retrieve", responses=documented(400), tags=["search"])
    async def retrieve(
        request: Request,
        q: Text,
        limits: Limits,
        limit: Limit = 8,
        offset: Offset = 0,
        history: Annotated[list[str] | None, Query(max_length=schemas.MAX_TURNS)] = None,
    ) -> schemas.PassagesBody:
        """The passages that bear on a question, best first.

        `text` is ``record.text[start:end]`` of the record `record_id`.
        """
        # One more than asked for tells whether there is a next page.
        wanted = offset + limit + 1
        search = partial(
            index.retrieve, q, filters=shaping.filters(limits), history=tuple(history or ())
        )
        found = await gate.run(partial(passages_to, search, wanted, MOST))
        following = None
        if len(found) == wanted and offset + limit <= MAX_OFFSET:
            others = [(k, v) for k, v in request.query_params.multi_items() if k != "offset"]
            following = f"{request.url.path}?{urlencode([*others, ('offset', offset + limit)])}"
        return schemas.PassagesBody(
            query=found.query,
            passages=tuple(map(shaping.passage, found.passages[offset : offset + limit])),
            offset=offset,
            limit=limit,
            next=following,
            suggestions=shaping.suggestions(found.understood),
        )

    @routes.get("/similar", responses=documented(404), tags=["search"])
    async def similar(
        id: Annotated[str, Query(max_length=200, description="Id of a record.")],
        limit: Limit = 8,
    ) -> schemas.PassagesBody:
        """The passages of other records that are nearest to one record."""
        from ..similar import similar as nearest

        found = await gate.run(partial(nearest, index, id, limit))
        if found is None:
            raise NoSuchRecord(f"There is no record {id!r}.", "Take an id from /api/v1/retrieve.")
        return schemas.PassagesBody(
            query=found.query,
            passages=tuple(map(shaping.passage, found.passages)),
            offset=0,
            limit=limit,
        )

    @routes.get("/facets", responses=documented(), tags=["index"])
    async def facets() -> schemas.FacetsBody:
        """Departments and Houses with their counts, and the range of dates."""
        return shaping.facets(await gate.run(index.facets))

    @routes.get("/status", responses=documented(), tags=["index"])
    async def status() -> schemas.StatusBody:
        """What the index holds."""
        return shaping.status(await gate.run(index.status))


def _answers(routes: APIRouter, backend: Backend) -> None:
    assistant, gates = backend.assistant, backend.gates

    @routes.post(
        "/answer",
        responses={
            200: {"model": schemas.AnswerBody, "content": {EVENTS: {"schema": {"type": "string"}}}},
            **documented(400),
        },
        response_model=None,
        tags=["answers"],
    )
    async def answer(
        request: Request,
        body: schemas.AnswerRequest,
        accept: Annotated[str, Header(include_in_schema=False)] = "application/json",
    ) -> schemas.AnswerBody | Response:
        """A short answer in which every sentence is cited.

        As JSON; with ``Accept: text/event-stream`` as server-sent events while it is made:
        `retrieved`, then for each sentence `sentence`, `citation`... and `verdict`, and last
        `done`, whose data is the same JSON.  `started_again` says that the sentences so far no
        longer count; `error` comes in the place of `done` where the answer breaks off.
        """
        filters = shaping.filters(body.filters)
        history = body.history or ()
        begin = partial(assistant.answer, body.question, history, filters)
        owner = identity_of(request.scope).name

        def finish(done: GroundedAnswer) -> str:
            backend.questions.note(done.question, done.kind.value)
            return backend.kept.keep(Kept(done, history, filters, owner))

        if EVENTS in accept:
            events: AsyncIterator[bytes] = event_stream(
                gates.answers, begin, finish, backend.discretion
            )
            first = await anext(events)
            return StreamingResponse(
                _chained(first, events), media_type=EVENTS, headers={"Cache-Control": "no-store"}
            )
        done = await gates.answers.run(lambda: begin().result())
        return JSONResponse(shaping.answer(done, finish(done)).model_dump(mode="json"))

    @routes.get("/asked-before", responses=documented(400), tags=["answers"])
    async def asked_before(q: Text, limit: Limit = 10) -> list[schemas.AskedBeforeBody]:
        """Questions already asked on the matter of a draft, and what was answered."""
        earlier = await gates.lookups.run(partial(assistant.asked_before, q, limit))
        return [shaping.asked_before(one) for one in earlier]

    @routes.post("/feedback", responses=documented(404), tags=["answers"])
    async def feedback(request: Request, body: schemas.FeedbackRequest) -> schemas.FeedbackBody:
        """Say whether an answer was of use; it is kept with the question and the passages."""
        owner = identity_of(request.scope).name
        kept = backend.kept.get(body.answer_id, owner)
        if kept is None:
            raise NoSuchAnswer("That answer is no longer at hand.", "Ask again, then say so.")
        number = await gates.lookups.run(
            partial(
                FeedbackLog(assistant.settings.data_dir).add,
                kept.answer,
                useful=body.useful,
                reason=body.reason or "",
                history=kept.history,
                filters=kept.filters,
                owner=owner,
            )
        )
        return schemas.FeedbackBody(id=number)


def _records(routes: APIRouter, backend: Backend) -> None:
    index, gate = backend.assistant.index, backend.gates.lookups

    @routes.get(
        "/records/{id}",
        responses={304: {"description": "Unchanged since the ETag given."}, **documented(404)},
        tags=["records"],
    )
    async def record(
        id: RecordId,
        response: Response,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> schemas.Record:
        """One record, whole, with an ETag that changes when its content does."""
        found = await gate.run(partial(index.get, id))
        if found is None:
            raise NoSuchRecord(f"There is no record {id!r}.", "Take an id from /api/v1/retrieve.")
        tag = f'"{found.content_hash}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if if_none_match and _matches(if_none_match, tag):
            return Response(status_code=304, headers=headers)  # type: ignore[return-value]
        response.headers.update(headers)
        return shaping.record(found)


def _matches(given: str, tag: str) -> bool:
    tags = {part.strip().removeprefix("W/") for part in given.split(",")}
    return tag in tags or "*" in tags


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield first
        async for chunk in rest:
            yield chunk
    finally:
        close = getattr(rest, "aclose", None)
        if close is not None:
            await close()
