"""What is not permitted has no influence: a twin is, to the last bit, one that was fed only what is permitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

import orjson
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests import storeless
from tests.reading import everything
from tests.world import START, event

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import AssertBelief, Correct, Relate, Retract, SetGoal
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.identity import belief_id, relation_id, twin_id
from beliefgraph.model.permission import Policy
from beliefgraph.model.record import Record
from beliefgraph.model.revision import Publication, Revision
from beliefgraph.services.commands import decide
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commits.advance import PlannedCommit, advance
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.goals.decide import setting_goal
from beliefgraph.services.interpretation.protocol import Interpretation, SourceStatement
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.permissions.enforce import permitted
from beliefgraph.services.permissions.hidden import Hidden, PermittedDefinitions
from beliefgraph.services.permissions.replay import Inputs, Replay, View, replayed
from beliefgraph.services.permissions.sight import Sight
from beliefgraph.services.twin.state import TwinState, fresh

ATTRIBUTES = [f"{domain}.{name}" for domain in ("a", "b", "c") for name in ("one", "two", "three")]
POLICY = Policy.model_validate(
    {
        "default": "ask_first",
        "jurisdiction": "EU",
        "controller": "Example Ltd",
        "purposes": [{"key": "advice", "legal_basis": "consent", "dpv": "Advertising"}],
        "categories": [
            {"key": "domain", "domains": ["a"]},
            {"key": "attribute", "attributes": ["b.t*"]},
            {"key": "told", "goals": ["secret*"], "decisions": ["secret*"]},
            {"key": "counted", "metrics": ["m.one"]},
        ],
    }
)


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Attributes in three domains, relations between some of them, a metric for two kinds of events, and rules."""
    ends = st.tuples(st.sampled_from(ATTRIBUTES), st.sampled_from(ATTRIBUTES)).filter(lambda pair: pair[0] < pair[1])
    pairs = draw(st.lists(ends, max_size=6, unique=True))
    rules: list[dict[str, Any]] = []
    for type_ in ("x", "y", "z"):
        on = draw(st.lists(st.sampled_from(ATTRIBUTES), min_size=1, max_size=3, unique=True))
        rules.append(
            {
                "type": type_,
                "summary": f"did {type_}",
                "source": "data.by",
                "bears_on": [{"attribute": name, "log_likelihood_ratio": "double(data.llr)"} for name in on],
            }
        )
    goals = [
        {"key": "data.key", "title": "data.key", "motivated_by": [{"attribute": draw(st.sampled_from(ATTRIBUTES))}]}
    ]
    rules.append({"type": "wants", "summary": "wants it", "source": "data.by", "goals": goals})
    decisions = [{"key": "data.key", "title": "data.key"}]
    rules.append({"type": "decides", "summary": "decides it", "source": "data.by", "decisions": decisions})
    band = {"at_least": 2, "bears_on": [{"attribute": draw(st.sampled_from(ATTRIBUTES)), "log_likelihood_ratio": 0.7}]}
    metrics = [
        {"key": f"m.{name}", "statement": name, "kind": "count", "events": [type_], "window": "P30D", "bands": [band]}
        for name, type_ in (("one", "x"), ("two", "w"))
    ]
    return Catalog.model_validate(
        {
            "catalog": "random",
            "version": "1.0.0",
            "attributes": [
                {"key": key, "domain": key[0], "prior": 0.3, "statement": key, "half_life": "P20D"}
                for key in ATTRIBUTES
            ],
            "relations": [
                {"kind": "supports", "source": source, "target": target, "odds_ratio": 2.5} for source, target in pairs
            ],
            "events": rules,
            "metrics": metrics,
        }
    )


COMMANDS = ("assert", "correct", "want", "relate", "relate for a time", "unrelate", "retract")
PAIRS = [("a.one", "b.one"), ("b.one", "c.one"), ("b.two", "c.two"), ("c.one", "c.three")]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["x", "y", "z", "w", "wants", "decides", *COMMANDS]),
        st.integers(0, 40),
        st.integers(-20, 20).map(lambda tenths: tenths / 10),
        st.sampled_from(["ada", "bob"]),
        st.sampled_from(["open", "secret"]),
        st.sampled_from(PAIRS),
    ),
    min_size=1,
    max_size=10,
)
SIGHTS = st.builds(
    lambda general, refused: Sight(general, tuple(refused)),
    st.booleans(),
    st.lists(st.sampled_from(POLICY.categories), unique_by=lambda each: each.key, max_size=4),
)


