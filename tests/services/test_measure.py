"""Metrics as functions of the events: against counting each the slow way, in any order of arrival, at any moment."""

from __future__ import annotations

import gc
from datetime import timedelta
from typing import Any
from weakref import ref

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.metrics import METRICS, Seen, slowly
from tests.world import CATALOG, START

from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.belief import logit
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.delta import Delta
from beliefgraph.model.event import Event
from beliefgraph.model.metric import Band, BandBearing
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commits.advance import advance
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.grid import published as to_publish
from beliefgraph.services.derivation.measure import decisive, due, measure, since
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.state import TwinState, fresh

GRAPH = DefinitionGraph(Definitions(tenant="t", number=1, catalogs=(CATALOG, METRICS)))
BANDS = tuple(
    Band(at_least=n, bears_on=(BandBearing(attribute="world.alone", log_likelihood_ratio=0.1),))
    for n in (0.3, 0.6, 1, 2, 3, 5, 20)
)
SPEAKING = METRICS.model_copy(
    update={"metrics": tuple(metric.model_copy(update={"bands": BANDS}) for metric in METRICS.metrics)}
)
CALLER = Caller(actor="test", tenant="t", scopes=("write",), purpose="testing")
INTERPRETER = RuleInterpreter()

MOMENTS = st.integers(0, 45 * 24 * 4).map(lambda quarters: START + timedelta(minutes=15 * quarters))
EVENTS = st.lists(
    st.one_of(
        st.builds(
            Seen,
            type=st.just("visited"),
            time=MOMENTS,
            minutes=st.integers(0, 600).map(lambda tenths: tenths / 10),
            channel=st.sampled_from(["web", "app", "shop"]),
        ),
        st.builds(Seen, type=st.just("mail.sent"), time=MOMENTS, mail=st.sampled_from("abcd")),
        st.builds(Seen, type=st.just("mail.opened"), time=MOMENTS, mail=st.sampled_from("abcd")),
    ),
    max_size=25,
)


def taken_in(state: TwinState, seen: list[Seen], numbers: list[int]) -> TwinState:
    """The twin after one commit of these events; each is called by its number, whenever it comes."""
    settings_, said = [], []
    for number in numbers:
        one = seen[number]
        event = Event(
            id=str(number),
            source="test",
            type=one.type,
            time=one.time,
            twin="lena",
            channel=one.channel or None,
            data={"minutes": one.minutes, "mail": one.mail},
        )
        arrived = ArrivedEvent(id=f"event-{number}", event=event, delivery=str(number), body="")
        settings_.append(CommandContext(state, GRAPH, CALLER, arrived))
        said.append(INTERPRETER.interpret(event, GRAPH.definitions))
    return advance(state, GRAPH, observations(zip(settings_, said, strict=True)), CALLER, START).state


def values(state: TwinState, at: object) -> dict[str, tuple[float | None, str | None]]:
    return {one.metric.name: (one.value, one.label) for one in measure(state, GRAPH.definitions, at)}  # type: ignore[arg-type]


@settings(max_examples=60)
@given(EVENTS, st.randoms(use_true_random=False), st.lists(MOMENTS, min_size=1, max_size=5))
def test_late_and_shuffled_events_measure_what_counting_each_by_hand_does(seen, random, moments) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(seen)))
    random.shuffle(order)
    state, left = fresh("lena", "t", "lena"), order
    while left:
        size = random.randint(1, len(left))
        state, left = taken_in(state, seen, left[:size]), left[size:]
    for at in moments:
        found, expected = values(state, at), slowly(seen, at)
        assert found.keys() == expected.keys()
        for name, (value, label) in expected.items():
            assert found[name] == (value if value is None else pytest.approx(value, abs=1e-9), label), name


@settings(max_examples=40)
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_bit_of_a_reading_or_of_what_it_says(seen, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(seen)))
    random.shuffle(order)
    sorted_, shuffled = fresh("lena", "t", "lena"), fresh("lena", "t", "lena")
    for number in sorted(order, key=lambda n: seen[n].time):
        sorted_ = taken_in(sorted_, seen, [number])
    for number in order:
        shuffled = taken_in(shuffled, seen, [number])
    assert published(sorted_) == published(shuffled)


