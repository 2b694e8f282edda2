"""`beliefgraph serve` in a process of its own, broken where `CANARY` says so: `python -m tests.web.canary`.

Broken, every verb of the services fails with what it had in hand in the words of its errors, in a task of its own too.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from typing import Any, get_type_hints

import typer

from beliefgraph.cli import serve
from beliefgraph.graphql.context import FieldServices
from beliefgraph.services.access.callers import Callers
from beliefgraph.services.access.sessions import Sessions
from beliefgraph.services.upkeep.warming import Warming

WHOLE = (Callers, Sessions, Warming, FieldServices)
"""What stays as it is, so that there is somebody whom all else fails."""

SERVICES = {
    get_type_hints(each.fget)["return"] for each in vars(FieldServices).values() if isinstance(each, property)
}.difference(WHOLE)
"""Every service that the interfaces call."""

_tasks = set[asyncio.Task[None]]()


def fail(given: tuple[object, ...], named: dict[str, object]) -> None:
    """Raise errors, one from the other, one in a group, that quote what was given."""
    try:
        raise LookupError(f"{given} {named}")
    except LookupError as error:
        error.add_note(f"{given} {named}")
        raise ExceptionGroup(f"{given} {named}", [ValueError(f"{given} {named}")]) from error


async def fail_alone(given: tuple[object, ...], named: dict[str, object]) -> None:
    """The same in a task that nobody waits for."""
    fail(given, named)


async def broken(_self: object, *given: object, **named: object) -> None:
    """A verb that fails."""
    _tasks.add(task := asyncio.create_task(fail_alone(given, named)))
    task.add_done_callback(_tasks.discard)
    fail(given, named)


async def broken_stream(_self: object, *given: object, **named: object) -> Any:
    """A subscription that fails."""
    fail(given, named)
    yield


def break_services() -> None:
    """Break every public verb."""
    for service in SERVICES:
        for name, verb in vars(service).copy().items():
            if name.startswith("_") or name in ("close", "numbered", "latest", "copy"):
                continue
            if inspect.iscoroutinefunction(verb):
                setattr(service, name, broken)
            elif inspect.isasyncgenfunction(verb):
                setattr(service, name, broken_stream)


if __name__ == "__main__":
    if os.environ.pop("CANARY") == "broken":
        break_services()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(serve.serve)
    app()
