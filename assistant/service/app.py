"""The whole service as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from .. import __version__
from ..api import curation, problems, reference, routes
from .auth import Authenticator, AuthGuard, LoopbackOnly, Passwords, ProxyHeader
from .bodies import BodyGuard
from .discretion import Discretion
from .gate import Gates
from .headers import SecurityHeaders
from .identity import Role, require
from .observe import Metrics, Observer, deafen
from .origin import LOOPBACK, OriginGuard
from .passwords import PasswordFile
from .questions import QuestionLog
from .rates import RateGuard
from .readiness import Readiness
from .replies import App

if TYPE_CHECKING:
    from ..answer import Assistant
    from ..settings import Settings

TITLE = "Government Answers"
TIDY = 60.0
"""Seconds between two times that the service looks after itself."""


@dataclass(frozen=True, slots=True)
class Service:
    """`app` is what to serve; `inner` is the application within all guards."""

    app: App
    inner: FastAPI


def build_service(
    assistant: Assistant,
    settings: Settings,
    mount_page: Callable[[FastAPI, Assistant], None] | None = None,
) -> Service:
    """REST, MCP and (where `mount_page` is given) the page, behind every guard.

    Raises:
        BadRequest: the settings of authentication are incomplete.
    """
    authenticator = authenticator_for(settings)
    gates = Gates.of(settings)
    questions = QuestionLog(settings.data_dir, settings.log_questions, settings.log_days)
    metrics = Metrics(assistant, gates)
    inner = _routes(assistant, gates, questions, metrics)
    if mount_page is not None:
        mount_page(inner, assistant)
    guarded: App = inner
    if settings.auth != "none":
        guarded = RateGuard(guarded, settings.rate_limit)
    guarded = AuthGuard(guarded, authenticator)
    guarded = BodyGuard(guarded, settings.max_upload_mb * 2**20)
    guarded = OriginGuard(guarded, _hosts(settings))
    return Service(SecurityHeaders(Observer(guarded, metrics)), inner)


def authenticator_for(settings: Settings) -> Authenticator:
    """What the settings ask for.

    Raises:
        BadRequest: no password file is named, or it cannot be used.
    """
    from index.errors import BadRequest

    if settings.auth == "none":
        return LoopbackOnly()
    if settings.auth == "proxy":
        return ProxyHeader(
            settings.proxy_user_header,
            settings.proxy_groups_header,
            settings.trusted_proxies,
            settings.curators,
            settings.admins,
        )
    if settings.password_file is None:
        raise BadRequest(
            "Passwords are asked for, but no password file is named.",
            "Name one with --password-file; assistant user add NAME makes it.",
        )
    users = PasswordFile(settings.password_file)
    if not len(users):
        raise BadRequest(
            f"The password file {settings.password_file} names nobody.",
            f"Run: assistant user add NAME --password-file {settings.password_file}",
        )
    return Passwords(users)


def _hosts(settings: Settings) -> tuple[str, ...]:
    if settings.allowed_hosts:
        return (*settings.allowed_hosts, *LOOPBACK)
    return tuple(LOOPBACK) if settings.host in LOOPBACK else ()


def _routes(
    assistant: Assistant, gates: Gates, questions: QuestionLog, metrics: Metrics
) -> FastAPI:
    discretion = Discretion(assistant.index.folder)
    readiness = Readiness(assistant.index.probe, discretion.of)
    mcp = _mcp(assistant, gates, discretion)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        listeners = metrics.listen()
        async with AsyncExitStack() as stack:
            if mcp is not None:
                await stack.enter_async_context(mcp.session_manager.run())
            tidying = asyncio.create_task(_tidy(readiness))
            yield
            tidying.cancel()
        deafen(listeners)
        questions.close()

    # FastAPI's own pages of documentation fetch scripts from elsewhere.
    app = FastAPI(
        title=TITLE,
        version=__version__,
        description="Passages of government answers, and short answers quoted from them.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    problems.install(app, discretion)
    reference.install(app)
    app.include_router(routes.router(routes.Backend(assistant, gates, questions, discretion)))
    app.include_router(curation.router(assistant.index, gates.answers))
    problems.catch_all(app)
    _operations(app, readiness, metrics)
    if mcp is not None:
        app.router.routes.extend(_mcp_routes(mcp))
    return app


async def _tidy(readiness: Readiness) -> None:
    """Now and then, give memory that is free back to the system (see `index/memory.py`) and look
    whether questions can be answered: where they cannot, the log says so, though nobody asks."""
    from index.memory import give_back_free_memory

    while True:
        await asyncio.sleep(TIDY)
        await asyncio.to_thread(give_back_free_memory)
        await asyncio.to_thread(readiness.why_not)


def _mcp_routes(mcp: Any) -> list[Any]:
    from mcp.server.transport_security import TransportSecuritySettings

    # Hosts and origins are looked at before: the library would know loopback's names alone.
    own = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    found = mcp.streamable_http_app(stateless_http=True, json_response=True, transport_security=own)
    return list(found.routes)


def _mcp(assistant: Assistant, gates: Gates, discretion: Discretion) -> Any:
    from ..mcp import build_mcp

    return build_mcp(assistant, gates, lambda error: " ".join(discretion.told(error)).strip())


def _operations(app: FastAPI, readiness: Readiness, metrics: Metrics) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> Response:
        return Response("ok\n", media_type="text/plain")

    @app.get("/readyz", include_in_schema=False)
    def ready() -> Response:
        why = readiness.why_not()
        return JSONResponse({"ready": not why, "why": why}, 503 if why else 200)

    @app.get("/metrics", include_in_schema=False)
    def figures(request: Request) -> Response:
        require(request.scope, Role.ADMIN)
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")
