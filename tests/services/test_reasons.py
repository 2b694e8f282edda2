"""Why did it happen: rival hypotheses for stored events, events not sent, and metrics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests import wide
from tests.inference.oracle import Enumeration, pulled
from tests.reading import stored
from tests.world import START, World, event, key

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference import Relation, Structure
from beliefgraph.model.belief import logit
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, Relate, Withdraw
from beliefgraph.model.event import Event, EventName
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.reasons import Hypothesis, Interpret, Occurrence, RivalReasons
from beliefgraph.model.time import AsOf
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.reasons.questions import Reasons

NAMES = ("waits", "bored", "silent")
PRIORS = (0.2, 0.15, 0.4)
STRUCTURE = Structure(PRIORS, [Relation("causes", 0, 2, 0.7), Relation("causes", 1, 2, 0.5)], noisy_or=[2])
"""Waiting and boredom, each of which may make somebody silent."""

CATALOG = Catalog.model_validate(
    {
        "catalog": "silence",
        "version": "1.0.0",
        "attributes": [
            {"key": "mind.waits", "domain": "mind", "prior": 0.2, "statement": "They wait for money."},
            {"key": "mind.bored", "domain": "mind", "prior": 0.15, "statement": "They lost interest."},
            {"key": "acts.silent", "domain": "acts", "prior": 0.4, "statement": "They went silent."},
            {"key": "acts.calls", "domain": "acts", "prior": 0.3, "statement": "They keep calling."},
            {"key": "acts.visits", "domain": "acts", "prior": 0.3, "statement": "They keep visiting."},
        ],
        "relations": [
            {"source": "mind.waits", "kind": "causes", "target": "acts.silent", "probability": 0.7},
            {"source": "mind.bored", "kind": "causes", "target": "acts.silent", "probability": 0.5},
            {"source": "mind.waits", "kind": "causes", "target": "acts.visits", "probability": 0.6},
            {"source": "mind.bored", "kind": "causes", "target": "acts.calls", "odds_ratio": 0.5},
        ],
        "events": [
            {
                "type": "silence.noticed",
                "summary": "Was not heard of.",
                "shared_origin": "'watch:office'",
                "bears_on": [{"attribute": "acts.silent", "log_likelihood_ratio": 2.5}],
            },
            {
                "type": "money.asked",
                "summary": "Asked for money.",
                "source": "'finance'",
                "verbatim": "data.text",
                "bears_on": [{"attribute": "mind.waits", "log_likelihood_ratio": 1.5}],
            },
            {
                "type": "greeting",
                "summary": "Greeted us.",
                "bears_on": [{"attribute": "acts.silent", "log_likelihood_ratio": -2.0}],
            },
            {
                "type": "call",
                "summary": "Called us.",
                "bears_on": [{"attribute": "acts.calls", "log_likelihood_ratio": 2.0}],
            },
            {"type": "weather", "summary": "Spoke of the weather."},
            {
                "type": "shrug",
                "summary": "Shrugged.",
                "bears_on": [{"attribute": "acts.silent", "log_likelihood_ratio": "0.0 * double(data.llr)"}],
            },
        ],
        "metrics": [
            {
                "key": "visits.month",
                "statement": "visits in 30 days",
                "kind": "count",
                "events": ["visit"],
                "window": "P30D",
                "bands": [
                    {"at_least": 1},
                    {"at_least": 3, "bears_on": [{"attribute": "acts.visits", "log_likelihood_ratio": 2.0}]},
                ],
            },
            {
                "key": "quiet.fortnight",
                "statement": "a fortnight without a visit",
                "kind": "absence",
                "events": ["visit"],
                "within": "P14D",
                "window": "P90D",
                "bands": [{"at_least": 1, "bears_on": [{"attribute": "acts.silent", "log_likelihood_ratio": 2.0}]}],
            },
        ],
    }
)


class Asked:
    """The small world with the catalog published, and the question that the tests ask."""

    def __init__(self, world: World) -> None:
        self.world = world
        explanations = Explanations(world.graph, world.keyring, world.book)
        self._reasons = Reasons(world.graph, world.book, RuleInterpreter(), explanations)

    async def sent(self, *events: Event) -> None:
        await self.world.intake.observe(self.world.caller, list(events))

    async def why(self, as_of: AsOf | None = None, *, explained: bool = False, **question: Any) -> RivalReasons:
        asked = Interpret(twin="lena", **question)
        return await self._reasons.interpret(self.world.caller, asked, as_of=as_of or AsOf(), explained=explained)

    async def of(self, id_: str, as_of: AsOf | None = None) -> RivalReasons:
        """Of a stored event."""
        return await self.why(as_of, stored=EventName(id=id_, source="test"))

    async def refusal(self, as_of: AsOf | None = None, **question: Any) -> str:
        with pytest.raises(BeliefgraphError) as refused:
            await self.why(as_of, **question)
        return refused.value.code


@pytest.fixture
async def asked(world: World) -> Asked:
    await world.book.publish(world.caller, CATALOG)
    return Asked(world)


def only(found: RivalReasons) -> Occurrence:
    (one,) = found.occurrences
    return one


def by_name(one: Occurrence) -> dict[str, Hypothesis]:
    return {h.state.belief.attribute.split(".")[1]: h for h in one.hypotheses}


def agrees(one: Occurrence, before: list[float], after: list[float]) -> None:
    """Whether an occurrence is what every state of the beliefs and of their triggers, listed, says."""
    exact, found = Enumeration.of(STRUCTURE), by_name(one)
    was, now = exact.log_odds(before), exact.log_odds(after)
    assert [found[name].before for name in NAMES[:2]] == pytest.approx(was[:2], abs=1e-8)
    assert [found[name].state.log_odds for name in NAMES[:2]] == pytest.approx(now[:2], abs=1e-8)
    assert (one.before, one.state.log_odds) == pytest.approx((was[2], now[2]), abs=1e-8)
    brought, alone = pulled(STRUCTURE, 2, np.array(after))
    happened = 1 / (1 + np.exp(-now[2]))
    assert one.something_else is not None
    responsible = [*(found[name].responsibility for name in NAMES[:2]), one.something_else.responsibility]
    assert responsible == pytest.approx(happened * brought, abs=1e-8)
    by_itself = [*(found[name].alone for name in NAMES[:2]), one.something_else.alone]
    assert by_itself == pytest.approx(happened * alone, abs=1e-8)


async def test_a_stored_event_is_weighed_as_enumeration_with_its_triggers_says(asked: Asked) -> None:
    await asked.sent(event("1", "silence.noticed"))
    agrees(only(await asked.of("1")), [0, 0, 0], [0, 0, 2.5])

    await asked.sent(event("2", "money.asked", day=1, text="When does it come?"))
    one = only(await asked.of("1"))
    agrees(one, [1.5, 0, 0], [1.5, 0, 2.5])
    assert [h.state.belief.attribute for h in one.hypotheses] == ["mind.waits", "mind.bored"]
    exact = Enumeration.of(STRUCTURE)
    before, after = 1 / (1 + np.exp(-exact.log_odds([1.5, 0, 0]))), 1 / (1 + np.exp(-exact.log_odds([1.5, 0, 2.5])))
    by_waiting, by_boredom, else_ = after[2] * pulled(STRUCTURE, 2, np.array([1.5, 0, 2.5]))[0]
    assert by_waiting > else_ > by_boredom
    assert one.sentence == (
        f"“They went silent.” stands at {after[2]:.0%}. Most likely because “They wait for money.” (responsible with"
        f" {by_waiting:.0%}; it stands at {after[0]:.0%}, before at {before[0]:.0%}). Less likely: something else"
        f" ({else_:.0%}); “They lost interest.” (responsible with {by_boredom:.0%}; it stands at {after[1]:.0%}, before"
        f" at {before[1]:.0%})."
    ).replace("%", " %")


async def test_an_event_moves_its_rival_reasons_in_the_commit_that_takes_it_in(asked: Asked) -> None:
    (receipt,) = await asked.world.intake.observe(asked.world.caller, [event("1", "silence.noticed")])
    assert {change.belief.attribute for change in receipt.beliefs} >= {"acts.silent", "mind.waits", "mind.bored"}


async def test_before_is_to_the_bit_what_stood_without_it(asked: Asked) -> None:
    await asked.sent(event("1", "money.asked", text="Soon?"))
    await asked.sent(event("2", "silence.noticed", day=3))
    one, questions = only(await asked.of("2")), Questions(asked.world.graph, asked.world.keyring, asked.world.book)
    without = AsOf(rev=1, valid_time=START + timedelta(days=3))
    for belief, before in (
        (key("acts.silent"), one.before),
        *((h.state.belief.belief_key, h.before) for h in one.hypotheses),
    ):
        assert (await questions.belief(asked.world.caller, "lena", belief, as_of=without)).state.log_odds == before


async def test_evidence_for_one_reason_makes_the_others_less_likely(asked: Asked) -> None:
    await asked.sent(event("1", "silence.noticed"))
    before = by_name(only(await asked.of("1")))
    await asked.sent(event("2", "money.asked", day=1, text="Soon?"))
    after = by_name(only(await asked.of("1")))
    for field in ("responsibility", "alone"):
        assert getattr(after["bored"], field) < getattr(before["bored"], field)
        assert getattr(after["waits"], field) > getattr(before["waits"], field)
    assert after["bored"].state.log_odds < before["bored"].state.log_odds  # type: ignore[operator]


async def test_an_event_not_sent_is_weighed_as_if_it_were_and_nothing_is_written(asked: Asked) -> None:
    first, second = event("1", "silence.noticed", day=2), event("2", "silence.noticed", day=3)
    await asked.sent(event("m", "money.asked", day=1, text="Soon?"))
    agrees(only(await asked.why(event=first)), [1.5, 0, 0], [1.5, 0, 2.5])
    await asked.sent(first)
    was = await stored(asked.world)
    supposed = await asked.why(event=second)
    now = await stored(asked.world)
    assert (now.rev, now.bearings, now.holdings) == (was.rev, was.bearings, was.holdings)
    assert (supposed.rev, supposed.valid_time) == (2, second.time)

    await asked.sent(second)
    sent = await asked.of("2")
    one, other = only(supposed), only(sent)
    assert other.hypotheses != ()
    assert [(h.before, h.state.log_odds, h.responsibility, h.alone) for h in one.hypotheses] == [
        (h.before, h.state.log_odds, h.responsibility, h.alone) for h in other.hypotheses
    ]
    assert (one.something_else, one.before, one.sentence) == (other.something_else, other.before, other.sentence)
    again = only(await asked.why(event=second))  # it has come since: it counts once
    assert again.hypotheses == other.hypotheses


async def test_what_a_metric_shows_and_each_event_that_made_it(asked: Asked) -> None:
    visits = MetricKey(metric="visits.month")
    await asked.sent(event("1", "visit"), event("2", "visit", day=1))
    assert (await asked.why(metric=visits)).nothing == "silent"
    assert (await asked.of("2")).nothing == "silent"
    await asked.sent(event("3", "visit", day=2))
    shown = only(await asked.why(metric=visits))
    for found in (shown, only(await asked.of("1")), only(await asked.of("3"))):
        assert found.state.belief.attribute == "acts.visits"
        assert found.before == pytest.approx(logit(0.3), abs=1e-9)
        assert found.state.log_odds == pytest.approx(logit(0.3) + 2.0, abs=1e-9)
    await asked.sent(event("4", "visit", day=3))
    fourth = only(await asked.of("4"))  # without it the band would be the same
    assert fourth.before == fourth.state.log_odds
    assert only(await asked.why(metric=visits)).before == pytest.approx(logit(0.3), abs=1e-9)


async def test_an_event_not_sent_may_bring_a_metric_into_its_band_and_is_then_in_its_evidence(asked: Asked) -> None:
    await asked.sent(event("1", "visit"), event("2", "visit", day=1))
    found = only(await asked.why(event=event("3", "visit", day=2), explained=True))
    assert found.before == pytest.approx(logit(0.3), abs=1e-9)
    assert found.state.log_odds == pytest.approx(logit(0.3) + 2.0, abs=1e-9)
    (waits,) = found.hypotheses
    assert waits.explanation is not None
    (band,) = waits.explanation.contributions
    assert band.evidence.summary == "visits in 30 days: 3, at least 3"
    assert [e.evidence.time for e in band.events] == [START + timedelta(days=day) for day in (2, 1, 0)]


async def test_a_silence_is_a_metric_and_not_the_event_before_it(asked: Asked) -> None:
    await asked.sent(event("1", "visit"))
    quiet, later = MetricKey(metric="quiet.fortnight"), AsOf(valid_time=START + timedelta(days=15))
    assert (await asked.why(metric=quiet)).nothing == "silent"
    agrees(only(await asked.why(later, metric=quiet)), [0, 0, 0], [0, 0, 2.0])
    assert (await asked.of("1", later)).nothing == "silent"


async def test_it_is_answered_as_of_a_moment(asked: Asked) -> None:
    await asked.sent(event("1", "silence.noticed"))
    await asked.sent(event("2", "money.asked", day=3, text="Soon?"))
    for as_of in (AsOf(rev=1), AsOf(valid_time=START + timedelta(days=1))):
        agrees(only(await asked.of("1", as_of)), [0, 0, 0], [0, 0, 2.5])
    agrees(only(await asked.of("1")), [1.5, 0, 0], [1.5, 0, 2.5])
    then = AsOf(valid_time=START + timedelta(days=1), rev=1)
    agrees(
        only(await asked.why(then, event=event("x", "silence.noticed", day=0.5))), [0, 0, 2.5], [0, 0, 2.5]
    )  # of the same origin, so it adds nothing


async def test_each_hypothesis_brings_its_evidence_also_where_it_was_not_sent(asked: Asked) -> None:
    await asked.sent(event("1", "money.asked", text="When does it come?"))
    for question in ({"event": event("2", "silence.noticed", day=1)}, {"stored": EventName(id="2", source="test")}):
        found = only(await asked.why(explained=True, **question))
        for h in found.hypotheses:
            why = h.explanation
            assert why is not None
            assert why.state == h.state
            assert sum(c.contribution for c in why.contributions) == pytest.approx(
                why.state.log_odds - why.prior_log_odds,  # type: ignore[operator]
                abs=1e-4,
            )
            assert {(c.evidence.summary, c.evidence.verbatim, c.source) for c in why.contributions} == {
                ("Asked for money.", "When does it come?", "finance"),
                ("Was not heard of.", None, "test"),
            }
            assert {link.belief.attribute for link in why.links} >= {"acts.silent", h.state.belief.attribute}
        await asked.sent(event("2", "silence.noticed", day=1))


async def test_causes_that_add_up_have_posteriors_and_no_responsibility(asked: Asked) -> None:
    await asked.sent(event("1", "call"))
    found = only(await asked.of("1"))
    (bored,) = found.hypotheses
    assert (bored.responsibility, bored.alone, found.something_else) == (None, None, None)
    exact = Enumeration.of(Structure([0.15, 0.3], [Relation("causes", 0, 1, 0.5)])).log_odds([0, 2.0])
    assert (bored.state.log_odds, bored.before) == pytest.approx((exact[0], logit(0.15)), abs=1e-8)
    assert "none acts alone; the likeliest of them is “They lost interest.”" in found.sentence


async def test_on_a_twin_too_wide_to_be_exact_the_shares_are_as_good_as_the_confidences(asked: Asked) -> None:
    one, other = wide.NAMES[:2]
    rivals = [
        {"source": source, "kind": "causes", "target": "acts.hums", "probability": does}
        for source, does in ((one, 0.3), (other, 0.4))
    ]
    hums = {"key": "acts.hums", "domain": "acts", "prior": 0.7, "statement": "They hum."}
    heard = {"attribute": "acts.hums", "log_likelihood_ratio": 1.0}
    book, caller = asked.world.book, asked.world.caller
    await book.publish(caller, wide.catalog(1.02))
    await book.publish(
        caller,
        Catalog.model_validate(
            {
                "catalog": "humming",
                "version": "1.0.0",
                "attributes": [hums],
                "relations": rivals,
                "events": [{"type": "hummed", "summary": "Hummed.", "bears_on": [heard]}],
            }
        ),
    )
    await asked.sent(event("1", "hummed"))
    found = only(await asked.of("1"))
    assert {h.state.quality for h in found.hypotheses} == {"approximate"}

    joint = np.exp(wide.log_joint(1.02, 0.0))
    joint /= joint.sum()
    fails = np.outer([1.0, 0.7], [1.0, 0.6])
    kept = 0.3 / (joint * fails).sum()  # what the leak leaves
    happened = 1 / (1 + np.exp(-logit(0.7) - 1.0))
    state = joint * (1 - kept * fails) / 0.7  # of the two, where it happened
    by_one = happened * (state[1] / (1 - kept * fails[1])).sum() * 0.3
    by_other = happened * (state[:, 1] / (1 - kept * fails[:, 1])).sum() * 0.4
    shares = {h.state.belief.attribute: h.responsibility for h in found.hypotheses}
    assert shares == pytest.approx({one: by_one, other: by_other}, abs=0.005)


async def test_what_the_person_ruled_out_brought_nothing_about(asked: Asked) -> None:
    await asked.sent(event("1", "silence.noticed"))
    person = asked.world.person("lena")
    await asked.world.commands.correct(person, Correct(twin="lena", belief=key("mind.waits"), holds=False))
    waits = by_name(only(await asked.of("1")))["waits"]
    assert waits.responsibility is not None
    assert waits.responsibility <= (waits.state.confidence or 0.0) < 0.001


async def test_a_relation_of_the_twins_own_is_a_rival_too(asked: Asked) -> None:
    await asked.sent(event("1", "silence.noticed"))
    own: dict[str, Any] = {"source": key("world.alone"), "target": key("acts.silent"), "kind": "causes"}
    await asked.world.commands.relate(asked.world.caller, Relate(twin="lena", **own, probability=0.05))
    structure = Structure(
        [*PRIORS, 0.5], [*STRUCTURE.relations, Relation("causes", 3, 2, 0.05)], noisy_or=STRUCTURE.noisy_or
    )
    brought, _ = pulled(structure, 2, np.array([0, 0, 2.5, 0]))
    found = only(await asked.of("1"))
    happened = found.state.confidence
    alone = by_name(found)["alone"]
    assert alone.responsibility == pytest.approx(happened * brought[2], abs=1e-8)
    assert alone.relation.probability == 0.05


async def test_an_event_that_has_no_reasons_says_why(asked: Asked) -> None:
    await asked.sent(
        event("1", "weather"), event("2", "money.asked", text="Soon?"), event("3", "greeting"), event("4", "call")
    )
    await asked.sent(event("5", "shrug", llr=1))
    for id_, nothing in (("1", "silent"), ("2", "no_causes"), ("3", "against"), ("5", "silent")):
        found = await asked.of(id_)
        assert (found.occurrences, found.nothing) == ((), nothing)
    (four,) = [b.evidence for b in (await stored(asked.world)).bearings if b.log_likelihood_ratio == 2.0]
    await asked.world.commands.withdraw(asked.world.caller, Withdraw(twin="lena", evidence=four))
    assert (await asked.of("4")).nothing == "silent"
    assert (await asked.of("4", AsOf(rev=1))).nothing is None


async def test_an_event_is_found_by_the_id_that_its_evidence_gives(asked: Asked) -> None:
    await asked.sent(event("1", "silence.noticed"))
    by_source = only(await asked.why(explained=True, stored=EventName(id="1", source="test")))
    why = by_source.hypotheses[0].explanation
    assert why is not None
    (share,) = why.contributions
    assert only(await asked.why(stored=EventName(id=share.evidence.event))).sentence == by_source.sentence


async def test_what_was_not_known_is_not_found(asked: Asked) -> None:
    await asked.sent(event("1", "silence.noticed", day=2), event("2", "silence.noticed", twin="omar"))
    await asked.sent(event("3", "silence.noticed", day=3))
    one, two = EventName(id="1", source="test"), EventName(id="2", source="test")
    assert await asked.refusal(stored=EventName(id="9", source="test")) == "not-found"
    assert await asked.refusal(stored=two) == "not-found"  # omar's
    assert await asked.refusal(AsOf(valid_time=START + timedelta(days=1)), stored=one) == "not-found"
    assert await asked.refusal(AsOf(rev=1), stored=EventName(id="3", source="test")) == "not-found"
    assert await asked.refusal(metric=MetricKey(metric="no.such")) == "unknown-metric"
    assert await asked.refusal(event=event("x", "never.defined")) == "no-interpretation"
    omar = asked.world.person("omar")
    asked.world.caller = omar
    assert await asked.refusal(stored=one) == "not-found"
    asked.world.caller = omar.model_copy(update={"person": None, "scopes": ("write",)})
    assert await asked.refusal(stored=one) == "missing-scope"


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"stored": EventName(id="1"), "metric": MetricKey(metric="visits.month")},
        {"event": event("1", "visit", twin="omar")},
    ],
)
def test_a_question_is_about_one_thing_that_happened_to_the_twin(question: dict[str, Any]) -> None:
    with pytest.raises(BeliefgraphError) as refused:
        Interpret(twin="lena", **question)
    assert refused.value.code == "invalid-input"
