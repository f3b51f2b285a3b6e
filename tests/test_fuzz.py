"""Nothing that comes in makes a part of the program fail: noise, and honest input damaged."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, NameObject, StreamObject

from index.sources import read_path
from index.types import Rejected

from . import fuzz_targets
from .fuzz_targets import REQUESTS, TARGETS, seeds

EXAMPLES = {"readers": 120, "api": 120, "verifier": 60}
MIB = 2**20


def damaged(name: str) -> st.SearchStrategy[bytes]:
    """Honest inputs of a target with parts cut out, repeated, put in and changed."""
    piece = st.one_of(st.binary(max_size=12), st.text(max_size=8).map(lambda t: t.encode()))
    edit = st.tuples(st.integers(0, 4_000), st.integers(0, 60), piece, st.integers(1, 40))

    def apply(seed: bytes, edits: list[tuple[int, int, bytes, int]]) -> bytes:
        for at, cut, put, times in edits:
            place = at % (len(seed) + 1)
            seed = seed[:place] + put * times + seed[place + cut :]
        return seed

    return st.builds(apply, st.sampled_from(seeds(name)), st.lists(edit, max_size=5))


@pytest.mark.parametrize("name", list(TARGETS))
def test_anything_is_taken_or_refused(name: str) -> None:
    @settings(
        max_examples=EXAMPLES.get(name, 150),
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.one_of(damaged(name), st.binary(max_size=200), st.text().map(str.encode)))
    def check(data: bytes) -> None:
        TARGETS[name](data)

    check()


@pytest.mark.parametrize("name", list(TARGETS))
def test_honest_input_is_taken(name: str) -> None:
    for seed in seeds(name):
        TARGETS[name](seed)


def test_every_target_is_fuzzed_for_long_by_the_benchmark() -> None:
    from benchmarks.fuzz import NAMES

    assert list(TARGETS) == NAMES


def test_a_broken_promise_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_targets, "chunk", lambda record, embedder: [])
    with pytest.raises(AssertionError):
        TARGETS["chunker"](b"There were 12 boats.")


@pytest.mark.parametrize(
    "question",
    [
        "(" * 3_999,
        "a" * 4_000,
        "to ask the Secretary of State for " * 110,
        " ".join(["HL1"] * 900),
        "Question 1234, " * 260,
        "1,000,000," * 390,
        "pursuant to the Answer of " * 150,
        "\u202e\u0000\ufeff" * 1_000,
        "e\u0301" * 1_900,
    ],
)
def test_no_pattern_takes_forever(question: str) -> None:
    for number in range(len(REQUESTS)):
        TARGETS["api"](bytes([number]) + question.encode())


def test_a_pdf_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    stream = StreamObject()
    stream[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode")] * 2)
    # Noughts compressed twice: some hundred bytes that would unpack to 128 MiB.
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(bytes(MIB)) for _ in range(128)) + packer.flush()
    stream._data = zlib.compress(once, 9)
    page[NameObject("/Contents")] = writer._add_object(stream)
    file = tmp_path / "bomb.pdf"
    writer.write(file)
    assert file.stat().st_size < 16 * 1024
    (found,) = read_path(file)
    assert isinstance(found, Rejected)


def test_nothing_that_a_page_declares_is_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The password is otter.")
    layers = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    file = tmp_path / "page.html"
    file.write_text(
        f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY l0 "ha">{layers}]>'
        "<html><head><title>Boats</title></head><body><p>There are 12 boats. &x; &l9;</p></body>"
    )
    (found,) = read_path(file)
    told = str(found) if isinstance(found, Rejected) else found.text
    assert "otter" not in told
    assert len(told) < 10_000
