"""What a preference in a narrow context has from broader ones: by the model, exactly, and whatever was asked before."""

from __future__ import annotations

import itertools
import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inference.oracle import Enumeration
from tests.preferences import CHANNELS, INHERITS, channel, graph, wanted
from tests.storeless import CALLER, NOW, believed, command_context, followed, positions, state_after
from tests.world import event

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure
from beliefgraph.model.belief import BeliefKey, logit, probability
from beliefgraph.model.command import Withdraw
from beliefgraph.model.event import Event
from beliefgraph.model.identity import source_id
from beliefgraph.model.metric import MetricKey
from beliefgraph.services.beliefs.contexts import MOST_CONTEXTS, Contexts
from beliefgraph.services.commands.decide import withdrawal
from beliefgraph.services.commits.advance import advance
from beliefgraph.services.derivation.derive import derive

SAME = 1e-9
"""Probabilities that differ by no more are the same: calibration ends within 1e-10."""

VALUES = tuple(sorted(CHANNELS))
CONTEXTS = ("any", "work", "work.mail")
EVERYWHERE = [channel(value, context) for context in CONTEXTS for value in VALUES]
STRESSED = BeliefKey(attribute="mood.stressed")
DOING = BeliefKey(attribute="learns.by_doing")

llrs = st.floats(-4, 4).map(lambda x: round(x, 3))
contexts = st.sampled_from(["any", "work", "work.mail", "work.mail.urgent", "home", "home.sunday"])
told_of = st.lists(
    st.tuples(st.sampled_from(("mail", "call", "chat", "other")), contexts, llrs), min_size=1, max_size=6
)


def statements(each: list[tuple[str, str, float]]) -> list[Event]:
    return [
        wanted(str(n), "contact.channel", llr, value=value, context=context, by=f"source {n}", day=n)
        for n, (value, context, llr) in enumerate(each)
    ]


def likely(state_log_odds: dict[BeliefKey, float], context: str) -> dict[str, float]:
    return {value: probability(state_log_odds[channel(value, context)]) for value in VALUES}


def enumerated() -> Enumeration:
    """The channel in three contexts, and a state and a learning style that bear on it where it is broadest."""
    n = len(VALUES)
    priors: list[float] = []
    for _ in CONTEXTS:
        priors += [CHANNELS[value] for value in VALUES]
    relations = [
        Relation("supports", level * n + value, (level + 1) * n + value, math.sqrt(INHERITS))
        for level in range(len(CONTEXTS) - 1)
        for value in range(n)
    ]
    relations += [
        Relation("supports", len(priors), VALUES.index("chat"), 4.0),
        Relation("supports", len(priors) + 1, len(priors), 3.0),
        Relation("supports", len(priors) + 2, VALUES.index("call"), 3.0),
    ]
    groups = [tuple(range(level * n, (level + 1) * n)) for level in range(len(CONTEXTS))]
    return Enumeration.of(Structure([*priors, 0.1, 0.3, 0.4], relations, groups))


@pytest.mark.parametrize("seed", range(3))
def test_every_context_is_what_enumeration_says(seed: int) -> None:
    llr = np.round(np.random.default_rng(seed).normal(0.0, 1.5, len(EVERYWHERE) + 3), 3)
    keys = [*EVERYWHERE, STRESSED, BeliefKey(attribute="work.busy"), DOING]
    events = [
        wanted(str(n), key.attribute, float(llr[n]), value=key.value or "", context=key.context, by=f"source {n}")
        for n, key in enumerate(keys)
    ]
    found = believed(state_after(graph(), events), graph())
    expected = enumerated().log_odds(llr)
    assert [found[key] for key in keys] == pytest.approx(expected.tolist(), abs=SAME)


def test_without_evidence_every_context_answers_with_the_priors() -> None:
    found = believed(state_after(graph(), [wanted("1", "work.busy", 0.0)]), graph(), *EVERYWHERE)
    for key in EVERYWHERE:
        assert found[key] == pytest.approx(logit(CHANNELS[key.value or ""]), abs=SAME)


def test_any_two_values_agree_with_the_broader_context_at_the_stated_odds_ratio() -> None:
    state = state_after(graph(), [wanted("1", "work.busy", 0.0)])
    given: dict[str, dict[str, float]] = {}
    for value in VALUES:
        seen = derive(state, graph(), NOW, also=[channel("mail", "work")], assume={channel(value, "work"): True})
        at = positions(seen, [channel(each) for each in VALUES])
        given[value] = dict(zip(VALUES, (probability(x) for x in seen.log_odds[at].tolist()), strict=True))
    for v, w in itertools.combinations(VALUES, 2):
        ratio = given[v][v] * given[w][w] / (given[v][w] * given[w][v])
        assert ratio == pytest.approx(INHERITS, rel=1e-8)


def test_a_belief_that_holds_or_not_inherits_at_the_stated_odds_ratio() -> None:
    state = state_after(graph(), [wanted("1", "work.busy", 0.0)])
    narrow = BeliefKey(attribute="learns.by_doing", context="work")
    odds = []
    for holds in (True, False):
        seen = derive(state, graph(), NOW, also=[narrow], assume={narrow: holds})
        odds.append(float(seen.log_odds[positions(seen, [DOING])[0]]))
    assert odds[0] - odds[1] == pytest.approx(math.log(INHERITS), abs=1e-8)


