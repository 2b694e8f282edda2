"""`beliefgraph learn sources`: learn the reliability of each source, and put it in force as a numbered set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.moments import in_utc
from beliefgraph.cli.parameter_sets import put_in_force
from beliefgraph.cli.truth import read_truth
from beliefgraph.errors import Incorrect
from beliefgraph.model.parameters import Scope
from beliefgraph.services.learning.dataset import Per
from beliefgraph.services.learning.judge import reasons
from beliefgraph.services.learning.sources import LearnedSource, LearnedSources, Progress
from beliefgraph.services.permissions.usable import left_out

LISTED = 25
"""Most sources in the table; all are in the set."""

CONFUSIONS = 10
"""Most sources whose greatest confusion is listed."""

BAR = 24
"""Characters of the bar that shows a reliability from 0 to 1."""


def sources(
    key: Key,
    purpose: Purpose = None,
    tenant: Annotated[str | None, typer.Option(help="Tenant of the key, as a safety check.")] = None,
    truth: Annotated[
        str | None,
        typer.Option(
            help="Known truth: a CSV file with the columns twin, attribute, context and value, and optionally subject, "
            "holds (yes or no) and time; or the name of a source that is always right."
        ),
    ] = None,
    per: Annotated[
        str, typer.Option(help="Granularity of the reliabilities: attribute, context, domain or everything.")
    ] = "attribute",
    before: Annotated[
        datetime | None, typer.Option(help="Learn only from evidence with a valid time before this day (UTC).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be learned without putting it in force.")
    ] = False,
) -> None:
    """Learn the reliability of each source from what several sources say about the same beliefs.

    Known truth is optional: corrections count as known truth, and so does the file or source given with `--truth`.
    Rates are adopted only if they predict held-out truth or statements better than those in force; otherwise the reason
    is printed. Before anything is put in force, the beliefs that would change are shown. The key needs the scope
    **define**. The result is an immutable numbered set, which all twins adopt by a commit; `learn list`, `learn adopt`
    and `learn reset` restore earlier sets.
    """
    if per not in ("attribute", "context", "domain", "everything"):
        raise typer.BadParameter("It is one of attribute, context, domain and everything.", param_hint="--per")
    run(_sources(key, purpose, tenant, truth, per, before, dry_run))  # type: ignore[arg-type]  # checked above


async def _sources(
    key: str,
    purpose: str | None,
    tenant: str | None,
    truth: str | None,
    per: Per,
    before: datetime | None,
    dry_run: bool,
) -> None:
    out = Console(highlight=False)
    from_file = truth is not None and truth.endswith(".csv")
    known = list(read_truth(Path(truth))) if truth is not None and from_file else []
    async with signed_in(key, purpose) as (built, caller):
        if tenant is not None and tenant != caller.tenant:
            raise Incorrect("invalid-input", f"This key is for the tenant {caller.tenant}, not {tenant}.")
        with _reading() as progress:
            learned = await built.alone.sources.learn(
                caller,
                per=per,
                truth=known,
                trusted=None if from_file else truth,
                before=None if before is None else in_utc(before),
                progress=progress,
            )
        show(out, learned)
        for line in reasons(learned.verdicts):
            out.print(line, markup=False)
        if not learned.adopts:
            out.print("Nothing was put in force.")
            return
        await put_in_force(built, caller, learned.following, out, dry_run=dry_run)


@contextmanager
def _reading() -> Iterator[Progress]:
    """Progress of reading, on standard error; silent if that is not a terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bars(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        task = bars.add_task("Reading …")
        yield lambda twins, evidence: bars.update(task, description=f"Read {evidence:,} items in {twins:,} twins")


def show(out: Console, learned: LearnedSources) -> None:
    """The sources as a table with their ranges, and correlated errors."""
    table = Table(title="Sources, those with the most evidence first", title_justify="left")
    for name, justify in (
        ("source", "left"), ("about", "left"), ("statements", "right"), ("reliable", "right"), ("0 … 1", "left"),
        ("yes if it holds", "right"), ("yes if not", "right"),
    ):  # fmt: skip
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for each in learned.sources[:LISTED]:
        rates = each.rates
        table.add_row(
            each.source, about(each.scope), f"{each.statements:,.0f}", f"{each.reliability:.2f}", bar(each),
            f"{rates.says_if_holds:.3f}", f"{rates.says_if_not:.3f}",
        )  # fmt: skip
    out.print(table)
    if len(learned.sources) > LISTED:
        out.print(f"… and {len(learned.sources) - LISTED:,} more.")
    for population in learned.populations:
        rates = population.rates
        of = f"of the kind {population.kind}" if population.kind else "of any kind"
        out.print(
            f"A new source {of} about {about(population.scope)}: yes {rates.says_if_holds:.3f} if it holds, "
            f"{rates.says_if_not:.3f} if not.",
            markup=False,
        )
    for line in learned.confusions.summaries:
        out.print(line, markup=False)
    for tried in [each for each in learned.confusions.tried if each.adopted][:CONFUSIONS]:
        if (most := tried.most) is not None:
            holds, stated, share = most
            where = f" in {tried.scope.context}" if tried.scope.context else ""
            out.print(
                f"  {tried.source}{where}: states {stated} when {holds} holds in {share:.0%} of the cases.",
                markup=False,
            )
    for shared in learned.shared_errors:
        out.print(
            f"Origins {shared.kind}: correlation {shared.correlation:.3f}, scale {shared.scale:.3f}, "
            f"from {shared.observations:,.0f} beliefs."
        )
    for effect in learned.random_effects:
        out.print(
            f"Shared across beliefs by {effect.kind}: an error of {effect.deviation:.3f} nats per observation, "
            f"from {effect.groups:,} groups on {effect.observations:,.0f} beliefs."
        )
    for errors in learned.errors:
        if not errors.adopted:
            out.print(
                f"Not adopted, shared errors of {errors.about}: they do not predict better than those in force "
                f"({errors.gain:+.2f} ± {errors.error:.2f} nats on the truth of {errors.compared:,} beliefs).",
                markup=False,
            )
    for topic, discount in learned.discounts.items():
        if discount < 1:
            about_ = topic or "everything"
            out.print(f"Effective weight of one statement among several about {about_}: {discount:.0%}.", markup=False)
    for prior in learned.priors:
        out.print(
            f"Base rate of {prior.attribute}: {prior.learned:.3f} in place of {prior.stated:.3f}, "
            f"from {prior.observations:,.0f} beliefs.",
            markup=False,
        )
    if learned.left_out:
        out.print(left_out(learned.left_out))
    out.print(
        f"{len(learned.sources):,} sources from {learned.evidence:,} items in {learned.twins:,} twins; "
        f"the truth of {learned.settled:,} questions is known."
    )


def about(scope: Scope) -> str:
    """The scope of rates, in a few words."""
    parts = [scope.attribute or scope.domain or "everything", scope.value, scope.context]
    return " · ".join(part for part in parts if part)


def bar(source: LearnedSource) -> str:
    """The range of a reliability on a line from 0 to 1: `·····├──●─┤··`."""
    low, middle, high = (round(x * (BAR - 1)) for x in (source.low, source.reliability, source.high))
    return "".join(
        "●" if i == middle else "├" if i == low else "┤" if i == high else "─" if low < i < high else "·"
        for i in range(BAR)
    )
