"""`beliefgraph twins`, `beliefs`, `why` and `quarantine`: what is stored, in a terminal or as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli import show
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.moments import MOMENT_OR_DAY, in_utc
from beliefgraph.cli.output import Json, print_json
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey, BeliefState
from beliefgraph.model.event import QuarantinedEvent
from beliefgraph.model.explanation import Explanation
from beliefgraph.model.receipt import SETTLED, Receipt
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.model.twin import Twin

Most = Annotated[int, typer.Option("--first", min=1, max=10_000, help="Maximum number of items.")]
TwinOption = Annotated[str, typer.Option("--twin", help="Name of the twin.")]
At = Annotated[
    datetime | None,
    typer.Option(
        formats=MOMENT_OR_DAY,
        metavar="<time>",
        help="Valid time to answer for, such as 2026-04-01T09:30:00Z; a day begins at midnight UTC. Default: the time "
        "to which the twin was last derived.",
    ),
]
PAGE = 200


def twins(key: Key, first: Most = PAGE, purpose: Purpose = None, json: Json = False) -> None:
    """List the twins of the key's tenant by name."""
    found = run(_twins(key, purpose, first))
    if json:
        print_json(found)
        return
    table = Table("twin", "rev", "head time", "last updated", box=None, pad_edge=False)
    for twin in found:
        table.add_row(twin.name, f"{twin.rev:,}", show.day(twin.head_time), show.day(twin.last_updated))
    Console(highlight=False).print(table)


def beliefs(
    key: Key, twin: TwinOption, at: At = None, first: Most = PAGE, purpose: Purpose = None, json: Json = False
) -> None:
    """List the beliefs of a twin, the most confident first."""
    found = run(_beliefs(key, purpose, twin, as_of(at), first))
    if json:
        print_json([_state(state) for state in found])
    else:
        Console(highlight=False).print(show.beliefs(twin, found))


def why(
    key: Key,
    attribute: Annotated[str, typer.Argument(help="Attribute of the belief, such as needs.budget.")],
    twin: TwinOption,
    value: Annotated[str | None, typer.Option(help="Value, for an attribute that has values.")] = None,
    subject: Annotated[str, typer.Option(help="Subject of the belief.")] = ANYONE,
    context: Annotated[str, typer.Option(help="Context of the belief.")] = ANYWHERE,
    at: At = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Explain a belief: how much each piece of evidence contributed, and along which relations."""
    belief = {"attribute": attribute, "subject": subject, "context": context, "value": value}
    found = run(_why(key, purpose, twin, belief, as_of(at)))
    if json:
        print_json({"belief": _state(found.state), "explanation": found})
    else:
        Console(highlight=False).print(show.explanation(found))


def quarantine(
    key: Key,
    replay: Annotated[
        bool, typer.Option("--replay", help="Process all of them again first, and list those that still fail.")
    ] = False,
    first: Most = PAGE,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """List events that could not be processed, oldest first, each with the reason."""
    found, tried = run(_quarantine(key, purpose, first, replay))
    if json:
        print_json(found)
        return
    out = Console(highlight=False)
    if replay:
        settled = sum(receipt.status in SETTLED for receipt in tried)
        out.print(f"Processed again: {len(tried):,} events, of which {settled:,} are out of quarantine.")
    for one in found:
        named = f"{one.event.type} {one.event.id} of {one.event.source}"
        out.print(f"{show.day(one.since)} {named}: {one.code}: {one.reason}", markup=False, soft_wrap=True)
    if not found:
        out.print("Nothing is in quarantine.")


def belief_named(text: str) -> BeliefKey:
    """The belief for ATTRIBUTE or ATTRIBUTE=VALUE."""
    attribute, _, value = text.partition("=")
    return BeliefKey(attribute=attribute, value=value or None)


def as_of(at: datetime | None) -> AsOf:
    """The moment of --at; by default the twin's head time."""
    return NOW if at is None else AsOf(valid_time=in_utc(at))


def _state(state: BeliefState) -> dict[str, Any]:
    """A belief as JSON, with its confidence."""
    return {**state.model_dump(mode="json"), "confidence": state.confidence}


async def _twins(key: str, purpose: str | None, most: int) -> list[Twin]:
    found: list[Twin] = []
    after: str | None = None
    async with signed_in(key, purpose) as (built, caller):
        while len(found) < most:
            page = await built.questions.twins(caller, first=min(PAGE, most - len(found)), after=after)
            found += page.nodes
            if not page.has_next:
                break
            after = page.items[-1].cursor
    return found


async def _beliefs(key: str, purpose: str | None, twin: str, as_of: AsOf, most: int) -> list[BeliefState]:
    found: list[BeliefState] = []
    after: str | None = None
    async with signed_in(key, purpose) as (built, caller):
        while len(found) < most:
            size = min(PAGE, most - len(found))
            page = await built.questions.beliefs(caller, twin, first=size, after=after, as_of=as_of)
            found += [row.state for row in page.nodes]
            if not page.has_next:
                break
            after = page.items[-1].cursor
    return found


async def _why(key: str, purpose: str | None, twin: str, belief: dict[str, str | None], as_of: AsOf) -> Explanation:
    async with signed_in(key, purpose) as (built, caller):
        return await built.explanations.explain(caller, twin, BeliefKey.model_validate(belief), as_of=as_of)


async def _quarantine(
    key: str, purpose: str | None, most: int, replay: bool
) -> tuple[list[QuarantinedEvent], list[Receipt]]:
    async with signed_in(key, purpose) as (built, caller):
        tried = await built.across.replay(caller) if replay else []
        return await built.across.quarantine(caller, limit=most), tried
