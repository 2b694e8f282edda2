"""`beliefgraph preferences`: the preferences of a twin in a context, their strength, and the context of the
evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, RenderableType

from beliefgraph.cli import preferences_picture, preferences_shown, show
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.errors import NotFound
from beliefgraph.model.belief import ANYWHERE
from beliefgraph.model.caller import Caller
from beliefgraph.model.preferred import Preference

if TYPE_CHECKING:
    from beliefgraph.app import Services

PAGE = 200


def preferences(
    key: Key,
    twin: Annotated[str, typer.Option(help="Name of the twin.")],
    context: Annotated[str, typer.Option(help="Context, such as work.mail.")] = ANYWHERE,
    why: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Also explain the preference with this attribute, for all its subjects."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a chart of the distributions to this PNG file.")] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """List the preferences of a twin in a context, with strength, the context of the evidence, and conflicts."""
    run(_preferences(key, twin, context, why, plot, purpose, json))


async def _preferences(
    key: str, twin: str, context: str, why: str | None, plot: Path | None, purpose: str | None, json: bool
) -> None:
    out = Console(highlight=False)
    async with signed_in(key, purpose) as (built, caller):
        found = await listed(built, caller, twin, context, explained=why is not None)
        title = f"What {twin} wants" if context == ANYWHERE else f"What {twin} wants in {context}"
        shown = [] if why is None else explanations(found, why)
        if json:
            print_json(found)
        else:
            out.print(preferences_shown.preferences(title, found), *shown, sep="\n")
        if plot is not None:
            drawn = preferences_picture.draw(title, found, plot)
            if not json:
                out.print(f"Drawn: {drawn}")


async def listed(
    built: Services, caller: Caller, twin: str, context: str, *, explained: bool = False
) -> list[Preference]:
    """All preferences of a twin in a context."""
    found: list[Preference] = []
    after: str | None = None
    while True:
        page = await built.of(caller, twin).preferences.preferences(
            caller, twin, context=context, first=PAGE, after=after, explained=explained
        )
        found += page.nodes
        if not page.has_next:
            return found
        after = page.last_cursor


def explanations(found: Sequence[Preference], attribute: str) -> list[RenderableType]:
    """The explanations of the preferences of an attribute; `unknown-attribute` if there are none."""
    named = [one for one in found if one.attribute == attribute]
    if not named:
        raise NotFound("unknown-attribute", f"There is no preference {attribute} in this context.", attribute=attribute)
    return [show.explanation(one.explanation) for one in named if one.explanation is not None]
