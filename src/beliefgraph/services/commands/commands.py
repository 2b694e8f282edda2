"""The commands a caller can give about a twin. Each is recorded as an event of its own, so its id counts once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import uuid4

from beliefgraph.errors import BeliefgraphError, Conflict, Forbidden, Incorrect, NotFound
from beliefgraph.model import timeline
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.command import (
    AssertBelief,
    Command,
    Correct,
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
from beliefgraph.model.contest import Contest
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.event import Event, EventName
from beliefgraph.model.identity import COMMANDS, event_ids, source_id
from beliefgraph.model.permission import Permit, Restrict
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.time import BEGINNING, Interval
from beliefgraph.model.timeline import revision_id
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.services.access.scope import owns
from beliefgraph.services.beliefs.contests import contesting
from beliefgraph.services.commands import decide
from beliefgraph.services.commands.intake import UNKNOWN_IDENTIFIER, Intake
from beliefgraph.services.commands.writer import FUTURE_SKEW_S, CommitContext, Updater, with_hashes
from beliefgraph.services.decisions import decide as decisions
from beliefgraph.services.goals import decide as goals
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.permissions import decide as permissions
from beliefgraph.services.permissions.policies import Policies
from beliefgraph.services.permissions.refusals import PLAIN, without_names
from beliefgraph.services.permissions.sight import restricted
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import events as stored

SOURCE = COMMANDS
"""The CloudEvents source of the events that record commands."""

TRIES = 10
"""Attempts of a command that reads from the store before it is decided, while others keep writing."""

T = TypeVar("T")
C = TypeVar("C", bound=Command)

Decision = Callable[[CommandContext], Additions]


class Commands:
    """The commands on a twin: one method for each; every method returns a receipt."""

    def __init__(self, updater: Updater, intake: Intake, policies: Policies | None = None) -> None:
        self._updater = updater
        self._intake = intake
        self._policies = policies or Policies(updater.graph, updater.clock)

    async def assert_belief(self, caller: Caller, command: AssertBelief) -> Receipt:
        """Process a statement of how certain a belief is."""
        return await self._carry_out(
            caller, "write", command, lambda s: decide.assertion(s, command), command.valid_time
        )

    async def correct(self, caller: Caller, command: Correct) -> Receipt:
        """Correct a belief; it is the person's own correction if the caller's key is theirs."""
        return await self._carry_out(
            caller, "correct", command, lambda s: decide.correction(s, command), command.valid_from
        )

    async def retract(self, caller: Caller, command: Retract) -> Receipt:
        """End the validity of a belief or of a personal relation."""
        return await self._carry_out(
            caller, "write", command, lambda s: decide.retraction(s, command), command.valid_time
        )

    async def withdraw(self, caller: Caller, command: Withdraw) -> Receipt:
        """Withdraw everything that some events said, as if it had never been given."""
        name = command.event if command.evidence is None else EventName(id=command.evidence)
        sources = () if command.source is None else (source_id(caller.tenant, command.source), command.source)

        async def named_evidence(twin: str) -> Collection[str]:
            ids = () if name is None else event_ids(twin, name)
            return await stored.evidence_of(self._updater.graph, twin, ids, sources)

        return await self._carry_out_upon(
            caller, command, named_evidence, lambda s, e: decide.withdrawal(s, command, e)
        )

    async def contest(self, caller: Caller, command: Contest) -> Receipt:
        """Contest evidence, or end the contest; the evidence stays in force."""
        now = self._updater.clock.now()

        async def named_evidence(twin: str) -> Collection[str]:
            ids = event_ids(twin, EventName(id=command.evidence))
            return await stored.evidence_of(self._updater.graph, twin, ids, ())

        return await self._carry_out_upon(caller, command, named_evidence, lambda s, e: contesting(s, command, now, e))

    async def relate(self, caller: Caller, command: Relate) -> Receipt:
        """Relate two beliefs for this twin only."""
        return await self._carry_out(
            caller, "write", command, lambda s: decide.relation(s, command), command.valid_from
        )

    async def set_goal(self, caller: Caller, command: SetGoal) -> Receipt:
        """Process a statement about a goal; it is the person's own if the caller's key is theirs."""
        return await self.deciding(goals.setting_goal)(caller, command)

    async def relate_goals(self, caller: Caller, command: RelateGoals) -> Receipt:
        """Make one goal part of another, dependent on it, or competing with it."""
        return await self._carry_out(
            caller, "write", command, lambda s: goals.relating_goals(s, command), command.valid_from
        )

    async def motivate_goal(self, caller: Caller, command: MotivateGoal) -> Receipt:
        """Let a belief motivate a goal: the higher its confidence, the more the goal matters."""
        return await self._carry_out(
            caller, "write", command, lambda s: goals.motivating_goal(s, command), command.valid_from
        )

    async def record_decision(self, caller: Caller, command: RecordDecision) -> Receipt:
        """Process a statement about a decision; it is the person's own if the caller's key is theirs."""
        return await self.deciding(decisions.recording_decision)(caller, command)

    async def permit(self, caller: Caller, command: Permit) -> Receipt:
        """Permit or refuse a purpose; it is the person's own decision if the caller's key is theirs."""
        policy, now = await self._policies.required(caller.tenant), self._updater.clock.now()
        scope: Scope = "correct" if caller.person == command.twin else "write"
        return await self._carry_out(caller, scope, command, lambda s: permissions.permitting(s, command, policy, now))

    async def restrict(self, caller: Caller, command: Restrict) -> Receipt:
        """Restrict the use of a twin, or lift the restriction and then process the waiting events."""
        policy, now = await self._policies.required(caller.tenant), self._updater.clock.now()
        scope: Scope = "correct" if caller.person == command.twin else "write"
        done = await self._carry_out(caller, scope, command, lambda s: permissions.restricting(s, command, policy, now))
        if command.restricted:
            return done
        service = caller.model_copy(update={"person": None, "scopes": ("write",)})
        twin = self._updater.name(caller, command.twin, scope).id
        return done.and_then(await self._intake.replay(service, waiting_for=twin))

    async def identify(self, caller: Caller, command: Identify) -> Receipt:
        """Link an identifier to a twin, for all time unless a start is given, and process the waiting events.

        Refused to a person's key: otherwise anyone could claim an identifier and read what arrived under it.
        """
        caller.require_service()
        self._updater.require_one_database()
        key = self._updater.identifier(caller, command.identifier)
        valid = Interval(start=command.valid_from or BEGINNING, end=command.valid_to)

        def link(context: CommandContext) -> Additions:
            row = IdentifierLink(
                revision_id=revision_id("IdentifierLink", f"{key}|{context.state.id}", context.rev, valid.start),
                twin=context.state.id,
                key=key,
                valid_from=valid.start,
                valid_to=valid.end,
                rev_from=context.rev,
                definition="",
                origin="provided",
                scheme=command.identifier.scheme,
            )
            closed, opened = timeline.put([known for known in context.state.links if known.key == key], row)
            return _linked(context, closed, opened)

        linked = await self._carry_out(caller, "write", command, link)
        await asyncio.to_thread(self._updater.keyring.erasures.release_identifier, caller.tenant, key)
        taken = [r for r in await self._intake.replay(caller, identifier=key) if r.status == "accepted"]
        return linked.and_then(taken)

    async def unidentify(self, caller: Caller, command: Unidentify) -> Receipt:
        """Unlink an identifier from a twin, and withdraw the events that came by it: they wait in quarantine again."""
        key = self._updater.identifier(caller, command.identifier)

        def unlink(context: CommandContext, came: Sequence[stored.EventByIdentifier]) -> Additions:
            links = [link for link in context.state.links if link.key == key]
            if not links:
                raise NotFound("not-found", "This identifier does not lead to this twin.", twin=command.twin)
            back = decide.withdrawn(context, {id_ for one in came for id_ in one.evidence})
            waiting = [self._intake.waiting(caller, one.event, UNKNOWN_IDENTIFIER) for one in came]
            return replace(back, cause="identified", delta=back.delta + Delta(closed=Records(links), set_aside=waiting))

        async def came(twin: str) -> Sequence[stored.EventByIdentifier]:
            return await stored.events_by_identifier(self._updater.graph, self._updater.keyring, twin, key)

        undone = await self._carry_out_upon(caller, command, came, unlink)
        if caller.person is not None:
            return undone
        return undone.and_then(await self._intake.replay(caller, identifier=key))  # another identifier may lead here

    def deciding(self, decision: Callable[[CommandContext, C], Additions]) -> Callable[[Caller, C], Awaitable[Receipt]]:
        """Executes a command that a layer decides; it is the person's own if the caller's key is theirs.

        The command applies from its `valid_from`, if it has one.
        """

        async def carry_out(caller: Caller, command: C) -> Receipt:
            scope: Scope = "correct" if caller.person == command.twin else "write"
            moment = getattr(command, "valid_from", None)
            return await self._carry_out(caller, scope, command, lambda s: decision(s, command), moment)

        return carry_out

    async def _carry_out_upon(
        self,
        caller: Caller,
        command: Command,
        read: Callable[[str], Awaitable[T]],
        decision: Callable[[CommandContext, T], Additions],
    ) -> Receipt:
        """Decide and commit a command based on a read of its twin, at the rev of that read."""
        named = self._updater.name(caller, command.twin, "write")
        for _ in range(TRIES):
            known = await stored.arrive(self._updater.graph, caller.tenant, (), [named.id])
            found = await read(named.id)
            rev = known.twins[named.id][0] if named.id in known.twins else 0
            expecting = (
                command if command.expected_rev is not None else command.model_copy(update={"expected_rev": rev})
            )
            try:
                return await self._carry_out(caller, "write", expecting, partial(_upon, decision, found))
            except Conflict as conflict:
                if conflict.code != "rev-conflict" or command.expected_rev is not None:
                    raise
        raise Conflict("rev-conflict", "Others keep writing to this twin; try again.", twin=command.twin)

    async def _carry_out(
        self, caller: Caller, scope: Scope, command: Command, decision: Decision, moment: datetime | None = None
    ) -> Receipt:
        """Decide and commit one command; sending its id again changes nothing.

        `moment` is its valid time, by default the present. The default does not depend on the twin, so it reveals
        nothing that the caller may not see.
        """
        updater = self._updater
        named = updater.name(caller, command.twin, scope)
        now = updater.clock.now()
        if moment is not None and (moment - now).total_seconds() > FUTURE_SKEW_S:
            raise Incorrect(
                "invalid-input", "The valid time of a command must not lie in the future.", at=moment.isoformat()
            )
        kind, id_ = type(command).__name__, command.id or str(uuid4())
        body = command.model_dump(mode="json", exclude={"expected_rev", "id"})
        event = Event(id=id_, source=SOURCE, type=f"beliefgraph.{kind}", time=moment or now, data=body)
        arrived = with_hashes(updater.keyring.digester(caller.tenant), named, event, [kind, body])

        def decide_one(present: CommitContext) -> dict[str, Additions]:
            met = present.met(arrived)
            if met == "conflict":
                raise Conflict("event-conflict", f"The id {id_} was used for another command.", id=id_)
            if met == "duplicate":
                return {}
            state = present.twins[named.id]
            _refuse_restricted(caller, command, state, now)
            return {named.id: decision(CommandContext(state, present.graph, caller, present.again(arrived)))}

        expected = None if command.expected_rev is None else {named.id: command.expected_rev}
        try:
            done = await updater.commit(caller, [named], decide_one, deliveries=[arrived.delivery], expected=expected)
        except BeliefgraphError as refused:
            if refused.code in PLAIN and not await updater.sees(caller, named):
                raise without_names(refused) from None
            raise
        receipt = Receipt.with_changes(
            done.changes(named.id),
            id=id_,
            status="accepted" if done.steps else "duplicate",
            twin=command.twin,
            rev=done.rev(named.id),
        )
        return (await updater.shown(caller, [receipt], done.twins))[0]


def _refuse_restricted(caller: Caller, command: Command, state: TwinState, now: datetime) -> None:
    """Refuse changes by anybody but the person to a twin whose use is restricted, except to permissions."""
    if isinstance(command, Permit | Restrict) or owns(caller, state.name) or not restricted(state.permissions, now):
        return
    raise Forbidden("restricted", f"The use of {state.name!r} is restricted.", twin=state.name)


def _upon(decision: Callable[[CommandContext, T], Additions], found: T, context: CommandContext) -> Additions:
    return decision(context, found)


def _linked(context: CommandContext, closed: Sequence[IdentifierLink], opened: Sequence[IdentifierLink]) -> Additions:
    return Additions(
        cause="identified",
        moment=context.state.head_time or BEGINNING,  # a link does not move the head time
        delta=Delta(opened=Records(opened), closed=Records(closed), events=[context.arrived]),
    )
