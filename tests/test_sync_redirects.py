"""A source that sends a sync on: within its host it is followed, elsewhere not."""

from __future__ import annotations

import pytest

from index.errors import SourceUnreachable

from .api_server import ApiServer, Handler, Request, question
from .test_sync_faults import PATH, api, client

__all__ = ["api"]


def test_a_source_that_sends_on_to_another_host_is_not_followed(api: ApiServer) -> None:
    api.hold(question(1, "2024-09-02"))
    elsewhere = api.url.replace("127.0.0.1", "localhost")
    assert elsewhere != api.url

    def send_on(handler: Handler, request: Request) -> bool:
        if request.number == 1:
            handler.send(302, b"", {"Location": f"{elsewhere}/{PATH}/1"})
        return request.number == 1

    api.faults.append(send_on)
    with client(api) as to:
        with pytest.raises(
            SourceUnreachable, match="sends on to another address, http://localhost"
        ):
            to.get_json(f"{PATH}/1")
        assert len(api.requests) == 1
        assert to.get_json(f"{PATH}/1")["value"]["id"] == 1


def test_a_source_that_sends_on_within_its_host_is_followed(api: ApiServer) -> None:
    api.hold(question(1, "2024-09-02"))

    def send_on(handler: Handler, request: Request) -> bool:
        if request.path.endswith("/old"):
            handler.send(301, b"", {"Location": f"/{PATH}/1"})
        return request.path.endswith("/old")

    api.faults.append(send_on)
    with client(api) as to:
        assert to.get_json("old")["value"]["id"] == 1
