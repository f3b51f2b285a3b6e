"""Where the real records lie, for the tests that read them in place."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

needs_records = pytest.mark.skipif(
    not (SHARED / "answers-dev.jsonl.gz").is_file(),
    reason="the real records are not in shared/data beside the checkout",
)
