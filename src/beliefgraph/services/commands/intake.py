"""Intake of events: their twins, duplicates, and interpretation; what fails is quarantined with the reason.

Nothing is lost: an event is added to its twin, recognised as a duplicate, or quarantined until it can be processed. A
large call is written in several transactions (`portions`), each with whole commits; if it breaks off, what was written
stays, and the same call sent again recognises it as duplicates.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from beliefgraph.errors import BeliefgraphError, Incorrect, NotFound, Unsupported
from beliefgraph.model.arrival import ArrivedEvent, SetAside
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import Event, QuarantinedEvent
from beliefgraph.model.permission import NumberedPolicy
from beliefgraph.model.receipt import SETTLED, Outcome, Receipt
from beliefgraph.services.access.suppressed import refused_events
from beliefgraph.services.commands.drafts import Drafts
from beliefgraph.services.commands.writer import FUTURE_SKEW_S, CommitContext, Committed, TwinRef, Updater, with_hashes
from beliefgraph.services.interpretation.protocol import Interpretation, Interpreter
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.permissions.sight import restricted
from beliefgraph.services.process.portions import TWINS
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import events as stored
from beliefgraph.store.keys import Digest
from beliefgraph.telemetry import metrics

MOST_EVENTS = 10_000
"""Most events in one call."""

FULL_RECEIPTS = 100
"""Most events of a call where each receipt lists the changes of its commit; above, only the last of each commit."""

AT_ONCE = 2
"""Portions of a call in progress at once: one is derived here while Neo4j writes another."""


@dataclass(frozen=True)
class Placed:
    """An event whose twin is known, with the id that it has if it is in quarantine; "" if it cannot be there."""

    named: TwinRef
    arrived: ArrivedEvent
    quarantine_id: str = ""


@dataclass(frozen=True)
class Refused:
    """An event that cannot be processed, and why; `due` is when it can be, if its time is in the future."""

    code: str
    reason: str
    due: datetime | None = None


RESTRICTED = Refused(
    "restricted", "The use of this twin is restricted; the event is processed when the restriction is lifted."
)
UNKNOWN_IDENTIFIER = Refused("unknown-identifier", "None of its identifiers leads to a twin at its time.")


@dataclass
class EventOutcomes:
    """The outcome of each event of a call, by its index."""

    outcome: dict[int, Outcome] = field(default_factory=dict)
    refused: dict[int, Refused] = field(default_factory=dict)

    def meets(self, index: int, refused: Refused) -> None:
        """Record that an event is quarantined."""
        self.outcome[index] = "quarantined"
        self.refused[index] = refused


class Intake:
    """Processes events, and retries quarantined ones."""

    def __init__(self, updater: Updater, interpreter: Interpreter) -> None:
        self._updater = updater
        self._interpreter = interpreter

    async def observe(
        self, caller: Caller, events: Sequence[Event], *, expected_rev: int | None = None
    ) -> list[Receipt]:
        """Process events; the receipts are in the same order.

        Each twin gets one commit, or several if it is too large for one transaction. `expected_rev` is only allowed
        with a single event. An event that was received before is a duplicate, or a conflict if its body differs; one
        that cannot be interpreted is quarantined, and one about a person who was erased is rejected.
        """
        caller.require("write")
        if len(events) > MOST_EVENTS:
            raise Incorrect("too-large", f"Send at most {MOST_EVENTS} events in one call.", events=len(events))
        if expected_rev is not None and len(events) != 1:
            raise Incorrect("invalid-input", "expectedRev is only allowed with a single event.")
        erased = await asyncio.to_thread(refused_events, self._updater.keyring, caller.tenant, events)
        metrics.EVENTS.labels("rejected").inc(len(erased))
        left = [event for index, event in enumerate(events) if index not in erased]
        taken = iter(await self._taken(caller, left, expected_rev) if left or not erased else ())
        return [erased[index] if index in erased else next(taken) for index in range(len(events))]

    async def _taken(self, caller: Caller, events: Sequence[Event], expected_rev: int | None) -> list[Receipt]:
        """Process events about people who were not erased."""
        placed, lost = await self._place(caller, events)
        fates = EventOutcomes(refused=dict(lost))
        fates.outcome.update(dict.fromkeys(lost, "quarantined"))
        receipts = {index: _unplaced(events[index], refused) for index, refused in lost.items()}
        waiting = _by_twin(placed)
        failed: list[BaseException] = []
        twins: dict[str, TwinState] = {}

        async def work() -> None:
            most = MOST_EVENTS
            while waiting and not failed:
                portions = self._updater.portions
                portion = {
                    i: placed[i] for i in _next(waiting, min(most, portions.together), min(most, portions.events))
                }
                most = MOST_EVENTS
                try:
                    done = await self._take_in(caller, portion, fates, expected_rev)
                except Unsupported as refused:
                    if refused.code != "store-memory" or len(portion) == 1:
                        raise
                    waiting.extendleft(reversed(_by_twin(portion)))
                    most = len(portion) // 2
                    continue
                receipts.update(await asyncio.to_thread(_receipts, events, fates, portion, done))
                for twin in done.twins:  # portions of one twin may finish out of order
                    twins[twin.id] = max(twin, twins.get(twin.id, twin), key=lambda each: each.rev)

        async def noted() -> None:
            try:
                await work()
            except Exception as error:
                failed.append(error)

        await asyncio.gather(*(noted() for _ in range(AT_ONCE)))
        if failed:
            raise failed[0]
        await self._set_aside(caller, events, placed, fates)
        for status, count in Counter(receipt.status for receipt in receipts.values()).items():
            metrics.EVENTS.labels(status).inc(count)
        return await self._updater.shown(caller, [receipts[index] for index in range(len(events))], twins.values())

    async def _take_in(
        self, caller: Caller, portion: Mapping[int, Placed], fates: EventOutcomes, expected_rev: int | None
    ) -> Committed:
        """Write the commits that result from some of the events, in one transaction."""
        twins = {one.named.id: one.named for one in portion.values()}
        policy = await self._updater.policy(caller.tenant)
        done = await self._updater.commit(
            caller,
            list(twins.values()),
            lambda present: take_in(self._interpreter, caller, present, portion, fates, policy=policy),
            deliveries=[one.arrived.delivery for one in portion.values()],
            quarantine_ids=[one.quarantine_id for one in portion.values()],
            expected=None if expected_rev is None else dict.fromkeys(twins, expected_rev),
            divisible=len(portion) > 1,
        )
        if done.present.quarantined:
            settled = {one.quarantine_id for index, one in portion.items() if fates.outcome[index] in SETTLED}
            await self._release(caller, settled & done.present.quarantined)
        return done

    async def _release(self, caller: Caller, ids: Collection[str]) -> None:
        if ids:
            await stored.release(self._updater.graph, caller.tenant, sorted(ids))

    async def quarantine(
        self, caller: Caller, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[QuarantinedEvent]:
        """Quarantined events, oldest first, after a cursor in that order.

        Events that wait for a restriction to be lifted are shown to the person only (`Received.waiting`).
        """
        caller.require("define")
        caller.require_service()
        return await stored.set_aside(
            self._updater.graph, self._updater.keyring, caller.tenant, limit=limit, after=after, listed=True
        )

    async def replay(
        self,
        caller: Caller,
        *,
        ids: Sequence[str] | None = None,
        identifier: str | None = None,
        due: datetime | None = None,
        waiting_for: str | None = None,
    ) -> list[Receipt]:
        """Retry quarantined events: those named, those that carry an identifier, those due, or all.

        `waiting_for` is the id of a twin: the events that waited for its restriction to be lifted.
        """
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
                restricted=waiting_for,
            )
            if not waiting:
                return receipts
            after = (waiting[-1].since, waiting[-1].id)
            tried = await self.observe(caller, [q.event for q in waiting])
            # those that reach a twin have left the quarantine by now
            await self._release(caller, {q.id for q, r in zip(waiting, tried, strict=True) if r.status == "rejected"})
            receipts += tried

    async def _place(self, caller: Caller, events: Sequence[Event]) -> tuple[dict[int, Placed], dict[int, Refused]]:
        """The twin of every event, by name or by its identifiers; and the events without a twin."""

        def wanted() -> list[tuple[int, str, datetime]]:
            return [
                (index, self._updater.identifier(caller, identifier), event.time)
                for index, event in enumerate(events)
                if event.twin is None
                for identifier in event.identifiers
            ]

        asked = await asyncio.to_thread(wanted) if any(event.twin is None for event in events) else []
        led = await stored.resolve(self._updater.graph, asked) if asked else {}
        return await asyncio.to_thread(self._placed, caller, events, led)

    def _placed(
        self, caller: Caller, events: Sequence[Event], led: Mapping[int, Sequence[stored.IdentifiedTwin]]
    ) -> tuple[dict[int, Placed], dict[int, Refused]]:
        updater, digest = self._updater, self._updater.keyring.digester(caller.tenant)
        placed: dict[int, Placed] = {}
        lost: dict[int, Refused] = {}
        for index, event in enumerate(events):
            found = {one.twin: one for one in led.get(index, ())}
            if event.twin is None and caller.person is not None and {o.name for o in found.values()} != {caller.person}:
                raise NotFound("not-found", "Its identifiers do not lead to your twin alone; name it.", event=event.id)
            if event.twin is None and len(found) != 1:
                lost[index] = no_destination(event, len(found))
                continue
            one = next(iter(found.values()), None)
            name = event.twin if event.twin is not None else one.name if one else ""
            named = updater.name(caller, name, "write")
            via = None if event.twin is not None or one is None else one.identifier
            arrived = with_hashes(digest, named, event, event.body(), via)
            placed[index] = Placed(named, arrived, self._quarantine_id(caller, digest, event))
        return placed, lost

    async def _set_aside(
        self, caller: Caller, events: Sequence[Event], placed: Mapping[int, Placed], fates: EventOutcomes
    ) -> None:
        """Keep the events that were refused in quarantine."""
        if not fates.refused:
            return
        updater = self._updater
        waiting = await asyncio.to_thread(self._waiting, caller, events, placed, fates)
        now = updater.clock.now()
        await asyncio.shield(stored.keep(updater.graph, updater.keyring, caller.tenant, waiting, now))
        for code, count in Counter(refused.code for refused in fates.refused.values()).items():
            metrics.QUARANTINED.labels(code).inc(count)

    def _waiting(
        self, caller: Caller, events: Sequence[Event], placed: Mapping[int, Placed], fates: EventOutcomes
    ) -> list[SetAside]:
        return [
            self.waiting(caller, events[index], refused, None if refused is UNKNOWN_IDENTIFIER else placed.get(index))
            for index, refused in fates.refused.items()
        ]

    def waiting(self, caller: Caller, event: Event, refused: Refused, placed: Placed | None = None) -> SetAside:
        """An event in the form in which it waits in quarantine."""
        return SetAside(
            id=self._quarantine_id(caller, self._updater.keyring.digester(caller.tenant), event),
            event=event,
            twin=None if placed is None else placed.named.id,
            identifiers=self._identifiers(caller, event),
            code=refused.code,
            reason=refused.reason,
            due=refused.due,
        )

    def _quarantine_id(self, caller: Caller, digest: Digest, event: Event) -> str:
        """The id of an event in quarantine.

        Without a named twin, the identifiers distinguish it from another person's event with the same id.
        """
        about = sorted(self._identifiers(caller, event)) if event.twin is None else [event.twin]
        return digest("quarantine", event.source, event.id, *about)

    def _identifiers(self, caller: Caller, event: Event) -> list[str]:
        return [self._updater.identifier(caller, identifier) for identifier in event.identifiers]


def take_in(
    interpreter: Interpreter,
    caller: Caller,
    present: CommitContext,
    placed: Mapping[int, Placed],
    fates: EventOutcomes,
    policy: NumberedPolicy | None = None,
) -> dict[str, Additions]:
    """What the events add to their twins; records the outcome of each. Decided again on every call."""
    here: dict[str, str] = {}
    drafts = {id_: Drafts(twin, present.graph, present.layers) for id_, twin in present.twins.items()}
    for index, one in placed.items():
        fates.refused.pop(index, None)
        arrived = one.arrived
        met = present.met(arrived)
        if met is None and arrived.delivery in here:
            met = "duplicate" if arrived.has_same_body(here[arrived.delivery]) else "conflict"
        if met is not None:
            fates.outcome[index] = met
            continue
        if arrived.via is not None and not _leads_to(present.twins[one.named.id], arrived):
            fates.meets(index, UNKNOWN_IDENTIFIER)  # the link was undone after the lookup
            continue
        if restricted(present.twins[one.named.id].permissions, present.now):
            fates.meets(index, RESTRICTED)
            continue
        if (arrived.event.time - present.now).total_seconds() > FUTURE_SKEW_S:
            due = arrived.event.time - timedelta(seconds=FUTURE_SKEW_S)
            fates.meets(index, Refused("not-yet", "Its time lies in the future.", due))
            continue
        context = CommandContext(present.twins[one.named.id], present.graph, caller, present.again(arrived), policy)
        try:
            interpretation = interpreter.interpret(arrived.event, present.graph.definitions)
            if policy is None and any(each.permissions for each in interpretation.statements):
                raise Incorrect("invalid-permission", "It states a permission, and the tenant has no policy yet.")
            _refuse_impersonation(context, interpretation)
            drafts[one.named.id].check(context, interpretation)
        except BeliefgraphError as error:
            fates.meets(index, Refused(error.code, error.message))
            continue
        drafts[one.named.id].add(context, interpretation)
        here[arrived.delivery] = arrived.body
        fates.outcome[index] = "accepted"
    return {id_: each.added for id_, each in drafts.items() if each.any_added}


def _refuse_impersonation(context: CommandContext, interpretation: Interpretation) -> None:
    """Refuse an event in a person's name under a key that is not theirs."""
    if not all(context.may_name_source(statement.source) for statement in interpretation.statements):
        raise Incorrect("invalid-input", "Its source is a person (person:…); only that person's own key may send it.")


