"""Every row that states something, and every forecast, is read back equal by every path.

No two columns of a row have the same value here, so that two that change places are seen.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest_asyncio
from tests.conftest import StoppedClock
from tests.store.test_read_back import NAME, moment

from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.belief import Belief, BeliefKey, Holding
from beliefgraph.model.commit import Commit
from beliefgraph.model.contest import Contested
from beliefgraph.model.decision import Decision, DecisionStatement, DecisionTexts, Deliberation, Ground, Option
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.event import Event
from beliefgraph.model.evidence import Bearing, Evidence, Source
from beliefgraph.model.forecast import Forecast, ForecastInput, GradeForecast, Resolution
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.identity import (
    belief_id,
    decision_id,
    event_id,
    evidence_id,
    goal_id,
    metric_id,
    source_id,
    twin_id,
)
from beliefgraph.model.metric import Measurement, Metric, MetricKey, Reading
from beliefgraph.model.permission import NumberedPolicy, Permission, Policy, Purpose
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Publication, Revision, Statement
from beliefgraph.model.timeline import revision_id
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.services.twin.load import read_state
from beliefgraph.store import commits, decisions, forecasts, permissions
from beliefgraph.store.commits import TwinCommit
from beliefgraph.store.graph import Graph
from beliefgraph.store.graph_schema import EDGES
from beliefgraph.store.keys import Keyring

R = TypeVar("R", bound=Revision)

ELSEWHERE = {Holding, BeliefRelation, Pursuit, Reading, Deliberation}
"""What `test_read_back` reads."""


AS_RECORDS: tuple[type[Revision], ...] = (
    GoalStatement,
    GoalRelation,
    DecisionStatement,
    IdentifierLink,
    Permission,
    Contested,
)
"""Those that a twin has as records, not as columns."""


@pytest_asyncio.fixture
async def committed(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> TwinCommit:
    """A twin of one commit, with one row of each type that states something."""
    commit = _commit(twin_id(tenant, NAME), tenant)
    await commits.write(graph, [commit], commits.statements(keyring, [commit]))
    return commit


def _commit(twin: str, tenant: str) -> TwinCommit:
    key = BeliefKey(attribute="a.one", subject="a car", context="work")
    belief = Belief(
        id=belief_id(twin, key),
        twin=twin,
        attribute="a.one",
        subject="a car",
        context="work",
        domain="domain",
        statement="holds",
        value=None,
    )
    goals = [Goal(id=goal_id(twin, name), twin=twin, key=name) for name in ("ship", "rest")]
    metric = Metric(
        id=metric_id(twin, MetricKey(metric="m.visits", subject="a shop", context="home")),
        twin=twin,
        name="m.visits",
        subject="a shop",
        context="home",
        statement="visits of the shop",
    )
    decision = Decision(id=decision_id(twin, "move"), twin=twin, key="move")
    source = Source(id=source_id(tenant, "a colleague"), tenant=tenant, name="a colleague")
    event_ = event_id(twin, "test", "e")
    evidence = Evidence(
        id=evidence_id(event_, source.id),
        twin=twin,
        event=event_,
        source=source.id,
        time=moment(3),
        summary="said it",
        verbatim="word for word",
    )

    def row(kind: type[R], day: float, /, **values: Any) -> R:
        """A row with a beginning and an end of its own."""
        return kind.model_validate(
            {
                "revision_id": revision_id(kind.__name__, twin, 1, moment(day)),
                "twin": twin,
                "key": f"{twin}-key-{day}",
                "valid_from": moment(day),
                "valid_to": moment(100 + day),
                "rev_from": 1,
                "definition": f"catalog@1.{int(day * 10)}.0",
                "origin": "provided",
                **values,
            }
        )

    said = {"evidence": evidence.id, "source": source.id}
    options = (Option(key="stay", title="Stay here", features={"rent": 900}), Option(key="go"))
    rows = (
        row(
            Bearing,
            0.1,
            **said,
            key=f"{evidence.id}|{belief.id}",
            belief=belief.id,
            stance="assertion",
            log_likelihood_ratio=1.25,
            half_life=86_400.0,
            shared_origin="an agency",
            source_kind="a press",
            shared_across="a year",
        ),
        row(
            Measurement,
            0.2,
            **said,
            key=f"{evidence.id}|{metric.id}|answers",
            metric=metric.id,
            value=7.5,
            label="often",
            answers=True,
        ),
        row(
            GoalStatement,
            0.3,
            **said,
            goal=goals[0].id,
            stance="correction",
            title="Ship it",
            status="active",
            priority=0.25,
            progress=0.75,
            deadline=moment(500),
        ),
        row(
            GoalRelation,
            0.4,
            **(said | {"source": goals[0].id}),
            target=goals[1].id,
            kind="part_of",
            weight=0.5,
            speaker=source.id,
        ),
        row(
            DecisionStatement,
            0.5,
            **said,
            decision=decision.id,
            stance="observation",
            title="Whether to move",
            options=options,
            chosen="go",
            reasons=(Ground(goal="ship"), Ground(belief=key)),
            expected=0.55,
            actual=-0.66,
        ),
        row(IdentifierLink, 0.6, scheme="crm"),
        row(
            Permission,
            0.7,
            purpose="marketing",
            category="health",
            recipient="a partner",
            allowed=True,
            stated_by="person",
            event=evidence.event,
            evidence=evidence.id,
        ),
        row(Contested, 0.8, evidence=evidence.id, event=evidence.event),
    )
    worded = next(each for each in rows if isinstance(each, DecisionStatement))
    event = Event(id="e", source="test", type="said", time=moment(3), twin=NAME, data={"by": "a colleague"})
    return TwinCommit(
        commit=Commit(
            twin=twin,
            rev=1,
            at=moment(1_000),
            head_time=moment(50),
            actor="an actor",
            purpose="a purpose",
            cause="observed",
            definitions=41,
        ),
        tenant=tenant,
        name=NAME,
        life="life",
        expected=0,
        open_rows=len(rows),
        delta=Delta(
            made=Records([belief, *goals, metric, decision]),
            opened=Records(rows),
            events=[ArrivedEvent(evidence.event, event, f"{twin}-delivery", "body")],
            sources=[source],
            evidence=[evidence],
            texts={worded.revision_id: DecisionTexts(reasons=(None, "because"), expected="well", actual="badly")},
        ),
    )


def opened(commit: TwinCommit, kind: type[R]) -> R:
    """The row of a type that a commit opens."""
    (row,) = commit.delta.opened.of(kind)
    return row


def test_every_type_of_row_that_is_stored_is_read_back_by_some_test() -> None:
    commit = _commit("twin", "tenant")
    stored = {edge.record for edge in EDGES if edge.record is not None} - {Publication, Statement}
    assert stored == ELSEWHERE | set(commit.delta.opened.by_type)
    for row in commit.delta.opened:
        values = [repr(value) for value in vars(row).values() if value is not None]
        assert len(set(values)) == len(values), type(row)


async def test_a_twin_that_is_read_whole_has_what_was_stated(graph: Graph, tenant: str, committed: TwinCommit) -> None:
    state = await read_state(graph, committed.commit.twin, tenant, NAME)
    for kind in AS_RECORDS:
        assert list(state.rows_of(kind).values()) == [opened(committed, kind)]
    bearing, measurement = opened(committed, Bearing), opened(committed, Measurement)
    assert list(state.bearings.records(state.bearings.of_evidence([bearing.evidence]))) == [bearing]
    assert list(state.measurements.records(state.measurements.of_evidence([measurement.evidence]))) == [measurement]
    made = {id_: record for records in state.made.values() for id_, record in records.items()}
    assert [made.pop(record.id) for record in committed.delta.made] == list(committed.delta.made)  # type: ignore[attr-defined]
    assert not made


async def test_what_permissions_are_judged_by_is_what_was_stated(graph: Graph, committed: TwinCommit) -> None:
    twin = committed.commit.twin
    assert await permissions.of_twins(graph, [twin]) == {twin: (opened(committed, Permission),)}
    rows, (commit,) = await permissions.inputs(graph, twin, 1, 0)
    assert {type(row): row for row in rows} == {kind: opened(committed, kind) for kind in AS_RECORDS}
    assert commit == committed.commit.model_copy(update={"head_time": committed.commit.at})


async def test_what_was_said_in_words_is_read_back(graph: Graph, keyring: Keyring, committed: TwinCommit) -> None:
    statement = opened(committed, DecisionStatement).revision_id
    assert await decisions.texts_of(graph, keyring, committed.commit.twin, [statement]) == dict(committed.delta.texts)


async def test_a_forecast_with_what_came_of_it_is_read_back(graph: Graph, tenant: str, committed: TwinCommit) -> None:
    twin = committed.commit.twin
    resolutions = tuple(
        Resolution(
            id=f"{twin}-resolution-{number}",
            forecast=f"{twin}-forecast",
            twin=twin,
            number=number,
            happened=number == 2,
            grade="high" if number == 2 else None,
            at=moment(300 + number),
            rev=10 + number,
            resolved_at=moment(400 + number),
        )
        for number in (2, 1)
    )
    forecast = Forecast(
        id=f"{twin}-forecast",
        twin=twin,
        outcome="will.buy",
        horizon=timedelta(days=30, hours=5),
        made_at=moment(60),
        due=moment(90),
        probability=0.25,
        log_odds=-1.1,
        baseline=-2.2,
        inputs=(
            ForecastInput(input="activity", value=3.5, contribution=0.7),
            ForecastInput(input="a belief", value=None, contribution=0.4),
        ),
        cumulative=(0.05, 0.1, 0.25),
        grades=(
            GradeForecast(grade="low", probability=0.75, at_least=1.0),
            GradeForecast(grade="high", probability=0.25, at_least=0.25),
        ),
        basis="learned",
        segment="a segment",
        rev=7,
        definitions=8,
        parameters=9,
        since=moment(1),
        stored_at=datetime(2027, 1, 1, tzinfo=UTC),
        retrospective=True,
        resolutions=resolutions,
    )
    assert await forecasts.store(graph, tenant, [forecast]) == 1
    assert await forecasts.resolve(graph, resolutions) == 2
    for asked in ({}, {"id_": forecast.id}, {"outcome": "will.buy", "horizon": forecast.horizon}):
        assert await forecasts.of_twin(graph, twin, **asked) == (1, committed.commit.head_time, [forecast])
    over = forecast.made_at + forecast.horizon
    (scored,) = await forecasts.scored(graph, tenant, "will.buy", forecast.horizon, over, retrospective=True)
    assert (scored.probability, scored.segment, scored.basis, scored.happened) == (0.25, "a segment", "learned", True)
    assert (scored.made_at, scored.since) == (forecast.made_at, forecast.since)
    assert (scored.cumulative, scored.grades) == (forecast.cumulative, forecast.grades)
    assert (scored.at, scored.grade, scored.over) == (resolutions[0].at, "high", True)
    before = over - timedelta(microseconds=1)
    (early,) = await forecasts.scored(graph, tenant, "will.buy", forecast.horizon, before, retrospective=True)
    assert not early.over


async def test_a_policy_is_read_back(graph: Graph, tenant: str) -> None:
    policy = Policy(
        default="ask_first",
        jurisdiction="EU",
        controller="A company",
        purposes=(Purpose(key="marketing", dpv="Marketing", description="Advertising.", legal_basis="consent"),),
    )
    numbered = NumberedPolicy(tenant=tenant, number=1, at=moment(5), actor="an actor", policy=policy)
    await permissions.publish(graph, numbered)
    assert await permissions.in_force(graph, tenant) == (numbered, 0)
