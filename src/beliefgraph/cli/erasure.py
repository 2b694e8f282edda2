"""`beliefgraph erase`, `readmit` and `receipt`: erasing a person, and proving it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.neo4j import reporting_errors
from beliefgraph.cli.output import Json, print_json
from beliefgraph.config import Settings
from beliefgraph.model.erasure import Erasure, Readmission
from beliefgraph.services.upkeep import receipts

Twin = Annotated[str, typer.Argument(help="Name of the twin.")]

app = typer.Typer(
    help=""
    "Receipts of erasures: what was destroyed, signed by the service. They are stored next to the keys "
    "(BELIEFGRAPH_KEYS) and contain no names."
    "",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def erase(key: Key, twin: Twin, purpose: Purpose = None) -> None:
    """Erase a twin permanently, and print the signed receipt.

    Events and commands about the person are refused from then on, until `beliefgraph readmit`.
    """

    async def work() -> Erasure:
        async with signed_in(key, purpose) as (running, caller):
            return await running.across.erase_twin(caller, twin)

    typer.echo(run(work()).receipt)


def readmit(key: Key, twin: Twin, purpose: Purpose = None, json: Json = False) -> None:
    """Accept data about an erased person again, because they consented again."""

    async def work() -> Readmission:
        async with signed_in(key, purpose) as (running, caller):
            return await running.eraser.readmit(caller, twin)

    done = run(work())
    if json:
        print_json(done)
    else:
        typer.echo(
            f"Data about {done.twin} is accepted again; {done.refused:,} events and commands were refused meanwhile."
        )


@app.command("verify")
def verify_receipt(
    receipt: Annotated[Path, typer.Argument(help="File with the receipt.", exists=True, dir_okay=False)],
    public_key: Annotated[
        Path | None,
        typer.Option(help="PEM file of the public key of the service; default: the key in BELIEFGRAPH_KEYS."),
    ] = None,
    json: Json = False,
) -> None:
    """Verify that a receipt was signed by the service and not altered since. Needs no database."""
    with reporting_errors():
        public = receipts.public_key(_keys()) if public_key is None else public_key.read_bytes()
        found = receipts.verified(receipt.read_bytes().strip(), public)
    if json:
        print_json(found)
    else:
        destroyed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.destroyed.items()) if count)
        typer.echo(f"Valid. Erased {found.begun:%Y-%m-%d %H:%M:%S} UTC by {found.actor}: {destroyed}.")


@app.command("key")
def public() -> None:
    """Print the public key of the service, with which others can verify receipts."""
    with reporting_errors():
        typer.echo(receipts.public_key(_keys()).decode(), nl=False)


@app.command("list")
def list_(json: Json = False) -> None:
    """List all receipts, oldest first, with the number of events and commands refused since."""
    with reporting_errors():
        found = receipts.kept(_keys())
    if json:
        print_json([{**each.receipt.model_dump(mode="json"), "refused": each.refused} for each in found])
        return
    for each in found:
        at, by = f"{each.receipt.begun:%Y-%m-%d %H:%M}", each.receipt.actor
        typer.echo(f"{each.receipt.id}  {at}  {each.receipt.tenant}  by {by}  refused since: {each.refused:,}")


def _keys() -> Path:
    return Settings.from_environment(os.environ).keys
