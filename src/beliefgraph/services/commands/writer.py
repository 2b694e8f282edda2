"""How a twin changes: decide, derive and write, in that order, and again if another writer was first.

Inference runs in a thread before any lock is taken. The write transaction locks the twin, checks that it is still at
the rev that was derived from, and stores the whole commit. Nothing leaves the process before that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol

import orjson

from beliefgraph.errors import Conflict, Fault, Unavailable, Unsupported
from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.event import Event
from beliefgraph.model.identity import event_id
from beliefgraph.model.permission import NumberedPolicy
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.shards import ShardLocation
from beliefgraph.model.time import Clock
from beliefgraph.model.twin import Identifier
from beliefgraph.services.access.scope import reach
from beliefgraph.services.access.suppressed import refuse_erased
from beliefgraph.services.commits.advance import PlannedCommit, advance
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import forget_layouts
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.permissions.refusals import in_part
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.process.portions import SMALL, Portions
from beliefgraph.services.process.threads import cooperatively
from beliefgraph.services.twin.cache import TwinCache
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import events as stored
from beliefgraph.store.commits import Statement, statements, write
from beliefgraph.store.graph import Graph, already_stored, out_of_memory
from beliefgraph.store.keys import Digest, Keyring
from beliefgraph.telemetry.metrics import COMMIT_SECONDS
from beliefgraph.telemetry.spans import timed

TRIES = 40
"""Attempts of a command without an expected rev when other commits come between reading and writing."""

STUCK = 10
"""Attempts in a row that find nothing new, and rows that are stored already, before that is the answer."""

PAUSES = (0.2, 0.5, 1.0)
"""Seconds before each retry of a small transaction for which Neo4j had no memory, because others use it."""

FEW = 20
"""Most twins of a commit that is derived concurrently with others; larger commits are derived one at a time, because
two threads that compute at once in one interpreter take twice as long and delay everything else."""

FUTURE_SKEW_S = 300.0
"""Seconds that an event's clock may be ahead of ours; an event further ahead waits until it is due."""


class Notifier(Protocol):
    """A receiver of notifications that a twin has a new commit."""

    def notify(self, twin: str) -> None:
        """Notify. This is only a hint: what changed is read from the store."""
        ...


@dataclass(frozen=True)
class TwinRef:
    """A twin by its name in the caller's tenant, and by its id."""

    id: str
    name: str


@dataclass(frozen=True)
class CommitContext:
    """What a decision is based on: the current twins, the definitions in force, what arrived before, and the layers.

    `quarantined` are the ids, of those that were asked for, that are in quarantine.
    """

    twins: Mapping[str, TwinState]
    graph: DefinitionGraph
    seen: Mapping[str, str]
    withdrawn: Mapping[str, stored.Withdrawn]
    now: datetime
    layers: Sequence[Layer] = LAYERS
    quarantined: frozenset[str] = frozenset()

    def met(self, arrived: ArrivedEvent) -> Literal["duplicate", "conflict"] | None:
        """The outcome of an event that was received before; None if it was not, or was withdrawn since."""
        withdrawn = self.withdrawn.get(arrived.delivery)
        body = self.seen.get(arrived.delivery) if withdrawn is None else withdrawn.body
        if body is not None and not arrived.has_same_body(body):
            return "conflict"
        return None if body is None or withdrawn is not None else "duplicate"

    def again(self, arrived: ArrivedEvent) -> ArrivedEvent:
        """The event, with the ids of the evidence that it yielded before it was withdrawn."""
        withdrawn = self.withdrawn.get(arrived.delivery)
        return arrived if withdrawn is None else replace(arrived, yielded=withdrawn.evidence)


@dataclass(frozen=True)
class Committed:
    """The commits that were written, by the twin's id, and the context they were decided in."""

    steps: Mapping[str, PlannedCommit]
    present: CommitContext

    def rev(self, twin: str) -> int:
        """The current rev of the twin."""
        return self.steps[twin].state.rev if twin in self.steps else self.present.twins[twin].rev

    @property
    def twins(self) -> Iterator[TwinState]:
        """The current twins."""
        for id_, state in self.present.twins.items():
            yield self.steps[id_].state if id_ in self.steps else state

    def changes(self, twin: str) -> Mapping[str, tuple[Any, ...]]:
        """The changes of the twin in each layer, by the layer's name."""
        return self.steps[twin].changes if twin in self.steps else {}


@dataclass(frozen=True)
class Decided:
    """Commits to be written, by the twin's id, with their Cypher statements and the numbers of events and rows."""

    steps: Mapping[str, PlannedCommit]
    statements: Sequence[Statement]
    events: int
    rows: int


Decide = Callable[[CommitContext], Mapping[str, Additions | PlannedCommit]]
"""The additions to each twin, by id, or its commit if already planned. May be called again with a newer context."""


