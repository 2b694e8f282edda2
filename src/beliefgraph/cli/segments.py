"""`beliefgraph learn segments`: the base rates of a tenant's segments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from beliefgraph.app import Services
from beliefgraph.cli.adopting import Progress, learn_and_adopt
from beliefgraph.cli.connection import Key, Purpose, run
from beliefgraph.cli.learn_relations import Before
from beliefgraph.cli.parameter_sets import DryRun
from beliefgraph.model.caller import Caller
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.segments.learn import following, learn_segments
from beliefgraph.services.segments.rates import SegmentLesson


def segments(key: Key, purpose: Purpose = None, before: Before = None, dry_run: DryRun = False) -> None:
    """Learn the base rates of each segment, and put in force those that predict held-out twins better.

    The base rate of an attribute is its prior in the twins of the segment; that of an outcome is used if no hazard was
    learned. Both are shrunk towards the rate of all twins, more for smaller segments.
    """

    async def learn(
        built: Services, caller: Caller, until: datetime, progress: Progress, usable: Usable
    ) -> list[SegmentLesson]:
        alone = built.alone
        return await learn_segments(
            caller, alone.graph, alone.keyring, alone.book, until, progress, usable, built.sights
        )

    run(learn_and_adopt(key, purpose, before, learn, show, following, dry_run=dry_run))


def show(out: Console, found: Sequence[SegmentLesson]) -> None:
    """The result for each segment, and why it is adopted or not."""
    table = Table("segment", "attribute or outcome", "twins", "in force", "learned", "gain", "±", "", box=None)
    for each in found:
        rates = ["" if rate is None else f"{rate:.3f}" for rate in (each.in_force, each.learned)]
        gain = (f"{each.gain:+.4f}", f"{each.error:.4f}") if each.error else ("", "")
        verdict = "better" if each.adopted else f"not adopted: {each.reason}"
        table.add_row(each.segment or "none", each.about, f"{each.twins:,}", *rates, *gain, verdict)
    out.print(table if found else "No segment and no outcome is defined.")
