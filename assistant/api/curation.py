"""Adding records from a file and removing them: for curators and admins."""

from __future__ import annotations

import tempfile
import zlib
from functools import partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from index.errors import AssistantError, BadRequest
from index.sources import read_path
from index.types import WrittenAnswer

from ..service.gate import Gate
from ..service.identity import Role, require
from . import schemas
from .problems import NoSuchRecord, documented
from .routes import RecordId

if TYPE_CHECKING:
    from index import Index

UNPACKED = 256 * 2**20
"""Most bytes that an uploaded file may hold once it is decompressed."""
MOST_REFUSED = 100
"""Refusals listed in a reply."""


A_FILE = {
    "required": True,
    "description": "A file of records: official JSON (gzipped or not), a copied page, a text, "
    "HTML or PDF document.  It is recognised by its content.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
"""The body of a file, as the interface is described."""


class TooLarge(AssistantError):
    """An uploaded file unpacks to more than is read at once."""

    code = "too_large"
    http_status = 413


def router(index: Index, gate: Gate) -> APIRouter:
    """The routes that change the index."""
    routes = APIRouter(prefix="/api/v1", tags=["records"])

    @routes.post("/records", responses=documented(400, 413), openapi_extra={"requestBody": A_FILE})
    async def add(request: Request) -> schemas.AddBody:
        """Add the records of one file; what is there already is left as it is.  For curators."""
        require(request.scope, Role.CURATOR)
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise BadRequest(
                "A form was sent, which is no file.",
                "Send the file itself as the body: curl --data-binary @FILE.",
            )
        # Not a parameter: a body that says it is JSON would be read before it came here.
        content = await request.body()
        if not content:
            raise BadRequest("The file is empty.", "Send the file as the body of the request.")
        return await gate.run(partial(_add, index, content))

    @routes.delete("/records/{id}", responses=documented(404))
    async def remove(request: Request, id: RecordId) -> schemas.RemovedBody:
        """Remove one record.  For admins."""
        require(request.scope, Role.ADMIN)
        report = await gate.run(partial(index.remove, [id]))
        if not report.removed:
            raise NoSuchRecord(f"There is no record {id!r}.", "Take an id from /api/v1/retrieve.")
        return schemas.RemovedBody(id=id)

    return routes


def _add(index: Index, content: bytes) -> schemas.AddBody:
    check_unpacked(content)
    with tempfile.TemporaryDirectory() as folder:
        file = FilePath(folder) / "upload"
        file.write_bytes(content)
        items = list(read_path(file))
    refused = [item for item in items if not isinstance(item, WrittenAnswer)]
    was_sample = index.status().only_sample
    report = index.add(item for item in items if isinstance(item, WrittenAnswer))
    index.drop_outgrown_sample(was_sample)
    said = [f"{r.record}: {r.reason}" if r.record else r.reason for r in refused]
    if len(said) > MOST_REFUSED:
        said = [*said[:MOST_REFUSED], f"and {len(said) - MOST_REFUSED:,} more"]
    return schemas.AddBody(
        added=report.added,
        changed=report.changed,
        unchanged=report.unchanged,
        kept_fuller=report.kept_fuller,
        refused=tuple(said),
    )


def check_unpacked(content: bytes, most: int = UNPACKED) -> None:
    """Refuse a compressed file that unpacks to more than `most` bytes.

    Raises:
        TooLarge: it does.
    """
    total, rest = 0, content
    while rest.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            while rest and not unpacker.eof:
                total += len(unpacker.decompress(rest, 2**20))
                rest = unpacker.unconsumed_tail
                if total > most:
                    raise TooLarge(
                        f"The file unpacks to more than {most // 2**20} MiB.", "Send it in parts."
                    )
        except zlib.error:
            # Damaged: the reader says so, naming what is wrong.
            return
        rest = unpacker.unused_data