def _leads_to(twin: TwinState, arrived: ArrivedEvent) -> bool:
    """Whether the identifier by which an event came is linked to the twin, as it is when written to."""
    return any(link.key == arrived.via and link.valid.contains(arrived.event.time) for link in twin.links)


def no_destination(event: Event, found: int) -> Refused:
    """Why an event that names no twin has no destination, where its identifiers lead to `found` twins."""
    if found:
        return Refused("ambiguous-identifier", "Its identifiers lead to more than one twin.")
    if event.identifiers:
        return UNKNOWN_IDENTIFIER
    return Refused("no-twin", "It names no twin and carries no identifier.")


def _by_twin(placed: Mapping[int, Placed]) -> deque[list[int]]:
    """The indexes of the events in the call, by twin."""
    twins: dict[str, list[int]] = defaultdict(list)
    for index, one in placed.items():
        twins[one.named.id].append(index)
    return deque(twins.values())


def _next(waiting: deque[list[int]], together: int, most: int) -> list[int]:
    """Take the events of several twins, at most `together` in all; or as many of one that has more, or `most` if it is
    the only one left.

    What is left of that twin waits behind the next twin, which is derived while the first is written.
    """
    taken: list[int] = []
    twins = 0
    while waiting and twins < TWINS and len(taken) + len(waiting[0]) <= together:
        taken += waiting.popleft()
        twins += 1
    if not taken:
        first = waiting.popleft()
        end = together if waiting else most
        taken = first[:end]
        if len(first) > end:
            waiting.insert(1, first[end:])
    return taken


