"""Published state: twins, their commits and their beliefs, each read in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from beliefgraph.model.belief import Belief, BeliefKey, Holding, Quality
from beliefgraph.model.identity import twin_id
from beliefgraph.model.question import BeliefFilter, BeliefOrder, BeliefRow
from beliefgraph.model.relation import RelationKind, Strength
from beliefgraph.model.revision import Origin
from beliefgraph.model.status import Status
from beliefgraph.model.twin import Twin
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import HistoryFilter, published

UNAVAILABLE = 1e9
"""Position of a belief without a confidence when ordered by confidence, in either direction: last."""


@dataclass(frozen=True, slots=True)
class CommitMoment:
    """One commit of a twin: its rev, head time and definition set; the twin's current rev, and its incarnation."""

    current: int
    life: str
    rev: int
    head_time: datetime
    definitions: int


@dataclass(frozen=True, slots=True)
class PublishedBelief:
    """A belief with what was published about it."""

    belief: Belief
    log_odds: float | None
    status: Status
    quality: Quality
    changed_at_rev: int
    error: float | None


@dataclass(frozen=True, slots=True)
class RelationRow:
    """A relation between two stored beliefs, by their ids."""

    id: str
    source: str
    target: str
    strength: Strength
    origin: Origin


MOST_RELATED = 2_000
"""Relations that are cached in the rows of one twin, about a megabyte."""


class MadeRows:
    """Cached rows built from one published rev of a twin, with the neighbourhood last requested and without it."""

    def __init__(self) -> None:
        self.alone: dict[str, BeliefRow] = {}
        self._wanted: Around = (0, ())
        self._rows: dict[str, BeliefRow] = {}
        self._related = 0

    def of(self, beliefs: Sequence[PublishedBelief], wanted: Neighbourhood) -> list[BeliefRow] | None:
        """The rows of these beliefs with what is wanted around them; None if one is missing."""
        rows = self.alone if wanted.relation_levels == 0 else self._rows if wanted.around == self._wanted else {}
        found = [rows.get(each.belief.id) for each in beliefs]
        return None if None in found else found  # type: ignore[return-value]

    def keep(self, rows: Sequence[BeliefRow], wanted: Neighbourhood, related: int) -> None:
        """Cache rows with this many relations, if there is room."""
        if wanted.around != self._wanted:
            self._wanted, self._rows, self._related = wanted.around, {}, 0
        if self._related + related <= MOST_RELATED:
            self._related += related
            self._rows |= {row.state.belief.id: row for row in rows}


