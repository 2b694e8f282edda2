from __future__ import annotations

from datetime import timedelta

import pytest
from tests.world import START, World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import logit, probability
from beliefgraph.model.command import Assumption, Correct, HypotheticalEvidence, Intervention, WhatIf
from beliefgraph.model.commit import BeliefDifference
from beliefgraph.model.time import AsOf
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.what_if import NOTICEABLE, WhatIfs


@pytest.fixture
def what_ifs(world: World) -> WhatIfs:
    return WhatIfs(world.graph, world.book, RuleInterpreter())


def supposed(attribute: str, llr: float) -> HypotheticalEvidence:
    return HypotheticalEvidence(belief=key(attribute), log_likelihood_ratio=llr)


def moves(found: tuple[BeliefDifference, ...]) -> dict[str, float]:
    return {d.belief.attribute: (d.after or 0.0) - (d.before or 0.0) for d in found}


async def everything(world: World) -> object:
    """Every node and edge there is, as counts and the revs of all twins."""
    async with world.graph._driver.session() as session:
        result = await session.run(
            "RETURN COUNT { () } AS nodes, COUNT { ()-->() } AS edges,"
            " COLLECT { MATCH (t:Twin {tenant: $tenant}) RETURN [t.id, t.rev, t.open_rows, t.lock] } AS twins",
            tenant=world.caller.tenant,
        )
        record = await result.single()
        assert record is not None
        return record.data()


async def test_what_if_says_what_follows_and_stores_nothing(world: World, what_ifs: WhatIfs) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    before = await everything(world)
    question = WhatIf(
        twin="lena",
        events=(event("new", "priced", day=2), event("said", "said", day=3, by="omar", llr=0.5, text="maybe")),
        evidence=(supposed("world.alone", 2.0),),
        assumptions=(Assumption(belief=key("product.fits"), holds=True),),
    )
    answer = await what_ifs.what_if(world.caller, question)

    assert (answer.rev, answer.valid_time) == (1, START + timedelta(days=3))
    moved = moves(answer.value.beliefs)
    assert moved["world.alone"] == pytest.approx(2.0)
    assert moved["needs.budget"] > 0.8
    assert moved["world.buys"] > 0
    assert [abs(m) for m in moved.values()] == sorted((abs(m) for m in moved.values()), reverse=True)
    assert await everything(world) == before


async def test_a_supposed_event_does_what_it_does_when_it_comes(world: World, what_ifs: WhatIfs) -> None:
    ask = Questions(world.graph, world.keyring, world.book)
    await world.intake.observe(world.caller, [event("1", "audited", day=1)])
    coming = event("2", "priced", day=1)
    answer = await what_ifs.what_if(world.caller, WhatIf(twin="lena", events=(coming,)))
    await world.intake.observe(world.caller, [coming])

    for difference in answer.value.beliefs:
        state = (await ask.belief(world.caller, "lena", key(difference.belief.attribute), as_of=AsOf(rev=2))).state
        assert difference.after == pytest.approx(state.log_odds, abs=1e-9)
        assert difference.after_status == state.status
    changed = (await ask.compare(world.caller, "lena", AsOf(rev=1))).value.beliefs
    noticeable = [d for d in changed if abs((d.after or 0) - (d.before or 0)) >= NOTICEABLE]
    assert [d.belief for d in answer.value.beliefs] == [d.belief for d in noticeable]


async def test_an_event_that_came_before_changes_nothing(world: World, what_ifs: WhatIfs) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    answer = await what_ifs.what_if(world.caller, WhatIf(twin="lena", events=(rated("1", 1.0), rated("1", 1.0))))
    assert answer.value.beliefs == ()


async def test_an_assumption_is_taken_for_granted_and_moves_the_others(world: World, what_ifs: WhatIfs) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    assumed = Assumption(belief=key("needs.urgent"), holds=True)
    answer = await what_ifs.what_if(world.caller, WhatIf(twin="lena", assumptions=(assumed,)))
    found = {d.belief.attribute: d for d in answer.value.beliefs}

    assert found["needs.urgent"].before == pytest.approx(logit(0.3), abs=1e-6)
    assert found["needs.urgent"].after == 100.0
    assert probability(100.0) == 1.0
    buys = found["world.buys"]
    assert buys.after is not None
    assert probability(buys.after) == pytest.approx(0.6, abs=0.01)  # implies: P(buys | urgent) = 0.6
    assert buys.before_status is None


async def test_what_is_made_so_leaves_its_causes_and_what_is_assumed_moves_them(
    world: World, what_ifs: WhatIfs
) -> None:
    await world.intake.observe(world.caller, [event("1", "audited"), rated("2", 1.0)])
    buys = key("world.buys")
    learnt = WhatIf(twin="lena", assumptions=(Assumption(belief=buys, holds=True),))
    brought_about = WhatIf(twin="lena", interventions=(Intervention(belief=buys, holds=True),))
    assumed = moves((await what_ifs.what_if(world.caller, learnt)).value.beliefs)
    made = moves((await what_ifs.what_if(world.caller, brought_about)).value.beliefs)

    assert assumed["product.fits"] > 0.1  # causes world.buys
    assert "product.fits" not in made
    assert "product.risky" not in made
    assert made["needs.budget"] == pytest.approx(assumed["needs.budget"], rel=0.05)  # supports has no direction
    assert made["world.buys"] == assumed["world.buys"] > 100.0


