"""Logs as one JSON object per line on standard error, each with the id of its request."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
"""Where the error occurred, without the values there: they are secrets and people's data."""

OF_THE_MACHINE = frozenset({"RuntimeError", "OSError", "MemoryError", "AssertionError", "TimeoutError", "Fault"})
"""Errors whose messages are logged. Messages of other errors may contain request data, which must not be logged."""


def redacted(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The entry with the messages of those errors only; other errors are logged with their type and location."""
    if entry.get("logger") == "asyncio":
        entry["event"] = str(entry["event"]).partition("\n")[0]  # asyncio appends the error of a task to its message
    _without_messages(entry.get("exception"))
    return entry


def _without_messages(stacks: object) -> None:
    """Remove the messages of exceptions, including those in groups."""
    for stack in stacks if isinstance(stacks, list) else ():
        if isinstance(stack, dict):
            stack.pop("exc_notes", None)
            stack.pop("syntax_error", None)
            if stack.get("exc_type") not in OF_THE_MACHINE:
                stack["exc_value"] = ""
            _without_messages(stack.get("exceptions"))
        else:
            _without_messages(stack)


def configure(level: str) -> None:
    """Send the logs of this process and its libraries to standard error as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    at_least = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            *shared,
            TRACEBACKS,
            redacted,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(serializer=_written),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(at_least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                TRACEBACKS,
                redacted,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(serializer=_written),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(at_least, logging.INFO))
    for noisy in ("strawberry", "uvicorn.error", "neo4j"):
        logging.getLogger(noisy).setLevel(max(at_least, logging.WARNING))


def _written(entry: object, default: object = None, **_: object) -> str:  # noqa: ARG001
    return orjson.dumps(entry, default=str).decode()
