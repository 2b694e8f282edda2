"""The passage of time: quiet twins age, newer definitions are adopted, and future events are processed when due.

A refresh is a commit like any other. Its moment is the present rounded down to the interval, so that it does not matter
who runs it, how often, or how many do at once: a twin is refreshed to that moment only once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.model.caller import Caller
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.time import BEGINNING, instant
from beliefgraph.services.commands.intake import Intake
from beliefgraph.services.commands.writer import FUTURE_SKEW_S, CommitContext, Committed, TwinRef, Updater
from beliefgraph.services.commits.advance import PlannedCommit, advance
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.permissions.sight import restricted
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import stale as stored
from beliefgraph.telemetry.metrics import REFRESH_ENDED, REFRESH_SECONDS, REFRESHED
from beliefgraph.telemetry.spans import timed

INTERVAL = timedelta(hours=1)
"""How long a twin may be quiet before it is refreshed."""

PAGE = 500
"""Twins returned by one query of the store."""

TOGETHER = 16
"""Twins refreshed in one transaction, unless they are large."""

ACTOR = "beliefgraph:clock"
PURPOSE = "upkeep"


@dataclass(frozen=True)
class RefreshRound:
    """The result of one round: twins written to, events processed, and refusals, by the name of twin or tenant."""

    refreshed: int
    taken_in: int
    refused: tuple[tuple[str, BeliefgraphError], ...] = ()


class Refresher:
    """Advances the time of twins without new events."""

    def __init__(self, updater: Updater, intake: Intake, *, interval: timedelta = INTERVAL) -> None:
        self._updater = updater
        self._intake = intake
        self._interval = interval

    def moment(self, now: datetime) -> datetime:
        """The moment that quiet twins are refreshed to at `now`: the last whole interval since 1970."""
        present = instant(now)
        return present - (present - BEGINNING) % self._interval

    async def refresh(self, caller: Caller, twin: str, at: datetime) -> Receipt:
        """Advance the time of a twin to `at`, under the definitions in force.

        A commit is written if anything published moves (`refreshed`) or the definitions are newer (`adopted` if `at` is
        not); a twin in which nothing ages does not grow. Repeating it is a duplicate.
        """
        moment = instant(at)
        if (moment - self._updater.clock.now()).total_seconds() > FUTURE_SKEW_S:
            raise Incorrect("invalid-input", "A twin cannot be refreshed to the future.", at=moment.isoformat())
        named = self._updater.name(caller, twin, "write")
        done = await self._pass_time(caller, [named], moment)
        return Receipt.with_changes(
            done.changes(named.id),
            id=f"refresh:{moment.isoformat()}",
            status="accepted" if done.steps else "duplicate",
            twin=twin,
            rev=done.rev(named.id),
        )

    async def refresh_due(self, now: datetime, tenant: str | None = None) -> RefreshRound:
        """Refresh every twin that is quiet or behind its definitions, and process the events now due.

        Applies to every tenant unless one is named. A twin that refuses is named in the answer and does not delay the
        others.
        """
        with timed("refresh", REFRESH_SECONDS):
            refreshed, refused = await self._walk(self.moment(now), tenant)
            due = await self.take_in_due(now, tenant)
        REFRESH_ENDED.set_to_current_time()
        return RefreshRound(refreshed, due.taken_in, (*refused, *due.refused))

    async def take_in_due(self, now: datetime, tenant: str | None = None) -> RefreshRound:
        """Process the events that waited for their time, if they are due."""
        taken_in = 0
        refused: list[tuple[str, BeliefgraphError]] = []
        for each in await stored.tenants_with_due(self._updater.graph, now, tenant):
            try:
                receipts = await self._intake.replay(_clock(each), due=now)
            except BeliefgraphError as error:
                refused.append((each, error))
            else:
                taken_in += sum(receipt.status == "accepted" for receipt in receipts)
        return RefreshRound(0, taken_in, tuple(refused))

    async def next_due(self, tenant: str | None = None) -> datetime | None:
        """When the next event that waits for its time is due, in any tenant or in one; None if none is waiting."""
        return await stored.next_due(self._updater.graph, tenant)

    async def adopt(self, tenant: str) -> RefreshRound:
        """Bring every twin of a tenant under the definitions in force; to be called after publishing them."""
        adopted, refused = await self._walk(BEGINNING, tenant)
        return RefreshRound(adopted, 0, tuple(refused))

    async def _pass_time(self, caller: Caller, twins: Sequence[TwinRef], moment: datetime) -> Committed:
        """Advance the time of some twins of a tenant, in one transaction."""

        def pass_time(present: CommitContext) -> Mapping[str, Additions | PlannedCommit]:
            found = ((twin.id, _passed(present, present.twins[twin.id], caller, moment)) for twin in twins)
            return {id_: each for id_, each in found if each is not None}

        return await self._updater.commit(caller, twins, pass_time, divisible=len(twins) > 1)

    async def _together(self, tenant: str, names: Sequence[str], moment: datetime) -> int:
        """Refresh some twins of a tenant in one transaction; returns how many were written to."""
        caller = _clock(tenant)
        twins = [self._updater.name(caller, name, "write") for name in names]
        written = len((await self._pass_time(caller, twins, moment)).steps)
        REFRESHED.labels("accepted").inc(written)
        REFRESHED.labels("duplicate").inc(len(names) - written)
        return written

    async def _walk(self, moment: datetime, tenant: str | None) -> tuple[int, list[tuple[str, BeliefgraphError]]]:
        """Refresh every twin that is due; returns how many were written to, and those that refused.

        If several are refused together, because one of them is or because they are too large for one transaction, half
        as many are tried, down to one.
        """
        written, last = 0, ""
        refused: list[tuple[str, BeliefgraphError]] = []
        while True:
            page = await stored.stale_twins(self._updater.graph, moment, tenant=tenant, after=last, limit=PAGE)
            if not page:
                return written, refused
            for of, some in groupby(sorted(page, key=lambda twin: twin.tenant), key=lambda twin: twin.tenant):
                waiting, together = deque(twin.name for twin in some), TOGETHER
                while waiting:
                    names = [waiting.popleft() for _ in range(min(together, len(waiting)))]
                    try:
                        written += await self._together(of, names, moment)
                    except BeliefgraphError as error:
                        if len(names) > 1:
                            waiting.extendleft(reversed(names))
                            together = len(names) // 2
                        else:
                            refused.append((names[0], error))
                            REFRESHED.labels(error.code).inc()
            last = page[-1].id


def _passed(
    present: CommitContext, state: TwinState, caller: Caller, moment: datetime
) -> Additions | PlannedCommit | None:
    """The commit that advances the time of a twin; None if nothing has to be written."""
    if state.head_time is None or restricted(state.permissions, present.now):
        return None
    newer = state.definitions != present.graph.definitions.number
    if moment > state.head_time:
        step = advance(
            state, present.graph, Additions(cause="refreshed", moment=moment), caller, present.now, present.layers
        )
        return step if newer or step.moves else None
    return Additions(cause="adopted", moment=state.head_time) if newer else None


def _clock(tenant: str) -> Caller:
    """The clock as a caller."""
    return Caller(actor=ACTOR, tenant=tenant, scopes=("write",), purpose=PURPOSE)
