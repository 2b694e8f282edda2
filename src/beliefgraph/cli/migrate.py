"""`beliefgraph migrate`: bring a database to this version's schema."""

from __future__ import annotations

from rich.console import Console

from beliefgraph.cli.connection import run, services


def migrate() -> None:
    """Migrate the database to this version's schema. Safe to run repeatedly and concurrently."""
    run(_migrate())
    Console(highlight=False).print("The database has this version's schema.")


async def _migrate() -> None:
    async with services():
        pass  # the services migrate before they serve
