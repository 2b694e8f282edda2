"""`beliefgraph invite`: a link by which a person signs in to their own page."""

from __future__ import annotations

from typing import Annotated

import typer

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.model.session import SignInLink


def invite(
    key: Key,
    twin: Annotated[str, typer.Argument(help="Name of the twin.")],
    url: Annotated[
        str | None, typer.Option(help="Address at which people reach the service; default: the address it listens on.")
    ] = None,
    purpose: Purpose = None,
) -> None:
    """Print a link by which the person of a twin signs in to their own page, once.

    Whoever opens the link acts as the person: send it to nobody else. Needs a key with the scope invite.
    """

    async def work() -> tuple[SignInLink, str]:
        async with signed_in(key, purpose) as (running, caller):
            settings = running.settings
            scheme = "http" if settings.tls_certificate is None else "https"
            return await running.sessions.invite(caller, twin), f"{scheme}://{settings.host}:{settings.port}"

    link, here = run(work())
    typer.echo((url or here).rstrip("/") + link.path)
    typer.echo(f"It can be used once, until {link.expires_at:%Y-%m-%d %H:%M} UTC.", err=True)
