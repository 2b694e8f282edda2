"""What must hold of values whatever is said of them: no store, only what a twin and its events make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import storeless, values
from tests.values import CITY, OTHER_CITY, ROLE, ROLES, by_hand, cities, city_seen, role_seen

from beliefgraph.model.attribute import MOST_VALUES
from beliefgraph.model.belief import BeliefKey, probability
from beliefgraph.model.definition import Definitions
from beliefgraph.model.delta import Delta
from beliefgraph.model.event import Event
from beliefgraph.model.identity import event_id
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import lay_out
from beliefgraph.services.derivation.derive import Derivation, derive
from beliefgraph.services.twin.state import TwinState


@cache
def graph() -> DefinitionGraph:
    return DefinitionGraph(Definitions(tenant="acme", number=1, catalogs=(values.CATALOG,)))


def state_after(*batches: Sequence[Event]) -> TwinState:
    """A twin that was told these events, each batch in one commit."""
    return storeless.state_after(graph(), *batches)


def believed(state: TwinState, variable: BeliefKey) -> tuple[Derivation, dict[str, float]]:
    """What follows at the head, and the log-odds of the values that count."""
    assert state.head_time is not None
    found = derive(state, graph(), state.head_time, also=(variable.model_copy(update={"value": "other"}),))
    counted = {
        of.value: float(found.log_odds[i])
        for i, of in enumerate(found.layout.keys)
        if of.variable == variable and of.value is not None and i not in found.layout.unnamed
    }
    return found, counted


llrs = st.floats(-4, 4).map(lambda x: round(x, 3))
seen = st.lists(st.tuples(st.sampled_from(["Bonn", "Köln", "Trier", "other"]), llrs), min_size=1, max_size=8)


def visits(said: Sequence[tuple[str, float]]) -> list[Event]:
    """One event for each, a day apart, each by somebody else."""
    return [city_seen(str(n), value, llr, day=n, by=f"source {n}") for n, (value, llr) in enumerate(said)]


@settings(max_examples=40)
@given(seen)
def test_open_values_are_shares_of_what_is_certain(said: list[tuple[str, float]]) -> None:
    _, counted = believed(state_after(visits(said)), CITY)
    named = sorted({value for value, _ in said} - {"other"})
    if not named:
        assert counted == {}
        return
    llr = {value: math.fsum(x for v, x in said if v == value) for value in (*named, "other")}
    expected = by_hand(cities(*named), llr)
    assert {v: probability(x) for v, x in counted.items()} == pytest.approx(expected, rel=1e-9)


@settings(max_examples=40)
@given(seen, st.randoms(use_true_random=False), st.integers(0, 8))
def test_order_and_batches_do_not_matter_to_the_last_bit(
    said: list[tuple[str, float]], chance: object, cut: int
) -> None:
    events = visits(said) + [role_seen(f"r{n}", "lead", llr, day=n) for n, (_, llr) in enumerate(said)]
    shuffled = list(events)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = state_after(events), state_after(shuffled[:cut], shuffled[cut:])
    for variable in (CITY, ROLE):
        assert believed(one, variable)[1] == believed(other, variable)[1]


@settings(max_examples=40)
@given(seen, seen)
def test_what_is_withdrawn_leaves_no_trace(kept: list[tuple[str, float]], gone: list[tuple[str, float]]) -> None:
    stay = visits(kept)
    leave = [city_seen(f"gone {n}", value, llr, by="somebody") for n, (value, llr) in enumerate(gone)]
    state = state_after([*stay, *leave])
    withdrawn = {event_id(state.id, e.source, e.id) for e in leave}
    evidence = {b.evidence for b in state_after(leave).bearings}
    assert len(withdrawn) == len(evidence)
    without = state.after(Delta.of(closed=[b for b in state.bearings if b.evidence in evidence]))
    assert believed(without, CITY)[1] == believed(state_after(stay), CITY)[1]


@settings(max_examples=20)
@given(st.dictionaries(st.sampled_from(sorted(ROLES)), llrs, min_size=1))
def test_closed_values_are_shares_of_what_is_certain(said: dict[str, float]) -> None:
    state = state_after([role_seen(value, value, llr) for value, llr in said.items()])
    found, counted = believed(state, ROLE)
    likely = {value: probability(x) for value, x in counted.items()}
    assert likely == pytest.approx(by_hand(ROLES, said), rel=1e-6)
    assert math.fsum(likely.values()) == pytest.approx(1.0, abs=1e-12)
    (group,) = (g for g in found.layout.exclusive if found.layout.keys[g[0]].attribute == "person.role")
    assert [found.layout.keys[i].value for i in group] == sorted(ROLES)


def test_the_order_in_which_values_lie_is_that_of_their_names_whoever_named_them_first() -> None:
    keys = [BeliefKey(attribute="person.city", value=v) for v in ("Ulm", "Aachen", "other", "Bonn")]
    one = lay_out("twin", graph(), keys, (), keys[:2])
    other = lay_out("twin", graph(), reversed(keys), (), keys[1::-1])
    assert one is other
    assert [of.value for of in one.keys] == ["other", "Aachen", "Ulm", "Bonn"]
    assert one.exclusive == ((0, 1, 2),)
    assert one.unnamed == {3}
    assert one.prior[:3].tolist() == [OTHER_CITY, (1 - OTHER_CITY) / 2, (1 - OTHER_CITY) / 2]


def test_twins_with_as_many_values_share_what_is_compiled() -> None:
    named = [BeliefKey(attribute="person.city", subject=s, value=v) for s in ("a", "b") for v in (f"{s}1", f"{s}2")]
    (unit,) = lay_out("twin", graph(), named, (), named).units
    assert unit.positions.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_as_many_values_as_may_be_have_an_answer_and_one_more_has_none() -> None:
    most = [city_seen(str(n), f"city {n}", 0.5) for n in range(MOST_VALUES)]
    found, counted = believed(state_after(most[:-1]), CITY)
    assert found.available.all()
    assert math.fsum(map(probability, counted.values())) == pytest.approx(1.0, abs=1e-9)
    found, _ = believed(state_after(most), CITY)
    assert not found.available.any()
