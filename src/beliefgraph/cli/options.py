"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

KEY_HELP = "API key; create one with `beliefgraph keys create`."

Key = Annotated[str, typer.Option(envvar="BELIEFGRAPH_KEY", help=KEY_HELP)]
OptionalKey = Annotated[str | None, typer.Option("--key", envvar="BELIEFGRAPH_KEY", help=KEY_HELP)]
Purpose = Annotated[str | None, typer.Option(help="Purpose of this call; required if the key lists more than one.")]


def required(key: str | None) -> str:
    """The key, or a usage error that asks for one."""
    if key is None:
        raise typer.BadParameter("Missing option '--key' (env var: 'BELIEFGRAPH_KEY').")
    return key
