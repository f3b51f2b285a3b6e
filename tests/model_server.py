"""A server that speaks the OpenAI protocol over real HTTP and says what a test has it say."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Request = dict[str, Any]
"""The JSON body of a request."""


@dataclass(frozen=True)
class Reply:
    """One reply: its words in pieces of `size` characters, and what goes wrong with it.

    `pause` is the wait before the first piece and `between` that before every other, in
    seconds; after `cut_after` pieces the connection is dropped, after `garbled_after` what
    follows is no JSON.
    """

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    size: int = 7
    pause: float = 0.0
    between: float = 0.0
    cut_after: int | None = None
    garbled_after: int | None = None
    finish: str | None = "stop"


Scripted = Reply | Callable[[Request], Reply]


class ModelServer:
    """Gives its replies one after another, the last again and again."""

    def __init__(self, *script: Scripted) -> None:
        self.script = list(script)
        self.requests: list[Request] = []
        self.headers: list[Mapping[str, str]] = []
        """Those of every request, their names in small letters."""
        self.gone = threading.Event()
        """Set when a client went away before its reply was finished."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What is set as the address of the model's server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def prompt(self, request: int = -1) -> str:
        """Everything that was sent to the model in one request."""
        return "\n".join(m["content"] for m in self.requests[request]["messages"])

    def _next(self, request: Request) -> Reply:
        self.requests.append(request)
        scripted = self.script[min(len(self.requests), len(self.script)) - 1]
        return scripted if isinstance(scripted, Reply) else scripted(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                reply = outer._next(json.loads(body))
                try:
                    _send(self, reply)
                except (BrokenPipeError, ConnectionError):
                    outer.gone.set()
                    self.close_connection = True

            def log_message(self, *args: object) -> None:
                """Tests are quiet."""

        return Handler


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    if reply.status != 200:
        body = json.dumps({"error": {"message": "scripted", "type": "scripted"}}).encode()
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    time.sleep(reply.pause)
    pieces = [reply.text[n : n + reply.size] for n in range(0, len(reply.text), reply.size)]
    for number, piece in enumerate(pieces):
        if number == reply.cut_after:
            handler.close_connection = True
            return
        if number == reply.garbled_after:
            _chunk(handler, 'data: {"choices": [{"delta": {"con\n\n')
        _chunk(handler, _event(piece, None))
        time.sleep(reply.between)
    if reply.finish is not None:
        _chunk(handler, _event(None, reply.finish))
        _chunk(handler, "data: [DONE]\n\n")
    handler.wfile.write(b"0\r\n\r\n")


def _event(content: str | None, finish: str | None) -> str:
    delta = {} if content is None else {"role": "assistant", "content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    made = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    return f"data: {json.dumps({**made, 'choices': [choice]})}\n\n"


def _chunk(handler: BaseHTTPRequestHandler, text: str) -> None:
    data = text.encode()
    handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    handler.wfile.flush()
