"""`beliefgraph recompute`: check that what is published follows from the stored evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli.connection import run, services
from beliefgraph.cli.output import Json, print_json
from beliefgraph.services.commits.recheck import Checked, recheck
from beliefgraph.services.twin.checkpoints import Checkpoints

if TYPE_CHECKING:
    from beliefgraph.app import Services

LISTED = 30
"""Twins that are listed one by one; the rest are counted."""


def recompute(
    tenant: Annotated[str | None, typer.Option(help="Check only twins of this tenant.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Show only whether they agree.")] = False,
    json: Json = False,
) -> None:
    """Derive all published confidences, motivations, progress and metrics again from stored evidence, and compare.

    Nothing is written. Lists each twin with its number of beliefs and goals, the width of its junction tree, the worst
    quality and the number of differences. Exit code 1 if there is any difference, or if a twin cannot be derived.
    """
    if not run(_as_json(tenant) if json else _recompute(tenant, check)):
        raise typer.Exit(1)


async def _as_json(tenant: str | None) -> bool:
    """Print every twin as JSON; whether all of them agree."""
    async with services() as built:
        found = [_twin(each) async for each in _every(built, tenant)]
    print_json(found)
    return all(each["code"] is None and not each["differ"] for each in found)


def _twin(found: Checked) -> dict[str, Any]:
    return {
        "tenant": found.tenant,
        "twin": found.twin,
        "rev": found.rev,
        **{layer: _count(found, layer) for layer in ("beliefs", "goals")},
        "width": found.width,
        "quality": found.quality,
        "differ": found.differ,
        "code": found.error and found.error.code,
        "reason": found.error and found.error.message,
    }


async def _recompute(tenant: str | None, check: bool) -> bool:
    out = Console(highlight=False)
    table = Table("tenant", "twin", "rev", "beliefs", "goals", "width", "answers", "differ", box=None)
    twins = beliefs = goals = differ = failed = 0
    with out.status("Deriving again …"):
        async with services() as built:
            async for found in _every(built, tenant):
                twins, beliefs, goals = twins + 1, beliefs + _count(found, "beliefs"), goals + _count(found, "goals")
                differ += found.differ
                if found.error is not None:
                    failed += 1
                    out.print(f"{found.tenant} {found.twin}: {found.error.code}: {found.error.message}", markup=False)
                elif twins <= LISTED or found.differ:
                    table.add_row(*_row(found))
    if not check:
        out.print(table)
    agree = "agree with their evidence" if not differ else f"agree but for {differ:,}"
    out.print(f"{beliefs:,} published beliefs and {goals:,} goals of {twins - failed:,} twins {agree}.")
    return not (differ or failed)


async def _every(built: Services, tenant: str | None) -> AsyncIterator[Checked]:
    """Every twin of every database, derived again."""
    for each in built.databases:
        async for found in recheck(each.graph, each.book, tenant, Checkpoints(each.graph, each.keyring), built.layers):
            yield found


def _row(found: Checked) -> tuple[str, ...]:
    published = (f"{_count(found, layer):,}" for layer in ("beliefs", "goals"))
    return (found.tenant, found.twin, f"{found.rev:,}", *published, str(found.width), found.quality, str(found.differ))


def _count(found: Checked, layer: str) -> int:
    """The number of rows that a twin published in a layer."""
    return found.published.get(layer, 0)
