"""Writing commits of one or several twins atomically: each twin is locked first and its rev checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from beliefgraph.errors import Conflict
from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.commit import Commit
from beliefgraph.model.contest import Contested
from beliefgraph.model.decision import Decision, DecisionStatement, DecisionTexts, Deliberation
from beliefgraph.model.delta import Delta
from beliefgraph.model.evidence import Bearing, Evidence
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.identity import purpose_id
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.permission import Permission
from beliefgraph.model.record import Record
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Revision
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.store import codec
from beliefgraph.store.captions import (
    belief_caption,
    decision_caption,
    displayed_confidence,
    goal_caption,
    reading_caption,
)
from beliefgraph.store.decisions import sealed
from beliefgraph.store.events import quarantined, written
from beliefgraph.store.graph import Graph, Transaction
from beliefgraph.store.keys import Keyring
from beliefgraph.store.layer_rows import NO_LAYERS, Layers
from beliefgraph.store.personal import SHOWN, PersonalTexts
from beliefgraph.store.shown import belief_labels, evidence_labels

R = TypeVar("R", bound=Revision)


@dataclass(frozen=True)
class TwinCommit:
    """One commit of one twin: the incarnation and rev it was computed from, and all its changes.

    `statements` are those of the beliefs whose holdings it closes or opens, by their ids, for display in the graph.
    `personal` are the ids of beliefs and evidence whose texts are sealed.
    """

    commit: Commit
    tenant: str
    name: str
    life: str
    expected: int
    open_rows: int
    delta: Delta
    statements: Mapping[str, str] = field(default_factory=dict)
    personal: frozenset[str] = frozenset()

    @property
    def dropped(self) -> set[str]:
        """The beliefs that are not published any more."""
        return {h.key for h in self.delta.closed.of(Holding)} - {h.key for h in self.delta.opened.of(Holding)}


Statement = tuple[str, dict[str, Any]]
"""The name of a query file, and its parameters."""

WRITE = "commit/write"
LINKS = "commit/identifiers"
RETURNED = "commit/returned"

MOST_ROWS = 4_000
"""Rows per statement: the driver packs them on the event loop, in some ten milliseconds."""


async def write(graph: Graph, commits: Sequence[TwinCommit], written_by: Sequence[Statement]) -> None:
    """Write the commits in one transaction, by their `statements`; `rev-conflict` if a twin is not at its expected rev.

    An identifier that already leads to another twin in an overlapping time is a conflict too (`identifier-taken`). On a
    conflict nothing is written.
    """
    if not commits:
        return
    first, *more = written_by
    if not more:
        _check_revs(commits, await graph.write_one(first[0], **first[1]))
        return

    async def work(tx: Transaction) -> None:
        for name, parameters in (first, *more):
            answer = await tx.run(name, **parameters)
            if name == WRITE:
                _check_revs(commits, answer)
            if name == RETURNED and answer and answer[0] < len(parameters["returned"]):
                # another process committed first, and this process read the twin while that commit was landing
                raise _moved(commits, {c.commit.twin: c.commit.rev for c in commits})
            if name == LINKS and answer and answer[0]:
                raise Conflict(
                    "identifier-taken",
                    "This identifier leads to another twin in that time; unlink it there first.",
                    twins=sorted({twin for _, twin in answer[0]}),
                )

    await graph.write(work)


def statements(keyring: Keyring, commits: Sequence[TwinCommit], layers: Layers = NO_LAYERS) -> list[Statement]:
    """The statements that write the commits: a main one, and one for each kind of row that is not in every commit.

    If there are very many rows, several main statements have a part of them each.

    Verbatim text and events are sealed here, before anything leaves the process. It takes a while: call it in a thread.
    """
    ordered = sorted(commits, key=lambda c: c.commit.twin)
    keyring.prepare(c.commit.twin for c in ordered)
    more: list[Statement] = [
        ("commit/relations", _relation_rows(ordered)),
        ("commit/goals", _goal_rows(ordered)),
        ("commit/metrics", _metric_rows(ordered)),
        ("commit/decisions", _decision_rows(keyring, ordered)),
        ("layer/write", layers.written(((c.commit.rev, c.delta) for c in ordered), PersonalTexts(keyring))),
        ("commit/permissions", _permission_rows(ordered)),
        ("commit/contests", _contest_rows(ordered)),
        (LINKS, _link_rows(ordered)),
        (
            RETURNED,
            {
                "returned": [
                    {"id": e.id, "via": e.via} for c in ordered for e in c.delta.events if e.yielded is not None
                ]
            },
        ),
        (
            "commit/withdrawn",
            {
                "withdrawn": [
                    {"evidence": id_, "rev": c.commit.rev, "taken_back": c.delta.taken_back or None}
                    for c in ordered
                    for id_ in c.delta.withdrawn
                ]
            },
        ),
        ("quarantine/keep", {"events": [row for c in ordered for row in _set_aside(keyring, c)]}),
    ]
    written = [(WRITE, rows) for rows in _in_parts(_rows(keyring, ordered, layers))]
    return [*written, *(each for each in more if any(each[1].values()))]


def _in_parts(rows: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The rows in parts of `MOST_ROWS`, in an order in which each comes after the rows it refers to."""
    part: dict[str, Any] = dict.fromkeys(rows, ())
    room = MOST_ROWS
    for kind, every in rows.items():
        left = every
        while len(left) > room:
            part[kind], left = left[:room], left[room:]
            yield part
            part, room = dict.fromkeys(rows, ()), MOST_ROWS
        part[kind], room = left, room - len(left)
    yield part


