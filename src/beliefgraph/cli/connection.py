"""What commands that need the services share: find a Neo4j, read the settings, and run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from beliefgraph.cli.neo4j import fetching, reporting_errors
from beliefgraph.cli.options import Key, Purpose
from beliefgraph.config import Settings
from beliefgraph.local import Endpoint, LocalNeo4j, resolve_endpoint
from beliefgraph.model.caller import Caller

if TYPE_CHECKING:
    from beliefgraph.app import Services

T = TypeVar("T")

__all__ = ["Key", "Purpose", "run", "services", "settings_for", "signed_in"]


def settings_for(endpoint: Endpoint, settings: Settings) -> Settings:
    """The settings, pointed at a Neo4j."""
    return settings.model_copy(
        update={
            "neo4j_uri": endpoint.uri,
            "neo4j_username": endpoint.user,
            "neo4j_password": SecretStr(endpoint.password),
        }
    )


@asynccontextmanager
async def services(cached_megabytes: int | None = None, *, serving: bool = False) -> AsyncIterator[Services]:
    """The services on the Neo4j at NEO4J_URI, or else on the local one, which is started if necessary.

    `cached_megabytes` is the cache size unless it is set; `serving` says that they run as a server.
    """
    from beliefgraph.app import running  # takes a second, which `--help` need not wait for

    settings = Settings.from_environment(os.environ)
    if cached_megabytes is not None and "cached_megabytes" not in settings.model_fields_set:
        settings = settings.model_copy(update={"cached_megabytes": cached_megabytes})
    local = LocalNeo4j()
    try:
        with fetching() as bar:
            endpoint = await asyncio.to_thread(resolve_endpoint, local, os.environ, bar)
        async with running(settings_for(endpoint, settings), serving=serving) as built:
            yield built
    finally:
        await asyncio.to_thread(local.close)


@asynccontextmanager
async def signed_in(
    key: str, purpose: str | None, cached_megabytes: int | None = None
) -> AsyncIterator[tuple[Services, Caller]]:
    """The same services, and the caller for a key, with a purpose."""
    async with services(cached_megabytes) as built:
        yield built, await built.callers.authenticate(key, purpose)


def run(
    work: Coroutine[Any, Any, T], event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
) -> T:
    """Run the work and return its result; a beliefgraph error ends the command with its code and message."""
    with reporting_errors(), asyncio.Runner(loop_factory=event_loop) as runner:
        return runner.run(work)
