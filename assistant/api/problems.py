"""Every failure of the REST interface in one shape: RFC 9457 (``application/problem+json``)."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, compile_path

from index.errors import AssistantError

from ..service.discretion import Discretion
from ..service.gate import RETRY_AFTER
from ..service.replies import PROBLEM, problem_body
from .schemas import Problem
from .wording import invalid as in_words

_log = logging.getLogger(__name__)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_WORDS = {
    404: ("not_found", "There is nothing at this address.", "GET /api/docs lists what there is."),
    405: (
        "wrong_method",
        "This address does not take that method.",
        "Use one of those that the Allow header names.",
    ),
}


class NoSuchRecord(AssistantError):
    """No record has the id that was asked for."""

    code = "no_such_record"
    http_status = 404


class NoSuchAnswer(AssistantError):
    """No answer of late has the id that was named."""

    code = "no_such_answer"
    http_status = 404


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error replies of an operation, for its description."""
    told = {
        400: "The request makes no sense.",
        401: "Not signed in.",
        403: "Not allowed.",
        404: "No such record or answer.",
        413: "The request is too large.",
        415: "The file is of a kind that is not read.",
        422: "A value is missing or of the wrong kind.",
        429: "Too many requests; see Retry-After.",
        503: "Overloaded, or the index cannot be used; see Retry-After where there is one.",
    }
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    always = (401, 403, 422, 429, 503)
    return {
        status: {"description": told[status], "content": content}
        for status in sorted({*always, *statuses})
    }


def install(app: FastAPI, discretion: Discretion) -> None:
    """Turn every error of `app`'s own routes into a problem, and describe its shape."""
    described = app.openapi

    def with_problem() -> dict[str, Any]:
        # A model named with a route would be described as plain JSON as well.
        description = described()
        schemas = description["components"]["schemas"]
        if "Problem" not in schemas:
            schemas["Problem"] = Problem.model_json_schema()
        return description

    app.openapi = with_problem  # type: ignore[method-assign]

    @app.exception_handler(AssistantError)
    async def known(_: Request, error: AssistantError) -> JSONResponse:
        headers = {"Retry-After": str(RETRY_AFTER)} if error.http_status == 503 else {}
        return _reply(error.http_status, error.code, *discretion.told(error), headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return _reply(422, "invalid", *in_words(error.errors()[0]))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        code, title, detail = _WORDS.get(error.status_code, ("refused", str(error.detail), ""))
        return _reply(error.status_code, code, title, detail, dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s failed", request.url.path, exc_info=error)
        title = "Something went wrong here; it has been noted."
        return _reply(500, "internal", title, "Try again, or tell whoever runs the service.")


def catch_all(app: FastAPI) -> None:
    """Answer what no address under ``/api/`` takes; otherwise the page would, in its own way.

    Called once every other address under it is known.
    """
    known = list(app.router.routes)

    @app.api_route("/api/{rest:path}", methods=list(_METHODS), include_in_schema=False)
    async def nowhere(request: Request) -> None:
        if any(route.matches(request.scope)[0] is Match.PARTIAL for route in known):
            raise HTTPException(405, headers={"Allow": ", ".join(_methods(app, request))})
        raise HTTPException(404)


def _methods(app: FastAPI, request: Request) -> list[str]:
    """What the address of a request takes; one that is not described is there to be read."""
    described = app.openapi()["paths"].items()
    path = request.scope["path"]
    taken = [item for template, item in described if compile_path(template)[0].match(path)]
    return sorted({method.upper() for item in taken for method in item}) or ["GET"]


def _reply(
    status: int, code: str, title: str, detail: str = "", headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(
        problem_body(status, code, title, detail), status, headers=headers, media_type=PROBLEM
    )
