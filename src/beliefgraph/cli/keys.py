"""`beliefgraph keys`: the bearer keys that callers of the service carry."""

from __future__ import annotations

from typing import Annotated

import typer

from beliefgraph.cli.connection import run, services
from beliefgraph.model.caller import ApiKey, Scope
from beliefgraph.model.vocabulary import words_of
from beliefgraph.services.callers import NewKey

SCOPES: tuple[Scope, ...] = words_of(Scope)

app = typer.Typer(
    help="""Bearer keys: who may call, for whom, to do what, and to what end.

    A key's secret is shown once, when it is made; only its hash is stored.""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def create(
    tenant: Annotated[str, typer.Option(help="Whose twins: the organisation that calls. Tenants never meet.")],
    actor: Annotated[str, typer.Option(help="Who calls: the name that is recorded with everything they do.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="What they may do; repeat it for several. **read** asks, **write** sends events and assertions, "
            "**correct** sets beliefs right, **define** publishes definitions and sees the quarantine, **erase** "
            "erases twins.",
            show_default="read",
        ),
    ] = ["read"],  # noqa: B006  typer makes a list of its own
    purpose: Annotated[
        list[str],
        typer.Option(
            help="To what end; repeat it for several. A call names one of them in its `Purpose` header, or none if "
            "there is only one; it is recorded on every commit.",
            show_default="service",
        ),
    ] = ["service"],  # noqa: B006
    person: Annotated[
        str | None,
        typer.Option(
            help="The twin of the person who holds this key. It reaches no other, and its corrections are the "
            "person's own word."
        ),
    ] = None,
) -> None:
    """Make a key and show its secret, once.

    `beliefgraph keys create --tenant acme --actor shop --scope read --scope write --purpose personalisation`
    """
    unknown = sorted(set(scope) - set(SCOPES))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(SCOPES)}.", param_hint="--scope")
    granted = [each for each in SCOPES if each in scope]

    async def work() -> NewKey:
        async with services() as running:
            return await running.callers.create(tenant, actor, granted, purpose, person)

    made = run(work())
    _show([made.key])
    # Alone on standard output, so that a script can take it: key=$(beliefgraph keys create …)
    typer.echo(made.secret)
    typer.echo("Keep it now: it is not shown again.", err=True)


@app.command("list")
def list_(
    tenant: Annotated[str | None, typer.Option(help="Only the keys of this tenant.")] = None,
) -> None:
    """List the keys and what each grants, without their secrets."""

    async def work() -> list[ApiKey]:
        async with services() as running:
            return await running.callers.list(tenant)

    _show(run(work()), stderr=False)


@app.command()
def revoke(id: Annotated[str, typer.Argument(help="The key's id, as `beliefgraph keys list` shows it.")]) -> None:
    """End a key. Running services refuse it within a few seconds (BELIEFGRAPH_KEY_CACHE_SECONDS)."""

    async def work() -> ApiKey:
        async with services() as running:
            return await running.callers.revoke(id)

    _show([run(work())], stderr=False)


def _show(keys: list[ApiKey], *, stderr: bool = True) -> None:
    rows = [("ID", "TENANT", "ACTOR", "SCOPES", "PURPOSES", "PERSON", "MADE", "REVOKED")]
    for key in keys:
        made, revoked = ("" if at is None else f"{at:%Y-%m-%d %H:%M}" for at in (key.created_at, key.revoked_at))
        scopes, purposes = ",".join(key.scopes), ",".join(key.purposes)
        rows.append((key.id, key.tenant, key.actor, scopes, purposes, key.person or "-", made, revoked or "-"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        line = "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True))
        typer.echo(line.rstrip(), err=stderr)
