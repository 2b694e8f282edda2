"""Attributes with values, from the event to the distribution and back: on a real Neo4j."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import pytest_asyncio
from tests import values
from tests.reading import alike, derived, refusal, stored
from tests.values import CITY, ROLE, ROLES, by_hand, cities, city, city_seen, role, role_seen
from tests.world import START, World, event, key

from beliefgraph.model.attribute import MOST_VALUES
from beliefgraph.model.belief import BeliefKey, logit, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import (
    AssertBelief,
    Assumption,
    Correct,
    HypotheticalEvidence,
    Relate,
    Retract,
    WhatIf,
    Withdraw,
)
from beliefgraph.model.distribution import Distribution
from beliefgraph.model.identity import belief_id, event_id, evidence_id, source_id
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.commands.commands import SOURCE
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.what_if import WhatIfs


@pytest_asyncio.fixture
async def people(world: World) -> World:
    """The world, with attributes that have values."""
    await world.book.publish(world.caller, values.CATALOG)
    return world


def ask(world: World) -> Questions:
    return Questions(world.graph, world.keyring, world.book)


def explanations(world: World) -> Explanations:
    return Explanations(world.graph, world.keyring, world.book)


async def distribution(world: World, variable: BeliefKey, as_of: AsOf = NOW) -> Distribution:
    """The distribution, which sums to 1 and says of each value what its belief says."""
    found = await ask(world).distribution(world.caller, "lena", variable, as_of=as_of)
    if found.quality == "exact":
        likely = [each.probability or 0.0 for each in found.values]
        assert sum(likely) == pytest.approx(1.0, abs=1e-12)
        assert likely == sorted(likely, reverse=True)
    return found


async def shares(world: World, variable: BeliefKey, as_of: AsOf = NOW) -> dict[str, float | None]:
    return {each.value: each.probability for each in (await distribution(world, variable, as_of)).values}


async def listing(world: World) -> list[tuple[BeliefKey, float | None, str]]:
    """What is listed of lena, as clients see it."""
    rows = (await ask(world).beliefs(world.caller, "lena", first=200)).nodes
    return [(row.state.belief.belief_key, row.state.log_odds, row.state.status) for row in rows]


async def correct(
    world: World, belief: BeliefKey, holds: bool = True, *, day: float = 0, by: Caller | None = None, id_: str = ""
) -> Receipt:
    """A correction, by the person unless somebody else is named."""
    start = START + timedelta(days=day)
    command = Correct(twin="lena", id=id_ or None, belief=belief, holds=holds, valid_from=start)
    return await world.commands.correct(by or world.person("lena"), command)


def evidence(world: World, event_: str, by: str = "a colleague", source: str = "test") -> str:
    """The id of the evidence that an event brought."""
    twin = world.updater.name(world.caller, "lena", "write").id
    return evidence_id(event_id(twin, source, event_), source_id(world.caller.tenant, by))


async def test_evidence_on_one_value_takes_from_the_others_what_it_gives(people: World) -> None:
    await people.intake.observe(people.caller, [role_seen("1", "lead", 2.0), event("2", "desk.seen")])
    assert await shares(people, ROLE) == pytest.approx(
        by_hand(ROLES, {"lead": 2.0 + 1.0986122886681098, "analyst": 1.791759469228055})
    )
    held = {row.state.belief.value: row.state for row in (await ask(people).beliefs(people.caller, "lena")).nodes}
    expected = by_hand(ROLES, {"lead": 2.0 + 1.0986122886681098, "analyst": 1.791759469228055})
    assert {v: held[v].confidence for v in expected} == pytest.approx(expected, abs=0.005)
    assert {v: held[v].prior for v in ROLES} == pytest.approx(ROLES)
    assert held["lead"].belief.statement == "works as lead"
    assert held["other"].belief.statement == "works as something else"


async def test_what_a_value_is_related_to_moves_with_it(people: World) -> None:
    await people.intake.observe(people.caller, [role_seen("1", "lead", 4.0)])
    chooses = await ask(people).belief(people.caller, "lena", key("person.chooses"), relation_levels=1)
    assert chooses.state.confidence is not None
    assert chooses.state.confidence > 0.4
    assert [r.other.state.belief.belief_key for r in chooses.relations or ()] == [role("lead")]
    await people.intake.observe(people.caller, [role_seen("2", "analyst", 9.0, day=1)])
    after = await ask(people).belief(people.caller, "lena", key("person.chooses"))
    assert after.state.confidence is not None
    assert after.state.confidence < 0.25


@pytest.mark.parametrize("llrs", [[], [("it", 1.5)], [("it", -0.7), ("tied", 2.0)], [("tied", -1.0), ("it", 5.0)]])
async def test_an_attribute_with_one_value_beside_other_is_a_belief(
    people: World, llrs: list[tuple[str, float]]
) -> None:
    told = [event(str(n), "twice.seen", day=n, on=on, llr=llr, by="anyone") for n, (on, llr) in enumerate(llrs)]
    await people.intake.observe(people.caller, [event("0", "priced"), *told])
    found = await derived(people, await stored(people))
    at = {of: i for i, of in enumerate(found.layout.keys)}
    value = BeliefKey(attribute="twice.value", value="yes")
    for one, same in ((key("twice.alone"), value), (key("twice.alone_tied"), key("twice.value_tied"))):
        if same in at:
            assert found.log_odds[at[same]] == pytest.approx(found.log_odds[at[one]], abs=1e-9)


async def test_open_values_are_those_that_evidence_names_and_share_what_other_leaves(people: World) -> None:
    await people.intake.observe(people.caller, [event("0", "priced"), city_seen("1", "Bonn", 1.0, day=2)])
    assert await shares(people, CITY) == pytest.approx(by_hand(cities("Bonn"), {"Bonn": 1.0}))
    await people.intake.observe(people.caller, [city_seen("2", "Köln", 2.0, day=4)])
    assert await shares(people, CITY) == pytest.approx(by_hand(cities("Bonn", "Köln"), {"Bonn": 1.0, "Köln": 2.0}))


async def test_as_of_a_moment_only_the_values_named_by_then_count(people: World) -> None:
    await people.intake.observe(people.caller, [event("0", "priced"), city_seen("1", "Bonn", 1.0, day=2)])
    await people.intake.observe(people.caller, [city_seen("2", "Köln", 2.0, day=4)])
    on_day = {n: AsOf(valid_time=START + timedelta(days=n)) for n in (1, 3)}
    assert await shares(people, CITY, on_day[1]) == {"other": 1.0}
    assert await shares(people, CITY, on_day[3]) == pytest.approx(by_hand(cities("Bonn"), {"Bonn": 1.0}))
    assert await shares(people, CITY, AsOf(rev=1)) == pytest.approx(by_hand(cities("Bonn"), {"Bonn": 1.0}))
    early = await ask(people).belief(people.caller, "lena", city("Köln"), as_of=on_day[3])
    assert (early.state.confidence, early.state.quality) == (None, "unavailable")
    compared = await ask(people).compare(people.caller, "lena", on_day[3])
    (new,) = [d for d in compared.value.beliefs if d.belief.value == "Köln"]
    assert new.before is None
    assert new.after == pytest.approx(logit(by_hand(cities("Bonn", "Köln"), {"Bonn": 1.0, "Köln": 2.0})["Köln"]))


async def test_a_value_that_nothing_names_has_no_confidence_of_its_own(people: World) -> None:
    await people.intake.observe(people.caller, [city_seen("1", "Bonn", 1.0)])
    for as_of in (NOW, AsOf(rev=1)):
        unheard = await ask(people).belief(people.caller, "lena", city("Atlantis"), as_of=as_of)
        assert (unheard.state.confidence, unheard.state.prior, unheard.state.quality) == (None, None, "unavailable")
    assert await shares(people, CITY) == pytest.approx(by_hand(cities("Bonn"), {"Bonn": 1.0}))
    explaining = explanations(people).explain(people.caller, "lena", city("Atlantis"))
    assert await refusal(explaining) == "unknown-value"


async def test_a_closed_value_of_which_nothing_is_known_has_its_prior(people: World) -> None:
    await people.intake.observe(people.caller, [event("0", "priced")])
    assert await shares(people, ROLE) == pytest.approx(ROLES)
    row = await ask(people).belief(people.caller, "lena", role("lead"))
    assert row.state.confidence == pytest.approx(ROLES["lead"])


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (ROLE, "invalid-input"),
        (CITY, "invalid-input"),
        (role("cook"), "unknown-value"),
        (key("world.alone", value="yes"), "invalid-input"),
        (key("world.unheard_of", value="yes"), "unknown-attribute"),
    ],
)
async def test_a_belief_named_without_its_value_or_with_one_too_many_is_refused_by_every_verb(
    people: World, about: BeliefKey, code: str
) -> None:
    await people.intake.observe(people.caller, [role_seen("1", "lead", 1.0)])
    caller, questions = people.caller, ask(people)
    what_ifs = WhatIfs(people.graph, people.book, RuleInterpreter())
    asked: list[Callable[[], Awaitable[object]]] = [
        lambda: questions.belief(caller, "lena", about),
        lambda: questions.belief(caller, "lena", about, as_of=AsOf(rev=1)),
        lambda: questions.history(caller, "lena", about),
        lambda: questions.evidence(caller, "lena", about),
        lambda: questions.relations(caller, "lena", about),
        lambda: explanations(people).explain(caller, "lena", about),
        lambda: people.commands.assert_belief(caller, AssertBelief(twin="lena", belief=about, confidence=0.9)),
        lambda: correct(people, about),
        lambda: people.commands.retract(caller, Retract(twin="lena", belief=about)),
        lambda: people.commands.relate(
            caller, Relate(twin="lena", source=about, target=key("world.buys"), kind="supports", odds_ratio=2)
        ),
        lambda: what_ifs.what_if(
            caller, WhatIf(twin="lena", evidence=(HypotheticalEvidence(belief=about, log_likelihood_ratio=1),))
        ),
        lambda: what_ifs.what_if(caller, WhatIf(twin="lena", assumptions=(Assumption(belief=about, holds=True),))),
    ]
    assert [await refusal(one()) for one in asked] == [code] * len(asked)
    assert (await stored(people)).rev == 1


async def test_only_what_has_values_has_a_distribution(people: World) -> None:
    await people.intake.observe(people.caller, [event("0", "priced")])
    assert await refusal(distribution(people, key("world.alone"))) == "invalid-input"
    assert await refusal(distribution(people, key("world.unheard_of"))) == "unknown-attribute"


async def test_a_value_is_asserted_against_its_prior(people: World) -> None:
    asserted = AssertBelief(twin="lena", belief=role("lead"), confidence=0.6)
    await people.commands.assert_belief(people.caller, asserted)
    assert (await shares(people, ROLE))["lead"] == pytest.approx(0.6)
    await people.commands.assert_belief(people.caller, AssertBelief(twin="lena", belief=city("Bonn"), confidence=0.9))
    assert (await shares(people, CITY))["Bonn"] == pytest.approx(0.9)


async def test_when_the_person_says_which_value_holds_the_others_do_not(people: World) -> None:
    await people.intake.observe(people.caller, [role_seen(str(n), "analyst", 3.0, day=n, by=str(n)) for n in range(9)])
    await correct(people, role("lead"))
    found = await shares(people, ROLE)
    assert found["lead"] is not None
    assert found["lead"] >= probability(7.0) - 1e-12
    assert found["analyst"] is not None
    assert found["analyst"] < 0.001
    published = {row.state.belief.value: row.state for row in (await ask(people).beliefs(people.caller, "lena")).nodes}
    for value in ROLES:
        assert published[value].confidence == pytest.approx(found[value], rel=0.01)


async def test_when_the_person_excludes_a_value_the_others_share_what_it_leaves(people: World) -> None:
    await people.intake.observe(people.caller, [role_seen(str(n), "lead", 6.0, day=n, by=str(n)) for n in range(5)])
    await correct(people, role("lead"), holds=False)
    assert await shares(people, ROLE) == pytest.approx(by_hand(ROLES, {"lead": -12.0}), abs=1e-6)


async def test_of_two_corrected_values_the_one_valid_later_holds_until_it_is_withdrawn(people: World) -> None:
    await correct(people, city("Bonn"), day=0)
    await correct(people, city("Köln"), day=5, id_="moved")
    at = {n: AsOf(valid_time=START + timedelta(days=n)) for n in (1, 6)}
    assert ((await shares(people, CITY, at[1]))["Bonn"] or 0) > 0.99
    then = await shares(people, CITY, at[6])
    assert set(then) == {"Köln", "other"}
    for as_of in (NOW, at[6]):
        for value, counts in (("Bonn", False), ("Köln", True)):
            chain = await ask(people).evidence(people.caller, "lena", city(value), as_of=as_of)
            assert [each.counts for each in chain.nodes] == [counts]
            row = await ask(people).belief(people.caller, "lena", city(value), as_of=as_of, with_evidence=True)
            assert [each.counts for each in row.evidence or ()] == [counts]
    assert (then["Köln"] or 0) > 0.99
    said = evidence(people, "moved", "person:lena", SOURCE)
    await people.commands.withdraw(people.person("lena"), Withdraw(twin="lena", evidence=said))
    assert ((await shares(people, CITY))["Bonn"] or 0) > 0.99


async def test_only_the_person_can_correct_to_another_value_than_they_stated(people: World) -> None:
    await correct(people, role("lead"))
    assert await refusal(correct(people, role("analyst"), by=people.caller)) == "correction-stands"
    assert await refusal(correct(people, role("lead"), holds=False, by=people.caller)) == "correction-stands"
    await correct(people, role("analyst"), holds=False, by=people.caller)
    await correct(people, role("analyst"))
    assert ((await shares(people, ROLE))["analyst"] or 0) > 0.99


async def test_what_if_names_new_values_and_assumes_one(people: World) -> None:
    await people.intake.observe(people.caller, [city_seen("1", "Bonn", 2.0), role_seen("2", "lead", 1.0)])
    what_ifs = WhatIfs(people.graph, people.book, RuleInterpreter())
    named = WhatIf(twin="lena", evidence=(HypotheticalEvidence(belief=city("Köln"), log_likelihood_ratio=1.0),))
    moved = {d.belief.belief_key: d for d in (await what_ifs.what_if(people.caller, named)).value.beliefs}
    after = by_hand(cities("Bonn", "Köln"), {"Bonn": 2.0, "Köln": 1.0})
    assert moved[city("Köln")].before is None
    for value, share in after.items():
        assert moved[city(value)].after == pytest.approx(logit(share))
    assumed = WhatIf(twin="lena", assumptions=(Assumption(belief=role("analyst"), holds=True),))
    moved = {d.belief.belief_key: d for d in (await what_ifs.what_if(people.caller, assumed)).value.beliefs}
    for value in ("lead", "other"):
        confidence = moved[role(value)].after
        assert confidence is not None
        assert probability(confidence) < 1e-30
    chooses = moved[key("person.chooses")]
    assert chooses.after is not None
    assert chooses.before is not None
    assert chooses.after < chooses.before
    both = WhatIf(twin="lena", assumptions=tuple(Assumption(belief=role(v), holds=True) for v in ("lead", "analyst")))
    assert await refusal(what_ifs.what_if(people.caller, both)) == "impossible-evidence"
    assert await shares(people, CITY) == pytest.approx(by_hand(cities("Bonn"), {"Bonn": 2.0}))


async def test_an_explanation_of_a_value_names_the_evidence_on_the_others(people: World) -> None:
    told = [role_seen("1", "lead", 2.0), role_seen("2", "analyst", 1.5, day=1), role_seen("3", "other", 1.0, day=2)]
    await people.intake.observe(people.caller, told)
    explained = await explanations(people).explain(people.caller, "lena", role("lead"))
    by_value = {c.on.value: c for c in explained.contributions}
    assert by_value["lead"].contribution == pytest.approx(2.0)
    assert by_value["analyst"].contribution < 0
    assert by_value["other"].contribution < 0
    assert abs(explained.residual) < 1e-4
    for gone, value in (("1", "lead"), ("2", "analyst"), ("3", "other")):
        left = {"lead": 2.0, "analyst": 1.5, "other": 1.0} | {value: 0.0}
        assert by_value[value].without == pytest.approx(by_hand(ROLES, left)["lead"]), gone
    root, *rest = explained.links
    assert root.belief.value == "lead"
    assert {(link.belief.value, link.parent, link.relation) for link in rest} == {
        ("analyst", root.belief.id, None),
        ("other", root.belief.id, None),
    }


async def test_without_the_only_evidence_that_names_a_value_the_value_is_gone(people: World) -> None:
    told = [city_seen("1", "Bonn", 2.0), city_seen("2", "Köln", 1.0, day=1), city_seen("3", "Köln", 0.5, day=2, by="b")]
    await people.intake.observe(people.caller, told)
    await people.intake.observe(people.caller, [city_seen("4", "Trier", 3.0, day=3)])
    explained = await explanations(people).explain(people.caller, "lena", city("Bonn"))
    without = {c.evidence.id: c.without for c in explained.contributions}
    three = cities("Bonn", "Köln", "Trier")
    assert without[evidence(people, "2")] == pytest.approx(by_hand(three, {"Bonn": 2, "Köln": 0.5, "Trier": 3})["Bonn"])
    alone = by_hand(cities("Bonn", "Köln"), {"Bonn": 2.0, "Köln": 1.5})["Bonn"]
    assert without[evidence(people, "4")] == pytest.approx(alone)
    await people.commands.withdraw(people.caller, Withdraw(twin="lena", evidence=evidence(people, "4")))
    assert (await shares(people, CITY))["Bonn"] == pytest.approx(alone)


async def test_a_withdrawn_value_leaves_no_trace_but_its_history(people: World) -> None:
    await people.intake.observe(people.caller, [city_seen("1", "Bonn", 2.0)])
    before, listed = await shares(people, CITY), await listing(people)
    await people.intake.observe(people.caller, [city_seen("2", "Köln", 4.0, day=1)])
    await people.commands.withdraw(people.caller, Withdraw(twin="lena", evidence=evidence(people, "2")))
    assert await shares(people, CITY) == before
    assert await listing(people) == listed
    gone = await ask(people).belief(people.caller, "lena", city("Köln"))
    assert (gone.state.confidence, gone.state.quality) == (None, "unavailable")
    history = await ask(people).history(people.caller, "lena", city("Köln"))
    assert [(holding.quality, holding.rev_to) for holding in history.nodes] == [("exact", 3)]
    assert [checked.differing async for checked in recheck(people.graph, people.book, people.caller.tenant)] == [()]


async def test_a_retracted_value_says_so_and_the_others_take_its_place(people: World) -> None:
    await people.intake.observe(people.caller, [role_seen("1", "lead", 4.0), role_seen("2", "analyst", 1.0)])
    await people.commands.retract(people.caller, Retract(twin="lena", belief=role("lead")))
    assert await shares(people, ROLE) == pytest.approx(by_hand(ROLES, {"analyst": 1.0}))
    lead = await ask(people).belief(people.caller, "lena", role("lead"))
    assert lead.state.status == "retracted"


async def test_a_relation_of_the_twins_own_joins_values(people: World) -> None:
    await people.intake.observe(people.caller, [city_seen("1", "Bonn", 3.0)])
    related = Relate(twin="lena", source=city("Bonn"), target=role("lead"), kind="supports", odds_ratio=9.0)
    await people.commands.relate(people.caller, related)
    found = await shares(people, ROLE)
    assert (found["lead"] or 0) > ROLES["lead"] + 0.05
    assert (found["analyst"] or 0) / (found["other"] or 1) == pytest.approx(ROLES["analyst"] / ROLES["other"])
    same = Relate(twin="lena", source=role("analyst"), target=role("lead"), kind="excludes")
    assert await refusal(people.commands.relate(people.caller, same)) == "invalid-input"
    caused = Relate(twin="lena", source=key("world.buys"), target=role("lead"), kind="causes", odds_ratio=2)
    assert await refusal(people.commands.relate(people.caller, caused)) == "invalid-input"


async def test_the_same_events_in_any_order_give_the_same_bits(people: World) -> None:
    told = [
        *(
            role_seen(f"r{n}", ("lead", "analyst", "other")[n % 3], 0.3 * n - 1, day=n, by=f"s{n % 4}")
            for n in range(9)
        ),
        *(city_seen(f"c{n}", f"city {n % 5}", 0.4 * n - 1, day=n / 2, by=f"s{n % 3}") for n in range(12)),
        *(event(f"d{n}", "desk.seen", day=n) for n in range(3)),
    ]
    await people.intake.observe(people.caller, told)
    first = await derived(people, await stored(people))
    for seed in range(3):
        shuffled = random.Random(seed).sample(told, len(told))
        name = f"twin {seed}"
        for some in (shuffled[:7], shuffled[7:]):
            await people.intake.observe(people.caller, [e.model_copy(update={"twin": name}) for e in some])
        assert alike(first, await derived(people, await stored(people, name)))
    found = [checked.differing async for checked in recheck(people.graph, people.book, people.caller.tenant)]
    assert found == [()] * 4


async def test_too_many_values_are_unavailable_and_nothing_else_is(people: World) -> None:
    told = [city_seen(str(n), f"city {n}", 0.1) for n in range(MOST_VALUES)]
    await people.intake.observe(people.caller, [*told, role_seen("role", "lead", 1.0)])
    found = await distribution(people, CITY)
    assert found.quality == "unavailable"
    assert {each.probability for each in found.values} == {None}
    assert await shares(people, ROLE) == pytest.approx(by_hand(ROLES, {"lead": 1.0}))
    explaining = explanations(people).explain(people.caller, "lena", city("city 0"))
    assert await refusal(explaining) == "too-wide"


async def test_what_an_attribute_is_does_not_change_and_no_value_is_dropped(people: World) -> None:
    def changed(**role: object) -> Awaitable[object]:
        document = values.CATALOG.model_dump(exclude_defaults=True)
        document["version"] = "1.1.0"
        document["attributes"] = [a | role if a["key"] == "person.role" else a for a in document["attributes"]]
        return people.book.publish(people.caller, Catalog.model_validate(document))

    assert await refusal(changed(values={"lead": 0.2})) == "invalid-definition"
    await changed(values={"lead": 0.2, "analyst": 0.1, "cook": 0.1})
    await people.intake.observe(people.caller, [role_seen("1", "cook", 1.0)])
    priors = {"lead": 0.2, "analyst": 0.1, "cook": 0.1, "other": 0.6}
    assert await shares(people, ROLE) == pytest.approx(by_hand(priors, {"cook": 1.0}))


async def test_a_value_that_the_attribute_does_not_have_waits_in_quarantine(people: World) -> None:
    (receipt,) = await people.intake.observe(people.caller, [role_seen("1", "cook", 1.0)])
    assert (receipt.status, receipt.code) == ("quarantined", "interpretation-failed")


async def test_a_stored_value_is_found_by_its_id(people: World) -> None:
    await people.intake.observe(people.caller, [role_seen("1", "lead", 1.0)])
    id_ = belief_id((await stored(people)).id, role("lead"))
    row = await ask(people).belief_by_id(people.caller, id_)
    assert row.state.belief.belief_key == role("lead")
