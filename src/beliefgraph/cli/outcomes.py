"""`beliefgraph learn outcomes`: learn the hazards of outcomes from a tenant's past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.app import Services
from beliefgraph.cli.adopting import Progress, learn_and_adopt
from beliefgraph.cli.connection import Key, Purpose, run
from beliefgraph.cli.learn_relations import Before
from beliefgraph.cli.parameter_sets import DryRun
from beliefgraph.model.caller import Caller
from beliefgraph.services.forecasts.learn import following, learn_outcomes
from beliefgraph.services.forecasts.learned_outcomes import LearnedOutcome
from beliefgraph.services.permissions.usable import Usable

DAY = timedelta(days=1)


def outcomes(
    key: Key,
    purpose: Purpose = None,
    outcome: Annotated[str | None, typer.Option(help="Key of the outcome; default: all outcomes.")] = None,
    before: Before = None,
    dry_run: DryRun = False,
) -> None:
    """Fit the hazard of each outcome to what happened, and put it in force if it predicts better.

    There is one row for each twin and period; for an outcome with grades, the distribution over them is fitted for each
    horizon. The result is compared with the parameters in force by log loss on held-out twins, and must be better by
    more than one standard error.
    """

    async def learn(
        built: Services, caller: Caller, until: datetime, progress: Progress, usable: Usable
    ) -> list[LearnedOutcome]:
        alone = built.alone
        return await learn_outcomes(
            caller, alone.graph, alone.keyring, alone.book, until, outcome, progress=progress, usable=usable
        )

    run(learn_and_adopt(key, purpose, before, learn, show, following, dry_run=dry_run))


def show(out: Console, found: Sequence[LearnedOutcome]) -> None:
    """The result for each outcome, and why it is adopted or not."""
    table = Table("outcome", "twins", "rows", "happened", "gain", "±", "", box=None)
    for each in found:
        compared = (f"{each.gain:+.4f}", f"{each.error:.4f}") if each.compared else ("", "")
        verdict = "better" if each.adopted else f"not adopted: {each.reason}"
        within = "" if each.horizon is None else f" within {each.horizon / DAY:g} days"
        table.add_row(
            each.outcome + within, f"{each.twins:,}", f"{each.rows:,}", f"{each.happened:,}", *compared, verdict
        )
    out.print(table if found else "No outcome is defined.")
