"""`beliefgraph coverage` and `ask-next`: how much is known about a twin, and which questions to ask next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.table import Table

from beliefgraph.cli import show
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.reading import At, TwinOption, as_of, belief_named
from beliefgraph.model.asking import Coverage, NextQuestions
from beliefgraph.model.belief import ANYWHERE, BeliefKey
from beliefgraph.model.time import AsOf
from beliefgraph.services.asking.questions import FIRST, MOST


def coverage(key: Key, twin: TwinOption, at: At = None, purpose: Purpose = None, json: Json = False) -> None:
    """Show how much is known about a twin, by domain, in bits."""
    found = run(_coverage(key, purpose, twin, as_of(at)))
    if json:
        print_json(found)
        return
    Console(highlight=False).print(covered(found))


def ask_next(
    key: Key,
    twin: TwinOption,
    first: Annotated[int, typer.Option(min=1, max=MOST, help="Maximum number of questions.")] = FIRST,
    about: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ATTRIBUTE[=VALUE]",
            help="Belief that the questions should inform about; repeat for several; default: all.",
        ),
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            help="Outcome that the questions should inform about: all beliefs that it depends on; repeat for several."
        ),
    ] = None,
    context: Annotated[str, typer.Option(help="Context in which the questions are asked.")] = ANYWHERE,
    at: At = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """List the questions with the highest information gain for their cost."""
    beliefs = [belief_named(each) for each in about or ()]
    found = run(_ask_next(key, purpose, twin, first, beliefs, outcome or [], context, as_of(at)))
    if json:
        print_json(found)
        return
    Console(highlight=False).print(*listed(found), sep="\n")


def covered(found: Coverage) -> Table:
    """How much is known, as a table."""
    table = Table("domain", "known", "open bits", "of", "beliefs", "with evidence", box=None, pad_edge=False)
    for each in (*found.domains, found.total):
        bits = f"{each.open:.1f}", f"{each.asked:.1f}"
        table.add_row(each.domain, f"{round(each.known, 2) + 0.0:.0%}", *bits, f"{each.beliefs:,}", f"{each.heard:,}")
    return table


def listed(found: NextQuestions) -> Iterator[RenderableType]:
    """The questions as a table, and those that are left out."""
    table = Table("bits", "cost", "question", "answers", box=None, pad_edge=False)
    for each in found.questions:
        answers = " · ".join(f"{answer.text} {show.chance(answer.probability)}" for answer in each.answers)
        table.add_row(f"{each.gain:.3f}", f"{each.cost:g}", each.text, answers)
    yield table if found.questions else "There is nothing to ask."
    for names, why in ((found.lately, "asked or answered recently"), (found.forbidden, "forbidden by the person")):
        if names:
            yield f"Not asked, {why}: {', '.join(names)}"


async def _coverage(key: str, purpose: str | None, twin: str, when: AsOf) -> Coverage:
    async with signed_in(key, purpose) as (built, caller):
        return await built.of(caller, twin).asking.coverage(caller, twin, as_of=when)


async def _ask_next(
    key: str,
    purpose: str | None,
    twin: str,
    first: int,
    about: list[BeliefKey],
    outcomes: list[str],
    context: str,
    when: AsOf,
) -> NextQuestions:
    async with signed_in(key, purpose) as (built, caller):
        asked = built.of(caller, twin).asking
        return await asked.ask_next(
            caller, twin, first=first, about=about, outcomes=outcomes, context=context, as_of=when
        )
