"""`beliefgraph learn trajectories`: learn how twins move through stages."""

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
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.trajectories.learn import LearnedTrajectory, following, learn_trajectories


def trajectories(
    key: Key,
    purpose: Purpose = None,
    trajectory: Annotated[str | None, typer.Option(help="Key of the trajectory; default: all.")] = None,
    before: Before = None,
    dry_run: DryRun = False,
) -> None:
    """Learn how long twins stay in each stage, which transitions they make and which signals each stage emits, and put
    it in force.

    The shape of the stays is chosen on held-out twins. The result is compared with the parameters in force by how well
    it predicts the next evidence of held-out twins, and must be better by more than one standard error.
    """

    async def learn(
        built: Services, caller: Caller, until: datetime, progress: Progress, usable: Usable
    ) -> list[LearnedTrajectory]:
        alone = built.alone
        return await learn_trajectories(
            caller, alone.graph, alone.book, until, trajectory, progress=progress, usable=usable
        )

    run(learn_and_adopt(key, purpose, before, learn, show, following, dry_run=dry_run))


def show(out: Console, found: Sequence[LearnedTrajectory]) -> None:
    """The result for each trajectory with its definition, and why it is adopted or not."""
    if not found:
        out.print("No trajectory is defined.")
    for each in found:
        verdict = "better" if each.adopted else f"not adopted: {each.reason}"
        out.print(f"{each.definition.key}: {each.twins:,} twins, {each.pieces:,} pieces of evidence; {verdict}")
        if each.learned is None:
            continue
        learned = each.learned
        out.print(
            f"gain {learned.gain:+.4f} ± {learned.error:.4f} nats for each of {each.compared:,} pieces; "
            f"phases {each.definition.phases} → {learned.phases}; {each.moved:,} twins would be in another stage"
        )
        table = Table("stage", "stay, stated", "learned", "back, stated", "learned", "velocity", box=None)
        for stated, stage in zip(each.definition.stages, learned.stages, strict=True):
            stays = [f"{one.stay / timedelta(days=1):,.1f} days" for one in (stated, stage)]
            backs = [f"{one.back:.0%}" for one in (stated, stage)]
            table.add_row(stage.value, *stays, *backs, f"{stage.velocity:+.2f}")
        out.print(table)
