"""What the log of a process may hold: what went wrong and where, and nothing of whom it went wrong for."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog
from pydantic import ValidationError

from beliefgraph.model.event import Event
from beliefgraph.web import logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The logs of the other tests stay as they were."""
    root, before = logging.getLogger(), structlog.get_config()
    kept, levels = list(root.handlers), {name: logging.getLogger(name).level for name in (None, "uvicorn.error")}
    yield
    structlog.configure(**before)
    root.handlers = kept
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def stumble(secret: str) -> None:
    """Fail with something in hand that nobody else may see."""
    raise RuntimeError(f"{len(secret)} characters were too many")


@pytest.mark.parametrize("library", [False, True])
def test_a_fault_is_logged_without_what_the_code_had_in_hand(capsys: pytest.CaptureFixture[str], library: bool) -> None:
    logs.configure("info")
    log = logging.getLogger("a library") if library else structlog.get_logger("ours")
    try:
        stumble("bg_not-for-the-log")
    except RuntimeError:
        log.exception("fault")
    written = capsys.readouterr().err
    assert "bg_not-for-the-log" not in written
    [told] = orjson.loads(written)["exception"]
    assert told["exc_value"] == "18 characters were too many"
    assert told["frames"][-1]["name"] == "stumble"


def test_what_was_sent_is_not_in_the_error_message() -> None:
    with pytest.raises(ValidationError) as refused:
        Event.model_validate({"id": "1", "source": "s", "type": "t", "time": "what lena told her doctor"})
    assert "doctor" not in str(refused.value)
