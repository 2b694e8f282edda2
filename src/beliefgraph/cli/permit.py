"""`beliefgraph permit`, `restrict` and `permissions`: what is permitted of a twin."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli import show
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.reading import TwinOption
from beliefgraph.model.permission import Permission, Permit, Restrict
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.time import instant

Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"])]


def permit(
    key: Key,
    what: Annotated[str, typer.Argument(metavar="PURPOSE", help="Key of a purpose of the policy.")],
    twin: TwinOption,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it instead.")] = False,
    category: Annotated[
        str | None, typer.Option(help="Category of the policy; default: all except special categories.")
    ] = None,
    recipient: Annotated[str | None, typer.Option(help="Recipient of the policy; default: all.")] = None,
    valid_from: Moment = None,
    valid_to: Moment = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Permit a purpose, or refuse it with --refuse. With the person's own key it takes precedence over all other
    statements.
    """

    async def work() -> Receipt:
        command = Permit(
            twin=twin,
            purpose=what,
            allowed=not refuse,
            category=category,
            recipient=recipient,
            valid_from=None if valid_from is None else instant(valid_from),
            valid_to=None if valid_to is None else instant(valid_to),
        )
        async with signed_in(key, purpose) as (built, caller):
            return await built.of(caller, twin).commands.permit(caller, command)

    _print_receipt(run(work()), f"{what} is {'refused' if refuse else 'permitted'}", json=json)


def restrict(
    key: Key,
    twin: TwinOption,
    lift: Annotated[
        bool, typer.Option("--lift", help="Lift the restriction, and process the events that were held back.")
    ] = False,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Restrict the use of a twin to the person and to purposes required by law, or lift the restriction with --lift."""

    async def work() -> Receipt:
        async with signed_in(key, purpose) as (built, caller):
            return await built.of(caller, twin).commands.restrict(caller, Restrict(twin=twin, restricted=not lift))

    _print_receipt(run(work()), "the restriction is lifted" if lift else "the use is restricted", json=json)


def permissions(
    key: Key,
    twin: TwinOption,
    receipt: Annotated[bool, typer.Option("--receipt", help="Write the consent receipt, as JSON-LD.")] = False,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """List the permissions stated for a twin. Needs the person's own key or the scope **define**."""
    if receipt:
        print_json(run(_receipt(key, twin, purpose)))
        return

    async def work() -> list[Permission]:
        async with signed_in(key, purpose) as (built, caller):
            return await built.of(caller, twin).sights.stated(caller, twin)

    found = run(work())
    if json:
        print_json(found)
        return
    table = Table("purpose", "category", "recipient", "allowed", "by", "from", "to", box=None, pad_edge=False)
    for each in found:
        about = (each.purpose or "all (restriction)", each.category or "all", each.recipient or "all")
        until = "" if each.valid_to is None else show.day(each.valid_to)
        table.add_row(*about, "yes" if each.allowed else "no", each.stated_by, show.day(each.valid_from), until)
    Console(highlight=False).print(table)


async def _receipt(key: str, twin: str, purpose: str | None) -> dict[str, Any]:
    async with signed_in(key, purpose) as (built, caller):
        return await built.of(caller, twin).sights.receipt(caller, twin)


def _print_receipt(receipt: Receipt, what: str, *, json: bool) -> None:
    if json:
        print_json(receipt)
    else:
        Console(highlight=False).print(f"{receipt.twin}: {what} (rev {receipt.rev}).", markup=False)
