"""The mutations: each executes one command and returns the twin's new rev and what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from beliefgraph.errors import BeliefgraphError, Incorrect, shortened
from beliefgraph.graphql.arguments import ExpectedRev, TwinName, described
from beliefgraph.graphql.change_types import Receipt
from beliefgraph.graphql.contest_fields import ContestCommands
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.definition_types import Definitions
from beliefgraph.graphql.errors import invalid_input
from beliefgraph.graphql.export_fields import export_tenant, export_twin
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.forecast_queries import ForecastMutations
from beliefgraph.graphql.inputs import (
    AssertBelief,
    Correct,
    Event,
    Identify,
    MotivateGoal,
    RecordDecision,
    RejectedEvent,
    Relate,
    RelateGoals,
    Retract,
    SetGoal,
    Unidentify,
    Withdraw,
)
from beliefgraph.graphql.permission_fields import PermissionCommands
from beliefgraph.graphql.reinterpretation import reinterpret
from beliefgraph.graphql.roots import command, named
from beliefgraph.graphql.session_fields import SessionCommands
from beliefgraph.graphql.twin_types import Erasure, Readmission
from beliefgraph.model import definition, erasure, receipt
from beliefgraph.model.catalog_reading import read_catalog

MOST_REPLAYED = 1_000

Receipts = list[receipt.Receipt]


@strawberry.type(
    description="Commands that change a twin or the definitions. A command with an `id` can be sent again safely."
)
class Mutation(ForecastMutations, PermissionCommands, ContestCommands, SessionCommands):
    """The mutations."""

    @answer(
        list[Receipt],
        "Take in up to 10,000 events of any number of twins and return a receipt for each, in their order. A large "
        "call is written in several transactions; if it fails in between, send it again: what is in is a duplicate "
        "then. In a call of more than 100 events, what a commit changed is in the receipt of its last event alone. A "
        "malformed event among several has a receipt with the status `REJECTED`. `expectedRev` needs a single event.",
    )
    @staticmethod
    async def observe(
        info: Request,
        events: Annotated[list[Event], described("Events to process.")],
        expected_rev: ExpectedRev = None,
        region: Annotated[str | None, described("Region in which twins that do not exist yet are created.")] = None,
    ) -> Receipts:
        context = info.context
        context.caller.require("write")
        sent: list[Event | RejectedEvent] = [*events]
        good = [each for each in sent if isinstance(each, Event)]
        rejected = [each for each in sent if isinstance(each, RejectedEvent)]
        if rejected and (len(sent) == 1 or expected_rev is not None):
            raise rejected[0].error
        receipts: Receipts = []
        if good or not rejected:
            receipts = await context.services.across.observe(
                context.caller, good, expected_rev=expected_rev, region=region
            )
        if rejected:
            receipts = await asyncio.to_thread(_with_rejected, sent, receipts)
        for one in {each.twin: each for each in receipts}.values():
            named(context, one)
        return receipts

    assert_belief = command(
        AssertBelief,
        "State how sure a speaker is that a belief holds; it counts as evidence.",
        lambda to: to.assert_belief,
    )
    correct = command(
        Correct,
        "Correct a belief. Nobody else can override a correction made with the person's own key.",
        lambda to: to.correct,
    )
    retract = command(
        Retract, "End a belief, or a relation stated for this twin; its history is kept.", lambda to: to.retract
    )
    withdraw = command(
        Withdraw,
        "Withdraw evidence, as if it had never been given. If it is withdrawn with the person's own key, the same "
        "event is not accepted again.",
        lambda to: to.withdraw,
    )
    relate = command(Relate, "Relate two beliefs of this twin, for this twin alone.", lambda to: to.relate)
    set_goal = command(
        SetGoal,
        (
            "Set fields of a goal, such as status or progress. A statement made with the person's own key overrides "
            "those of others."
        ),
        lambda to: to.set_goal,
    )
    relate_goals = command(
        RelateGoals,
        "Relate two goals: one is part of, depends on or competes with the other.",
        lambda to: to.relate_goals,
    )
    motivate_goal = command(
        MotivateGoal,
        "Let a belief motivate a goal: the higher its confidence, the more the goal matters.",
        lambda to: to.motivate_goal,
    )
    record_decision = command(
        RecordDecision,
        (
            "Set fields of a decision, such as the option chosen. A statement made with the person's own key overrides "
            "those of others."
        ),
        lambda to: to.record_decision,
    )
    identify = command(
        Identify,
        "Link an identifier to a twin, and process the quarantined events that name it.",
        lambda to: to.identify,
    )
    unidentify = command(
        Unidentify,
        (
            "Unlink an identifier from a twin. Evidence that arrived through it is withdrawn, and its events return to "
            "quarantine."
        ),
        lambda to: to.unidentify,
    )

    @answer(
        Erasure, "Erase a twin permanently: delete its rows and destroy its encryption key. Needs the scope `erase`."
    )
    @staticmethod
    async def erase_twin(info: Request, twin: TwinName, expected_rev: ExpectedRev = None) -> erasure.Erasure:
        context = info.context
        return await context.services.across.erase_twin(context.caller, twin, expected_rev=expected_rev)

    @answer(
        Readmission,
        "Accept data about an erased person again, because they have consented again. Needs the person's own key or "
        "the scope `erase`.",
    )
    @staticmethod
    async def readmit(info: Request, twin: TwinName) -> erasure.Readmission:
        return await info.context.services_for(twin).eraser.readmit(info.context.caller, twin)

    @answer(
        Definitions,
        "Publish a version of a catalog and return the definitions then in force. Needs the scope `define`.",
    )
    @staticmethod
    async def publish_definitions(
        info: Request, catalog: Annotated[JSON, described("The whole catalog, as described in docs/catalogs.md.")]
    ) -> definition.Definitions:
        context = info.context
        in_force = await context.services.book.publish(context.caller, await asyncio.to_thread(read_catalog, catalog))
        context.services.definitions_changed(context.caller.tenant)
        return in_force

    reinterpret = reinterpret
    export_twin = export_twin
    export_tenant = export_tenant

    @answer(list[Receipt], "Process quarantined events again and return a receipt for each.")
    @staticmethod
    async def replay_quarantine(
        info: Request,
        ids: Annotated[
            list[str] | None, described(f"Ids of quarantined events, at most {MOST_REPLAYED:,}; default: all.")
        ] = None,
    ) -> Receipts:
        context = info.context
        if ids is not None and len(ids) > MOST_REPLAYED:
            raise Incorrect("too-large", f"Name at most {MOST_REPLAYED} events.", field="ids")
        return [named(context, each) for each in await context.services.across.replay(context.caller, ids=ids)]


def _with_rejected(sent: Sequence[Event | RejectedEvent], receipts: Receipts) -> Receipts:
    """The receipts for everything that was sent, given those for the events that were not malformed."""
    found = iter(receipts)
    return [_rejected(each) if isinstance(each, RejectedEvent) else next(found) for each in sent]


def _rejected(event: RejectedEvent) -> receipt.Receipt:
    error = event.error if isinstance(event.error, BeliefgraphError) else invalid_input(event.error)
    return receipt.Receipt(id=shortened(event.id), status="rejected", code=error.code, reason=shortened(error.message))
