"""Base rates of segments: learned from the tenant's twins, used where nothing else is known, explained and put back."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import pytest_asyncio
from tests.forecasts.outcomes import Foresight
from tests.ownership.policies import Enforcing, policy
from tests.reading import refusal
from tests.segments.conftest import ENTERPRISE, SMALL, Tenant, catalog
from tests.world import START, event, key

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference.foresight.base_rates import shrunk
from beliefgraph.model.belief import logit, probability
from beliefgraph.model.definition import Definitions
from beliefgraph.model.time import AsOf
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.forecasts.questions import Forecasts
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.segments.learn import following, learn_segments
from beliefgraph.services.segments.questions import Segments

SSO, AUDIT = key("needs.sso"), key("needs.audit")


@pytest_asyncio.fixture(scope="module")
async def newcomers(accounts: Tenant) -> Tenant:
    """The tenant with what was learned in force, and four accounts that joined since: of each size two."""
    world, clock = accounts.world, accounts.clock
    await world.book.publish_parameters(world.caller, lambda known: following(accounts.found, known))
    clock.at += timedelta(days=10)
    for name, large in (("large", True), ("tiny", False), ("large-2", True), ("tiny-2", False)):
        await world.intake.observe(world.caller, [event(f"n-{name}", "joined", day=65, twin=name, enterprise=large)])
    return accounts


def test_what_a_segment_needs_and_how_many_leave_is_learned(accounts: Tenant) -> None:
    sso, leaves = accounts.lesson("needs.sso"), accounts.lesson("leaves within 28 days")
    assert sso.adopted
    assert leaves.adopted
    assert sso.base_rate is not None
    assert sso.learned == pytest.approx(accounts.needed[0], abs=0.05)
    assert sso.base_rate.tenant < sso.base_rate.learned < accounts.needed[0], "drawn toward the rate of all"
    assert leaves.learned is not None
    assert leaves.learned < 0.1 < accounts.lesson("leaves within 28 days", None).learned  # type: ignore[operator]
    assert (leaves.twins, sso.gain > 3 * sso.error) == (60, True)


def test_few_in_a_group_are_drawn_far_toward_the_rate_of_all() -> None:
    rates, strength = shrunk(np.array([0.9, 0.1, 1.0]), np.array([200.0, 200.0, 2.0]), 0.5)
    assert strength < 8
    assert rates[0] == pytest.approx((180 + strength * 0.5) / (200 + strength))
    assert 0.5 < rates[2] < 0.9
    _, alike = shrunk(np.array([0.5, 0.52, 0.48]), np.array([200.0, 200.0, 200.0]), 0.5)
    assert alike >= 512


async def test_a_new_twin_starts_from_the_base_rate_of_its_segment_and_the_answer_says_which(newcomers: Tenant) -> None:
    world, learned = newcomers.world, newcomers.lesson("needs.sso")
    explanations = Explanations(world.graph, world.keyring, world.book)
    questions = Questions(world.graph, world.keyring, world.book)
    found = await explanations.explain(world.caller, "large", SSO)
    assert learned.learned is not None
    assert found.state.log_odds == pytest.approx(logit(learned.learned), abs=1e-9)
    assert (found.prior_log_odds, found.contributions) == (found.state.log_odds, ())
    assert found.segment is not None
    said = found.segment
    assert (said.segment, said.parameters, said.twins, said.stated) == ("enterprise", 1, 60, 0.4)
    assert "the base rate of the segment enterprise, learned from 60 twins; for twins of no segment it is 40 %" in (
        found.sentence
    )
    plain = await explanations.explain(world.caller, "tiny", SSO)
    assert plain.segment is None
    assert probability(plain.prior_log_odds) == pytest.approx(0.4)
    row = await questions.belief(world.caller, "large", SSO)
    assert row.state.confidence == pytest.approx(learned.learned, abs=0.006), "it is published"
    related = await explanations.explain(world.caller, "large", AUDIT)
    assert probability(related.prior_log_odds) == pytest.approx(0.5), "what is related keeps its own prior"


async def test_evidence_moves_a_twin_of_a_segment_as_much_as_any(newcomers: Tenant) -> None:
    world = newcomers.world
    explanations = Explanations(world.graph, world.keyring, world.book)
    asked = [event(f"q-{twin}", "asked", day=69, twin=twin, needed=False) for twin in ("large-2", "tiny-2")]
    await world.intake.observe(world.caller, asked)
    for twin in ("large-2", "tiny-2"):
        found = await explanations.explain(world.caller, twin, SSO)
        assert found.state.log_odds is not None
        assert found.state.log_odds - found.prior_log_odds == pytest.approx(-8.0)
        (given,) = found.contributions
        assert given.without == pytest.approx(probability(found.prior_log_odds))


async def test_a_segment_is_left_when_what_was_said_of_it_is_taken_back(newcomers: Tenant) -> None:
    world = newcomers.world
    segments = Segments(world.graph, world.book)
    await world.intake.observe(world.caller, [event("j-c", "joined", day=68, twin="changed", enterprise=True)])
    await world.intake.observe(world.caller, [event("k-c", "joined", day=69, twin="changed", enterprise=False)])
    await world.intake.observe(world.caller, [event("m-c", "joined", day=69.5, twin="changed", enterprise=False)])
    now = await segments.segment(world.caller, "changed")
    assert now is None
    then = await segments.segment(world.caller, "changed", as_of=AsOf(rev=1))
    assert then is not None
    assert then.segment.key == "enterprise"
    assert [each.attribute for each in then.base_rates] == ["needs.sso"]
    assert [each.twins for each in then.rates] == [60]


async def test_a_forecast_starts_from_the_base_rate_of_the_segment_and_says_so(newcomers: Tenant) -> None:
    foresight = Foresight(newcomers.world)
    for twin, segment, basis in (("large", "enterprise", "segment"), ("tiny", None, "tenant")):
        made = await foresight.questions.forecast(newcomers.world.caller, twin, "leaves")
        learned = newcomers.lesson("leaves within 28 days", segment)
        assert (made.basis, made.segment, made.parameters, made.twins) == (basis, segment, 1, 60)
        assert made.probability == pytest.approx(learned.learned)
        assert made.log_odds == pytest.approx(made.baseline + sum(each.contribution for each in made.inputs))
    world = newcomers.world
    await foresight.keeper.make(world.caller, "leaves")
    (stored, *_) = await foresight.of("large", "leaves")
    assert (stored.basis, stored.twins) == ("segment", 60)


async def test_a_forecast_from_before_what_was_learned_does_not_use_it(newcomers: Tenant) -> None:
    world = newcomers.world
    foresight = Foresight(world)
    early = await foresight.questions.forecast(
        world.caller, "account-0", "leaves", as_of=AsOf(valid_time=START + timedelta(days=40))
    )
    assert (early.basis, early.parameters, early.twins) == ("stated", None, None)


async def test_what_was_learned_for_another_version_of_a_segment_is_not_used_and_not_put_in_force(
    newcomers: Tenant,
) -> None:
    world = newcomers.world
    definitions = (await world.book.latest(world.caller.tenant)).definitions
    outcome = definitions.outcome("leaves")
    assert definitions.base_rates
    stricter = {**ENTERPRISE, "holds": [{"belief": {"attribute": "account.enterprise"}, "at_least": 0.9}]}
    for changed in (catalog(segments=[stricter]), catalog(segments=[SMALL, ENTERPRISE])):
        other = Definitions(tenant=definitions.tenant, number=9, catalogs=(changed,), parameters=definitions.parameters)
        assert not other.base_rates
        assert other.rate_of(outcome, timedelta(days=28), "enterprise") is None
    (rate, *_) = [each.base_rate for each in newcomers.found if each.base_rate is not None]
    old = rate.model_copy(update={"learned_on": "something else"})
    learned = world.book.publish_parameters(world.caller, lambda known: known.with_segments((), (old,)))
    assert await refusal(learned) == "parameters-outdated"


async def test_base_rates_are_put_back_by_number(newcomers: Tenant) -> None:
    world = newcomers.world
    sets = await world.book.parameter_sets(world.caller)
    assert [(len(each.rates), len(each.base_rates)) for each in sets] == [(2, 1)]
    none = await world.book.parameter_set(world.caller, 0)
    await world.book.publish_parameters(world.caller, lambda _: none)
    assert not (await world.book.latest(world.caller.tenant)).definitions.base_rates
    await world.book.publish_parameters(world.caller, lambda _: sets[0])
    assert (await world.book.latest(world.caller.tenant)).definitions.base_rates


@pytest.mark.parametrize(
    ("segment", "why"),
    [
        ({"key": "all", "title": "All"}, "say which beliefs"),
        (
            {**ENTERPRISE, "lacks": ENTERPRISE["holds"]},
            "no twin can be in it",
        ),
    ],
)
def test_a_segment_that_matches_none_or_says_nothing_is_refused(segment: dict[str, object], why: str) -> None:
    with pytest.raises(BeliefgraphError, match=why) as refused:
        catalog(segments=[segment])
    assert refused.value.code == "invalid-definition"


async def test_a_purpose_that_may_not_use_segments_gets_what_is_stated(newcomers: Tenant) -> None:
    world = newcomers.world
    enforcing = Enforcing(world)
    await enforcing.policies.publish(
        world.caller,
        policy(default="allow_until_objected", categories=[{"key": "segments", "segments": ["*"]}]),
    )
    questions = Forecasts(world.graph, world.keyring, world.book, world.clock, enforcing.snapshots)
    caller = enforcing.caller()
    before = await enforcing.explanations.explain(caller, "large", SSO)
    assert before.segment is not None
    await enforcing.permit(twin="large", category="segments", allowed=False)
    found = await enforcing.explanations.explain(caller, "large", SSO)
    assert found.segment is None
    assert probability(found.prior_log_odds) == pytest.approx(0.4)
    listed = await enforcing.questions.belief(caller, "large", SSO)
    assert listed.state.confidence == pytest.approx(0.4, abs=0.006)
    made = await questions.forecast(caller, "large", "leaves")
    assert made.basis in ("stated", "tenant")
    assert made.segment is None
    assert await Segments(world.graph, world.book, snapshots=enforcing.snapshots).segment(caller, "large") is None
    left = await learn_segments(
        caller, world.graph, world.keyring, world.book, world.clock.now(), sights=enforcing.sights
    )
    assert left