@settings(max_examples=40)
@given(EVENTS.filter(len), MOMENTS)
@example([Seen("mail.sent", START, mail="a"), Seen("mail.opened", START, mail="a")], START + timedelta(days=30))
def test_the_decisive_events_are_those_without_which_the_band_is_another(seen, at) -> None:  # type: ignore[no-untyped-def]
    definitions = Definitions(tenant="t", number=1, catalogs=(CATALOG, SPEAKING))
    state = taken_in(fresh("lena", "t", "lena"), seen, list(range(len(seen))))
    everything = {m.evidence for m in state.measurements}
    bands = {one.metric.id: one.band for one in measure(state, definitions, at)}
    without: dict[str, set[str]] = {id_: set() for id_ in bands}
    for evidence in everything:
        left = state.after(Delta.of(closed=[m for m in state.measurements if m.evidence == evidence]))
        then = {one.metric.id: one.band for one in measure(left, definitions, at)}
        for id_ in without:
            if then.get(id_) != bands[id_]:
                without[id_].add(evidence)
    for one in measure(state, definitions, at):
        assert decisive(state, one, everything, at) == without[one.metric.id]


def published(state: TwinState) -> dict[str, object]:
    """What stands as published, without the revs at which it came about, and beliefs that are back at their priors."""
    read = {key: (r.value, r.label, r.band) for key, r in state.readings.items()}
    held = {state.beliefs[key].attribute: (h.log_odds, h.status) for key, h in state.holdings.items()}
    priors = {a: (to_publish(logit(d.prior or 0.5)), "forming") for a, d in GRAPH.definitions.attributes.items()}
    return read | {attribute: stands for attribute, stands in held.items() if stands != priors[attribute]}


@settings(max_examples=40)
@given(EVENTS.filter(len), MOMENTS)
def test_since_is_when_the_band_began_and_nothing_changes_by_time_alone_before_due(seen, at) -> None:  # type: ignore[no-untyped-def]
    state = taken_in(fresh("lena", "t", "lena"), seen, list(range(len(seen))))
    tick = timedelta(microseconds=1)
    for one in measure(state, GRAPH.definitions, at):
        tally = state.tallies[one.metric.id]
        begun = since(one, tally, at)
        assert (begun is None) == (one.band is None)
        if begun is not None:
            assert begun <= at
            for moment, same in ((begun, True), (begun + (at - begun) / 2, True), (begun - tick, False)):
                there = {m.metric.id: m.band for m in measure(state, GRAPH.definitions, moment)}.get(one.metric.id)
                assert (there == one.band) is same
        until = due(one, tally, at)
        if until is None:
            assert not one.events
            continue
        assert until > at
        first = min([until, *(e.time for e in seen if e.time > at)])
        then = {m.metric.id: m for m in measure(state, GRAPH.definitions, first - tick)}[one.metric.id]
        assert (then.value, then.label) == (one.value, one.label)


def test_who_stays_away_is_absent_until_the_next_visit_however_long_that_takes() -> None:
    visit = Seen("visited", START)
    away = taken_in(fresh("lena", "t", "lena"), [visit], [0])
    for days, absent in ((6, 0.0), (8, 1.0), (89, 1.0), (91, 1.0), (1_000, 1.0)):
        at = START + timedelta(days=days)
        (one,) = (m for m in measure(away, GRAPH.definitions, at) if m.metric.name == "visits.none")
        assert (one.value, bool(one.bears_on)) == (absent, absent == 1.0), days
        if absent:
            assert since(one, away.tallies[one.metric.id], at) == START + timedelta(days=7)
    assert due(one, away.tallies[one.metric.id], at) is None
    back = taken_in(away, [visit, Seen("visited", at)], [1])
    assert values(back, at)["visits.none"] == (0.0, None)


def test_a_twin_that_nobody_holds_is_freed_at_once_not_by_the_garbage_collector() -> None:
    visits = [Seen("visited", START), Seen("visited", START + timedelta(days=1))]
    gc.collect()
    gc.disable()
    try:
        state = taken_in(taken_in(fresh("lena", "t", "lena"), visits, [0]), visits, [1])
        measured = measure(state, GRAPH.definitions, START + timedelta(days=2))
        held: list[ref[Any]] = [ref(state), ref(state.bearings)]
        held += [ref(tally) for tally in state.tallies.values()]
        del state, measured
        assert [each() for each in held] == [None] * len(held)
    finally:
        gc.enable()
