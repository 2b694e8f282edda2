"""Every published row that is written is read back equal by every path.

No two columns of a row have the same value here, so that two that change places are seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock

from beliefgraph.model.belief import Belief, BeliefKey, Holding
from beliefgraph.model.commit import BeliefChange, Change, Commit
from beliefgraph.model.decision import Decision, DecisionChange, Deliberation, Ground, Option
from beliefgraph.model.delta import NONE, Delta
from beliefgraph.model.goal import Goal, GoalChange, Pursuit
from beliefgraph.model.identity import belief_id, decision_id, goal_id, metric_id, relation_id, twin_id
from beliefgraph.model.metric import Metric, MetricChange, MetricKey, Reading
from beliefgraph.model.question import EVERY_BELIEF, SUREST_FIRST
from beliefgraph.model.relation import BeliefRelation, Strength
from beliefgraph.model.revision import Revision
from beliefgraph.services.twin.load import read_state
from beliefgraph.services.twin.published import Published
from beliefgraph.store import beliefs, changes, commits, decisions, goals, metrics
from beliefgraph.store.beliefs import Neighbourhood, PublishedBelief, RelationRow
from beliefgraph.store.commits import TwinCommit
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import HistoryFilter
from beliefgraph.store.keys import Keyring

R = TypeVar("R", bound=Revision)

NAME = "lena"
ALL = HistoryFilter(None, None, None, 10)
EVERYTHING_AROUND = Neighbourhood(relation_levels=2, total=True)


def moment(day: float) -> datetime:
    """An instant, told apart from all others."""
    return datetime(2026, 3, 1, 7, 8, 9, 123456, tzinfo=UTC) + timedelta(days=day)


@dataclass(frozen=True)
class Written:
    """A twin of two commits: the second closes every row of the first and opens another."""

    twin: str
    tenant: str
    graph: Graph
    commits: tuple[TwinCommit, TwinCommit]

    def closed(self, rows: tuple[R, ...]) -> tuple[R, ...]:
        """Rows of the first commit as the second left them."""
        return tuple(row.model_copy(update={"rev_to": 2}) for row in rows)


@pytest_asyncio.fixture
async def written(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> Written:
    twin = twin_id(tenant, NAME)
    made = (_commit(twin, tenant, 1), _commit(twin, tenant, 2))
    closing = replace(made[1], delta=replace(made[1].delta, made=NONE, closed=made[0].delta.opened))
    for one in (made[0], closing):
        await commits.write(graph, [one], commits.statements(keyring, [one]))
    return Written(twin, tenant, graph, made)


def _commit(twin: str, tenant: str, rev: int) -> TwinCommit:
    keys = [BeliefKey(attribute=name, subject="a car", context="work", value="red") for name in ("a.one", "a.two")]
    one, two = (belief_id(twin, key) for key in keys)
    goal, metric, decision = (
        Goal(id=goal_id(twin, "ship"), twin=twin, key="ship"),
        Metric(
            id=metric_id(twin, MetricKey(metric="m.visits", subject="a shop", context="home")),
            twin=twin,
            name="m.visits",
            subject="a shop",
            context="home",
            statement="visits of the shop",
        ),
        Decision(id=decision_id(twin, "move"), twin=twin, key="move"),
    )

    def row(kind: type[R], key: str, day: float, **values: Any) -> R:
        """A row with a beginning and an end of its own."""
        return kind.model_validate(
            {
                "revision_id": f"{twin}-{kind.__name__}-{rev}-{day}",
                "twin": twin,
                "key": key,
                "valid_from": moment(10 * rev + day),
                "valid_to": moment(100 * rev + day),
                "rev_from": rev,
                "definition": f"catalog@1.{rev}.0",
                "origin": "inferred",
                **values,
            }
        )

    step = rev / 100
    holdings = (
        row(Holding, one, 0.1, log_odds=2.5 + step, status="established", quality="approximate", error=0.31 + step),
        row(Holding, two, 0.2, log_odds=-1.5 + step, status="contested", quality="unreliable", error=0.62 + step),
    )
    relation = row(
        BeliefRelation,
        relation_id(one, "supports", two),
        0.3,
        source=one,
        target=two,
        strength=Strength(kind="supports", odds_ratio=3.5 + step),
        ended=True,
    )
    pursuit = row(
        Pursuit,
        goal.id,
        0.4,
        title=f"Ship it {rev}",
        status="blocked",
        priority=0.11 + step,
        progress=0.22 + step,
        deadline=moment(500 + rev),
        importance=0.33 + step,
        motivation=0.44 + step,
        quality="unreliable",
        reason=f"because {rev}",
    )
    reading = row(Reading, metric.id, 0.5, value=7.25 + step, label="often", band=6.5 + step)
    options = (Option(key="stay", title="Stay here", features={"rent": 900 + rev}), Option(key="go"))
    deliberation = row(
        Deliberation,
        decision.id,
        0.6,
        title=f"Whether to move {rev}",
        status="decided",
        options=options,
        chosen="go",
        reasons=(Ground(goal="ship"), Ground(belief=keys[0])),
        expected=0.55 + step,
        actual=-0.66 + step,
    )
    described = [
        Belief(
            id=belief_id(twin, key),
            twin=twin,
            attribute=key.attribute,
            subject=key.subject,
            context=key.context,
            domain=f"domain.{number}",
            statement=f"holds {number}",
            value=key.value,
        )
        for number, key in (("one", keys[0]), ("two", keys[1]))
    ]
    return TwinCommit(
        commit=Commit(
            twin=twin,
            rev=rev,
            at=moment(1_000 + rev),
            head_time=moment(50 + rev),
            actor="an actor",
            purpose="a purpose",
            cause="adopted",
            definitions=40 + rev,
        ),
        tenant=tenant,
        name=NAME,
        life="life",
        expected=rev - 1,
        open_rows=6,
        delta=Delta.of(
            made=(goal, metric, decision, *described),
            opened=(*holdings, relation, pursuit, deliberation, reading),
        ),
    )


def opened(commit: TwinCommit, kind: type[R]) -> tuple[R, ...]:
    """The rows of a type that a commit opens."""
    return tuple(commit.delta.opened.of(kind))


def _held(holding: Holding, belief: Belief) -> PublishedBelief:
    return PublishedBelief(belief, holding.log_odds, holding.status, holding.quality, holding.rev_from, holding.error)


async def test_history_gives_back_what_was_published_at_every_rev(written: Written) -> None:
    first, second = written.commits
    graph, twin = written.graph, written.twin
    for now, then in zip(opened(second, Holding), opened(first, Holding), strict=True):
        found = await beliefs.holdings(graph, twin, now.key, ALL)
        assert found == (2, second.commit.head_time, [now, *written.closed((then,))])
        assert await beliefs.holdings(graph, twin, now.key, replace(ALL, rev=1)) == (
            1,
            first.commit.head_time,
            [then],
        )
        by_belief = await beliefs.histories(graph, twin, [now.key], ALL)
        assert by_belief is not None
        assert by_belief[now.key] == found[-1]
    (pursuit,), (deliberation,), (reading,) = (opened(second, kind) for kind in (Pursuit, Deliberation, Reading))
    pursued = await goals.pursuits(graph, twin, pursuit.key, ALL)
    assert pursued == (2, second.commit.head_time, [pursuit, *written.closed(opened(first, Pursuit))])
    decided = await decisions.deliberations(graph, twin, deliberation.key, ALL)
    assert decided is not None
    assert decided[-1] == [deliberation, *written.closed(opened(first, Deliberation))]
    read = await metrics.readings(graph, twin, reading.key, ALL)
    assert read is not None
    assert read[-1] == [reading, *written.closed(opened(first, Reading))]


@pytest.mark.parametrize("rev", [1, 2])
async def test_pages_and_single_reads_give_back_what_a_rev_published(written: Written, rev: int) -> None:
    made, graph, twin = written.commits[rev - 1], written.graph, written.twin
    rows = tuple(_held(h, b) for h, b in zip(opened(made, Holding), made.delta.made.of(Belief), strict=True))
    (relation,) = opened(made, BeliefRelation)
    around = (RelationRow(relation.key, relation.source, relation.target, relation.strength, "inferred"),)
    page = await beliefs.held_page(graph, twin, EVERY_BELIEF, SUREST_FIRST, EVERYTHING_AROUND, limit=10, rev=rev)
    assert page is not None
    assert (page.rev, page.head_time, page.definitions, page.total) == (rev, made.commit.head_time, 40 + rev, 2)
    assert (page.beliefs, page.relations) == (rows, around)
    assert sorted(page.others, key=lambda row: row.belief.statement) == list(rows)
    one = await beliefs.held_one(graph, twin, rows[0].belief.id, rev)
    assert one is not None
    assert (one.beliefs, one.head_time, one.definitions) == (rows[:1], made.commit.head_time, 40 + rev)
    pursued = await goals.page(graph, twin, rev=rev, limit=10)
    assert pursued is not None
    assert [pursuit.model_copy(update={"rev_to": None}) for _, pursuit in pursued.goals] == list(opened(made, Pursuit))
    assert [goal for goal, _ in pursued.goals] == list(made.delta.made.of(Goal))


@pytest.mark.parametrize("rev", [1, 2])
async def test_a_twin_that_is_read_whole_has_what_a_rev_published(written: Written, rev: int) -> None:
    made = written.commits[rev - 1]
    state = await read_state(written.graph, written.twin, written.tenant, NAME, rev)

    def as_then(rows: Any) -> list[Any]:
        return sorted((row.model_copy(update={"rev_to": None}) for row in rows), key=lambda row: row.revision_id)

    assert (state.head_time, state.last_updated, state.definitions) == (
        made.commit.head_time,
        made.commit.at,
        40 + rev,
    )
    assert as_then(state.holdings.values()) == as_then(opened(made, Holding))
    assert as_then(state.relations) == as_then(opened(made, BeliefRelation))
    assert as_then(state.pursuits.values()) == as_then(opened(made, Pursuit))
    assert as_then(state.deliberations.values()) == as_then(opened(made, Deliberation))
    assert as_then(state.readings.values()) == as_then(opened(made, Reading))
    assert sorted(state.beliefs.values(), key=lambda b: b.statement) == list(made.delta.made.of(Belief))
    assert (list(state.goals.values()), list(state.metrics.values()), list(state.decisions.values())) == (
        list(made.delta.made.of(Goal)),
        list(made.delta.made.of(Metric)),
        list(made.delta.made.of(Decision)),
    )
    page = await beliefs.held_page(
        written.graph, written.twin, EVERY_BELIEF, SUREST_FIRST, EVERYTHING_AROUND, limit=10, rev=rev
    )
    mine = Published(state).page(EVERY_BELIEF, SUREST_FIRST, EVERYTHING_AROUND, limit=10, begin=None)
    assert page is not None
    assert (mine.beliefs, mine.relations, mine.total) == (page.beliefs, page.relations, page.total)


async def test_changes_give_back_what_every_commit_opened_and_what_it_replaced(written: Written) -> None:
    first, second = written.commits
    found = await changes.since(written.graph, {written.twin: (0, 2)}, 10)
    assert found == [_change(first, None, second), _change(second, first, None)]


def _change(made: TwinCommit, before: TwinCommit | None, after: TwinCommit | None) -> Change:
    """The notice of a commit; rows that a later commit closed say so."""

    def now(row: R) -> R:
        return row if after is None else _closed(row)

    def change(kind: type[R]) -> Any:
        (row,) = opened(made, kind)
        return {"before": None if before is None else _closed(opened(before, kind)[0]), "after": now(row)}

    by_id = {belief.id: belief for belief in made.delta.made.of(Belief)}
    earlier = {} if before is None else {h.key: _closed(h) for h in opened(before, Holding)}
    return Change(
        commit=made.commit,
        beliefs=tuple(
            BeliefChange(belief=by_id[h.key], before=earlier.get(h.key), after=now(h))
            for h in sorted(opened(made, Holding), key=lambda h: h.key)
        ),
        goals=(GoalChange(goal=made.delta.made.of(Goal)[0], **change(Pursuit)),),
        metrics=(MetricChange(metric=made.delta.made.of(Metric)[0], **change(Reading)),),
        decisions=(DecisionChange(decision=made.delta.made.of(Decision)[0], **change(Deliberation)),),
    )


def _closed(row: R) -> R:
    """A row of the first commit as the second left it."""
    return row.model_copy(update={"rev_to": 2})
