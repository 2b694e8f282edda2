"""Updating an analyst's copy: what is new in each twin that exists for the purpose, and in no other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from beliefgraph.errors import Conflict, NotFound, Unavailable
from beliefgraph.model.caller import Caller
from beliefgraph.model.copy import CopyCheck, CopyRound
from beliefgraph.model.time import NOW, Clock
from beliefgraph.services.copies.pseudonyms import Pseudonyms
from beliefgraph.services.copies.rows import CopyRow, TwinRows
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.permissions.sights import Sights, Visibility
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.store.copies import (
    CopiedTwin,
    CopyMovedError,
    CopyStore,
    OpenRow,
    SourceTwin,
    source_evidence,
    source_forecasts,
    source_twins,
)
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

PAGE = 1_000
AT_ONCE = 4
"""Twins processed concurrently."""

MOST_FORECASTS = 100_000
"""Most forecasts of one twin that are copied, the newest."""

STATED = ("STATES", "TELLS", "REPORTS_ON")
"""Rows that end only when evidence is withdrawn, or is no longer permitted."""

EVERY = 10.0
"""Seconds between two rounds."""

log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]
"""Called with the number of twins processed so far, and of all."""


@dataclass(frozen=True)
class CopySource:
    """The services for reading the twins of one database, as they exist for a caller."""

    graph: Graph
    snapshots: Snapshots
    sights: Sights


@dataclass(frozen=True)
class _CopiedTwin:
    """What was written for one twin."""

    rows: int
    rebuilt: bool


class Copying:
    """Keeps one copy up to date, for the tenant and the purpose of a caller."""

    def __init__(
        self,
        sources: Sequence[CopySource],
        book: DefinitionBook,
        keyring: Keyring,
        clock: Clock,
        copy: CopyStore,
        caller: Caller,
    ) -> None:
        self._sources = sources
        self._book = book
        self._keyring = keyring
        self._clock = clock
        self._copy = copy
        self._caller = caller.asking("project")
        self._places = asyncio.Semaphore(AT_ONCE)

    async def begin(self) -> None:
        """Find the state of the copy, or create it; needs `read` and `define`, and the key of a service."""
        self._caller.require("read")
        self._caller.require("define")
        self._caller.require_service()
        salt, self._definitions = await self._copy.begin(self._caller.tenant, self._caller.purpose)
        self._pseudonyms = Pseudonyms(self._keyring, self._caller.tenant, salt)
        self._copied = await self._copy.twins()

    async def follow(self, report: Callable[[CopyRound], None], every: float = EVERY) -> None:
        """Update the copy repeatedly, until cancelled; while a database is unavailable it is retried."""
        while True:
            try:
                report(await self.round())
            except Unavailable as away:
                log.warning("the copy waits", code=away.code)
            await asyncio.sleep(every)

    async def round(self, progress: Progress | None = None) -> CopyRound:
        """Update the copy once."""
        began = time.monotonic()
        await self._define()
        found = await self._found()
        names = frozenset(twin.name for _, twin, _ in found)
        changed = [
            (source, twin) for source, twin, seen in found if not seen.sight.nothing and self._has_changed(twin, seen)
        ]
        copied: list[_CopiedTwin] = []
        ended: list[str] = []

        async def copy_twin(source: CopySource, twin: SourceTwin) -> None:
            async with self._places:
                try:
                    copied.append(await self._copy_twin_from_here(source, twin, names))
                except NotFound:  # it was erased, its permission ended, or nothing permitted is left
                    if (id_ := self._pseudonyms.id(twin.id)) in self._copied:
                        await self._drop(id_)
                        ended.append(id_)
                if progress is not None:
                    progress(len(copied), len(changed))

        kept = {self._pseudonyms.id(twin.id) for _, twin, seen in found if not seen.sight.nothing}
        gone = self._copied.keys() - kept
        for id_ in gone:  # first what must no longer be visible
            await self._drop(id_)
        async with asyncio.TaskGroup() as group:
            for source, twin in changed:
                group.create_task(copy_twin(source, twin))
        return CopyRound(
            twins=len(self._copied),
            written=len(copied),
            rebuilt=sum(each.rebuilt for each in copied),
            deleted=len(gone) + len(ended),
            rows=sum(each.rows for each in copied),
            seconds=round(time.monotonic() - began, 3),
        )

    async def check(self) -> CopyCheck:
        """Compare every current row of the copy with what the purpose may see now."""
        found = await self._found()
        names = frozenset(twin.name for _, twin, _ in found)
        different, same, rows = [], 0, 0
        visible = [(source, twin) for source, twin, seen in found if not seen.sight.nothing]
        expected = {self._pseudonyms.id(twin.id): (source, twin) for source, twin in visible}
        for id_, (source, twin) in expected.items():
            wanted = await self._wanted(source, twin, names)
            here = {each.partition("@")[0] for each in await self._copy.columns(id_)}
            here |= {row.revision.partition("@")[0] for row in await self._copy.open(id_)}
            if here == wanted and (id_ in self._copied or not wanted):
                same += 1
                rows += len(wanted)
            else:
                different.append(self._pseudonyms.twin(twin.name))
        surplus = sorted((await self._copy.twins()).keys() - expected.keys())
        return CopyCheck(twins=same, rows=rows, different=(*different, *surplus))

    async def _wanted(self, source: CopySource, twin: SourceTwin, names: frozenset[str]) -> set[str]:
        """The contents of the rows that the copy should have of a twin."""
        try:
            moment = await source.snapshots.at(self._caller, twin.id, twin.name, NOW)
        except NotFound:
            return set()
        rows = self._rows(source, moment, names)
        return await asyncio.to_thread(lambda: {*rows.current, *(row.content for row in rows.columns(0))})

    async def _define(self) -> None:
        """Write the definitions in force to the copy."""
        latest = (await self._book.latest(self._caller.tenant)).definitions
        if latest.number != self._definitions:
            await self._copy.define(latest, self._clock.now())
            self._definitions = latest.number

    async def _found(self) -> list[tuple[CopySource, SourceTwin, Visibility]]:
        """All twins of the tenant, with what the caller may see of each now."""
        found = []
        for source in self._sources:
            after = ""
            while True:
                twins = await source_twins(source.graph, self._caller.tenant, after, PAGE)
                seen = await source.sights.of_each(self._caller, [(twin.id, twin.name) for twin in twins])
                found += [(source, twin, each) for twin, each in zip(twins, seen, strict=True) if twin.rev]
                if len(twins) < PAGE:
                    break
                after = twins[-1].name
        return found

    def _has_changed(self, twin: SourceTwin, seen: Visibility) -> bool:
        before = self._copied.get(self._pseudonyms.id(twin.id))
        now = (twin.rev, twin.life, self._sight(seen, twin.definitions), twin.forecasts, twin.resolutions)
        return before is None or now != (before.rev, before.life, before.sight, before.forecasts, before.resolutions)

    def _sight(self, seen: Visibility, definitions: int) -> str:
        """What distinguishes one sight of a twin from another; empty if everything is permitted."""
        if seen.whole or seen.policy is None:
            return ""
        refused = sorted(each.key for each in seen.sight.refused)
        return self._pseudonyms.content(repr((seen.policy.number, seen.sight.general, refused, definitions)))

    async def _drop(self, id_: str) -> None:
        await self._copy.delete(id_)
        self._copied.pop(id_, None)

    def _rows(self, source: CopySource, moment: Snapshot, names: frozenset[str]) -> TwinRows:
        """The rows of a twin; other people's names are recognised if a belief is about them."""
        state = moment.state
        about = {text for b in state.beliefs.values() for text in (b.subject, b.context, b.value) if text in names}
        personal = moment.graph.definitions.personal
        return TwinRows(state, self._pseudonyms, sorted(each for each in about if each), personal, source.graph.layers)

    async def _copy_twin_from_here(self, source: CopySource, twin: SourceTwin, names: frozenset[str]) -> _CopiedTwin:
        """Write what is new in a twin, from where it really is in the copy."""
        try:
            return await self._copy_twin(source, twin, names)
        except CopyMovedError as moved:
            self._copied.pop(self._pseudonyms.id(twin.id), None)
            if moved.here is not None:
                self._copied[moved.here.id] = moved.here
        try:
            return await self._copy_twin(source, twin, names)
        except CopyMovedError as moved:
            raise Conflict("copy-conflict", "Another process writes to this copy; stop one of them.") from moved

    async def _copy_twin(self, source: CopySource, twin: SourceTwin, names: frozenset[str]) -> _CopiedTwin:
        """Write what is new in a twin; all of it, if something in the copy must not be there any more."""
        self._caller.note(twin.id, "read")
        moment = await source.snapshots.at(self._caller, twin.id, twin.name, NOW)
        state = moment.state
        sight = self._sight(moment.seen, state.definitions)
        rows = self._rows(source, moment, names)
        before = self._copied.get(rows.id)
        current = await asyncio.to_thread(lambda: rows.current)
        known: dict[str, OpenRow] = {}
        columns: list[CopyRow] = []
        if before is not None:
            after = before.rev
            columns = await asyncio.to_thread(lambda: list(rows.columns(after)))
            known = {row.revision.partition("@")[0]: row for row in await self._copy.open(rows.id)}
            gone = [row for content, row in known.items() if content not in current]
            if (
                (before.life, before.sight) != (state.life, sight)
                or before.rows + len(columns) != rows.count
                or any(row.type in STATED for row in gone)
            ):
                await self._drop(rows.id)
                before, known, gone = None, {}, []
        if before is None:
            gone = []
            columns = await asyncio.to_thread(lambda: list(rows.columns(0)))
        added = [row for content, row in current.items() if content not in known] + columns
        to = CopiedTwin(rows.id, state.rev, state.life, sight, rows.count, twin.forecasts, twin.resolutions)
        written = await self._write(source, rows, to, before, added, gone)
        self._copied[rows.id] = to
        return _CopiedTwin(written, rebuilt=before is None)

    async def _write(
        self,
        source: CopySource,
        rows: TwinRows,
        to: CopiedTwin,
        before: CopiedTwin | None,
        added: Sequence[CopyRow],
        gone: Sequence[OpenRow],
    ) -> int:
        ends = [end for row in added for end in (row.ends[0], row.ends[2])]
        ends += self._no_longer_published(rows, gone)
        evidence = await source_evidence(
            source.graph, rows.state.id, list(dict.fromkeys(id_ for label, id_ in ends if label == "Evidence"))
        )
        nodes = await asyncio.to_thread(lambda: list(rows.nodes(ends, evidence)))
        edges = [row.edge(to.rev) for row in added]
        joins = list(rows.evidence_edges(evidence))
        if before is None or before.rev != to.rev:
            commit, caused = rows.commit(evidence)
            nodes.append(commit)
            edges += caused
        if not to.sight and (before is None or before[-2:] != to[-2:]):
            forecasts, more = rows.forecasts(await source_forecasts(source.graph, rows.state.id, MOST_FORECASTS))
            nodes += forecasts
            joins += more
        await self._copy.write(before, to, nodes, edges, joins, [row.element for row in gone])
        return len(nodes) + len(edges) + len(joins)

    def _no_longer_published(self, rows: TwinRows, gone: Sequence[OpenRow]) -> list[tuple[str, str]]:
        """The beliefs with rows that ended, so that they show what is now published for them."""
        of = {row.of for row in gone if row.type == "HOLDS"}
        return [("Belief", id_) for id_ in rows.state.beliefs if of and self._pseudonyms.id(id_) in of]
