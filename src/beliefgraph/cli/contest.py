"""`beliefgraph contest`: the person contests evidence about them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.reading import TwinOption
from beliefgraph.model.contest import Contest
from beliefgraph.model.receipt import Receipt


def contest(
    key: Key,
    evidence: Annotated[str, typer.Argument(help="Id of evidence or of an event, as answers give it.")],
    twin: TwinOption,
    undo: Annotated[bool, typer.Option("--undo", help="Stop contesting it.")] = False,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Contest evidence with the person's own key: it still counts, but is marked wherever it is shown."""

    async def work() -> Receipt:
        command = Contest(twin=twin, evidence=evidence, contested=not undo)
        async with signed_in(key, purpose) as (built, caller):
            return await built.of(caller, twin).commands.contest(caller, command)

    receipt = run(work())
    if json:
        print_json(receipt)
        return
    what = "is not contested any more" if undo else "is contested"
    Console(highlight=False).print(f"{twin}: {evidence} {what} (rev {receipt.rev}).", markup=False)