class Updater:
    """The only way in which twins change."""

    def __init__(
        self,
        graph: Graph,
        keyring: Keyring,
        book: DefinitionBook,
        cache: TwinCache,
        clock: Clock,
        notifier: Notifier,
        shard: ShardLocation | None = None,
        sights: Sights | None = None,
        layers: Sequence[Layer] = LAYERS,
    ) -> None:
        self.graph = graph
        self.layers = layers
        self.keyring = keyring
        self.clock = clock
        self.portions = Portions()
        self._bulk = asyncio.Semaphore(1)
        self._book = book
        self._cache = cache
        self._notifier = notifier
        self._shard = shard
        self._sights = sights

    async def commit(
        self,
        caller: Caller,
        twins: Sequence[TwinRef],
        decide: Decide,
        *,
        deliveries: Sequence[str] = (),
        quarantine_ids: Sequence[str] = (),
        expected: Mapping[str, int] | None = None,
        divisible: bool = False,
    ) -> Committed:
        """Write the commits that `decide` makes for these twins, in one transaction.

        Raises `store-memory` if Neo4j lacks the memory for it or, where the caller can send less (`divisible`), if it
        would write more rows than one transaction may.

        `deliveries` are the keyed hashes of what arrives: `CommitContext.seen` has those received before, with their
        bodies. `quarantine_ids` are the ids that it has if it is in quarantine: `CommitContext.quarantined` has those
        that are. With `expected`, a twin at another rev is a `rev-conflict`, unless everything was received before;
        without, the command is decided again until it succeeds.
        """
        names = {named.id: named.name for named in twins}
        before, stuck = None, 0
        async with self._cache.queue(names):
            for _ in range(TRIES):
                known = await self._arrive(caller.tenant, deliveries, list(names), quarantine_ids)
                if known.erasing:
                    raise Unavailable("being-erased", "This twin is being erased; try again when that is done.")
                graph = await self._book.numbered(caller.tenant, known.definitions)
                states = await self._cache.all_at(names, caller.tenant, known.twins)
                if not known.seen:
                    _check(states, expected or {})
                present = CommitContext(
                    states, graph, known.seen, known.withdrawn, self.clock.now(), self.layers, known.quarantined
                )
                async with self._bulk if len(names) > FEW else nullcontext():
                    decided = await asyncio.to_thread(self._decided, caller, present, decide, divisible)
                try:
                    await self._write(decided)
                except Conflict as conflict:
                    for id_ in names:
                        self._cache.drop(id_)
                    if conflict.code != "rev-conflict" or expected:
                        raise
                    same = known == before and already_stored(conflict.__cause__)
                    before, stuck = known, stuck + 1 if same else 0
                    if stuck == STUCK:
                        raise unrecognised(names.values()) from conflict
                    continue
                async for id_ in cooperatively(decided.steps):
                    self._cache.keep(decided.steps[id_].state)
                    self._notifier.notify(id_)
                return Committed(decided.steps, present)
        raise Unavailable("overloaded", "Others keep writing to this twin; try again.", twins=sorted(names.values()))

    async def _arrive(
        self, tenant: str, deliveries: Sequence[str], twins: Sequence[str], quarantine_ids: Sequence[str]
    ) -> stored.ArrivalState:
        """What the store knows about what arrives; waits while others use up Neo4j's memory."""
        for pause in PAUSES:
            try:
                return await stored.arrive(self.graph, tenant, deliveries, twins, quarantine_ids)
            except Unavailable as refused:
                if not out_of_memory(refused.__cause__):
                    raise
                await asyncio.sleep(pause)
        return await stored.arrive(self.graph, tenant, deliveries, twins, quarantine_ids)

    def _decided(self, caller: Caller, present: CommitContext, decide: Decide, divisible: bool) -> Decided:
        """The commits that result from a decision, with the Cypher statements that write them."""
        steps = _steps(self.keyring, caller, present, decide)
        commits = [step.commit for step in steps.values()]
        events, rows = sum(len(c.delta.events) for c in commits), sum(1 + c.delta.size for c in commits)
        if divisible and rows > self.portions.rows:
            self.portions.too_many(events, rows)
            raise Unsupported("store-memory", "This is more than one transaction may write; send less.", rows=rows)
        return Decided(steps, statements(self.keyring, commits, self.graph.layers) if commits else (), events, rows)

    async def _write(self, decided: Decided) -> None:
        """Write the commits; if Neo4j lacks the memory for a few rows, others are using it: wait for them."""
        commits = [step.commit for step in decided.steps.values()]
        events, rows = decided.events, decided.rows
        for pause in (*PAUSES, None):
            try:
                with timed("commit", COMMIT_SECONDS):
                    await write(self.graph, commits, decided.statements)
            except Unsupported as refused:
                if refused.code != "store-memory":
                    raise
                if rows > SMALL:
                    self.portions.refused(events, rows)
                    raise Unsupported(
                        refused.code, f"{refused.message} It writes {rows:,} rows.", rows=rows
                    ) from refused
            else:
                self.portions.written(events, rows)
                return
            if pause is not None:
                await asyncio.sleep(pause)
        raise Unavailable("overloaded", "Neo4j has no memory left for anything now; try again in a second.")

    async def policy(self, tenant: str) -> NumberedPolicy | None:
        """The policy of a tenant; None where none was published."""
        return None if self._sights is None else await self._sights.policy(tenant)

    async def sees(self, caller: Caller, named: TwinRef) -> bool:
        """Whether the caller may see all of a twin."""
        if self._sights is None:
            return True
        return (await self._sights.of_each(caller, [(named.id, named.name)]))[0].whole

    async def shown(self, caller: Caller, receipts: Sequence[Receipt], twins: Iterable[TwinState]) -> list[Receipt]:
        """The receipts as the caller may see them: only a caller who may see all of the twin sees what moved.

        `twins` are those of the receipts after the commits, including their permissions.
        """
        shown = [each.shown_to(caller) for each in receipts]
        if self._sights is None:
            return shown
        whole = await self._sights.whole_of(caller, twins)
        return [each if each.twin is None or each.twin in whole else in_part(each) for each in shown]

    def forget(self, named: TwinRef) -> None:
        """Release a twin that was erased, and notify its subscribers."""
        self._cache.drop(named.id)
        forget_layouts(named.id)
        self._notifier.notify(named.id)

    def name(self, caller: Caller, twin: str, scope: Scope) -> TwinRef:
        """The twin that the caller names, if they may do this to it; a person reaches only their own."""
        id_ = reach(caller, twin, scope)
        if self._shard is not None:
            self._shard.require(caller.tenant, twin)
        return TwinRef(id_, twin)

    def require_one_database(self) -> None:
        """Refuse (`unknown-shard`) what needs every twin of a tenant, where these are in several databases."""
        if self._shard is not None:
            raise Unsupported("unknown-shard", "This needs all twins of a tenant in one database.")

    def identifier(self, caller: Caller, identifier: Identifier) -> str:
        """The keyed hash under which an identifier is known in the caller's tenant."""
        return self.keyring.digest(caller.tenant, "identifier", identifier.scheme, identifier.value)