def _receipts(
    events: Sequence[Event], fates: EventOutcomes, portion: Mapping[int, Placed], done: Committed
) -> dict[int, Receipt]:
    last = {one.named.id: index for index, one in portion.items() if fates.outcome[index] == "accepted"}
    full = set(portion if len(events) <= FULL_RECEIPTS else last.values())
    return {
        index: _unplaced(events[index], fates.refused[index])
        if fates.refused.get(index) is UNKNOWN_IDENTIFIER
        else _receipt(events[index], fates, index, one, done, full_changes=index in full)
        for index, one in portion.items()
    }


def _unplaced(event: Event, refused: Refused) -> Receipt:
    """The receipt of an event whose twin is not known."""
    return Receipt(id=event.id, status="quarantined", code=refused.code, reason=refused.reason)


def _receipt(
    event: Event, fates: EventOutcomes, index: int, placed: Placed, done: Committed, *, full_changes: bool
) -> Receipt:
    status = fates.outcome[index]
    named = placed.named
    why = {"code": "event-conflict", "reason": "An event with this source and id came before, with another body."}
    if status == "quarantined":
        why = {"code": fates.refused[index].code, "reason": fates.refused[index].reason}
    return Receipt.with_changes(
        done.changes(named.id) if full_changes and status == "accepted" else {},
        id=event.id,
        status=status,
        twin=named.name,
        rev=done.rev(named.id),
        **(why if status in ("quarantined", "conflict") else {}),
    )