@settings(max_examples=40)
@given(st.floats(0.2, 5), st.floats(0, 3))
def test_evidence_in_the_context_outweighs_evidence_in_a_broader_one(general: float, more: float) -> None:
    events = statements([("mail", "any", general), ("call", "work", general + more)])
    found = likely(believed(state_after(graph(), events), graph()), "work")
    assert found["call"] / found["mail"] > CHANNELS["call"] / CHANNELS["mail"]


@settings(max_examples=40)
@given(st.floats(0.2, 6))
def test_a_context_without_evidence_lies_between_the_prior_and_the_nearest_broader_one(llr: float) -> None:
    found = believed(
        state_after(graph(), statements([("call", "work", llr)])), graph(), channel("call", "work.mail.urgent")
    )
    nearer = [found[channel("call", context)] for context in ("work", "work.mail", "work.mail.urgent")]
    assert nearer[0] > nearer[1] > nearer[2] > logit(CHANNELS["call"])
    assert found[channel("call", "work")] > found[channel("call")] > logit(CHANNELS["call"])


@settings(max_examples=30)
@given(told_of, st.randoms(use_true_random=False))
def test_the_order_of_events_changes_no_bit(each: list[tuple[str, str, float]], random: object) -> None:
    events = statements(each)
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = believed(state_after(graph(), events), graph())
    other = believed(state_after(graph(), *([event_] for event_ in shuffled)), graph())
    assert one == other


@settings(max_examples=30)
@given(told_of, contexts)
def test_to_look_into_another_context_moves_nothing(each: list[tuple[str, str, float]], context: str) -> None:
    state = state_after(graph(), statements(each))
    alone = believed(state, graph())
    beside = believed(state, graph(), channel("mail", f"{context}.elsewhere"), channel("mail", "holiday"))
    assert {key: beside[key] for key in alone} == pytest.approx(alone, abs=SAME)


def test_withdrawn_evidence_in_a_context_leaves_no_trace() -> None:
    first, second = statements([("mail", "any", 1.5), ("call", "work.mail", 3.0)])
    state = state_after(graph(), [first], [second])
    assert believed(state, graph())[channel("call", "work.mail")] > 0
    source = source_id("acme", "source 1")
    evidence = next(b.evidence for b in state.bearings if b.source == source)
    command = Withdraw(twin="lena", evidence=evidence)
    after = advance(
        state, graph(), withdrawal(command_context(state, graph(), event("3", "withdraw")), command), CALLER, NOW
    )
    never = believed(state_after(graph(), [first]), graph(), *EVERYWHERE)
    assert believed(after.state, graph()) == pytest.approx(
        {key: never[key] for key in believed(after.state, graph())}, abs=SAME
    )


def test_a_state_reaches_narrow_contexts_and_passes() -> None:
    narrow = channel("chat", "work.mail")
    calm = believed(state_after(graph(), [wanted("1", "work.busy", 0.0)]), graph(), narrow)
    state = state_after(graph(), [wanted("2", "mood.stressed", 4.0)])
    assert state.head_time is not None
    now = believed(state, graph(), narrow)
    assert now[channel("chat")] > now[narrow] > calm[narrow] + 0.05
    later = believed(state, graph(), narrow, at=state.head_time + timedelta(days=3))
    assert later[narrow] == pytest.approx(calm[narrow], abs=1e-3)


def test_a_state_is_nowhere_but_in_the_broadest_context() -> None:
    events = statements([("mail", "work", 2.0)])
    found = followed(state_after(graph(), events), graph(), channel("mail", "work.mail"))
    assert {key for key in found.layout.keys if key.attribute in ("mood.stressed", "work.busy")} == {
        STRESSED,
        BeliefKey(attribute="work.busy"),
    }


def test_subjects_are_independent() -> None:
    about = [wanted("1", "liking", 2.0, value="likes", subject="coffee", context="work")]
    found = believed(state_after(graph(), about), graph(), BeliefKey(attribute="liking", subject="tea", value="likes"))
    assert found[BeliefKey(attribute="liking", subject="tea", value="likes")] == pytest.approx(logit(0.25), abs=SAME)


def test_contexts_in_which_a_metric_bears_on_a_preference_count_too() -> None:
    room = Contexts(state_after(graph(), []), graph())
    room.take((), [MetricKey(metric="visits", context=f"c{n}") for n in range(MOST_CONTEXTS - 1)])
    with pytest.raises(Incorrect) as refused:
        room.take([BeliefKey(attribute="learns.by_doing", context="one more")])
    assert refused.value.code == "too-large"


def test_contexts_that_are_alike_share_one_model() -> None:
    events = [
        wanted(f"{n}", "risk.tolerance", 3.0, value="averse", subject=f"of {n}", context="work") for n in range(5)
    ]
    found = followed(state_after(graph(), events), graph())
    shapes = [unit.positions.shape for unit in found.layout.units]
    assert (5, 8) in shapes  # four values in two contexts


def test_a_preference_has_so_many_contexts_and_no_more() -> None:
    room = Contexts(state_after(graph(), statements([("mail", "work.mail", 1.0)])), graph())
    room.take([channel("mail", f"c{n}") for n in range(MOST_CONTEXTS - 3)])  # any, work and work.mail are there
    room.take([channel("call", "c1"), BeliefKey(attribute="liking", value="likes", context="anywhere else")])
    with pytest.raises(Incorrect) as refused:
        room.take([channel("mail", "one.more")])
    assert refused.value.code == "too-large"
    assert f"{MOST_CONTEXTS} contexts" in refused.value.message
    room.take([channel("call", "c2")])