def _events(commits: Sequence[TwinCommit]) -> Iterator[ArrivedEvent]:
    return (event for c in commits for event in c.delta.events)


def _set_aside(keyring: Keyring, c: TwinCommit) -> list[dict[str, Any]]:
    return quarantined(keyring, c.tenant, c.delta.set_aside, c.commit.at)


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


def _opened(commits: Sequence[TwinCommit], kind: type[R]) -> Iterator[R]:
    return (row for c in commits for row in c.delta.opened.of(kind))


def _closed(commits: Sequence[TwinCommit], kind: type[Revision]) -> list[dict[str, Any]]:
    return [{"id": row.revision_id, "rev": c.commit.rev} for c in commits for row in c.delta.closed.of(kind)]


def _closed_statements(commits: Sequence[TwinCommit], kind: type[Bearing | Measurement]) -> list[dict[str, Any]]:
    """What is no longer stated, with the evidence from which it is found."""
    return [
        {"id": row.revision_id, "evidence": row.evidence, "rev": c.commit.rev}
        for c in commits
        for row in c.delta.closed.of(kind)
    ]


def _made(commits: Sequence[TwinCommit], kind: type[Record]) -> list[dict[str, Any]]:
    return [codec.node_values(record) for c in commits for record in c.delta.made.of(kind)]


def _rows(keyring: Keyring, commits: Sequence[TwinCommit], layers: Layers) -> dict[str, Any]:
    sources = {source.id: source for c in commits for source in c.delta.sources}
    events = [(c.commit.twin, event) for c in commits for event in c.delta.events if event.yielded is None]
    return {
        "twins": [_twin_row(c) for c in commits],
        "events": [_event_row(keyring, twin, event) for twin, event in events],
        "sources": [codec.node_values(source) for _, source in sorted(sources.items())],
        "evidence": [row for c in commits for row in _evidence_rows(keyring, c)],
        "beliefs": [_belief_values(keyring, c, b) for c in commits for b in c.delta.made.of(Belief)],
        "closed_bearings": _closed_statements(commits, Bearing),
        "bearings": [
            {"evidence": b.evidence, "belief": b.belief, "values": codec.edge_values(b)}
            for b in _opened(commits, Bearing)
        ],
        "closed_holdings": [row for c in commits for row in _closed_holdings(c)],
        "holdings": [
            {"values": codec.edge_values(h), **_display(h, _statement(c, h.key))}
            for c in commits
            for h in c.delta.opened.of(Holding)
        ],
        "commits": [{"values": _commit_values(c, layers), "events": [e.id for e in c.delta.events]} for c in commits],
    }


def _closed_holdings(c: TwinCommit) -> Iterator[dict[str, Any]]:
    """The holdings that end, with the caption of a belief that is not published any more."""
    dropped = c.dropped
    for h in c.delta.closed.of(Holding):
        caption = _statement(c, h.key) if h.key in dropped else None
        yield {"id": h.revision_id, "key": h.key, "rev": c.commit.rev, "caption": caption}


def _commit_values(c: TwinCommit, layers: Layers) -> dict[str, Any]:
    opened, closed = c.delta.opened, c.delta.closed
    opened_in_layers, closed_in_layers = layers.counted(c.delta)
    return codec.node_values(
        c.commit,
        open_rows=c.open_rows,
        opened_rows=len(opened),
        opened_holdings=len(opened.of(Holding)),
        dropped_holdings=len(c.dropped) or None,
        opened_pursuits=len(opened.of(Pursuit)),
        closed_pursuits=len(closed.of(Pursuit)),
        opened_readings=len(opened.of(Reading)) or None,
        opened_deliberations=len(opened.of(Deliberation)) or None,
        closed_deliberations=len(closed.of(Deliberation)) or None,
        opened_in_layers=opened_in_layers or None,
        closed_in_layers=closed_in_layers or None,
    )


def _statement(c: TwinCommit, belief: str) -> str:
    """The statement of a belief for Neo4j Browser."""
    return SHOWN if belief in c.personal else c.statements.get(belief, "")


def _display(holding: Holding, statement: str) -> dict[str, Any]:
    """The caption of a belief for Neo4j Browser."""
    return {
        "confidence": displayed_confidence(holding),
        "caption": belief_caption(holding, statement),
        "labels": belief_labels(holding),
    }


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


