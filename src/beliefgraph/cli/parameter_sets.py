"""Putting parameters in force, with a preview of what would move; listing earlier sets and putting them in force
again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.app import Services
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.move import MOVED
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.services.learning.preview import Preview, preview
from beliefgraph.services.permissions.usable import Usable, left_out

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change without putting it in force.")]


def list_sets(key: Key, purpose: Purpose = None, json: Json = False) -> None:
    """List the parameter sets of the tenant, the newest first, and say which is in force."""
    run(_list(key, purpose, json))


def adopt(
    number: Annotated[int, typer.Argument(min=0, help="Number of the set; 0 is the empty one.")],
    key: Key,
    purpose: Purpose = None,
    dry_run: DryRun = False,
) -> None:
    """Put an earlier parameter set in force again, as a new set with the same content.

    The beliefs that would change are shown first. Every twin adopts the set by a commit.
    """
    run(_again(key, purpose, number, dry_run))


def reset(key: Key, purpose: Purpose = None, dry_run: DryRun = False) -> None:
    """Put the empty parameter set in force: the numbers stated in the catalogs apply again."""
    run(_again(key, purpose, 0, dry_run))


async def _list(key: str, purpose: str | None, json: bool) -> None:
    out = Console(highlight=False)
    async with signed_in(key, purpose) as (built, caller):
        found = await built.book.parameter_sets(caller)
        in_force = (await built.book.latest(caller.tenant)).definitions.parameters
    number = None if in_force is None else in_force.number
    if json:
        print_json([{**each.model_dump(mode="json"), "in_force": each.number == number} for each in found])
        return
    table = Table("set", "learned", "what", "", box=None)
    for each in found:
        at = "" if each.learned_at is None else f"{each.learned_at:%Y-%m-%d %H:%M}"
        now = "in force" if each.number == number else ""
        table.add_row(str(each.number), at, _what(each), now)
    out.print(table if found else "Nothing was learned.")


def _what(found: ParameterSet) -> str:
    """The number of entries of each kind in a set."""
    numbers = {
        "rates": len(found.sources),
        "shared errors": len(found.shared_errors) + len(found.random_effects),
        "priors": len(found.priors),
        "strengths": len(found.strengths),
        "calibrations": len(found.calibrations),
        "hazards": len(found.hazards),
        "grades": len(found.grades),
        "trajectories": len(found.trajectories),
        "base rates": len(found.rates) + len(found.base_rates),
    }
    return ", ".join(f"{kind}: {number:,}" for kind, number in numbers.items() if number) or "nothing"


async def _again(key: str, purpose: str | None, number: int, dry_run: bool) -> None:
    async with signed_in(key, purpose) as (built, caller):
        chosen = await built.book.parameter_set(caller, number)
        await put_in_force(built, caller, lambda _: chosen, Console(highlight=False), dry_run=dry_run)


async def put_in_force(
    built: Services, caller: Caller, following: Callable[[ParameterSet], ParameterSet], out: Console, *, dry_run: bool
) -> None:
    """Show what would move, and unless it is a dry run put the parameters in force and have every twin adopt them."""
    usable = Usable(built.sights, caller)
    show(out, await preview(caller, built.alone.graph, built.book, following, usable))
    if usable.left_out:
        out.print(left_out(usable.left_out))
    if dry_run:
        out.print("Nothing was put in force.")
        return
    before = (await built.book.latest(caller.tenant)).definitions
    definitions = await built.book.publish_parameters(caller, following)
    if definitions.number == before.number:
        out.print("It is already in force: nothing changed.")
        return
    round_ = await built.across.adopt(caller.tenant)
    assert definitions.parameters is not None
    out.print(
        f"Parameter set {definitions.parameters.number} is in force (set {definitions.number}); "
        f"{round_.refreshed:,} twins adopted it."
    )
    for name, error in round_.refused:
        out.print(f"{name}: {error.code}: {error.message}", markup=False)


def show(out: Console, found: Preview) -> None:
    """The number of beliefs that would move, by how much, and the largest moves."""
    out.print(
        f"{found.moved:,} of {found.beliefs:,} beliefs would change by {MOVED:.1%} or more; "
        f"mean change {found.mean:.3f}, greatest {found.greatest:.3f}."
    )
    if found.most:
        table = Table("twin", "belief", "now", "then", box=None)
        for each in found.most:
            table.add_row(each.twin, belief_named(each.belief), f"{each.before:.3f}", f"{each.after:.3f}")
        out.print(table)


def belief_named(belief: BeliefKey) -> str:
    """A belief in a table: its attribute, and what else its key names."""
    parts = (belief.attribute, belief.value, belief.subject, belief.context)
    return " · ".join(part for part in parts if part and part not in (ANYONE, ANYWHERE))
