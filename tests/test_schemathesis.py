"""Requests made up from the interface's own description, against the running server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from assistant.answer import Assistant
from assistant.service.app import build_service
from assistant.service.server import _listen
from assistant.settings import Settings
from index import Index

from .fakes import HashingEmbedder, make_record

EXAMPLES = 15
"""Requests for each operation."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    with Index.open_or_create(tmp_path_factory.mktemp("fuzz"), embedder=HashingEmbedder()) as index:
        index.add(make_record(str(n), text=f"There were {n} otters in 2024.") for n in range(20))
        chosen = Settings(data_dir=index.folder)
        service = build_service(Assistant(index, chosen), chosen)
        listener = _listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(service.app, log_config=None))  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/openapi.json"
            yield schemathesis.openapi.from_url(url)
        finally:
            server.should_exit = True
            thread.join(20)
            listener.close()


def test_every_reply_is_as_described(
    api: schemathesis.BaseSchema, subtests: pytest.Subtests
) -> None:
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) >= 10
    for operation in operations:
        with subtests.test(operation.label):

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def check(case: schemathesis.Case) -> None:
                # That one date lies before another, no JSON Schema can ask for.
                case.call_and_validate(timeout=60, excluded_checks=[positive_data_acceptance])

            check()