def unrecognised(twins: Iterable[str]) -> Fault:
    """The error for rows that are stored but cannot be found by the hashes of this process's keys."""
    return Fault(
        "key-missing",
        "What this call writes is stored already, under keys that this process does not have; is BELIEFGRAPH_KEYS the "
        "key directory of this database?",
        twins=sorted(twins),
    )


BODY_DIGITS = 32
"""Hexadecimal digits that are stored of the hash of an event's content: as many as Neo4j stores within a property."""


def with_hashes(digest: Digest, named: TwinRef, event: Event, body: object, via: str | None = None) -> ArrivedEvent:
    """The event with the tenant's keyed hashes by which it is recognised when it is received again."""
    text, spelled = (orjson.dumps(each, option=orjson.OPT_SORT_KEYS).decode() for each in (one_number(body), body))
    return ArrivedEvent(
        id=event_id(named.id, event.source, event.id),
        event=event,
        delivery=digest("delivery", named.id, event.source, event.id),
        body=digest("body", text)[:BODY_DIGITS],
        via=via,
        spelled=None if spelled == text else digest("body", spelled)[:BODY_DIGITS],
    )


EXACT = 2**53
"""Below this, integers and integral doubles correspond one to one."""


def one_number(json: object) -> object:
    """A JSON value in which every whole number is written without a fraction, so that 1.0 and 1 are equal."""
    if isinstance(json, float):
        return int(json) if json.is_integer() and abs(json) < EXACT else json
    if isinstance(json, dict):
        return {key: one_number(value) for key, value in json.items()}
    return [one_number(each) for each in json] if isinstance(json, list) else json


def _steps(keyring: Keyring, caller: Caller, present: CommitContext, decide: Decide) -> dict[str, PlannedCommit]:
    refuse_erased(keyring, caller.tenant, (twin.name for twin in present.twins.values()))
    return {
        id_: each
        if isinstance(each, PlannedCommit)
        else advance(present.twins[id_], present.graph, each, caller, present.now, present.layers)
        for id_, each in decide(present).items()
    }


def _check(states: Mapping[str, TwinState], expected: Mapping[str, int]) -> None:
    for id_, rev in expected.items():
        if states[id_].rev != rev:
            raise Conflict(
                "rev-conflict",
                f"The twin {states[id_].name!r} is at rev {states[id_].rev}, not {rev}; read it again and decide.",
                twin=states[id_].name,
                expected=rev,
                actual=states[id_].rev,
            )
