"""What can be changed. Every field carries out one command and answers with where the twin is now and what moved."""

from __future__ import annotations

from typing import Any

import orjson
import strawberry
from pydantic import ValidationError
from strawberry.scalars import JSON

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.change_types import Receipt
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.definition_types import Definitions
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.inputs import (
    AssertBelief,
    Correct,
    Event,
    Identify,
    MotivateGoal,
    RecordDecision,
    Relate,
    RelateGoals,
    Retract,
    SetGoal,
    Unidentify,
    Withdraw,
)
from beliefgraph.graphql.roots import command, named
from beliefgraph.graphql.twin_types import Erasure
from beliefgraph.model import definition, erasure, receipt

MOST_REPLAYED = 1_000

Receipts = list[receipt.Receipt]


@strawberry.type(description="Commands. Give one an `id` and sending it again is harmless.")
class Mutation:
    """The root of all commands."""

    @answer(
        list[Receipt],
        "Take in events, in one transaction; one receipt for each. `expectedRev` goes with a single event.",
    )
    @staticmethod
    async def observe(info: Request, events: list[Event], expected_rev: int | None = None) -> Receipts:
        context = info.context
        found = await context.verbs.intake.observe(context.caller, events, expected_rev=expected_rev)
        return [named(context, each) for each in found]

    assert_belief = command(AssertBelief, "Take in what somebody says they believe.", lambda to: to.assert_belief)
    correct = command(Correct, "Set a belief right; the person's word if the key is theirs.", lambda to: to.correct)
    retract = command(Retract, "End a belief, or a relation of the twin's own; history stays.", lambda to: to.retract)
    withdraw = command(Withdraw, "Take back what events said, as if they had never been.", lambda to: to.withdraw)
    relate = command(Relate, "Relate two beliefs, for this twin alone.", lambda to: to.relate)
    set_goal = command(
        SetGoal,
        "State something of a goal, its status or progress say; the person's word if the key is theirs.",
        lambda to: to.set_goal,
    )
    relate_goals = command(
        RelateGoals,
        "Make a goal part of another, let it depend on it, or compete with it.",
        lambda to: to.relate_goals,
    )
    motivate_goal = command(MotivateGoal, "Let a belief motivate a goal.", lambda to: to.motivate_goal)
    record_decision = command(
        RecordDecision,
        "Tell something of a decision, its options, choice or result; the person's word if the key is theirs.",
        lambda to: to.record_decision,
    )
    identify = command(Identify, "Let an identifier lead to a twin.", lambda to: to.identify)
    unidentify = command(
        Unidentify,
        "Undo that an identifier leads to a twin, with what came by it.",
        lambda to: to.unidentify,
    )

    @answer(Erasure, "Erase a twin for good: its rows and its key.")
    @staticmethod
    async def erase_twin(info: Request, twin: str, expected_rev: int | None = None) -> erasure.Erasure:
        context = info.context
        return await context.verbs.eraser.erase_twin(context.caller, twin, expected_rev=expected_rev)

    @answer(
        Definitions,
        "Put a version of a catalog in force; the set that then is. Needs the scope `define`.",
    )
    @staticmethod
    async def publish_definitions(info: Request, catalog: JSON) -> definition.Definitions:
        context = info.context
        in_force = await context.verbs.book.publish(context.caller, _catalog(catalog))
        context.verbs.definitions_changed(context.caller.tenant)
        return in_force

    @answer(list[Receipt], "Let quarantined events try again: those named, or all.")
    @staticmethod
    async def replay_quarantine(info: Request, ids: list[str] | None = None) -> Receipts:
        context = info.context
        if ids is not None and len(ids) > MOST_REPLAYED:
            raise Incorrect("too-large", f"Name at most {MOST_REPLAYED} events.", field="ids")
        return [named(context, each) for each in await context.verbs.intake.replay(context.caller, ids=ids)]


def _catalog(given: Any) -> definition.Catalog:
    """The catalog in a document; `invalid-definition` names the place that is wrong."""
    try:
        return definition.Catalog.model_validate_json(orjson.dumps(given))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise Incorrect("invalid-definition", f"{place or 'catalog'}: {wrong['msg']}.", field=place or None) from None
    except (TypeError, ValueError) as error:
        raise Incorrect("invalid-definition", f"This is no catalog: {error}.") from None
