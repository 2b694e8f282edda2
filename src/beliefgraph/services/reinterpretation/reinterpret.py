"""Reading stored events again, twin by twin and in portions, each portion a commit with the cause `reinterpreted`.

A twin whose use is restricted is left out, and counted. A run that breaks off is started again: finished twins are read
again without a change, the others follow. A dry run makes the same commits on twins in memory, and writes none of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from beliefgraph.errors import BeliefgraphError, Conflict, Unavailable, Unsupported
from beliefgraph.model.arrival import SetAside
from beliefgraph.model.caller import Caller
from beliefgraph.model.move import MOVED, BeliefMove, greatest
from beliefgraph.model.reinterpretation import Reinterpret, Reinterpretation
from beliefgraph.services.commands.intake import Intake, Placed, Refused
from beliefgraph.services.commands.writer import CommitContext, TwinRef, Updater
from beliefgraph.services.commits.advance import PlannedCommit, advance
from beliefgraph.services.commits.recheck import every_twin
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.interpretation.protocol import Interpreter
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.learning.preview import between
from beliefgraph.services.permissions.sight import restricted
from beliefgraph.services.reinterpretation.reread import Reread, Rules, reread
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import permissions
from beliefgraph.store.events import arrive
from beliefgraph.store.reinterpretation import EndedRelation, StoredEvent, read_events, stored_events

PORTION = 1_000
"""Events read and written at a time."""

ENOUGH = 2_000
"""Events after which a call ends, and returns where to continue."""

WITHIN = "/"
"""Separator in a cursor, between the last finished twin and the last event read of the next."""

TRIES = 10
"""Attempts of a portion while others keep writing to its twin."""

GONE = frozenset({"being-erased", "key-missing"})
"""The codes of refusals for a twin that is erased in the meantime."""


@dataclass
class _Course:
    """A twin being read again: its state before, its current state, and the findings."""

    named: TwinRef
    ended: Sequence[EndedRelation]
    before: TwinState | None = None
    after: TwinState | None = None
    graph: DefinitionGraph | None = None
    found: Reinterpretation = field(default_factory=Reinterpretation)

    def note(self, events: int, read: Reread, step: PlannedCommit | None) -> None:
        """Record a portion that was read, and the commit that it made."""
        if step is not None:
            self.after = step.state
        part = Reinterpretation(
            events=events, changed=read.changed, quarantined=read.quarantined, commits=int(step is not None)
        )
        self.found = self.found.and_then(part)


class Reinterpreter:
    """Reads stored events again under the definitions in force."""

    def __init__(self, updater: Updater, intake: Intake, interpreter: Interpreter) -> None:
        self._updater = updater
        self._intake = intake
        self._interpreter = interpreter

    async def reinterpret(self, caller: Caller, asked: Reinterpret, *, enough: int = ENOUGH) -> Reinterpretation:
        """Read events of some twins again until there are `enough`; `next` says where to continue.

        A dry run ends with a whole twin. Refused to a person's key: `define` is needed.
        """
        caller.require("define")
        caller.require_service()
        found = Reinterpretation()
        last, _, event = (asked.after or "").partition(WITHIN)
        async for named in self._twins(caller, asked.twin, last):
            if found.events >= enough:
                return found.model_copy(update={"next": last})
            try:
                part = await self._twin(caller, asked, named, event, enough - found.events)
                found = found.and_then(part)
                if part.next is not None:
                    return found.model_copy(update={"next": f"{last}{WITHIN}{part.next}"})
            except BeliefgraphError as error:
                if error.code not in GONE:
                    raise
            last, event = named.id, ""
        return found

    async def _twins(self, caller: Caller, twin: str | None, after: str) -> AsyncIterator[TwinRef]:
        if twin is not None:
            yield self._updater.name(caller, twin, "define")
            return
        async for found in every_twin(self._updater.graph, caller.tenant, after):
            yield TwinRef(found.id, found.name)

    async def _twin(
        self, caller: Caller, asked: Reinterpret, named: TwinRef, after: str, enough: int
    ) -> Reinterpretation:
        """Read a twin's events again, those after a given event; `next` is the event at which there were enough."""
        updater = self._updater
        if await self._restricted(named):
            return Reinterpretation(restricted=1)
        stored = await stored_events(updater.graph, updater.keyring, named.id, asked.types, asked.since)
        course = _Course(named, stored.ended)
        left, most = list(stored.ids), PORTION
        if after in left:
            del left[: left.index(after) + 1]
        stopped = None
        while left:
            if course.found.events >= enough and not asked.dry_run:
                break
            portion = left[:most]
            try:
                await self._portion(caller, course, portion, write=not asked.dry_run)
            except Unsupported as refused:
                if refused.code != "store-memory" or len(portion) == 1:
                    raise
                most = len(portion) // 2
                continue
            del left[: len(portion)]
            stopped = portion[-1]
        moves = await asyncio.to_thread(_moves, course) if await updater.sees(caller, named) else []
        moved = sum(move.size >= MOVED for move in moves)
        ended = Reinterpretation(twins=0 if left else 1, next=stopped if left else None)
        return course.found.and_then(ended.model_copy(update={"moved": moved, "most": greatest(moves)}))

    async def _restricted(self, named: TwinRef) -> bool:
        stated = await permissions.of_twins(self._updater.graph, [named.id])
        return restricted(stated.get(named.id, ()), self._updater.clock.now())

    async def _portion(self, caller: Caller, course: _Course, ids: Sequence[str], *, write: bool) -> None:
        """Read some events again, as they are at the rev of the write."""
        updater, named = self._updater, course.named
        for _ in range(TRIES):
            known = await arrive(updater.graph, caller.tenant, (), [named.id])
            if named.id not in known.twins:
                return
            events = await read_events(updater.graph, updater.keyring, named.id, ids)
            took: list[tuple[Reread, PlannedCommit | None]] = []
            decide = partial(self._decide, caller, course, events, took, write)
            expected = {named.id: known.twins[named.id][0]}
            try:
                done = await updater.commit(caller, [named], decide, expected=expected, divisible=len(ids) > 1)
            except Conflict as conflict:
                if conflict.code != "rev-conflict":
                    raise
                continue
            read, supposed = took[-1]
            course.note(len(events), read, done.steps.get(named.id) or supposed)
            return
        raise Unavailable("overloaded", "Others keep writing to this twin; try again.", twins=[named.name])

    def _decide(
        self,
        caller: Caller,
        course: _Course,
        events: Sequence[StoredEvent],
        took: list[tuple[Reread, PlannedCommit | None]],
        write: bool,
        present: CommitContext,
    ) -> Mapping[str, Additions]:
        """What reading the events again adds; in a dry run, the commit is only made in memory."""
        id_ = course.named.id
        state = present.twins[id_]
        if restricted(state.permissions, present.now):  # restricted after the check
            took.append((Reread(), None))
            return {}
        course.before, course.graph = course.before or state, present.graph
        if not write and course.after is not None:
            state = course.after
        rules = Rules(
            caller=caller,
            graph=present.graph,
            interpreter=self._interpreter,
            alias=partial(self._updater.keyring.digest, caller.tenant, "words"),
            waiting=partial(self._waiting, caller, course.named),
            layers=present.layers,
        )
        read = reread(rules, state, events, course.ended)
        if read.added is None or write:
            took.append((read, None))
            return {} if read.added is None else {id_: read.added}
        took.append((read, advance(state, present.graph, read.added, caller, present.now, present.layers)))
        return {}

    def _waiting(self, caller: Caller, named: TwinRef, event: StoredEvent, refused: Refused) -> SetAside:
        return self._intake.waiting(caller, event.arrived.event, refused, Placed(named, event.arrived))


def _moves(course: _Course) -> list[BeliefMove]:
    """Every belief of a twin before and after, at the head time after."""
    before, after, graph = course.before, course.after, course.graph
    if before is None or after is None or graph is None or after.head_time is None:
        return []
    at = after.head_time
    then = derive(after, graph, at, also=derive(before, graph, at).layout.keys)
    return between(before.name, derive(before, graph, at, also=then.layout.keys), then)
