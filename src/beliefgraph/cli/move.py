"""`beliefgraph move`: move a twin to another database; it is compared there, then deleted here."""

from __future__ import annotations

from typing import Annotated

import typer

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json
from beliefgraph.model.relocation import Relocation


def move(
    key: Key,
    twin: Annotated[str, typer.Argument(help="Name of the twin.")],
    region: Annotated[str | None, typer.Option("--region", help="Region to move it to.")] = None,
    shard: Annotated[str | None, typer.Option("--shard", help="Shard to move it to, instead of a region.")] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Move a twin to another database of the shard map: copy it, compare both copies by digest, and delete the old one.

    `beliefgraph move lena --region eu --json > move.json` stores the signed record of the move, with both digests.
    """

    async def work() -> tuple[Relocation, bytes]:
        async with signed_in(key, purpose) as (running, caller):
            return await running.mover.move(caller, twin, region=region, shard=shard)

    done, signed = run(work())
    if json:
        typer.echo(signed.decode())
    else:
        where = f"{done.target}{f' in {done.region}' if done.region else ''}"
        typer.echo(f"{done.twin} is in {where}: {done.rows:,} rows at rev {done.rev}, digest {done.target_digest}.")
