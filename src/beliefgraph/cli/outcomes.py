"""`beliefgraph learn outcomes`: how likely outcomes are, from a tenant's past."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.lessons import Before
from beliefgraph.cli.parameter_sets import DryRun, put_in_force
from beliefgraph.model.time import instant
from beliefgraph.services.forecasts.learn import LearnedOutcome, following, learn_outcomes
from beliefgraph.services.permissions.usable import Usable, left_out


def outcomes(
    key: Key,
    purpose: Purpose = None,
    outcome: Annotated[str | None, typer.Option(help="Key of the outcome; left out: all.")] = None,
    before: Before = None,
    dry_run: DryRun = False,
) -> None:
    """Fit the hazard of each outcome to what happened, and put it in force where it predicts better.

    There is one row for each twin and period. It is compared with what is in force by log loss on twins that were left
    out, and must be better by more than one standard error.
    """
    run(_outcomes(key, purpose, outcome, before, dry_run))


async def _outcomes(key: str, purpose: str | None, outcome: str | None, before: datetime | None, dry_run: bool) -> None:
    out = Console(highlight=False)
    async with signed_in(key, purpose) as (built, caller):
        alone = built.alone
        usable = Usable(built.sights, caller)
        with out.status("Reading twins …") as status:
            found = await learn_outcomes(
                caller,
                alone.graph,
                alone.keyring,
                alone.book,
                alone.clock.now() if before is None else instant(before.replace(tzinfo=UTC)),
                outcome,
                told=lambda read: status.update(f"Reading twins … {read:,}"),
                usable=usable,
            )
        if usable.left_out:
            out.print(left_out(usable.left_out))
        show(out, found)
        if any(each.adopted for each in found):
            await put_in_force(built, caller, partial(following, found), out, dry_run=dry_run)
        else:
            out.print("Nothing was put in force.")


def show(out: Console, found: list[LearnedOutcome]) -> None:
    """What was learned of each outcome, and why it is adopted or not."""
    table = Table("outcome", "twins", "rows", "happened", "gain", "±", "", box=None)
    for each in found:
        compared = (f"{each.gain:+.4f}", f"{each.error:.4f}") if each.compared else ("", "")
        verdict = "better" if each.adopted else f"not adopted: {each.reason}"
        table.add_row(each.outcome, f"{each.twins:,}", f"{each.rows:,}", f"{each.happened:,}", *compared, verdict)
    out.print(table if found else "No outcome is defined.")