def _evidence_rows(keyring: Keyring, c: TwinCommit) -> Iterator[dict[str, Any]]:
    labels = evidence_labels(c.delta.opened.of(Bearing)) if c.delta.evidence else {}
    for each in c.delta.evidence:
        values = _evidence_values(keyring, c, each)
        yield {"event": each.event, "source": each.source, "values": values, "labels": labels.get(each.id, [])}


def _evidence_values(keyring: Keyring, c: TwinCommit, evidence: Evidence) -> dict[str, Any]:
    values = codec.node_values(evidence)
    if evidence.id in c.personal:
        values["summary"] = PersonalTexts(keyring).seal(evidence.twin, evidence.summary)
    if evidence.verbatim is not None:
        values["sealed"] = keyring.seal(evidence.twin, evidence.verbatim.encode(), f"evidence:{evidence.id}")
    return values


def _belief_values(keyring: Keyring, c: TwinCommit, belief: Belief) -> dict[str, Any]:
    values = codec.node_values(belief)
    return PersonalTexts(keyring).sealed_values(belief.twin, values) if belief.id in c.personal else values


def _relation_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "closed": _closed(commits, BeliefRelation),
        "opened": [
            {
                "type": r.strength.kind.upper(),
                "source": r.source,
                "target": r.target,
                "values": codec.edge_values(r),
            }
            for r in _opened(commits, BeliefRelation)
        ],
    }


def _goal_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "goals": _made(commits, Goal),
        "closed_statements": _closed(commits, GoalStatement),
        "statements": [
            {"evidence": s.evidence, "goal": s.goal, "values": codec.edge_values(s)}
            for s in _opened(commits, GoalStatement)
        ],
        "closed_relations": _closed(commits, GoalRelation),
        "relations": [
            {"type": r.kind.upper(), "source": r.source, "target": r.target, "values": codec.edge_values(r)}
            for r in _opened(commits, GoalRelation)
        ],
        "closed_pursuits": _closed(commits, Pursuit),
        "pursuits": [
            {"caption": goal_caption(p), "motivation": p.motivation, "values": codec.edge_values(p)}
            for p in _opened(commits, Pursuit)
        ],
    }


def _metric_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "metrics": _made(commits, Metric),
        "closed_measurements": _closed_statements(commits, Measurement),
        "measurements": [
            {"evidence": m.evidence, "metric": m.metric, "values": codec.edge_values(m)}
            for m in _opened(commits, Measurement)
        ],
        "closed_readings": [
            {"id": r.revision_id, "key": r.key, "rev": c.commit.rev}
            for c in commits
            for r in c.delta.closed.of(Reading)
        ],
        "readings": [
            {"values": codec.edge_values(r), "caption": reading_caption(r)} for r in _opened(commits, Reading)
        ],
    }


def _decision_rows(keyring: Keyring, commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "decisions": _made(commits, Decision),
        "closed_statements": _closed(commits, DecisionStatement),
        "statements": [
            {
                "evidence": s.evidence,
                "decision": s.decision,
                "values": _statement_values(keyring, s, c.delta.texts.get(s.revision_id)),
            }
            for c in commits
            for s in c.delta.opened.of(DecisionStatement)
        ],
        "closed_deliberations": _closed(commits, Deliberation),
        "deliberations": [
            {"caption": decision_caption(d), "values": codec.edge_values(d)} for d in _opened(commits, Deliberation)
        ],
    }


def _statement_values(keyring: Keyring, statement: DecisionStatement, texts: DecisionTexts | None) -> dict[str, Any]:
    values = codec.edge_values(statement)
    if texts is None:
        return values
    return {**values, "sealed": sealed(keyring, statement.twin, statement.revision_id, texts)}


def _permission_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "closed": _closed(commits, Permission),
        "opened": [
            {
                "tenant": c.tenant,
                "purpose": purpose_id(c.tenant, permission.purpose),
                "key": permission.purpose,
                "twin": permission.twin,
                "values": codec.edge_values(permission),
            }
            for c in commits
            for permission in c.delta.opened.of(Permission)
        ],
    }


def _contest_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "closed": _closed(commits, Contested),
        "opened": [
            {"twin": row.twin, "evidence": row.evidence, "values": codec.edge_values(row)}
            for c in commits
            for row in c.delta.opened.of(Contested)
        ],
    }


def _link_rows(commits: Sequence[TwinCommit]) -> dict[str, Any]:
    return {
        "closed": _closed(commits, IdentifierLink),
        "opened": [
            {
                "tenant": c.tenant,
                "identifier": link.key,
                "scheme": link.scheme,
                "twin": link.twin,
                "values": codec.edge_values(link),
            }
            for c in commits
            for link in c.delta.opened.of(IdentifierLink)
        ],
    }
