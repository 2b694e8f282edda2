"""A change of work: found or stated, over a real Neo4j, with everything that is answered after it."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from tests.changes.work import catalog, document
from tests.reading import derived, everything, log_odds, stored
from tests.services.test_recheck import checked
from tests.world import START, World, event, key

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import probability
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import AssertBelief, Correct, WhatIf, Withdraw
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.what_if import WhatIfs

BUILDS, SELLS, TIDY = key("work.builds"), key("work.sells"), key("home.tidy")
NAMES = count()


def did(what: str, day: float) -> Event:
    """A piece of evidence of what somebody does at work."""
    return event(f"did-{next(NAMES)}", "did", day=day, what=what)


async def with_history(world: World, changed_on: int = 60, days: int = 66) -> None:
    """Builds things, then sells them; the home stays tidy."""
    await world.book.publish(world.caller, catalog())
    await world.intake.observe(
        world.caller,
        [
            *(did("builds" if day < changed_on else "sells", day) for day in range(days)),
            *(event(f"tidy-{day}", "cleaned", day=day) for day in range(0, days, 5)),
        ],
    )


async def test_a_change_that_is_found_makes_what_came_before_count_less(world: World) -> None:
    await with_history(world)
    assert await log_odds(world, "work.builds") == pytest.approx(0.0, abs=1.5), "42 nats of evidence, mostly forgotten"
    before = await log_odds(world, "work.builds", at=START + timedelta(days=59))
    assert before > 20, "as of the day before it was known"
    assert not (await checked(world))["lena"].differ

    found = await Explanations(world.graph, world.keyring, world.book).explain(world.caller, "lena", BUILDS)
    (change,) = found.changes
    assert (change.domain, change.since, change.stated) == ("work", START + timedelta(days=60), None)
    assert change.probability > 0.9
    assert "Since 6 March 2026 work has probably changed" in found.sentence
    listed = sum(c.contribution for c in found.contributions)
    assert found.state.log_odds == pytest.approx(
        found.prior_log_odds + listed + found.rest.contribution + found.residual, abs=1e-9
    )
    assert abs(found.residual) < 1e-3
    kept = {c.evidence.time: part.kept for c in found.contributions for part in c.parts}
    assert max(kept.values()) == 1.0
    assert min(kept.values(), default=1.0) == pytest.approx(1.0 - change.probability, abs=0.05)

    tidy = await Explanations(world.graph, world.keyring, world.book).explain(world.caller, "lena", TIDY)
    assert tidy.changes == ()
    assert {part.kept for c in tidy.contributions for part in c.parts} == {1.0}


async def test_without_a_piece_of_evidence_everything_is_weighed_anew(world: World) -> None:
    await with_history(world, days=62)
    explained = await Explanations(world.graph, world.keyring, world.book).explain(
        world.caller, "lena", BUILDS, first=200
    )
    last = next(c for c in explained.contributions if c.evidence.time == START + timedelta(days=61))
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", evidence=last.evidence.id))
    state = await stored(world)
    again = await derived(world, state, START + timedelta(days=61))
    position = again.layout.position[last.on.id]
    assert last.without == pytest.approx(probability(float(again.log_odds[position])), abs=1e-9)


async def test_a_statement_counts_at_once_may_be_withdrawn_and_leaves_no_trace(world: World) -> None:
    await with_history(world, days=60)
    before = await stored(world)
    known = await log_odds(world, "work.builds")
    await world.intake.observe(world.caller, [event("moved", "moved", day=60)])
    told = await log_odds(world, "work.builds")
    assert told < known - 5
    explained = await Explanations(world.graph, world.keyring, world.book).explain(world.caller, "lena", BUILDS)
    (change,) = explained.changes
    assert change.since == START + timedelta(days=60)
    assert change.stated == pytest.approx(probability(6.0 - 2.944438979), abs=1e-6)
    assert "as was stated" in explained.sentence
    earlier = await derived(world, await stored(world, rev=before.rev))
    assert everything(earlier) == everything(await derived(world, before)), "as of an earlier rev, nobody had said so"

    moved = next(b for b in (await stored(world)).bearings if b.valid_from == START + timedelta(days=60))
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", evidence=moved.evidence))
    assert await log_odds(world, "work.builds") == pytest.approx(known, abs=0.2)
    assert not (await checked(world))["lena"].differ


async def test_a_person_may_say_it_of_a_day_in_the_past_and_an_agent_may_assert_it(world: World) -> None:
    await with_history(world, days=60)
    changed, known = key("work.changed"), await log_odds(world, "work.builds")
    person = world.person("lena")
    await world.commands.correct(
        person, Correct(twin="lena", belief=changed, holds=True, valid_from=START + timedelta(days=30.5))
    )
    half = await log_odds(world, "work.builds")
    assert known == 30.0, "as much as can be: 60 days of 0.7"
    assert half == pytest.approx(30 * 0.7, rel=0.05), "what came before that day hardly counts"
    await world.commands.correct(
        person, Correct(twin="lena", belief=changed, holds=False, valid_from=START + timedelta(days=30.5))
    )
    assert await log_odds(world, "work.builds") == pytest.approx(known, abs=0.2), "they did not change after all"
    said = AssertBelief(twin="lena", belief=key("work.changed", context="office"), confidence=0.9)
    await world.commands.assert_belief(world.caller, said)
    assert await log_odds(world, "work.builds") < known - 5


async def test_what_if_follows_the_change_and_stores_nothing(world: World) -> None:
    await with_history(world, days=60)
    supposed = WhatIf(twin="lena", events=tuple(did("sells", 60 + day) for day in range(6)))
    found = await WhatIfs(world.graph, world.book, RuleInterpreter()).what_if(world.caller, supposed)
    moved = {each.belief.attribute: each.after for each in found.value.beliefs}
    assert moved["work.builds"] == pytest.approx(0.0, abs=3.0)
    assert await log_odds(world, "work.builds") > 20


async def test_without_the_section_nothing_is_tempered(world: World) -> None:
    await world.book.publish(world.caller, Catalog.model_validate(document(changes=[])))
    await world.intake.observe(world.caller, [did("builds" if day < 60 else "sells", day) for day in range(66)])
    assert await log_odds(world, "work.builds") == 30.0
    await world.book.publish(world.caller, Catalog.model_validate(document(version="1.1.0")))
    await world.intake.observe(world.caller, [did("sells", 66)])
    assert await log_odds(world, "work.builds") < 5, "from the next commit on"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([{"domain": "wrok"}], "did you mean work?"),
        ([{"domain": "work", "stated": "work.moved"}], "no catalog defines"),
        ([{"domain": "work"}, {"domain": "work", "hazard": 0.01}], "twice"),
    ],
)
def test_a_change_of_nothing_is_refused(changes: list[dict[str, object]], said: str) -> None:
    with pytest.raises(Incorrect, match=said.replace("?", r"\?")) as refused:
        Definitions(tenant="t", number=1, catalogs=(Catalog.model_validate(document(changes=changes)),))
    assert refused.value.code == "invalid-definition"


async def test_as_of_is_answered_by_what_was_known(world: World) -> None:
    await with_history(world)
    asked = Questions(world.graph, world.keyring, world.book)
    now = await asked.belief(world.caller, "lena", BUILDS, as_of=NOW)
    then = await asked.belief(world.caller, "lena", BUILDS, as_of=AsOf(valid_time=START + timedelta(days=60)))
    assert now.state.log_odds is not None
    assert then.state.log_odds is not None
    assert now.state.log_odds < then.state.log_odds - 5
