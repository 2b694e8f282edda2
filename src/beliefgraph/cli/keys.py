"""`beliefgraph keys`: manage API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from beliefgraph.cli.connection import run, services
from beliefgraph.cli.output import Json, print_json
from beliefgraph.model.caller import ApiKey, Scope
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.access.callers import OVERLAP, NewKey

SCOPES: tuple[Scope, ...] = values_of(Scope)

app = typer.Typer(
    help="""API keys: who may call the service, for which tenant, with which permissions and purposes.

    A key's secret is shown once, when it is created; only its hash is stored.""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def create(
    tenant: Annotated[
        str, typer.Option(help="Organisation whose twins the key can access; tenants are isolated from each other.")
    ],
    actor: Annotated[str, typer.Option(help="Name of the caller, recorded on every commit.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="Permission; repeat for several. **read**: queries; **write**: events and commands; **correct**: "
            "corrections; **define**: definitions, learning and the quarantine; **erase**: erasing twins; **audit**: "
            "reading who read a twin; **invite**: issuing links to the person's page.",
            show_default="read",
        ),
    ] = ["read"],  # noqa: B006  typer makes a list of its own
    purpose: Annotated[
        list[str],
        typer.Option(
            help="Allowed purpose of a call; repeat for several. A call states one in its `Purpose` header, which may "
            "be left out if there is only one. It is recorded on every commit.",
            show_default="service",
        ),
    ] = ["service"],  # noqa: B006
    person: Annotated[
        str | None,
        typer.Option(
            help="Name of the twin whose person holds the key: it can access no other twin, and nobody else can "
            "override its corrections."
        ),
    ] = None,
    days: Annotated[float | None, typer.Option(min=0, help="Days until the key expires; default: never.")] = None,
) -> None:
    """Create a key and show its secret once.

    `beliefgraph keys create --tenant acme --actor shop --scope read --scope write --purpose personalisation`
    """
    unknown = sorted(set(scope) - set(SCOPES))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(SCOPES)}.", param_hint="--scope")
    granted = [each for each in SCOPES if each in scope]

    async def work() -> NewKey:
        async with services() as running:
            expires_at = None if days is None else running.clock.now() + timedelta(days=days)
            return await running.callers.create(tenant, actor, granted, purpose, person, expires_at)

    _show_new(run(work()))


@app.command()
def rotate(
    id: Annotated[str, typer.Argument(help="Id of the key, as `beliefgraph keys list` shows it.")],
    overlap: Annotated[
        float, typer.Option(min=0, help="Hours for which the old key is still valid.")
    ] = OVERLAP.total_seconds() / 3600,
) -> None:
    """Replace a key by a new one with the same permissions, and show its secret once; the old one expires soon."""

    async def work() -> NewKey:
        async with services() as running:
            return await running.callers.rotate(id, timedelta(hours=overlap))

    _show_new(run(work()))


def _show_new(made: NewKey) -> None:
    _show([made.key])
    # Alone on standard output, so that a script can take it: key=$(beliefgraph keys create …)
    typer.echo(made.secret)
    typer.echo("Store it now: it is not shown again.", err=True)


@app.command("list")
def list_(
    tenant: Annotated[str | None, typer.Option(help="List only keys of this tenant.")] = None,
    json: Json = False,
) -> None:
    """List the keys with their permissions, their expiry and their last use, without the secrets."""

    async def work() -> list[ApiKey]:
        async with services() as running:
            return await running.callers.list(tenant)

    found = run(work())
    if json:
        print_json(found)
    else:
        _show(found, stderr=False)


@app.command()
def revoke(id: Annotated[str, typer.Argument(help="Id of the key, as `beliefgraph keys list` shows it.")]) -> None:
    """Revoke a key. Running services refuse it within a few seconds (BELIEFGRAPH_KEY_CACHE_SECONDS)."""

    async def work() -> ApiKey:
        async with services() as running:
            return await running.callers.revoke(id)

    _show([run(work())], stderr=False)


def _show(keys: list[ApiKey], *, stderr: bool = True) -> None:
    rows = [("ID", "TENANT", "ACTOR", "SCOPES", "PURPOSES", "PERSON", "CREATED", "REVOKED", "EXPIRES", "LAST USED")]
    for key in keys:
        times = (key.created_at, key.revoked_at, key.expires_at, key.last_used_at)
        made, revoked, expires, used = ("-" if at is None else f"{at:%Y-%m-%d %H:%M}" for at in times)
        scopes, purposes, person = ",".join(key.scopes), ",".join(key.purposes), key.person or "-"
        rows.append((key.id, key.tenant, key.actor, scopes, purposes, person, made, revoked, expires, used))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        line = "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True))
        typer.echo(line.rstrip(), err=stderr)
