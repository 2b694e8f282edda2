"""Evidence from before a change counts less: against a slow model of the same, and the same however it came."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import itemgetter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.changes.work import DOES, catalog
from tests.world import START

from beliefgraph.inference.foresight.changes import HAZARD
from beliefgraph.inference.foresight.runs import PRIOR, Runs
from beliefgraph.model.belief import Belief, BeliefKey, logit, probability
from beliefgraph.model.definition import Definitions
from beliefgraph.model.delta import Delta
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.identity import belief_id, evidence_id
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation import followed
from beliefgraph.services.derivation.derive import Derivation, derive
from beliefgraph.services.permissions.hidden import Hidden, without
from beliefgraph.services.twin.state import TwinState, fresh

TWIN = "5f0d7c1e-0000-4000-8000-000000000000"
GRAPH = DefinitionGraph(Definitions(tenant="t", number=1, catalogs=(catalog(),)))
KEYS = tuple(BeliefKey.of(attribute=f"work.{what}") for what in (*DOES, "changed"))
HALF_LIFE = {KEYS[1]: 30 * 86_400.0}
END = START + timedelta(days=40)
Observation = tuple[int, tuple[tuple[int, float], ...], int]
"""A day, the log-likelihood ratio for some of the beliefs, and what tells it from others."""

SAID = st.tuples(
    st.integers(0, 30),
    st.lists(
        st.tuples(st.integers(0, 2), st.floats(-12, 12)), min_size=1, max_size=3, unique_by=lambda each: each[0]
    ).map(tuple),
    st.integers(),
)
STATED = st.tuples(st.integers(0, 30), st.floats(0.5, 9).map(lambda ratio: ((3, ratio),)), st.integers())
NAME = itemgetter(2)
HEARD = st.lists(SAID | STATED, min_size=1, max_size=40, unique_by=NAME)


def bearings(observations: Sequence[Observation], rev: int = 1) -> list[Bearing]:
    """What these say, as rows."""
    found = []
    for day, borne, name in observations:
        evidence, since = evidence_id(str(name), "s"), START + timedelta(days=day)
        for which, ratio in borne:
            belief = belief_id(TWIN, KEYS[which])
            found.append(
                Bearing.trusted(
                    revision_id=revision_id("Bearing", f"{evidence}|{belief}", rev, since),
                    twin=TWIN,
                    key=f"{evidence}|{belief}",
                    valid_from=since,
                    valid_to=None,
                    rev_from=rev,
                    rev_to=None,
                    definition="work@1.0.0",
                    origin="observed",
                    evidence=evidence,
                    belief=belief,
                    source="source",
                    stance="observation",
                    log_likelihood_ratio=ratio,
                    half_life=HALF_LIFE.get(KEYS[which]),
                    shared_origin=None,
                    shared_across=None,
                    source_kind=None,
                )
            )
    return found


def nothing() -> TwinState:
    """A twin with beliefs and nothing heard."""
    made: list[Belief] = [describe(TWIN, belief_id(TWIN, key), key, GRAPH) for key in KEYS]
    return fresh(TWIN, "t", "lena").after(Delta.of(made=made))


def with_evidence(state: TwinState, observations: Sequence[Observation], rev: int = 1) -> TwinState:
    """The twin that heard this too."""
    return state.after(Delta.of(opened=bearings(observations, rev)), rev)


def bits(found: Derivation) -> list[bytes]:
    """The log-odds of every belief, to the last bit."""
    return [found.log_odds[found.layout.position[belief_id(TWIN, key)]].tobytes() for key in KEYS]


def at_end(state: TwinState, at: datetime = END) -> Derivation:
    """What the twin believes at a moment."""
    return derive(state, GRAPH, at, also=KEYS)


def reference(observations: Sequence[Observation], at: datetime) -> dict[BeliefKey, float]:
    """Log-odds by the words of the decision: every beginning is kept, one event after the other, as plain numbers."""
    days = (at - START) / timedelta(days=1)
    heard = [each for each in observations if each[0] <= days]
    prior = PRIOR / (2 * len(DOES) + 1)
    entries: list[tuple[int, int, float]] = []
    for day, borne, _ in heard:
        if borne[0][0] == 3:
            entries.append((day, -1, min(probability(logit(0.05) + borne[0][1]), 1 - 1e-6)))
            continue
        says = [(-abs(ratio), 2 * which + (ratio > 0)) for which, ratio in borne if ratio != 0]
        if says:
            entries.append((day, min(says)[1], 0.0))
    runs: list[tuple[int, float, Counter[int]]] = []
    last = None
    for day, kind, chance in sorted(entries):
        begins = chance if kind < 0 else 0.0 if day == last or (runs and runs[-1][0] == day) else HAZARD
        if not runs:
            if kind < 0:
                continue
            runs = [(day, 1.0, Counter())]
        elif begins:
            runs = [(begin, weight * (1 - begins), seen) for begin, weight, seen in runs]
            if runs[-1][0] == day:
                runs[-1] = (day, runs[-1][1] + begins, runs[-1][2])
            else:
                runs.append((day, begins, Counter()))
        if kind >= 0:
            last = day
            runs = [
                (begin, weight * (seen[kind] + prior) / (seen.total() + PRIOR), seen + Counter([kind]))
                for begin, weight, seen in runs
            ]
            whole = math.fsum(weight for _, weight, _ in runs)
            runs = [(begin, weight / whole, seen) for begin, weight, seen in runs]
    found = {key: logit(GRAPH.definitions.attributes[key.attribute].prior or 0.5) for key in KEYS}
    for day, borne, _ in heard:
        for which, ratio in borne:
            key = KEYS[which]
            within = [weight for begin, weight, _ in runs if begin <= day] or [runs[0][1]] if runs else [1.0]
            kept = 1.0 if which == 3 else min(math.fsum(within), 1.0)
            left = kept * 0.5 ** ((days - day) / 30) if key in HALF_LIFE else kept
            found[key] += 2 * math.atanh(left * math.tanh(ratio / 2)) if left < 1 else ratio
    return found


@settings(max_examples=60, deadline=None)
@given(HEARD, st.integers(0, 40))
def test_it_is_what_the_slow_model_says_at_every_moment(observations: list[Observation], day: int) -> None:
    at = START + timedelta(days=day)
    found = at_end(with_evidence(nothing(), observations), at)
    for key, expected in reference(observations, at).items():
        got = float(found.total[found.layout.position[belief_id(TWIN, key)]])
        prior = logit(GRAPH.definitions.attributes[key.attribute].prior or 0.5)
        assert got == pytest.approx(expected - prior, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(HEARD, st.randoms(), st.data())
def test_neither_order_nor_calls_nor_what_was_taken_back_change_a_bit(observations, random, data) -> None:  # type: ignore[no-untyped-def]
    expected = bits(at_end(with_evidence(nothing(), observations)))
    shuffled = observations[:]
    random.shuffle(shuffled)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(observations)), max_size=8)))
    state, begin = nothing(), 0
    for rev, end in enumerate((*cuts, len(observations)), 1):
        state, begin = with_evidence(state, shuffled[begin:end], rev), max(begin, end)
        at_end(state, state.head_time or END)  # as every commit does, so that the next goes on from it
    assert bits(at_end(state)) == expected
    names = {each[2] for each in observations}
    more = [each for each in data.draw(st.lists(SAID, max_size=3, unique_by=NAME)) if each[2] not in names]
    wrong = with_evidence(state, more, len(cuts) + 2)
    at_end(wrong)
    assert bits(at_end(wrong.after(Delta.of(closed=bearings(more, len(cuts) + 2)), len(cuts) + 3))) == expected


class Hides(Hidden):
    """A sight that refuses some attributes."""

    def __init__(self, *attributes: str) -> None:
        self._refused = attributes

    def attribute(self, key: str, domain: str) -> bool:
        return key in self._refused

    def metric(self, key: str) -> bool:
        return False


def steady(days: range, what: int, ratio: float = 0.7) -> list[Observation]:
    """One piece of evidence a day."""
    return [(day, ((what, ratio),), 1000 + day) for day in days]


def test_after_a_change_confidence_falls_toward_the_prior_and_follows_what_is_new() -> None:
    before = with_evidence(nothing(), steady(range(200), 0))
    place = {key: at_end(before).layout.position[belief_id(TWIN, key)] for key in KEYS}
    at = START + timedelta(days=300)
    assert at_end(before, at).log_odds[place[KEYS[0]]] > 10
    switched = with_evidence(before, steady(range(200, 206), 2), 2)
    found = at_end(switched, at)
    assert abs(found.log_odds[place[KEYS[0]]]) < 1.0, "what was known of before is mostly forgotten"
    assert found.log_odds[place[KEYS[2]]] > logit(0.2) + 3.0, "what is new counts"
    assert found.mass_unaged[place[KEYS[0]]] > 100, "it was known once: stale, and not unknown"


def test_a_statement_tempers_at_once_and_other_domains_are_left_alone() -> None:
    before = with_evidence(nothing(), steady(range(100), 0))
    told = with_evidence(before, [(100, ((3, 6.0),), 7)], 2)
    at = START + timedelta(days=100)
    kept = 1.0 - probability(logit(0.05) + 6.0)
    rows = told.bearings.on(belief_id(TWIN, KEYS[0]))
    assert at_end(told, at).counted.kept(rows) == pytest.approx(kept, rel=0.05)
    assert at_end(told, START + timedelta(days=99)).counted.kept(rows).min() > 0.98, "not before it was so"


def test_what_is_not_permitted_tempers_nothing() -> None:
    told = with_evidence(with_evidence(nothing(), steady(range(60), 0)), [(60, ((3, 6.0),), 7)], 2)
    seen = DefinitionGraph(without(GRAPH.definitions, Hides("work.changed")))
    assert seen.definitions.changes["work"].stated is None
    at, place = START + timedelta(days=60), belief_id(TWIN, KEYS[0])
    assert derive(told, seen, at, also=KEYS[:3]).counted.kept(told.bearings.on(place)).min() > 0.98
    assert at_end(told, at).counted.kept(told.bearings.on(place)).max() < 0.1
    nowhere = DefinitionGraph(without(GRAPH.definitions, Hides(*(key.attribute for key in KEYS))))
    assert nowhere.definitions.changes == {}


def test_an_event_follows_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    then = Runs.then

    def counting(self, entries, *more):  # type: ignore[no-untyped-def]
        seen.append(len(entries.times))
        return then(self, entries, *more)

    monkeypatch.setattr(Runs, "then", counting)
    state = nothing()
    for start in range(0, 2000, 100):
        state = with_evidence(state, steady(range(start, start + 100), 0), start // 100 + 1)
        at_end(state, START + timedelta(days=start + 100))
    assert seen == [100] * 20
    anew = with_evidence(nothing(), [*steady(range(2000), 0)])
    at_end(anew, START + timedelta(days=2000))
    del seen[:]
    at_end(with_evidence(anew, [(1950, ((2, 1.0),), 5)], 2), START + timedelta(days=3000))
    assert sum(seen) <= 2 * followed.EVERY, "also where all of it was followed in one go"
    late = with_evidence(state, [(1950, ((2, 1.0),), 5)], 21)
    at_end(late, START + timedelta(days=3000))
    assert seen[-1] <= 2 * followed.EVERY + 100, "one that comes late is put in its place from a state shortly before"
    anew = with_evidence(nothing(), [*steady(range(2000), 0), (1950, ((2, 1.0),), 5)])
    at = START + timedelta(days=3000)
    np.testing.assert_array_equal(at_end(late, at).log_odds, at_end(anew, at).log_odds)
