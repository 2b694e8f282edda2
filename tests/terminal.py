"""The command line, as somebody types it, and what they pipe into it."""

from __future__ import annotations

import subprocess
import sys

import orjson

from tests.world import START


def beliefgraph(*words: str, environ: dict[str, str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command line."""
    return subprocess.run(
        [sys.executable, "-m", "beliefgraph", *words], env=environ, input=stdin, capture_output=True, timeout=120
    )


def line(id_: str, **more: object) -> bytes:
    """One CloudEvent of a twin, as JSON."""
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "cli",
        "type": "rated",
        "time": START.isoformat(),
        "twin": "lena",
        "data": {"llr": 1.0, "by": "somebody"},
    }
    return orjson.dumps({**event, **more}) + b"\n"
