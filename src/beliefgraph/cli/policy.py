"""`beliefgraph policy`: what a tenant uses data for, and who decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.table import Table

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.neo4j import reporting_errors
from beliefgraph.cli.output import Json, print_json
from beliefgraph.errors import Incorrect
from beliefgraph.model.permission import NumberedPolicy, Policy
from beliefgraph.services.permissions.policies import read_policy

app = typer.Typer(
    help="""The tenant's policy: purposes with their legal basis, categories, recipients.

    Without a policy every key may read everything.""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def define(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The policy, YAML or JSON.")],
    key: Key,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Put a policy in force under the next number; publishing the same policy again changes nothing. Needs the scope
    **define**.
    """
    with reporting_errors():
        policy = _read(file)

    async def work() -> NumberedPolicy:
        async with signed_in(key, purpose) as (built, caller):
            return await built.policies.publish(caller, policy)

    found = run(work())
    if json:
        print_json(found)
    else:
        Console(highlight=False).print(f"Policy {found.number} is in force.")


@app.command()
def show(key: Key, purpose: Purpose = None, json: Json = False) -> None:
    """Show the policy in force."""

    async def work() -> NumberedPolicy | None:
        async with signed_in(key, purpose) as (built, caller):
            return await built.policies.shown(caller)

    found = run(work())
    out = Console(highlight=False)
    if json:
        print_json(found)
    elif found is None:
        out.print("There is no policy: every key may read everything.")
    else:
        out.print(f"Policy {found.number} of {found.policy.controller}, {found.policy.default}.", markup=False)
        table = Table("purpose", "legal basis", "for", box=None, pad_edge=False)
        for each in found.policy.purposes:
            table.add_row(each.key, each.legal_basis, each.description or each.dpv)
        out.print(table)
        for category in found.policy.categories:
            out.print(f"category {category.key}{', special' if category.special else ''}", markup=False)


def _read(file: Path) -> Policy:
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Incorrect("invalid-policy", f"{file.name} cannot be read: {type(error).__name__}.") from None
    return read_policy(given)