@dataclass(frozen=True, slots=True)
class FoundBeliefs:
    """Beliefs found in a twin at a rev, in order, with their requested neighbourhood.

    `made` is the cache of the rows built from this published rev; callers add the rows that they build. If it contains
    all requested rows, relations and other neighbours are left out.
    """

    rev: int
    head_time: datetime
    definitions: int
    beliefs: tuple[PublishedBelief, ...]
    relations: tuple[RelationRow, ...] = ()
    others: tuple[PublishedBelief, ...] = ()
    total: int | None = None
    made: MadeRows = field(default_factory=lambda: MadeRows(), compare=False)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What to load around every belief of a page."""

    relation_levels: int = 0
    relation_kinds: Sequence[RelationKind] = ("supports", "contradicts", "implies", "excludes", "causes")
    total: bool = False

    @property
    def around(self) -> Around:
        """What to load of relations."""
        return self.relation_levels, tuple(self.relation_kinds)


Around = tuple[int, tuple[RelationKind, ...]]
"""How many levels of relations are followed, and of which kinds."""


async def twin_now(graph: Graph, twin: str, tenant: str) -> Twin | None:
    """The twin in its current state."""
    record = await graph.read("twin/now", twin=twin)
    return None if record is None else _twin([twin, *record], tenant)


async def twins_named(graph: Graph, tenant: str, *, only: str | None, after: str, limit: int) -> list[Twin]:
    """The twins of a tenant after a name, by name."""
    record = await graph.read("twin/named", tenant=tenant, only=only, after=after, limit=limit)
    return [_twin(row, tenant) for row in (record[0] if record else [])]


async def commit_at(
    graph: Graph, twin: str, *, rev: int | None = None, recorded_at: datetime | None = None
) -> tuple[int, CommitMoment | None] | None:
    """The current rev of a twin, and the requested commit, if it exists; None if there is no such twin."""
    record = await graph.read("twin/moment", twin=twin, rev=rev, recorded_at=recorded_at)
    if record is None:
        return None
    current, life, at = record
    if not at:
        return current, None
    return current, CommitMoment(current, life, at[0][0], codec.moment(at[0][1]), at[0][2])


async def held_one(graph: Graph, twin: str, belief: str, rev: int | None = None) -> FoundBeliefs | None:
    """One belief as published; None without such a twin or commit, or while the commit is still becoming visible."""
    record = await graph.read("belief/one", twin=twin, belief=belief, rev=rev)
    if record is None or not record[-1]:
        return None
    seen, head_time, definitions, rows, _ = record
    return FoundBeliefs(seen, codec.moment(head_time), definitions, tuple(_held(graph, row, twin) for row in rows))


async def held_page(
    graph: Graph,
    twin: str,
    matching: BeliefFilter,
    order: BeliefOrder,
    wanted: Neighbourhood,
    *,
    limit: int,
    rev: int | None = None,
    belief: str | None = None,
    after: tuple[float | str, str] | None = None,
) -> FoundBeliefs | None:
    """The beliefs that match, after a position in the order, as published.

    None without such a twin or commit, or while the commit is still becoming visible.
    """
    value, id_ = after or (None, None)
    least, most = matching.log_odds_range
    record = await graph.read(
        "belief/page",
        twin=twin,
        rev=rev,
        belief=belief,
        attributes=_open(matching.attributes),
        domains=_open(matching.domains),
        contexts=graph.personal.known(twin, _open(matching.contexts)),
        subjects=graph.personal.known(twin, _open(matching.subjects)),
        statuses=_open(matching.statuses),
        least=least,
        most=most,
        by=order.by,
        sign=-1 if order.descending else 1,
        after_number=value if isinstance(value, float) else 0.0,
        after_text=value if isinstance(value, str) else "",
        after_id=id_,
        limit=limit,
        levels=wanted.relation_levels,
        kinds=[kind.upper() for kind in wanted.relation_kinds],
        with_total=wanted.total,
    )
    if record is None or not record[-1]:
        return None
    seen, head_time, definitions, beliefs, relations, others, total, _ = record
    return FoundBeliefs(
        rev=seen,
        head_time=codec.moment(head_time),
        definitions=definitions,
        beliefs=tuple(_held(graph, row, twin) for row in beliefs),
        relations=tuple(_relation(row) for row in relations),
        others=tuple(_held(graph, row, twin) for row in others),
        total=total,
    )


async def holdings(
    graph: Graph, twin: str, belief: str, stretch: HistoryFilter
) -> tuple[int, datetime, list[Holding]] | None:
    """The published rows of a belief, newest first, with the rev read and its head time."""
    return await published(graph, "belief/history", twin, codec.holding, stretch, beliefs=[belief])


async def histories(
    graph: Graph, twin: str, beliefs: Sequence[str], stretch: HistoryFilter
) -> dict[str, list[Holding]] | None:
    """The published rows of each of these beliefs within the stretch, newest first, by belief.

    None without such a twin or commit, or while a commit is still becoming visible.
    """
    found = await published(graph, "belief/history", twin, codec.holding, stretch, beliefs=list(beliefs))
    if found is None:
        return None
    by_belief: dict[str, list[Holding]] = defaultdict(list)
    for holding in found[-1]:
        by_belief[holding.key].append(holding)
    return by_belief


async def belief_named(graph: Graph, id_: str, tenant: str, person: str | None) -> tuple[str, BeliefKey] | None:
    """The twin's name and the key of a stored belief, if the caller may see it."""
    record = await graph.read("belief/by_id", belief=id_, tenant=tenant, person=person)
    if record is None:
        return None
    name, attribute, subject, context, value = record
    twin = twin_id(tenant, name)
    subject, context = graph.personal.open(twin, subject), graph.personal.open(twin, context)
    value = None if value is None else graph.personal.open(twin, value)
    return name, BeliefKey.of(attribute=attribute, subject=subject, context=context, value=value)


def _open(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def _twin(row: list[Any], tenant: str) -> Twin:
    return Twin.trusted(
        id=row[0],
        tenant=tenant,
        name=row[1],
        rev=row[2],
        head_time=codec.moment(row[3]),
        last_updated=codec.moment(row[4]),
        definitions=row[5],
    )


def _held(graph: Graph, row: list[Any], twin: str) -> PublishedBelief:
    return PublishedBelief(graph.personal.belief(codec.belief(row, twin)), *row[7:12])


def _relation(row: list[Any]) -> RelationRow:
    id_, source, target, kind, odds_ratio, probability, origin = row
    return RelationRow(id_, source, target, _strength(kind.lower(), odds_ratio, probability), origin)


@lru_cache(maxsize=10_000)
def _strength(kind: RelationKind, odds_ratio: float | None, probability: float | None) -> Strength:
    return Strength.trusted(kind=kind, odds_ratio=odds_ratio, probability=probability)