async def test_a_cause_that_is_made_so_moves_its_effect(world: World, what_ifs: WhatIfs) -> None:
    await world.intake.observe(world.caller, [event("1", "audited")])
    for holds, sign in ((True, 1), (False, -1)):
        made = WhatIf(twin="lena", interventions=(Intervention(belief=key("product.fits"), holds=holds),))
        moved = moves((await what_ifs.what_if(world.caller, made)).value.beliefs)
        assert sign * moved["world.buys"] > 0.2


async def test_what_is_made_so_says_nothing_of_its_causes_any_more(world: World, what_ifs: WhatIfs) -> None:
    await world.intake.observe(world.caller, [event("1", "said", by="omar", llr=2.0, text="yes")])
    made = WhatIf(twin="lena", interventions=(Intervention(belief=key("world.buys"), holds=True),))
    answer = await what_ifs.what_if(world.caller, made)
    fits = next(d for d in answer.value.beliefs if d.belief.attribute == "product.fits")

    assert fits.before is not None
    assert fits.before > 0.1
    assert fits.after == pytest.approx(0.0, abs=1e-9)  # its prior


async def test_even_what_the_person_set_right_can_be_supposed_otherwise(world: World, what_ifs: WhatIfs) -> None:
    await world.commands.correct(world.person("lena"), Correct(twin="lena", belief=key("world.buys"), holds=True))
    made = WhatIf(twin="lena", interventions=(Intervention(belief=key("world.buys"), holds=False),))
    answer = await what_ifs.what_if(world.caller, made)
    assert {d.belief.attribute: d.after for d in answer.value.beliefs}["world.buys"] == -100.0


async def test_a_correction_stands_against_supposed_evidence(world: World, what_ifs: WhatIfs) -> None:
    await world.commands.correct(world.person("lena"), Correct(twin="lena", belief=key("world.alone"), holds=True))
    answer = await what_ifs.what_if(world.caller, WhatIf(twin="lena", evidence=(supposed("world.alone", -20.0),)))
    assert answer.value.beliefs == ()


async def test_supposing_nothing_changes_nothing(world: World, what_ifs: WhatIfs) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0), event("2", "priced", day=1)])
    assert (await what_ifs.what_if(world.caller, WhatIf(twin="lena"))).value.beliefs == ()
    zero = WhatIf(twin="lena", evidence=(supposed("world.buys", 0.0),))
    assert (await what_ifs.what_if(world.caller, zero)).value.beliefs == ()


async def test_what_if_can_be_asked_of_the_past(world: World, what_ifs: WhatIfs) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1)])
    await world.intake.observe(world.caller, [rated("2", 3.0, day=2)])
    question = WhatIf(twin="lena", evidence=(supposed("world.alone", -1.0),))
    answer = await what_ifs.what_if(world.caller, question, as_of=AsOf(rev=1))

    (only,) = answer.value.beliefs
    assert (answer.rev, only.before, only.after) == (1, 1.0, 0.0)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (WhatIf(twin="nobody"), "not-found"),
        (WhatIf(twin="lena", evidence=(supposed("world.unheard_of", 1.0),)), "unknown-attribute"),
        (WhatIf(twin="lena", assumptions=(Assumption(belief=key("world.none"), holds=True),)), "unknown-attribute"),
        (WhatIf(twin="lena", events=(event("x", "unheard-of"),)), "no-interpretation"),
        (WhatIf(twin="lena", events=(event("x", "priced", twin="omar"),)), "invalid-input"),
        (
            WhatIf(
                twin="lena",
                assumptions=tuple(Assumption(belief=key("needs.budget"), holds=holds) for holds in (True, False)),
            ),
            "impossible-evidence",
        ),
        (
            WhatIf(
                twin="lena",
                interventions=tuple(Intervention(belief=key("needs.budget"), holds=holds) for holds in (True, False)),
            ),
            "impossible-evidence",
        ),
        (
            WhatIf(
                twin="lena",
                assumptions=(Assumption(belief=key("needs.budget"), holds=True),),
                interventions=(Intervention(belief=key("needs.budget"), holds=True),),
            ),
            "impossible-evidence",
        ),
    ],
)
async def test_a_supposition_that_makes_no_sense_is_refused(
    world: World, what_ifs: WhatIfs, question: WhatIf, code: str
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    with pytest.raises(BeliefgraphError) as refused:
        await what_ifs.what_if(world.caller, question)
    assert refused.value.code == code


async def test_a_persons_key_supposes_nothing_of_another(world: World, what_ifs: WhatIfs) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    with pytest.raises(BeliefgraphError) as refused:
        await what_ifs.what_if(world.person("omar"), WhatIf(twin="lena"))
    assert refused.value.code == "not-found"
