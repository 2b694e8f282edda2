"""Attributes over time, end to end: events in, values, bands and what they say out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.metrics import METRICS
from tests.reading import held, id_of, log_odds, rows, stored
from tests.world import START, World, event, key

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import probability
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, Identify, Retract, Unidentify, WhatIf, Withdraw
from beliefgraph.model.event import Event
from beliefgraph.model.metric import MetricKey, Reading
from beliefgraph.model.time import AsOf
from beliefgraph.model.twin import Identifier
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.questions.metrics import Metrics
from beliefgraph.services.questions.what_if import WhatIfs
from beliefgraph.services.twin.notifier import Notifier
from beliefgraph.services.upkeep.refresh import Refresher

Read = tuple[float | None, str | None, float | None]


@pytest_asyncio.fixture
async def measured(world: World) -> World:
    """The world with metrics."""
    await world.book.publish(world.caller, METRICS)
    return world


@pytest.fixture
def ask(world: World) -> Metrics:
    return Metrics(world.graph, world.keyring, world.book)


def later(days: float) -> datetime:
    return START + timedelta(days=days)


def week() -> MetricKey:
    return MetricKey(metric="visits.week")


async def visit(world: World, *days: float, channel: str | None = None) -> None:
    """Visits on these days, each its own commit, each called by its day."""
    for day in days:
        one = event(f"visit-{day:g}", "visited", day=day).model_copy(update={"channel": channel})
        (receipt,) = await world.intake.observe(world.caller, [one])
        assert receipt.status == "accepted"


async def readings(world: World, twin: str = "lena") -> dict[str, Read]:
    """What was published of every metric: value, label, band."""
    state = await stored(world, twin)
    return {state.metrics[id_].name: (r.value, r.label, r.band) for id_, r in state.readings.items()}


async def refreshed(world: World, day: float) -> bool:
    """Whether letting time pass up to a day published anything."""
    receipt = await Refresher(world.updater, world.intake).refresh(world.caller, "lena", later(day))
    return receipt.status == "accepted"


async def test_three_visits_in_a_week_say_something_until_the_first_is_a_week_ago(measured: World) -> None:
    await visit(measured, 0, 1, 2)
    assert (await readings(measured))["visits.week"] == (3.0, None, 3.0)
    assert held(await stored(measured), "world.alone") == published(1.5)
    assert await refreshed(measured, 7)
    assert (await readings(measured))["visits.week"] == (2.0, None, 1.0)
    assert held(await stored(measured), "world.alone") is None


async def test_the_state_counts_once_however_many_events_repeat_it(measured: World) -> None:
    await visit(measured, *(n / 10 for n in range(40)))
    assert await log_odds(measured, "world.alone") == pytest.approx(1.5)


async def test_a_week_without_a_visit_is_published_by_the_clock_alone(measured: World, clock: StoppedClock) -> None:
    await visit(measured, 0)
    clock.at = later(6.9)
    refresher = Refresher(measured.updater, measured.intake)
    await refresher.refresh_due(clock.now(), measured.caller.tenant)
    assert (await readings(measured))["visits.none"] == (0.0, None, None)
    clock.at = later(7.02)
    assert (await refresher.refresh_due(clock.now(), measured.caller.tenant)).refreshed == 1
    assert (await readings(measured))["visits.none"] == (1.0, None, 1.0)
    assert held(await stored(measured), "world.alone") == published(-2.0)
    head = (await stored(measured)).head_time
    assert head == later(7)  # the round at 09:00 of the day it crossed
    clock.at += timedelta(hours=1)
    assert (await refresher.refresh_due(clock.now(), measured.caller.tenant)).refreshed == 0


async def test_subscribers_receive_what_a_refresh_published(measured: World) -> None:
    await visit(measured, 0)
    await refreshed(measured, 7)
    changes = await Changes(measured.graph, Notifier()).since(measured.caller, "lena", 1)
    (change,) = changes
    moved = {one.metric.name: (one.before and one.before.value, one.after.value) for one in change.metrics}
    assert change.commit.cause == "refreshed"
    assert moved["visits.none"] == (0.0, 1.0)
    assert moved["visits.week"] == (1.0, 0.0)
    assert moved["visits.last"] == (0.0, 7.0)


async def test_a_mail_is_ignored_once_its_time_is_up_and_no_more_when_it_is_opened(measured: World) -> None:
    sent = [event(f"sent-{n}", "mail.sent", day=n, mail=f"m{n}") for n in range(3)]
    await measured.intake.observe(measured.caller, [*sent, event("opened-1", "mail.opened", day=2, mail="m1")])
    assert (await readings(measured))["mail.ignored"] == (0.0, None, None)
    await refreshed(measured, 3)
    assert (await readings(measured))["mail.ignored"] == (1.0, None, None)
    await refreshed(measured, 5)
    assert (await readings(measured))["mail.ignored"] == (2.0, None, 2.0)
    before = await log_odds(measured, "needs.urgent")
    await measured.intake.observe(measured.caller, [event("opened-0", "mail.opened", day=6, mail="m0")])
    assert (await readings(measured))["mail.ignored"] == (1.0, None, None)
    assert await log_odds(measured, "needs.urgent") > before


async def test_habits_are_the_usual_channel_hour_and_gap(measured: World) -> None:
    await visit(measured, 0, 2, 4, channel="app")
    await visit(measured, 5.25, channel="web")
    found = await readings(measured)
    assert found["visits.channel"] == (0.75, "app", None)
    assert found["visits.hour"] == (0.75, "9", None)
    assert found["visits.cadence"] == (1.75, None, None)  # 5.25 days in 3 gaps


async def test_a_late_event_counts_where_it_happened_and_history_stays(measured: World, ask: Metrics) -> None:
    await visit(measured, 0, 2, 8)
    await visit(measured, 1)  # a week before head, and a day: it has left the window
    assert (await readings(measured))["visits.week"] == (2.0, None, 1.0)

    def at(day: float, rev: int | None = None) -> AsOf:
        return AsOf(valid_time=later(day), rev=rev)

    async def value(as_of: AsOf) -> float | None:
        return (await ask.metric(measured.caller, "lena", week(), as_of=as_of)).value

    assert [await value(at(day)) for day in (0.5, 1.5, 2.5, 7.5, 8.5)] == [1, 2, 3, 2, 2]
    assert [await value(at(day, rev=3)) for day in (0.5, 1.5, 2.5, 7.5, 8.5)] == [1, 1, 2, 1, 2]
    assert await log_odds(measured, "world.alone", at=later(2.5)) == pytest.approx(1.5)
    assert await log_odds(measured, "world.alone", at=later(2.5), rev=3) == 0.0
    history = await ask.history(measured.caller, "lena", week())
    assert [(r.value, r.valid_from) for r in history.nodes] == [(2.0, later(2)), (1.0, later(0))]


async def test_a_metric_tells_its_band_since_when_and_the_events_behind_it(measured: World, ask: Metrics) -> None:
    await visit(measured, 0, 1, 2, 4)
    found = await ask.metric(measured.caller, "lena", week())
    assert (found.value, found.band, found.since, found.due) == (4.0, "at least 3", later(2), later(7))
    assert found.says == "visits in 7 days: 4, at least 3"
    page = await ask.events(measured.caller, "lena", week(), first=3)
    assert [e.evidence.time for e in page.nodes] == [later(4), later(2), later(1)]
    assert (page.total, page.has_next) == (4, True)
    rest = await ask.events(measured.caller, "lena", week(), first=3, after=page.items[-1].cursor)
    assert [e.evidence.time for e in rest.nodes] == [later(0)]
    unseen = ("mail.ignored", "visits.channel", "visits.minutes")
    names, after = [], None
    while True:
        some = await ask.metrics(measured.caller, "lena", first=2, after=after)
        names += [one.metric.name for one in some.nodes]
        if not some.has_next:
            break
        after = some.items[-1].cursor
    assert names == sorted(m.key for m in METRICS.metrics if m.key not in unseen)


async def test_a_metric_in_which_nothing_counted_has_nothing_and_one_not_defined_is_unknown(
    measured: World, ask: Metrics
) -> None:
    await visit(measured, 0)
    found = await ask.metric(measured.caller, "lena", MetricKey(metric="mail.ignored"))
    assert (found.value, found.events, found.band, found.since, found.due) == (0.0, 0, None, None, None)
    for question in (ask.metric, ask.events, ask.history):
        with pytest.raises(BeliefgraphError) as refused:
            await question(measured.caller, "lena", MetricKey(metric="visits.never"))
        assert refused.value.code == "unknown-metric"


async def test_an_explanation_lists_the_metric_with_the_events_behind_it(measured: World) -> None:
    await visit(measured, 0, 1, 2)
    explained = await Explanations(measured.graph, measured.keyring, measured.book).explain(
        measured.caller, "lena", key("world.alone")
    )
    (one,) = explained.contributions
    assert (one.source, one.evidence.summary) == ("metric:visits.week", "visits in 7 days: 3, at least 3")
    assert one.contribution == pytest.approx(1.5, abs=1e-4)
    assert one.without == pytest.approx(0.5)
    assert one.metric is not None
    assert one.metric.since == later(2)
    assert [event.evidence.time for event in one.events] == [later(2), later(1), later(0)]
    assert "visits in 7 days: 3" in explained.sentence


async def test_without_an_event_that_a_metric_needs_its_band_goes_too(measured: World) -> None:
    """One visit speaks for itself and is the third of the week: without it, both are gone."""
    spoken = Catalog.model_validate(
        {
            "catalog": "spoken",
            "version": "1.0.0",
            "events": [
                {
                    "type": "visited",
                    "summary": "came by",
                    "bears_on": [{"attribute": "world.alone", "when": "has(data.loudly)", "log_likelihood_ratio": 0.4}],
                }
            ],
        }
    )
    await measured.book.publish(measured.caller, spoken)
    await visit(measured, 0, 1)
    await measured.intake.observe(measured.caller, [event("3", "visited", day=2, loudly=True)])
    explained = await Explanations(measured.graph, measured.keyring, measured.book).explain(
        measured.caller, "lena", key("world.alone")
    )
    without = {one.source: one.without for one in explained.contributions}
    assert without == {
        "metric:visits.week": pytest.approx(probability(0.4)),
        "test": pytest.approx(0.5),
    }


async def test_withdrawn_evidence_counts_no_more(measured: World) -> None:
    await visit(measured, 0, 1, 2)
    state = await stored(measured)
    second = sorted(state.measurements, key=lambda m: m.valid_from)[1].evidence
    for measurement in state.measurements:
        if measurement.valid_from == later(1):
            second = measurement.evidence
    await measured.commands.withdraw(measured.caller, Withdraw(twin="lena", evidence=second))
    assert (await readings(measured))["visits.week"] == (2.0, None, 1.0)
    assert await log_odds(measured, "world.alone") == 0.0
    await measured.commands.withdraw(measured.caller, Withdraw(twin="lena", source="test"))
    assert (await readings(measured))["visits.week"] == (0.0, None, None)


async def test_what_came_by_an_identifier_stops_counting_when_it_is_unlinked(measured: World) -> None:
    device = Identifier(scheme="device", value="d-1")
    await measured.commands.identify(measured.caller, Identify(twin="lena", identifier=device))
    visits = [
        Event(id=str(n), source="test", type="visited", time=later(n), identifiers=(device,), data={}) for n in range(3)
    ]
    await measured.intake.observe(measured.caller, visits)
    assert (await readings(measured))["visits.week"] == (3.0, None, 3.0)
    await measured.commands.unidentify(measured.caller, Unidentify(twin="lena", identifier=device))
    assert (await readings(measured))["visits.week"] == (0.0, None, None)


async def test_a_correction_cancels_a_metric_and_a_retraction_does_until_its_next_event(
    measured: World,
) -> None:
    await visit(measured, 0, 1, 2)
    await measured.commands.retract(
        measured.caller, Retract(twin="lena", belief=key("world.alone"), valid_time=later(2))
    )
    assert await log_odds(measured, "world.alone") == 0.0
    await visit(measured, 3)
    assert await log_odds(measured, "world.alone") == pytest.approx(1.5)
    await measured.commands.correct(
        measured.person("lena"), Correct(twin="lena", belief=key("world.alone"), holds=False, valid_from=later(3))
    )
    await visit(measured, 4)
    assert await log_odds(measured, "world.alone") < -6


async def test_what_if_she_came_once_more(measured: World) -> None:
    await visit(measured, 0, 1)
    before = rows(await stored(measured))
    found = await WhatIfs(measured.graph, measured.book, RuleInterpreter()).what_if(
        measured.caller, WhatIf(twin="lena", events=(event("2", "visited", day=2),))
    )
    moved = {one.belief.attribute: one.after for one in found.value.beliefs}
    assert moved["world.alone"] == pytest.approx(1.5)
    assert rows(await stored(measured)) == before


async def test_published_metrics_are_those_of_the_events_and_one_that_somebody_changed_is_found(
    measured: World,
) -> None:
    await visit(measured, 0, 1, 2, 9)
    (checked,) = [one async for one in recheck(measured.graph, measured.book, measured.caller.tenant)]
    assert (checked.differing, checked.error) == ((), None)
    async with measured.graph._driver.session(database="neo4j") as session:
        await session.run(
            "MATCH (t:Twin {tenant: $tenant})-[r:MEASURES]->(:Metric {name: 'visits.week'}) SET r.value = 9.0",
            tenant=measured.caller.tenant,
        )
    (checked,) = [one async for one in recheck(measured.graph, measured.book, measured.caller.tenant)]
    assert [one.value for one in checked.differing if isinstance(one, Reading)] == [1.0]


async def test_an_erased_twin_leaves_no_metric(measured: World) -> None:
    await visit(measured, 0, 1)
    id_ = id_of(measured)
    await measured.eraser.erase_twin(measured.caller, "lena")
    async with measured.graph._driver.session(database="neo4j") as session:
        left = await (await session.run("MATCH (m:Metric {twin: $twin}) RETURN count(m)", twin=id_)).single()
    assert left is not None
    assert left[0] == 0


async def test_twins_do_not_meet_in_a_metric(measured: World) -> None:
    await visit(measured, 0, 1, 2)
    await measured.intake.observe(measured.caller, [event("1", "visited", day=2, twin="omar")])
    assert (await readings(measured, "omar"))["visits.week"] == (1.0, None, 1.0)
    assert (await readings(measured))["visits.week"] == (3.0, None, 3.0)


async def test_another_version_may_draw_other_bands_and_the_twins_adopt_them(measured: World) -> None:
    await visit(measured, 0, 1)
    text = METRICS.model_dump(mode="json")
    text["version"] = "1.1.0"
    text["metrics"][0]["bands"] = [
        {"at_least": 2, "bears_on": [{"attribute": "world.alone", "log_likelihood_ratio": 0.9}]}
    ]
    await measured.book.publish(measured.caller, Catalog.model_validate(text))
    await Refresher(measured.updater, measured.intake).adopt(measured.caller.tenant)
    assert (await readings(measured))["visits.week"] == (2.0, None, 2.0)
    assert held(await stored(measured), "world.alone") == published(0.9)
