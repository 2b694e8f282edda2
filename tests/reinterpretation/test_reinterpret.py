"""Rules that are changed hold for what was stored before, once it is read again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.ownership.policies import Enforcing, policy
from tests.reading import alike, derived, held, refusal, stored
from tests.reinterpretation.conftest import Change, again, reinterpreter, republish, rule, with_rule
from tests.services.test_recheck import checked
from tests.world import START, World, event, key, rated

from beliefgraph.model.belief import probability
from beliefgraph.model.command import AssertBelief, Correct, WhatIf, Withdraw
from beliefgraph.model.event import EventName
from beliefgraph.model.permission import Restrict
from beliefgraph.model.reinterpretation import Reinterpret, Reinterpretation
from beliefgraph.model.time import AsOf
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.what_if import WhatIfs

ALONE = key("world.alone")


def ask(world: World) -> Questions:
    return Questions(world.graph, world.keyring, world.book)


async def confidence(world: World, rev: int, twin: str = "lena") -> float:
    log_odds = (await ask(world).belief(world.caller, twin, ALONE, as_of=AsOf(rev=rev))).state.log_odds
    assert log_odds is not None
    return probability(log_odds)


async def test_a_rule_turned_round_turns_what_is_stored_and_as_of_shows_what_was_known(world: World) -> None:
    await republish(world, "1.1.0", with_rule("rated", "2.0"))
    await world.intake.observe(world.caller, [rated("1", 0.0)])
    await republish(world, "1.2.0", with_rule("rated", "-2.0"))
    assert [r.status for r in await world.intake.observe(world.caller, [rated("1", 0.0)])] == ["duplicate"]
    done = await again(world)
    assert (done.events, done.changed, done.quarantined, done.commits) == (1, 1, 0, 1)
    assert (done.moved, done.next) == (1, None)
    (move,) = done.most
    assert (move.twin, move.belief) == ("lena", ALONE)
    assert (move.before, move.after) == pytest.approx((0.881, 0.119), abs=5e-4)
    assert [await confidence(world, rev) for rev in (1, 2)] == pytest.approx([0.881, 0.119], abs=5e-4)
    (one,) = (await ask(world).evidence(world.caller, "lena", ALONE)).nodes
    (same,) = (await ask(world).evidence(world.caller, "lena", ALONE, as_of=AsOf(rev=1))).nodes
    assert one.evidence == same.evidence
    assert not (await checked(world))["lena"].differ


async def test_what_says_the_same_again_stays_as_it_is(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0), event("2"), event("3", "audited", day=40)])
    before = await stored(world)
    await republish(world, "1.1.0", with_rule("rated", "1.0"))
    done = await again(world)
    assert (done.events, done.changed, done.commits) == (3, 1, 1)
    after = await stored(world)
    kept = {row.revision_id for row in before.bearings} & {row.revision_id for row in after.bearings}
    assert len(kept) == len(before.bearings) - 1
    done = await again(world)
    assert (done.events, done.changed, done.commits, done.moved, done.most) == (3, 0, 0, 0, ())
    assert (await stored(world)).rev == after.rev


async def test_a_dry_run_predicts_the_run_and_writes_nothing(world: World) -> None:
    for twin in ("lena", "omar"):
        await world.intake.observe(
            world.caller, [rated(str(n), 0.5, day=n, twin=twin) for n in range(5)] + [event("p", twin=twin)]
        )
    await republish(world, "1.1.0", with_rule("rated", "-1.0"))
    predicted = await again(world, dry_run=True)
    assert (predicted.twins, predicted.events, predicted.changed, predicted.commits) == (2, 12, 10, 2)
    assert [(await stored(world, twin)).rev for twin in ("lena", "omar")] == [1, 1]
    assert await again(world) == predicted
    assert [(await stored(world, twin)).rev for twin in ("lena", "omar")] == [2, 2]


async def test_only_events_of_some_types_and_since_a_moment_are_read(world: World) -> None:
    await world.intake.observe(world.caller, [rated(str(n), 2.0, day=n) for n in range(3)] + [event("p", day=9)])
    await republish(world, "1.1.0", with_rule("rated", "1.0"))
    assert (await again(world, types=("priced",))).changed == 0
    assert (await again(world, twin="nobody")).twins == 1
    assert (await again(world, since=START + timedelta(days=2))).events == 2
    assert held(await stored(world), "world.alone") == published(5.0)
    assert (await again(world, twin="lena", types=("rated",))).events == 3
    assert held(await stored(world), "world.alone") == published(3.0)


async def test_what_the_person_set_right_and_what_was_withdrawn_or_stated_stays(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0), rated("2", 2.0, by="another"), event("3")])
    await world.commands.correct(world.person("lena"), Correct(twin="lena", belief=ALONE, holds=True, valid_from=START))
    said = AssertBelief(twin="lena", belief=key("needs.budget"), confidence=0.9, valid_time=START)
    await world.commands.assert_belief(world.caller, said)
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id="2", source="test")))
    before = await stored(world)

    def change(catalog: dict[str, Any]) -> None:
        with_rule("rated", "-2.0")(catalog)
        with_rule("priced", "-2.0")(catalog)

    await republish(world, "1.1.0", change)
    done = await again(world)
    assert (done.events, done.changed) == (2, 2)
    after = await stored(world)
    assert held(after, "world.alone") == held(before, "world.alone")
    stated_by_people = {row for row in before.bearings if row.origin == "provided"}
    assert len(stated_by_people) == 2
    assert stated_by_people <= set(after.bearings)
    assert sorted(row.log_likelihood_ratio for row in after.bearings if row.origin == "observed") == [-2.0, -2.0, 0.4]


async def test_evidence_that_version_0_1_0_withdrew_by_itself_stays_withdrawn(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0), rated("2", 1.0)])
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id="1", source="test")))
    async with world.graph._driver.session(database="neo4j") as session:  # that version made no note on the event
        await session.run("MATCH (e:Event {twin: $twin}) REMOVE e.withdrawn", twin=(await stored(world)).id)
    await republish(world, "1.1.0", with_rule("rated", "-1.0"))
    assert (await again(world)).changed == 1
    assert held(await stored(world), "world.alone") == published(-1.0)


async def test_a_run_that_was_killed_is_started_again_and_comes_to_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = [f"twin {n}" for n in range(4)]
    for twin in twins:
        await world.intake.observe(world.caller, [rated(str(n), 0.5, day=n, twin=twin) for n in range(3)])
    await republish(world, "1.1.0", with_rule("rated", "-0.5"))
    killed, rang = world.another(), asyncio.Event()
    monkeypatch.setattr(killed.notifier, "notify", lambda _: rang.set())
    running = asyncio.create_task(again(killed))
    await rang.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    before = {twin: (await stored(world, twin)).rev for twin in twins}
    assert 1 <= sum(rev == 2 for rev in before.values()) < 4
    done = await again(world.another())
    assert (done.twins, done.events, done.commits) == (4, 12, sum(rev == 1 for rev in before.values()))
    for twin in twins:
        after = await stored(world, twin)
        assert (after.rev, held(after, "world.alone")) == (2, published(-1.5))


@pytest.mark.parametrize("at_a_time", [1_000, 1])
async def test_a_call_ends_when_it_has_read_enough_and_says_where_to_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr("beliefgraph.services.reinterpretation.reinterpret.PORTION", at_a_time)
    for twin in ("a", "b", "c"):
        await world.intake.observe(world.caller, [rated(str(n), 0.5, twin=twin) for n in range(2)])
    await republish(world, "1.1.0", with_rule("rated", "-0.5"))
    found, calls, after = Reinterpretation(), 0, None
    while calls == 0 or after is not None:
        part = await reinterpreter(world).reinterpret(world.caller, Reinterpret(after=after), enough=1)
        found, calls, after = found.and_then(part), calls + 1, part.next
    assert (found.twins, found.events) == (3, 6)
    assert (found.commits, calls) == ((3, 3) if at_a_time > 2 else (6, 6))
    for twin in ("a", "b", "c"):
        assert held(await stored(world, twin), "world.alone") == published(-1.0)


async def test_a_twin_of_many_events_is_read_in_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beliefgraph.services.reinterpretation.reinterpret.PORTION", 4)
    await world.intake.observe(world.caller, [rated(str(n), 0.25, day=n) for n in range(10)])
    await republish(world, "1.1.0", with_rule("rated", "-0.25"))
    predicted = await again(world, dry_run=True)
    assert predicted.commits == 3
    assert await again(world) == predicted
    assert held(await stored(world), "world.alone") == published(-2.5)


async def test_what_nobody_can_read_any_more_waits_in_quarantine_and_comes_back_when_it_can_be_read(
    world: World,
) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0), event("2"), rated("silent", 0.0, twin="omar")])
    before = await stored(world)

    def dropped(catalog: dict[str, Any]) -> None:
        catalog["events"].remove(rule(catalog, "rated"))

    await republish(world, "1.1.0", dropped)
    done = await again(world, twin="lena")
    assert (done.events, done.changed, done.quarantined) == (2, 0, 1)
    assert held(await stored(world), "world.alone") is None
    (waiting,) = await world.intake.quarantine(world.caller, limit=10)
    assert (waiting.event.id, waiting.code) == ("1", "no-interpretation")
    assert (await again(world, twin="lena")).commits == 0
    await republish(world, "1.2.0", lambda catalog: None)
    (receipt,) = await world.intake.replay(world.caller)
    assert receipt.status == "accepted"
    assert alike(await derived(world, await stored(world)), await derived(world, before))


async def test_other_words_are_other_evidence_and_the_old_words_stay_with_the_old(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0)])

    def reworded(summary: str) -> Change:
        return lambda catalog: rule(catalog, "rated").update(summary=summary, verbatim="data.by")

    await republish(world, "1.1.0", reworded("found it good"))
    assert (await again(world)).changed == 1
    (now,) = (await ask(world).evidence(world.caller, "lena", ALONE)).nodes
    (then,) = (await ask(world).evidence(world.caller, "lena", ALONE, as_of=AsOf(rev=1))).nodes
    assert (then.evidence.summary, then.evidence.verbatim) == ("rated", None)
    assert (now.evidence.summary, now.evidence.verbatim) == ("found it good", "a colleague")
    assert now.evidence.id != then.evidence.id
    assert now.evidence.event == then.evidence.event
    assert held(await stored(world), "world.alone") == published(2.0)
    what_ifs = WhatIfs(world.graph, world.book, RuleInterpreter())
    supposed = await what_ifs.what_if(world.caller, WhatIf(twin="lena", events=(rated("1", 2.0),)))
    assert supposed.value.beliefs == ()  # it came before, whatever it is told as

    await republish(world, "1.2.0", lambda catalog: None)
    assert (await again(world)).changed == 1
    (back,) = (await ask(world).evidence(world.caller, "lena", ALONE)).nodes
    assert back.evidence == then.evidence

    await republish(world, "1.3.0", reworded("found it good"))
    assert (await again(world)).changed == 1
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", evidence=now.evidence.id))
    assert held(await stored(world), "world.alone") is None


async def test_a_person_may_not_have_events_read_again(world: World) -> None:
    person = world.person("lena")
    asked = reinterpreter(world).reinterpret(person, Reinterpret(twin="lena"))
    assert await refusal(asked) == "missing-scope"


async def test_a_twin_whose_use_is_restricted_is_left_out_and_counted_until_that_is_lifted(world: World) -> None:
    enforcing = Enforcing(world)
    await world.intake.observe(world.caller, [rated(f"1-{twin}", 1.0, twin=twin) for twin in ("lena", "max")])
    await enforcing.policies.publish(world.caller, policy())
    person = world.person("lena")
    await enforcing.commands.restrict(person, Restrict(twin="lena"))
    before = await stored(world)
    await republish(world, "1.1.0", with_rule("rated", "double(data.llr) * -1.0"))
    found = await again(world)
    assert (found.twins, found.restricted, found.changed) == (1, 1, 1)
    assert (await stored(world)).rev == before.rev
    await enforcing.commands.restrict(person, Restrict(twin="lena", restricted=False))
    found = await again(world)
    assert (found.twins, found.restricted, found.changed) == (2, 0, 1)
