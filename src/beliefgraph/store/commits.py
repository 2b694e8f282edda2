"""Writing: commits of one or several twins, whole or not at all, each twin locked first and its rev checked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from beliefgraph.errors import Conflict
from beliefgraph.model.belief import Belief, Holding, probability
from beliefgraph.model.commit import Commit
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation, Words
from beliefgraph.model.event import Event
from beliefgraph.model.evidence import Bearing, Evidence, Source
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Revision
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.store import codec
from beliefgraph.store.decisions import sealed
from beliefgraph.store.events import SetAside, quarantined, written
from beliefgraph.store.graph import Graph, Transaction
from beliefgraph.store.keys import Keyring


@dataclass(frozen=True)
class ArrivedEvent:
    """An event to be stored: its id in the twin, the keyed hashes that recognise it, and what led it here.

    `spelled` is the hash of its body as it is spelled, which was stored before 1 and 1.0 were one number.
    `yielded` is the evidence that is stored of it already, where it was withdrawn and came again; None where it is new.
    """

    id: str
    event: Event
    delivery: str
    body: str
    via: str | None = None
    yielded: frozenset[str] | None = None
    spelled: str | None = None

    def came_as(self, body: str) -> bool:
        """Whether the hash of a body that came before is that of this one."""
        return body in (self.body, self.spelled)

    def at(self, moment: datetime) -> ArrivedEvent:
        """The same, with the valid time that it turned out to have."""
        return replace(self, event=self.event.model_copy(update={"time": moment}))


@dataclass(frozen=True)
class GoalRows:
    """What a commit writes about goals: those that are new, and every row it closes and opens."""

    goals: Sequence[Goal] = ()
    closed_statements: Sequence[GoalStatement] = ()
    statements: Sequence[GoalStatement] = ()
    closed_relations: Sequence[GoalRelation] = ()
    relations: Sequence[GoalRelation] = ()
    closed_pursuits: Sequence[Pursuit] = ()
    pursuits: Sequence[Pursuit] = ()

    @property
    def opened_rows(self) -> int:
        """How many rows it opens."""
        return len(self.statements) + len(self.relations) + len(self.pursuits)

    @property
    def written_rows(self) -> int:
        """How many rows it writes."""
        closed = len(self.closed_statements) + len(self.closed_relations) + len(self.closed_pursuits)
        return len(self.goals) + closed + self.opened_rows


@dataclass(frozen=True)
class DecisionRows:
    """What a commit writes about decisions: those that are new, and every row it closes and opens.

    `words` are those of statements, by their revision ids; they are sealed on the way.
    """

    decisions: Sequence[Decision] = ()
    closed_statements: Sequence[DecisionStatement] = ()
    statements: Sequence[DecisionStatement] = ()
    words: Mapping[str, Words] = field(default_factory=dict)
    closed_deliberations: Sequence[Deliberation] = ()
    deliberations: Sequence[Deliberation] = ()

    @property
    def opened_rows(self) -> int:
        """How many rows it opens."""
        return len(self.statements) + len(self.deliberations)

    @property
    def written_rows(self) -> int:
        """How many rows it writes."""
        closed = len(self.closed_statements) + len(self.closed_deliberations)
        return len(self.decisions) + closed + self.opened_rows


@dataclass(frozen=True)
class TwinCommit:
    """One commit of one twin: the life and rev it was computed from, and every row it closes and opens.

    `dropped` are the statements of beliefs that are not published any more, by their ids; their holdings are among
    those that it closes. `withdrawn` is evidence that counts no more, `set_aside` are events that go back to
    quarantine.
    """

    commit: Commit
    tenant: str
    name: str
    life: str
    expected: int
    open_rows: int
    events: Sequence[ArrivedEvent] = ()
    sources: Sequence[Source] = ()
    evidence: Sequence[Evidence] = ()
    beliefs: Sequence[Belief] = ()
    closed_bearings: Sequence[Bearing] = ()
    bearings: Sequence[Bearing] = ()
    closed_holdings: Sequence[Holding] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    holdings: Sequence[Holding] = ()
    closed_relations: Sequence[BeliefRelation] = ()
    relations: Sequence[BeliefRelation] = ()
    closed_links: Sequence[IdentifierLink] = ()
    links: Sequence[IdentifierLink] = ()
    goals: GoalRows = field(default_factory=lambda: GoalRows())
    decisions: DecisionRows = field(default_factory=lambda: DecisionRows())
    metrics: Sequence[Metric] = ()
    closed_measurements: Sequence[Measurement] = ()
    measurements: Sequence[Measurement] = ()
    closed_readings: Sequence[Reading] = ()
    readings: Sequence[Reading] = ()
    statements: dict[str, str] = field(default_factory=dict)
    withdrawn: Collection[str] = ()
    set_aside: Sequence[SetAside] = ()

    @property
    def opened_rows(self) -> int:
        """How many rows it opens."""
        rows = (self.bearings, self.holdings, self.relations, self.links)
        told = self.goals.opened_rows + self.decisions.opened_rows
        return sum(map(len, rows)) + told + len(self.measurements) + len(self.readings)

    @property
    def written_rows(self) -> int:
        """How many rows it writes, of every kind: what bounds a transaction."""
        made = (self.events, self.sources, self.evidence, self.beliefs, self.metrics)
        closed = (
            self.closed_bearings,
            self.closed_holdings,
            self.closed_relations,
            self.closed_links,
            self.closed_measurements,
            self.closed_readings,
        )
        plain = len(self.bearings) + len(self.holdings) + len(self.relations) + len(self.links)
        measured = len(self.measurements) + len(self.readings)
        others = self.goals.written_rows + self.decisions.written_rows
        return 1 + sum(map(len, made)) + sum(map(len, closed)) + plain + measured + others


Statement = tuple[str, dict[str, Any]]
"""The name of a query file, and its parameters."""

LINKS = "commit/identifiers"
RETURNED = "commit/returned"


async def write(graph: Graph, keyring: Keyring, commits: Sequence[TwinCommit]) -> None:
    """Write the commits in one transaction; `rev-conflict` and nothing written if a twin is not at its expected rev.

    Verbatim text and events are sealed in a thread, before anything leaves the process. An identifier that already
    leads to another twin in an overlapping time is a conflict too (`identifier-taken`).
    """
    if not commits:
        return
    first, *more = await asyncio.to_thread(statements, keyring, commits)
    if not more:
        _check_revs(commits, await graph.write_one(first[0], **first[1]))
        return

    async def work(tx: Transaction) -> None:
        _check_revs(commits, await tx.run(first[0], **first[1]))
        for name, parameters in more:
            answer = await tx.run(name, **parameters)
            if name == RETURNED and answer and answer[0] < len(parameters["returned"]):
                # another process was first, and the twin was read as that landed
                raise _moved(commits, {c.commit.twin: c.commit.rev for c in commits})
            if name == LINKS and answer and answer[0]:
                raise Conflict(
                    "identifier-taken",
                    "This identifier leads to another twin in that time; unlink it there first.",
                    twins=sorted({twin for _, twin in answer[0]}),
                )

    await graph.write(work)


def statements(keyring: Keyring, commits: Sequence[TwinCommit]) -> list[Statement]:
    """The statements that write the commits: one, and one more for each kind of row that is not in every commit."""
    ordered = sorted(commits, key=lambda c: c.commit.twin)
    keyring.prepare(c.commit.twin for c in ordered)
    more: list[Statement] = [
        ("commit/relations", _relation_rows(ordered)),
        ("commit/goals", _goal_rows(ordered)),
        ("commit/metrics", _metric_rows(ordered)),
        ("commit/decisions", _decision_rows(keyring, ordered)),
        (LINKS, _link_rows(ordered)),
        (
            RETURNED,
            {"returned": [{"id": e.id, "via": e.via} for c in ordered for e in c.events if e.yielded is not None]},
        ),
        (
            "commit/withdrawn",
            {"withdrawn": [{"evidence": e, "rev": c.commit.rev} for c in ordered for e in c.withdrawn]},
        ),
        ("quarantine/keep", {"events": [row for c in ordered for row in _set_aside(keyring, c)]}),
    ]
    return [("commit/write", _rows(keyring, ordered)), *(each for each in more if any(each[1].values()))]


def _set_aside(keyring: Keyring, c: TwinCommit) -> list[dict[str, Any]]:
    return quarantined(keyring, c.tenant, c.set_aside, c.commit.at)


def _check_revs(commits: Sequence[TwinCommit], answer: Sequence[Any] | None) -> None:
    if answer and answer[0]:
        raise _moved(commits, dict(answer[0]))


def _moved(commits: Sequence[TwinCommit], found: dict[str, int]) -> Conflict:
    first = next(c for c in commits if c.commit.twin in found)
    actual = found[first.commit.twin]
    return Conflict(
        "rev-conflict",
        f"The twin {first.name!r} is at rev {actual}, not {first.expected}; read it again and decide.",
        twin=first.name,
        expected=first.expected,
        actual=actual,
    )


def _twin_row(c: TwinCommit) -> dict[str, Any]:
    commit = c.commit
    return {
        "id": commit.twin,
        "tenant": c.tenant,
        "name": c.name,
        "life": c.life,
        "expected": c.expected,
        "rev": commit.rev,
        "head_time": codec.text(commit.head_time),
        "last_updated": codec.text(commit.at),
        "definitions": commit.definitions,
    }


def _rows(keyring: Keyring, commits: Sequence[TwinCommit]) -> dict[str, Any]:
    sources = {source.id: source for c in commits for source in c.sources}
    return {
        "twins": [_twin_row(c) for c in commits],
        "events": [_event_row(keyring, c.commit.twin, e) for c in commits for e in c.events if e.yielded is None],
        "sources": [codec.node_values(source) for _, source in sorted(sources.items())],
        "evidence": [{"values": _evidence_values(keyring, e)} for c in commits for e in c.evidence],
        "beliefs": [codec.node_values(b) for c in commits for b in c.beliefs],
        "closed_bearings": [{"id": b.revision_id, "rev": c.commit.rev} for c in commits for b in c.closed_bearings],
        "bearings": [
            {"evidence": b.evidence, "belief": b.belief, "values": codec.edge_values(b)}
            for c in commits
            for b in c.bearings
        ],
        "closed_holdings": [
            {"id": h.revision_id, "rev": c.commit.rev, "caption": c.dropped.get(h.key)}
            for c in commits
            for h in c.closed_holdings
        ],
        "holdings": [
            {"values": codec.edge_values(h), **_display(h, c.statements.get(h.key, ""))}
            for c in commits
            for h in c.holdings
        ],
        "commits": [
            {
                "values": codec.node_values(
                    c.commit,
                    open_rows=c.open_rows,
                    opened_rows=c.opened_rows,
                    opened_holdings=len(c.holdings),
                    dropped_holdings=len(c.dropped) or None,
                    opened_pursuits=len(c.goals.pursuits),
                    closed_pursuits=len(c.goals.closed_pursuits),
                    opened_readings=len(c.readings) or None,
                    opened_deliberations=len(c.decisions.deliberations) or None,
                    closed_deliberations=len(c.decisions.closed_deliberations) or None,
                ),
                "events": [e.id for e in c.events],
            }
            for c in commits
        ],
    }


def _display(holding: Holding, statement: str) -> dict[str, Any]:
    """What Neo4j Browser shows of a belief."""
    confidence = None if holding.log_odds is None else round(probability(holding.log_odds), 3)
    shown = "?" if confidence is None else f"{confidence:.0%}"
    return {"confidence": confidence, "caption": f"{statement} · {shown}" if statement else shown}


def _event_row(keyring: Keyring, twin: str, arrived: ArrivedEvent) -> dict[str, Any]:
    row = {
        "delivery": arrived.delivery,
        "body": arrived.body,
        "id": arrived.id,
        "twin": twin,
        "type": arrived.event.type,
        "time": codec.text(arrived.event.time),
        "sealed": keyring.seal(twin, written(arrived.event), f"event:{arrived.id}"),
    }
    return row if arrived.via is None else {**row, "via": arrived.via}


def _evidence_values(keyring: Keyring, evidence: Evidence) -> dict[str, Any]:
    if evidence.verbatim is None:
        return codec.node_values(evidence)
    sealed = keyring.seal(evidence.twin, evidence.verbatim.encode(), f"evidence:{evidence.id}")
    return codec.node_values(evidence, sealed=sealed)


def _relation_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "closed": [{"id": r.revision_id, "rev": c.commit.rev} for c in commits for r in c.closed_relations],
        "opened": [
            {
                "type": r.strength.kind.upper(),
                "source": r.source,
                "target": r.target,
                "values": codec.edge_values(r),
            }
            for c in commits
            for r in c.relations
        ],
    }


def _goal_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "goals": [codec.node_values(goal) for c in commits for goal in c.goals.goals],
        "closed_statements": [_closed(c, row) for c in commits for row in c.goals.closed_statements],
        "statements": [
            {"evidence": s.evidence, "goal": s.goal, "values": codec.edge_values(s)}
            for c in commits
            for s in c.goals.statements
        ],
        "closed_relations": [_closed(c, row) for c in commits for row in c.goals.closed_relations],
        "relations": [
            {"type": r.kind.upper(), "source": r.source, "target": r.target, "values": codec.edge_values(r)}
            for c in commits
            for r in c.goals.relations
        ],
        "closed_pursuits": [_closed(c, row) for c in commits for row in c.goals.closed_pursuits],
        "pursuits": [
            {"caption": f"{p.title} · {p.motivation:.0%}", "motivation": p.motivation, "values": codec.edge_values(p)}
            for c in commits
            for p in c.goals.pursuits
        ],
    }


def _closed(c: TwinCommit, row: Revision) -> dict[str, Any]:
    return {"id": row.revision_id, "rev": c.commit.rev}


def _metric_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "metrics": [codec.node_values(m) for c in commits for m in c.metrics],
        "closed_measurements": [
            {"id": m.revision_id, "rev": c.commit.rev} for c in commits for m in c.closed_measurements
        ],
        "measurements": [
            {"evidence": m.evidence, "metric": m.metric, "values": codec.edge_values(m)}
            for c in commits
            for m in c.measurements
        ],
        "closed_readings": [{"id": r.revision_id, "rev": c.commit.rev} for c in commits for r in c.closed_readings],
        "readings": [{"values": codec.edge_values(r), "caption": _caption(r)} for c in commits for r in c.readings],
    }


def _decision_rows(keyring: Keyring, commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "decisions": [codec.node_values(d) for c in commits for d in c.decisions.decisions],
        "closed_statements": [_closed(c, row) for c in commits for row in c.decisions.closed_statements],
        "statements": [
            {
                "evidence": s.evidence,
                "decision": s.decision,
                "values": _statement_values(keyring, s, c.decisions.words.get(s.revision_id)),
            }
            for c in commits
            for s in c.decisions.statements
        ],
        "closed_deliberations": [_closed(c, row) for c in commits for row in c.decisions.closed_deliberations],
        "deliberations": [
            {"caption": f"{d.title} · {d.chosen or d.status}", "values": codec.edge_values(d)}
            for c in commits
            for d in c.decisions.deliberations
        ],
    }


def _statement_values(keyring: Keyring, statement: DecisionStatement, words: Words | None) -> dict[str, Any]:
    values = codec.edge_values(statement)
    if words is None:
        return values
    return {**values, "sealed": sealed(keyring, statement.twin, statement.revision_id, words)}


def _caption(reading: Reading) -> str:
    """What Neo4j Browser shows behind the statement of a metric."""
    value = "?" if reading.value is None else f"{reading.value:g}"
    return value if reading.label is None else f"{reading.label} ({value})"


def _link_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "closed": [{"id": link.revision_id, "rev": c.commit.rev} for c in commits for link in c.closed_links],
        "opened": [
            {
                "tenant": c.tenant,
                "identifier": link.key,
                "scheme": link.scheme,
                "twin": link.twin,
                "values": codec.edge_values(link),
            }
            for c in commits
            for link in c.links
        ],
    }