@dataclass(frozen=True)
class Ordered:
    """A command that names no moment, given at one: the attributes or the goal it is about, and how it is decided."""

    id: str
    at: datetime
    about: Sequence[str]
    decide: Callable[[CommandContext], Additions]
    goal: str | None = None

    def hidden(self, hidden: Hidden) -> bool:
        """Whether it is about something that is hidden."""
        return any(hidden.named(each) for each in self.about) or (self.goal is not None and hidden.goal(self.goal))


def ordered(id_: str, type_: str, at: datetime, llr: float, pair: tuple[str, str]) -> Ordered:
    """A command of some type about one or two attributes."""
    one, other = (BeliefKey.of(attribute=each) for each in pair)
    twin = twin_id("acme", "lena")
    supports = relation_id(belief_id(twin, one), "supports", belief_id(twin, other))
    stated = AssertBelief(twin="lena", belief=one, confidence=0.9)
    right = Correct(twin="lena", belief=one, holds=llr > 0)
    wanted = SetGoal(twin="lena", goal="open", priority=0.7)
    related = Relate(twin="lena", source=one, target=other, kind="supports", odds_ratio=3.0 + llr)
    briefly = related.model_copy(update={"valid_to": at + timedelta(days=30)})
    ended = Retract(twin="lena", relation=supports)
    over = Retract(twin="lena", belief=one)
    decisions: dict[str, tuple[Sequence[str], Callable[[CommandContext], Additions]]] = {
        "assert": (pair[:1], lambda context: decide.assertion(context, stated)),
        "correct": (pair[:1], lambda context: decide.correction(context, right)),
        "want": ((), lambda context: setting_goal(context, wanted)),
        "relate": (pair, lambda context: decide.relation(context, related)),
        "relate for a time": (pair, lambda context: decide.relation(context, briefly)),
        "unrelate": (pair, lambda context: decide.retraction(context, ended)),
        "retract": (pair[:1], lambda context: decide.retraction(context, over)),
    }
    return Ordered(id_, at, *decisions[type_], wanted.goal if type_ == "want" else None)


def shown_command(told: Event | Ordered, hidden: Hidden) -> bool:
    """Whether it is a command about nothing that is hidden."""
    return isinstance(told, Ordered) and not told.hidden(hidden)


def is_about(statement: SourceStatement, hidden: Hidden) -> bool:
    """Whether a piece of evidence says anything that is hidden."""
    return (
        any(hidden.named(each.belief.attribute) for each in statement.bearings)
        or any(hidden.metric(each.metric.metric) for each in statement.counts)
        or any(hidden.goal(each.key) for each in statement.goals)
        or any(hidden.named(motive.belief.attribute) for each in statement.goals for motive in each.motives)
        or any(hidden.decision(each.key) for each in statement.decisions)
    )


def fed(
    told: Sequence[Event | Ordered], graph: DefinitionGraph, hidden: Hidden | None, under: DefinitionGraph
) -> tuple[list[PlannedCommit], list[Event | Ordered]]:
    """The commits of a twin under some definitions that is fed what is told and not hidden, one of each, and what it
    was fed."""
    state = fresh(twin_id("acme", "lena"), "acme", "lena")
    steps: list[PlannedCommit] = []
    taken: list[Event | Ordered] = []
    for one in told:
        added = _added(state, one, graph, hidden, under)
        if added is not None:
            steps.append(advance(state, under, added, storeless.CALLER, storeless.NOW))
            state = steps[-1].state
            taken.append(one)
    return steps, taken


