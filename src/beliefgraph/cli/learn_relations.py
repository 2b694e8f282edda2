"""`beliefgraph learn relations`, `calibration` and `proposals`: learning from beliefs with known truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.table import Table

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.moments import in_utc
from beliefgraph.cli.output import write_draft
from beliefgraph.cli.parameter_sets import DryRun, put_in_force
from beliefgraph.cli.truth import read_truth
from beliefgraph.errors import Incorrect
from beliefgraph.evaluate.plot import draw
from beliefgraph.evaluate.report import Curve
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.services.learning.learn import (
    CalibratedAttribute,
    ProposedRelation,
    following,
    learn_calibrations,
    learn_relations,
    propose_relations,
    reliability,
)
from beliefgraph.services.learning.training_data import TrainingData, training_data
from beliefgraph.services.permissions.usable import Usable, left_out

Before = Annotated[
    datetime | None, typer.Option(help="Learn only from evidence with a valid time before this day (UTC).")
]
Truth = Annotated[
    Path | None,
    typer.Option(dir_okay=False, help="Known truth: a CSV file with twin, attribute, context, value and time."),
]
Tenant = Annotated[str | None, typer.Option(help="Tenant of the key, as a safety check.")]


def relations(
    key: Key,
    purpose: Purpose = None,
    tenant: Tenant = None,
    deviation: Annotated[
        float,
        typer.Option(
            min=0.01, max=10.0, help="Assumed standard deviation of the error of stated log odds ratios, in nats."
        ),
    ] = 1.0,
    before: Before = None,
    truth: Truth = None,
    dry_run: DryRun = False,
) -> None:
    """Fit the strengths of relations to beliefs with known truth, and put them in force if they predict better.

    The truth of a belief is known if it was corrected or if a single observation is conclusive. Priors are not
    changed. The latest 30 % of the labels are held out; on these the fit must have a lower log loss than the stated
    strengths.
    """
    out = Console(highlight=False)
    read = run(_training_data(key, purpose, tenant, before, out, truth))
    _report_left_out(read, out)
    found = learn_relations(read, deviation=deviation)
    table = Table("relation", "elicited", "learned", "95 %", "rows", box=None)
    for each in found.relations:
        name = f"{each.stated.source} {each.stated.kind} {each.stated.target}"
        low, high = each.interval
        odds = f"{each.elicited:.2f}", f"{each.odds_ratio:.2f}", f"{low:.2f}–{high:.2f}"
        table.add_row(name, *odds, f"{each.observations:,}")
    out.print(table)
    if found.held_out:
        out.print(
            f"Log loss of the later {found.held_out:,} labels: {found.log_loss:.3f} learned, {found.elicited:.3f} as"
            f" stated, {found.base_rate:.3f} by the base rate of each attribute."
        )
    if not found.better:
        out.print("Not better than the stated strengths: nothing was put in force.")
    else:
        run(_put_in_force(key, purpose, found.following, out, dry_run=dry_run))


def calibration(
    key: Key,
    purpose: Purpose = None,
    tenant: Tenant = None,
    plot: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the reliability diagram to this PNG file.")
    ] = None,
    before: Before = None,
    truth: Truth = None,
    dry_run: DryRun = False,
) -> None:
    """Fit a calibration for every attribute with enough known outcomes, and put the best in force.

    Platt scaling from 200 labels on, isotonic regression from 1,000 on; the latest 30 % of the labels decide which is
    used, if any. Learn strengths and sources first: learning them discards calibrations.
    """
    out = Console(highlight=False)
    found = learn_calibrations(run(_training_data(key, purpose, tenant, before, out, truth)))
    table = Table("attribute", "chosen", "labels", "Brier", "", "log loss", "", "ECE", "", box=None)
    for each in found:
        table.add_row(*_calibration_row(each))
    out.print(table)
    if plot is not None and found:
        as_derived, calibrated, happened = reliability(found)
        curves = [Curve("as derived", as_derived, happened), Curve("calibrated", calibrated, happened)]
        out.print(f"Drawn in {draw('Reliability on later labels', curves, plot)}.")
    run(_put_in_force(key, purpose, partial(following, found), out, dry_run=dry_run))


def proposals(
    key: Key,
    purpose: Purpose = None,
    tenant: Tenant = None,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="File to write the draft to.")] = None,
    catalog: Annotated[str, typer.Option(help="Name of the drafted catalog.")] = "proposed",
    before: Before = None,
) -> None:
    """Draft a catalog of relations that the data support and that are in no catalog. It is for review and not
    published.

    Each relation has a comment with its gain on held-out twins, its confidence interval and its number of rows.
    """
    messages = Console(highlight=False, stderr=True)
    read = run(_training_data(key, purpose, tenant, before, messages))
    _report_left_out(read, messages)
    found = propose_relations(read)
    if write_draft(draft(catalog, found), out):
        messages.print(f"{len(found)} relations proposed in {out}. Review them; `beliefgraph define` publishes them.")


async def _training_data(
    key: str,
    purpose: str | None,
    tenant: str | None,
    before: datetime | None,
    out: Console,
    truth: Path | None = None,
) -> TrainingData:
    known = [] if truth is None else list(read_truth(truth))
    with out.status("Reading twins …") as status:
        async with signed_in(key, purpose) as (built, caller):
            if tenant is not None and tenant != caller.tenant:
                raise Incorrect("invalid-input", f"This key is for the tenant {caller.tenant}, not {tenant}.")
            usable = Usable(built.sights, caller)
            found = await training_data(
                caller,
                built.alone.graph,
                built.book,
                before=None if before is None else in_utc(before),
                truth=known,
                progress=lambda read: status.update(f"Reading twins … {read:,}"),
                usable=usable,
            )
    if usable.left_out:
        out.print(left_out(usable.left_out))
    out.print(
        f"{found.twins:,} twins, {len(found.labels):,} beliefs with known truth, {len(found.current):,} rows with"
        " evidence."
    )
    return found


def _report_left_out(read: TrainingData, out: Console) -> None:
    if read.left_out:
        names = ", ".join(read.left_out)
        out.print(f"Not learned, because they are noisy ORs, states, inherit, or are related to such: {names}.")


async def _put_in_force(
    key: str, purpose: str | None, learned: Callable[[ParameterSet], ParameterSet], out: Console, *, dry_run: bool
) -> None:
    async with signed_in(key, purpose) as (built, caller):
        await put_in_force(built, caller, learned, out, dry_run=dry_run)


def _calibration_row(each: CalibratedAttribute) -> tuple[str, ...]:
    before, after = each.before, each.after
    labels = f"{each.choice.fitted + each.choice.held_out:,}"
    pairs = ((before.brier, after.brier), (before.log_loss, after.log_loss), (before.ece, after.ece))
    numbers = [shown for one, other in pairs for shown in (f"{one:.3f}", f"→ {other:.3f}")]
    return (each.attribute, each.choice.calibration.kind, labels, *numbers)


def draft(catalog: str, found: Sequence[ProposedRelation]) -> str:
    """The proposals as a catalog in YAML, each with its support in a comment."""
    head = {"catalog": catalog, "version": "0.1.0", "description": "Relations that the data support; for review."}
    lines = [yaml.safe_dump(head, sort_keys=False).rstrip(), "relations:" if found else "relations: []"]
    for each in found:
        low, high = each.interval
        least, most = each.odds_ratios
        lines += [
            f"  # gain: {each.gain:.1f} nats on later rows (95 %: {low:.1f} to {high:.1f})",
            f"  # observations: {each.observations:,}; odds ratio, 95 %: {least:.2f} to {most:.2f}",
            f"  - {{kind: {each.kind}, source: {each.source}, target: {each.target},"
            f" odds_ratio: {each.odds_ratio:.3g}}}",
        ]
    return "\n".join(lines) + "\n"
