"""Events in: whose they are, whether they came before, what they say; where that fails, quarantine with the reason.

Nothing is lost: an event is taken into its twin, recognised as a duplicate, or kept aside until it can be taken in.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from beliefgraph.errors import BeliefgraphError, Incorrect, NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import Event, QuarantinedEvent
from beliefgraph.model.receipt import Outcome, Receipt
from beliefgraph.services import decide
from beliefgraph.services.advance import Additions
from beliefgraph.services.decide import Setting
from beliefgraph.services.decisions.decide import hear_decisions, require_room
from beliefgraph.services.decisions.draft import DecisionDraft
from beliefgraph.services.goals.decide import hear_goals, with_goals
from beliefgraph.services.goals.draft import GoalDraft
from beliefgraph.services.interpretation.said import Interpretation, Interpreter
from beliefgraph.services.preferences.contexts import Contexts
from beliefgraph.services.state import TwinState
from beliefgraph.services.update import FUTURE_SKEW_S, Committed, Named, Present, Updater
from beliefgraph.store import events as stored
from beliefgraph.store.commits import ArrivedEvent

MOST_EVENTS = 10_000
"""Events in one call: they become one transaction, at most one commit for each twin."""


@dataclass(frozen=True)
class Placed:
    """An event whose twin is known."""

    named: Named
    arrived: ArrivedEvent


@dataclass(frozen=True)
class Refused:
    """An event that cannot be taken in, and why; `due` is its time if it came from the future."""

    code: str
    reason: str
    due: datetime | None = None


UNKNOWN_IDENTIFIER = Refused("unknown-identifier", "None of its identifiers leads to a twin at its time.")


@dataclass
class _Fates:
    """What became of each event of a call, by its place in it."""

    outcome: dict[int, Outcome]
    refused: dict[int, Refused]

    def meets(self, index: int, refused: Refused) -> None:
        """Note that an event is set aside."""
        self.outcome[index] = "quarantined"
        self.refused[index] = refused


class Intake:
    """Takes events in, and lets quarantined ones try again."""

    def __init__(self, updater: Updater, interpreter: Interpreter) -> None:
        self._updater = updater
        self._interpreter = interpreter

    async def observe(
        self, caller: Caller, events: Sequence[Event], *, expected_rev: int | None = None
    ) -> list[Receipt]:
        """Take in events, in one transaction; the receipts are in their order.

        Each twin gets one commit at the most. `expected_rev` goes with a single event. An event that came before is a
        duplicate, one that came with another body a conflict; one that cannot be understood is quarantined.
        """
        caller.require("write")
        if len(events) > MOST_EVENTS:
            raise Incorrect("too-large", f"Send at most {MOST_EVENTS} events in one call.", events=len(events))
        if expected_rev is not None and len(events) != 1:
            raise Incorrect("invalid-input", "expectedRev goes with one event.")
        placed, lost = await self._place(caller, events)
        fates = _Fates({}, dict(lost))
        fates.outcome.update(dict.fromkeys(lost, "quarantined"))
        twins = {p.named.id: p.named for p in placed.values()}
        done = await self._updater.commit(
            caller,
            list(twins.values()),
            lambda present: self._decide(caller, present, placed, fates),
            deliveries=[p.arrived.delivery for p in placed.values()],
            expected=None if expected_rev is None else dict.fromkeys(twins, expected_rev),
        )
        placed = {i: one for i, one in placed.items() if fates.refused.get(i) is not UNKNOWN_IDENTIFIER}
        await self._set_aside(caller, events, placed, fates)
        receipts = (_receipt(event, fates, index, placed.get(index), done) for index, event in enumerate(events))
        return [receipt.shown_to(caller) for receipt in receipts]

    async def quarantine(
        self, caller: Caller, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[QuarantinedEvent]:
        """Events that were set aside, oldest first, after a place in that order."""
        caller.require("define")
        caller.require_service()
        return await stored.set_aside(
            self._updater.graph, self._updater.keyring, caller.tenant, limit=limit, after=after
        )

    async def replay(
        self,
        caller: Caller,
        *,
        ids: Sequence[str] | None = None,
        identifier: str | None = None,
        due: datetime | None = None,
    ) -> list[Receipt]:
        """Let quarantined events try again: those named, those that carry an identifier, those due, or all."""
        caller.require("write")
        caller.require_service()
        receipts: list[Receipt] = []
        after: tuple[datetime, str] | None = None
        while True:
            waiting = await stored.set_aside(
                self._updater.graph,
                self._updater.keyring,
                caller.tenant,
                limit=MOST_EVENTS,
                after=after,
                ids=ids,
                identifier=identifier,
                due=due,
            )
            if not waiting:
                return receipts
            after = (waiting[-1].since, waiting[-1].id)
            tried = await self.observe(caller, [q.event for q in waiting])
            settled = [q.id for q, r in zip(waiting, tried, strict=True) if r.status in ("accepted", "duplicate")]
            await stored.release(self._updater.graph, caller.tenant, settled)
            receipts += tried

    async def _place(self, caller: Caller, events: Sequence[Event]) -> tuple[dict[int, Placed], dict[int, Refused]]:
        """The twin of every event, by name or by its identifiers; and those that have none."""
        updater = self._updater
        wanted = [
            (index, updater.identifier(caller, identifier), event.time)
            for index, event in enumerate(events)
            if event.twin is None
            for identifier in event.identifiers
        ]
        led = await stored.resolve(updater.graph, wanted) if wanted else {}
        placed: dict[int, Placed] = {}
        lost: dict[int, Refused] = {}
        for index, event in enumerate(events):
            found = {one.twin: one for one in led.get(index, ())}
            if event.twin is None and caller.person is not None and {o.name for o in found.values()} != {caller.person}:
                raise NotFound("not-found", "Its identifiers do not lead to your twin alone; name it.", event=event.id)
            if event.twin is None and len(found) != 1:
                lost[index] = _nowhere(event, len(found))
                continue
            one = next(iter(found.values()), None)
            name = event.twin if event.twin is not None else one.name if one else ""
            named = updater.name(caller, name, "write")
            via = None if event.twin is not None or one is None else one.identifier
            body = event.model_dump(mode="json", exclude={"twin", "identifiers"})
            placed[index] = Placed(named, updater.arrived(caller, named, event, body, via))
        return placed, lost

    def _decide(
        self, caller: Caller, present: Present, placed: Mapping[int, Placed], fates: _Fates
    ) -> dict[str, Additions]:
        """What the events add to their twins; notes the fate of each. Decided anew each time it is asked."""
        here: dict[str, str] = {}
        taken: dict[str, list[tuple[Setting, Interpretation]]] = defaultdict(list)
        drafts = {id_: GoalDraft(twin) for id_, twin in present.twins.items()}
        rooms = {id_: Contexts(twin, present.graph) for id_, twin in present.twins.items()}
        told = {id_: DecisionDraft(twin) for id_, twin in present.twins.items()}
        for index, one in placed.items():
            fates.refused.pop(index, None)
            arrived = one.arrived
            met = present.met(arrived)
            if met is None and arrived.delivery in here:
                met = "duplicate" if here[arrived.delivery] == arrived.body else "conflict"
            if met is not None:
                fates.outcome[index] = met
                continue
            if arrived.via is not None and not _leads_to(present.twins[one.named.id], arrived):
                fates.meets(index, UNKNOWN_IDENTIFIER)  # the link was undone since it was looked up
                continue
            if (arrived.event.time - present.now).total_seconds() > FUTURE_SKEW_S:
                fates.meets(index, Refused("not-yet", "Its time lies in the future.", arrived.event.time))
                continue
            setting = Setting(present.twins[one.named.id], present.graph, caller, present.again(arrived))
            try:
                said = self._interpreter.interpret(arrived.event, present.graph.definitions)
                require_room(told[one.named.id], said)
                rooms[one.named.id].take(
                    (bears.belief for spoken in said.spoken for bears in spoken.bearings),
                    (counts.metric for spoken in said.spoken for counts in spoken.counts),
                )
                hear_goals(drafts[one.named.id], setting, said)
            except BeliefgraphError as error:
                fates.meets(index, Refused(error.code, error.message))
                continue
            hear_decisions(told[one.named.id], setting, said)
            here[arrived.delivery] = arrived.body
            fates.outcome[index] = "accepted"
            taken[one.named.id].append((setting, said))
        return {
            id_: replace(
                with_goals(
                    decide.observations([setting for setting, _ in settings], [said for _, said in settings]),
                    drafts[id_],
                ),
                decisions=told[id_].rows,
            )
            for id_, settings in taken.items()
        }

    async def _set_aside(
        self, caller: Caller, events: Sequence[Event], placed: Mapping[int, Placed], fates: _Fates
    ) -> None:
        updater = self._updater
        waiting = [
            self.waiting(caller, events[index], refused, placed.get(index)) for index, refused in fates.refused.items()
        ]
        if waiting:
            now = updater.clock.now()
            await asyncio.shield(stored.keep(updater.graph, updater.keyring, caller.tenant, waiting, now))

    def waiting(self, caller: Caller, event: Event, refused: Refused, placed: Placed | None = None) -> stored.SetAside:
        """An event as it waits in quarantine."""
        updater = self._updater
        identifiers = [updater.identifier(caller, identifier) for identifier in event.identifiers]
        # Where no twin is named, whom it is about tells it from another's event of the same id.
        about = sorted(identifiers) if event.twin is None else [event.twin]
        return stored.SetAside(
            id=updater.keyring.digest(caller.tenant, "quarantine", event.source, event.id, *about),
            event=event,
            twin=None if placed is None else placed.named.id,
            identifiers=identifiers,
            code=refused.code,
            reason=refused.reason,
            due=refused.due,
        )


def _leads_to(twin: TwinState, arrived: ArrivedEvent) -> bool:
    """Whether the identifier that led an event here does so in the twin as it is written to."""
    return any(link.key == arrived.via and link.valid.contains(arrived.event.time) for link in twin.links)


def _nowhere(event: Event, found: int) -> Refused:
    if found:
        return Refused("ambiguous-identifier", "Its identifiers lead to more than one twin.")
    if event.identifiers:
        return UNKNOWN_IDENTIFIER
    return Refused("no-twin", "It names no twin and carries no identifier.")


def _receipt(event: Event, fates: _Fates, index: int, placed: Placed | None, done: Committed) -> Receipt:
    status = fates.outcome[index]
    if placed is None:
        refused = fates.refused[index]
        return Receipt(id=event.id, status=status, code=refused.code, reason=refused.reason)
    named, step = placed.named, done.steps.get(placed.named.id)
    why = {"code": "event-conflict", "reason": "An event with this source and id came before, with another body."}
    if status == "quarantined":
        why = {"code": fates.refused[index].code, "reason": fates.refused[index].reason}
    return Receipt(
        id=event.id,
        status=status,
        twin=named.name,
        rev=done.rev(named.id),
        beliefs=tuple(step.changes) if step is not None and status == "accepted" else (),
        goals=tuple(step.goals) if step is not None and status == "accepted" else (),
        metrics=tuple(step.measured) if step is not None and status == "accepted" else (),
        decisions=tuple(step.decided) if step is not None and status == "accepted" else (),
        **(why if status in ("quarantined", "conflict") else {}),
    )
