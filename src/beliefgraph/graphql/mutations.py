"""What can be changed. Every field carries out one command and answers with where the twin is now and what moved."""

from __future__ import annotations

from typing import Any

import orjson
import strawberry
from pydantic import ValidationError
from strawberry.scalars import JSON

from beliefgraph.errors import Incorrect
from beliefgraph.graphql import types
from beliefgraph.graphql.context import Context, Request
from beliefgraph.graphql.expose import field
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
from beliefgraph.model import definition, erasure, receipt
from beliefgraph.model.identity import twin_id

MOST_REPLAYED = 1_000

Receipts = list[receipt.Receipt]


@strawberry.type(description="Commands. Give one an `id` and sending it again is harmless.")
class Mutation:
    """The root of all commands."""

    @field(
        list[types.Receipt],
        "Take in events, in one transaction; one receipt for each. `expectedRev` goes with a single event.",
    )
    @staticmethod
    async def observe(info: Request, events: list[Event], expected_rev: int | None = None) -> Receipts:
        context = info.context
        found = await context.verbs.intake.observe(context.caller, events, expected_rev=expected_rev)
        return [_named(context, each) for each in found]

    @field(types.Receipt, "Take in what somebody says they believe.")
    @staticmethod
    async def assert_belief(info: Request, input: AssertBelief) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.assert_belief(info.context.caller, input))

    @field(types.Receipt, "Set a belief right; the person's word if the key is theirs.")
    @staticmethod
    async def correct(info: Request, input: Correct) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.correct(info.context.caller, input))

    @field(types.Receipt, "End a belief, or a relation of the twin's own; history stays.")
    @staticmethod
    async def retract(info: Request, input: Retract) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.retract(info.context.caller, input))

    @field(types.Receipt, "Take evidence back as if it had never been.")
    @staticmethod
    async def withdraw(info: Request, input: Withdraw) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.withdraw(info.context.caller, input))

    @field(types.Receipt, "Relate two beliefs, for this twin alone.")
    @staticmethod
    async def relate(info: Request, input: Relate) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.relate(info.context.caller, input))

    @field(
        types.Receipt, "State something of a goal, its status or progress say; the person's word if the key is theirs."
    )
    @staticmethod
    async def set_goal(info: Request, input: SetGoal) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.set_goal(info.context.caller, input))

    @field(types.Receipt, "Make a goal part of another, let it depend on it, or compete with it.")
    @staticmethod
    async def relate_goals(info: Request, input: RelateGoals) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.relate_goals(info.context.caller, input))

    @field(types.Receipt, "Let a belief motivate a goal.")
    @staticmethod
    async def motivate_goal(info: Request, input: MotivateGoal) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.motivate_goal(info.context.caller, input))

    @field(
        types.Receipt,
        "Tell something of a decision, its options, choice or result; the person's word if the key is theirs.",
    )
    @staticmethod
    async def record_decision(info: Request, input: RecordDecision) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.record_decision(info.context.caller, input))

    @field(types.Receipt, "Let an identifier lead to a twin.")
    @staticmethod
    async def identify(info: Request, input: Identify) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.identify(info.context.caller, input))

    @field(types.Receipt, "Undo that an identifier leads to a twin, with what came by it.")
    @staticmethod
    async def unidentify(info: Request, input: Unidentify) -> receipt.Receipt:
        return _named(info.context, await info.context.verbs.commands.unidentify(info.context.caller, input))

    @field(types.Erasure, "Erase a twin for good: its rows and its key.")
    @staticmethod
    async def erase_twin(info: Request, twin: str, expected_rev: int | None = None) -> erasure.Erasure:
        context = info.context
        return await context.verbs.eraser.erase_twin(context.caller, twin, expected_rev=expected_rev)

    @field(
        types.Definitions,
        "Put a version of a catalog in force; the set that then is. Needs the scope `define`.",
    )
    @staticmethod
    async def publish_definitions(info: Request, catalog: JSON) -> definition.Definitions:
        context = info.context
        in_force = await context.verbs.book.publish(context.caller, _catalog(catalog))
        context.verbs.definitions_changed(context.caller.tenant)
        return in_force

    @field(list[types.Receipt], "Let quarantined events try again: those named, or all.")
    @staticmethod
    async def replay_quarantine(info: Request, ids: list[str] | None = None) -> Receipts:
        context = info.context
        if ids is not None and len(ids) > MOST_REPLAYED:
            raise Incorrect("too-large", f"Name at most {MOST_REPLAYED} events.", field="ids")
        return [_named(context, each) for each in await context.verbs.intake.replay(context.caller, ids=ids)]


def _named(context: Context, found: receipt.Receipt) -> receipt.Receipt:
    """The receipt; its twin is remembered, so that the ids of what moved can be written."""
    if found.twin is not None:
        context.names.setdefault(twin_id(context.caller.tenant, found.twin), found.twin)
    return found


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
