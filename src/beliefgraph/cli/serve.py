"""`beliefgraph serve`: run the service."""

from __future__ import annotations

import asyncio
import faulthandler
import os
from dataclasses import replace
from typing import Annotated

import structlog
import typer
from rich.console import Console

from beliefgraph.api import create_app
from beliefgraph.app import Services
from beliefgraph.cli.connection import run, services
from beliefgraph.cli.neo4j import reporting_errors
from beliefgraph.telemetry.export import exporting
from beliefgraph.web.connections import fitted
from beliefgraph.web.logs import configure
from beliefgraph.web.server import serving
from beliefgraph.web.tuning import new_event_loop, settle

GRACE_S = 2.0
"""Seconds beyond the shutdown timeout for releasing everything."""

log = structlog.get_logger(__name__)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1, or BELIEFGRAPH_HOST")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port to listen on; 0 picks a free one.",
            show_default="8000, or BELIEFGRAPH_PORT",
        ),
    ] = None,
) -> None:
    """Serve GraphQL, events and GraphiQL until Ctrl-C or SIGTERM.

    Uses the Neo4j at NEO4J_URI, or else a local one, which is started if necessary. The database is migrated to this
    version's schema first. Create a key with `beliefgraph keys create`. Logs are JSON lines on standard error; settings
    are environment variables named BELIEFGRAPH_….
    """
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}

    async def work() -> None:
        async with services(serving=True) as built:
            configure(built.settings.log_level)
            settings = fitted(built.settings.model_copy(update=given))
            if settings.exposed:
                log.warning("API keys and data are sent in the clear: set TLS or trusted proxies", host=settings.host)
            built.start_background_work()
            async with serving(create_app(replace(built, settings=settings)), settings) as served:
                out = Console(highlight=False)
                rows = {
                    "GraphQL": f"{served.url}/graphql" + ("  (GraphiQL in a browser)" if settings.graphiql else ""),
                    "events": f"{served.url}/events",
                    "probes": f"{served.url}/healthz  {served.url}/readyz",
                }
                for name, value in rows.items():
                    out.print(f"  {name:<9} {value}", soft_wrap=True)
                settling = asyncio.create_task(settle_once_warm(built))
                await served.finished()
                settling.cancel()
                end_within(settings.shutdown_timeout + GRACE_S)

    with reporting_errors(), exporting(os.environ):
        run(work(), new_event_loop)


def end_within(seconds: float) -> None:
    """End the process after a time, whatever is running: the last resort for work that does not stop.

    It needs no Python, so it also works while the interpreter itself ends; running work is then reported on standard
    error.
    """
    faulthandler.dump_traceback_later(seconds, file=2, exit=True)


async def settle_once_warm(built: Services) -> None:
    """Tune the garbage collector for serving, once long-lived objects are loaded."""
    await built.warming.finished()
    settle()