def _added(
    state: TwinState, one: Event | Ordered, graph: DefinitionGraph, hidden: Hidden | None, under: DefinitionGraph
) -> Additions | None:
    """What an event or a command adds to a twin; None where it is hidden or refused."""
    if isinstance(one, Event):
        said = RuleInterpreter().interpret(one, graph.definitions)
        left = Interpretation(
            statements=tuple(each for each in said.statements if not (hidden and is_about(each, hidden)))
        )
        return observations([(storeless.command_context(state, under, one), left)]) if left.statements else None
    if hidden and one.hidden(hidden):
        return None
    recorded = Event(id=one.id, source="commands", type="command", time=one.at, data={})
    try:
        return one.decide(storeless.command_context(state, under, recorded))
    except BeliefgraphError:
        return None


def inputs(steps: Sequence[PlannedCommit]) -> Inputs:
    """All that commits told a twin, as the store has it after the last."""
    rows: dict[str, Revision] = {}
    for step in steps:
        left = {
            row.revision_id: row
            for kind in step.state.rows.values()
            for row in kind.values()
            if evidence_with_source(row)
        }
        for id_, row in rows.items():
            if id_ not in left and row.rev_to is None:
                rows[id_] = row.model_copy(update={"rev_to": step.commit.commit.rev})
        rows = {**left, **rows}
    return Inputs([*rows.values()], [step.commit.commit for step in steps])


def evidence_with_source(row: Record) -> TypeGuard[Revision]:
    """Whether a row is something that the twin was told."""
    return isinstance(row, Revision) and not isinstance(row, Publication) and row.origin != "inferred"


REVS = {"revision_id", "rev_from", "rev_to"}


def moves(changes: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What moved in each layer, without the revs that moved it."""
    return {
        name: sorted(
            (one.model_dump(mode="json", exclude={"before": REVS, "after": REVS}) for one in some),
            key=lambda dumped: orjson.dumps(dumped),
        )
        for name, some in changes.items()
    }


def shown(state: TwinState) -> dict[str, Any]:
    """What a twin published, without the revs that published it."""
    revs = {"revision_id", "rev_from", "rev_to", "valid_from", "reason"}
    return {
        kind.__name__: {place: row.model_dump(exclude=revs) for place, row in sorted(rows.items())}
        for kind, rows in state.rows.items()
        if issubclass(kind, Publication) and rows
    }


@settings(max_examples=60)
@given(catalogs(), EVENTS, SIGHTS)
def test_a_twin_under_a_permission_is_one_that_was_fed_only_what_is_permitted(
    catalog: Catalog, happened: list[tuple[str, int, float, str, str, tuple[str, str]]], sight: Sight
) -> None:
    graph = DefinitionGraph(Definitions(tenant="acme", number=1, catalogs=(catalog,)))
    part = PermittedDefinitions().of(graph, sight, POLICY)
    hidden, under = part.hidden, part.graph
    wanted = [
        ordered(str(n), type_, START + timedelta(days=30 + n), llr, pair)
        if type_ in COMMANDS
        else event(str(n), type_, day=day, llr=llr, by=by, key=key)
        for n, (type_, day, llr, by, key, pair) in enumerate(happened)
    ]
    told, taken = fed(wanted, graph, None, graph)
    assume(told)
    state = told[-1].state
    stored = inputs(told)
    found = permitted(state, part, closed=[row for row in stored.rows if row.rev_to is not None])
    steps, left = fed(taken, graph, hidden, under)
    # A command is decided by all of a twin: one that was accepted for what is hidden has no equal in the other life.
    assume(
        [each for each in left if isinstance(each, Ordered)] == [each for each in taken if shown_command(each, hidden)]
    )
    replay = replayed(Replay(), state, stored, View({1: part}))
    shown_moves = [
        moves({layer.name: getattr(each, layer.name) for layer in LAYERS}) for each in replay.changes.values()
    ]
    assert shown_moves == [moves(step.changes) for step in steps]
    assert [each.commit.head_time for each in replay.changes.values()] == [s.commit.commit.head_time for s in steps]
    if not steps:
        assert found.head_time is None
        return
    alone = steps[-1].state
    assert found.head_time == alone.head_time
    assert shown(found) == shown(alone)
    assert found.head_time is not None
    assert everything(derive(found, under, found.head_time)) == everything(derive(alone, under, found.head_time))
    if under is graph and alone.rows == state.rows:
        assert found is state
