"""Decisions through the services: told, chosen, judged, corrected, withdrawn, and read at any moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from tests.reading import id_of, refusal, stored
from tests.world import START, World, event, key

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import RecordDecision, SetGoal, Withdraw
from beliefgraph.model.decision import MAX_DECISIONS, DecisionState, Deliberation
from beliefgraph.model.event import Event
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.decisions.draft import DecisionDraft
from beliefgraph.services.questions.decisions import Decisions
from beliefgraph.services.twin.notifier import Notifier
from beliefgraph.services.twin.state import fresh
from beliefgraph.store.graph import Graph

CATALOG = Catalog.model_validate(
    {
        "catalog": "deciding",
        "version": "1.0.0",
        "events": [
            {
                "type": "pondered",
                "summary": "spoke of a decision",
                "decisions": [
                    {
                        "key": "data.decision",
                        "title": "has(data.title) ? data.title : null",
                        "options": "has(data.options) ? data.options : null",
                        "chosen": "has(data.chosen) ? data.chosen : null",
                        "reasons": "has(data.why) ? data.why : null",
                        "expected": "has(data.expected) ? data.expected : null",
                        "actual": "has(data.actual) ? data.actual : null",
                    }
                ],
            }
        ],
    }
)
OPTIONS = [
    {"key": "berlin", "title": "Move to Berlin", "features": {"rent": 1200, "commute": "train"}},
    {"key": "stay", "features": {"rent": 900.5, "commute": "bike"}},
]


@pytest.fixture
def decisions(world: World) -> Decisions:
    return Decisions(world.graph, world.keyring, world.book)


async def record(
    world: World, decision: str = "home", *, day: float = 0, caller: Caller | None = None, **told: Any
) -> Receipt:
    """Tell something of a decision of lena's."""
    at = START + timedelta(days=day)
    command = RecordDecision.model_validate({"twin": "lena", "decision": decision, "valid_from": at, **told})
    return await world.commands.record_decision(caller or world.caller, command)


def pondered(id_: str, decision: str = "home", *, day: float = 0, **data: Any) -> Event:
    return event(id_, "pondered", day=day, decision=decision, **data)


async def standing(decisions: Decisions, world: World, as_of: AsOf = NOW, twin: str = "lena") -> DecisionState:
    return await decisions.decision(world.caller, twin, "home", as_of=as_of)


def moved(receipt: Receipt) -> tuple[Deliberation | None, Deliberation | None]:
    (change,) = receipt.decisions
    return change.before, change.after


async def test_a_decision_is_opened_decided_and_done_step_by_step(world: World, decisions: Decisions) -> None:
    opened = await record(world, title="Where to live", options=OPTIONS)
    assert [(c.before, c.after and c.after.status) for c in opened.decisions] == [(None, "open")]
    await record(
        world,
        day=3,
        chosen="berlin",
        reasons=[{"text": "The work is there"}, {"belief": key("needs.budget"), "text": ""}],
        expected={"score": 0.75, "text": "I shall feel at home by May"},
    )
    done = await record(world, day=90, actual={"score": -0.25})
    before, after = moved(done)
    assert before is not None
    assert after is not None
    assert (before.status, after.status, after.actual) == ("decided", "done", -0.25)

    found = await standing(decisions, world)
    assert (found.title, found.status, found.chosen) == ("Where to live", "done", "berlin")
    assert [(o.key, o.named, o.features) for o in found.options] == [
        ("berlin", "Move to Berlin", {"rent": 1200.0, "commute": "train"}),
        ("stay", "stay", {"rent": 900.5, "commute": "bike"}),
    ]
    assert [(r.text, r.belief) for r in found.reasons] == [("The work is there", None), (None, key("needs.budget"))]
    assert found.expected is not None
    assert (found.expected.score, found.expected.text) == (0.75, "I shall feel at home by May")
    assert found.actual is not None
    assert (found.actual.score, found.actual.text, found.surprise) == (-0.25, None, -1.0)
    assert [e.summary for e in found.evidence] == [
        "tells of the decision “home”: actual result -0.25",
        "tells of the decision “home”: chooses “berlin”, says why, expected result +0.75",
        "tells of the decision “Where to live”: 2 options",
    ]
    days = [(moment - START).days for moment in (found.opened_at, found.decided_at, found.done_at) if moment]
    assert days == [0, 3, 90]
    history = await decisions.history(world.caller, "lena", "home")
    assert [row.status for row in history.nodes] == ["done", "decided", "open"]


async def test_the_persons_texts_are_sealed(world: World, decisions: Decisions, graph: Graph) -> None:
    await record(world, options=OPTIONS, chosen="stay", reasons=[{"text": "Mother is ill"}], expected={"score": 0})
    async with graph._driver.session() as session:
        result = await session.run("MATCH (:Evidence)-[r:TELLS {twin: $id}]->() RETURN properties(r)", id=id_of(world))
        (row,) = [record[0] async for record in result]
    assert b"Mother" not in bytes(row["sealed"])
    assert "Mother" not in repr({name: value for name, value in row.items() if name != "sealed"})
    assert (await standing(decisions, world)).reasons[0].text == "Mother is ill"
    world.keyring.destroy(id_of(world))
    assert await refusal(standing(decisions, world)) == "key-missing"


async def test_a_decision_read_as_of_a_moment_is_what_was_known_of_it_there(world: World, decisions: Decisions) -> None:
    await record(world, options=OPTIONS)  # rev 1
    await record(world, day=10, chosen="berlin")  # rev 2
    await record(world, day=5, chosen="stay")  # rev 3, late

    async def at(day: float, rev: int | None = None) -> tuple[object, ...]:
        found = await standing(decisions, world, AsOf(valid_time=START + timedelta(days=day), rev=rev))
        return found.status, found.chosen

    assert await at(1) == ("open", None)
    assert await at(7) == ("decided", "stay")
    assert await at(7, rev=2) == ("open", None)
    assert await at(12) == ("decided", "berlin")
    assert await at(12, rev=1) == ("open", None)
    assert await refusal(at(-1)) == "unknown-decision"


async def test_events_tell_of_decisions_in_any_order(world: World, decisions: Decisions) -> None:
    await world.book.publish(world.caller, CATALOG)
    told = [
        pondered("1", title="Where to live", options=OPTIONS),
        pondered("2", day=1, chosen="berlin", why=["work", {"goal": "career"}]),
        pondered("3", day=2, expected={"score": 0.5, "text": "well"}, actual=1),
    ]
    seen = []
    for n, order in enumerate(permutations(told)):
        for one in order:
            (receipt,) = await world.intake.observe(world.caller, [one.model_copy(update={"twin": f"t{n}"})])
            assert receipt.status == "accepted"
        found = await standing(decisions, world, twin=f"t{n}")
        seen.append(found.model_dump(exclude={"decision", "changed_at_rev", "evidence"}))
    assert all(each == seen[0] for each in seen)
    assert (seen[0]["status"], seen[0]["chosen"], seen[0]["actual"]["score"]) == ("done", "berlin", 1.0)
    assert [(r["text"], r["goal"]) for r in seen[0]["reasons"]] == [("work", None), (None, "career")]


async def test_a_decision_without_a_title_goes_by_its_key_whatever_that_is(world: World, decisions: Decisions) -> None:
    await record(world, "—", options=OPTIONS)
    assert (await decisions.decision(world.caller, "lena", "—")).title == "—"


async def test_of_statements_about_a_decision_without_a_time_the_last_counts(
    world: World, decisions: Decisions
) -> None:
    """All of it is valid from the twin's head time, which no command moves."""
    await record(world, options=OPTIONS)
    for chosen in ("berlin", "stay", "berlin", "stay"):
        told = RecordDecision(twin="lena", decision="home", chosen=chosen)
        await world.commands.record_decision(world.caller, told)
        assert (await standing(decisions, world)).chosen == chosen


@pytest.mark.parametrize(
    "data",
    [
        {"options": [{"key": "a"}, {"key": "a"}]},
        {"options": [{"key": "a", "features": {"cheap": True}}]},
        {"options": "a"},
        {"why": [{}]},
        {"why": [{"text": "it suits", "belief": {"attribute": "no.such"}}]},
        {"actual": 1.5},
        {"expected": "good"},
        {"title": "two\nlines"},
    ],
)
async def test_an_event_that_tells_it_wrongly_is_set_aside_with_what_it_should_be(
    world: World, data: dict[str, Any]
) -> None:
    await world.book.publish(world.caller, CATALOG)
    (receipt,) = await world.intake.observe(world.caller, [pondered("1", **data)])
    assert (receipt.status, receipt.code) == ("quarantined", "interpretation-failed")
    assert any(why in (receipt.reason or "") for why in ("it is not a", "No catalog in force defines no.such"))
    assert (await stored(world)).rev == 0


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"chosen": "rome"}, "unknown-option"),
        ({"options": [{"key": "rome"}]}, "unknown-option"),
        ({"reasons": [{"goal": "nowhere"}]}, "unknown-goal"),
        ({"options": [*OPTIONS, {"key": "c", "goals": {"nowhere": 1}}]}, "unknown-goal"),
        ({"reasons": [{"belief": {"attribute": "no.such"}}]}, "unknown-attribute"),
        ({"expected_rev": 7}, "rev-conflict"),
    ],
)
async def test_bad_input_is_refused_and_nothing_is_written(world: World, told: dict[str, Any], code: str) -> None:
    await record(world, options=OPTIONS, chosen="berlin")
    before = await stored(world)
    assert await refusal(record(world, day=1, **told)) == code
    after = await stored(world)
    assert (after.rev, after.decision_statements) == (before.rev, before.decision_statements)


def test_invalid_statements_about_decisions_are_refused() -> None:
    refused: tuple[dict[str, Any], ...] = ({"options": [{"key": "a"}, {"key": "a"}]}, {"reasons": [{"text": " "}]})
    for told in refused:
        with pytest.raises(BeliefgraphError):
            RecordDecision.model_validate({"twin": "lena", "decision": "home", **told})
    refused = ({"expected": {"score": 2}}, {"options": []}, {"options": [{"key": "a", "features": {"x": 1e12}}]})
    for told in refused:
        with pytest.raises(ValueError, match="validation error"):
            RecordDecision.model_validate({"twin": "lena", "decision": "home", **told})


async def test_what_the_person_tells_stands_against_others(world: World, decisions: Decisions) -> None:
    await world.book.publish(world.caller, CATALOG)
    await record(world, options=OPTIONS, chosen="stay")
    person = world.person("lena")
    await record(world, day=1, chosen="berlin", caller=person)
    assert await refusal(record(world, day=2, chosen="stay")) == "correction-stands"
    (receipt,) = await world.intake.observe(world.caller, [pondered("1", day=3, chosen="stay", actual=0.5)])
    assert receipt.status == "accepted"
    found = await standing(decisions, world)
    assert (found.chosen, found.actual and found.actual.score) == ("berlin", 0.5)


async def test_withdrawn_evidence_on_decisions_has_no_effect_left(world: World, decisions: Decisions) -> None:
    await record(world, options=OPTIONS)
    rival = world.caller.model_copy(update={"actor": "somebody"})
    await record(world, day=1, chosen="stay", caller=rival)
    await record(world, "car", day=1, title="Which car", caller=rival)
    gone = await world.commands.withdraw(world.caller, Withdraw(twin="lena", source="somebody"))
    assert {c.decision.key: c.after and c.after.status for c in gone.decisions} == {"home": "open", "car": None}
    assert [d.decision.key for d in (await decisions.decisions(world.caller, "lena")).nodes] == ["home"]
    told = await Changes(world.graph, Notifier()).since(world.caller, "lena", 0)
    assert [
        [(c.decision.key, c.before and c.before.status, c.after and c.after.status) for c in t.decisions] for t in told
    ][:3] == [
        [("home", None, "open")],
        [("home", "open", "decided")],
        [("car", None, "open")],
    ]
    assert sorted((c.decision.key, c.after is None) for c in told[3].decisions) == [("car", True), ("home", False)]


async def test_decisions_are_listed_in_pages_by_status_the_newest_first(world: World, decisions: Decisions) -> None:
    for day, name in enumerate(("a", "b", "c")):
        await record(world, name, day=day, options=[{"key": "x"}])
    await record(world, "b", day=4, chosen="x")
    first = await decisions.decisions(world.caller, "lena", ["open"], first=1)
    assert ([d.decision.key for d in first.nodes], first.total, first.has_next) == (["c"], 2, True)
    then = await decisions.decisions(world.caller, "lena", ["open"], first=1, after=first.items[-1].cursor)
    assert ([d.decision.key for d in then.nodes], then.has_next) == (["a"], False)
    assert await refusal(decisions.decisions(world.caller, "lena", first=1, after=first.items[-1].cursor)) == (
        "invalid-cursor"
    )


async def test_a_second_sending_changes_nothing(world: World) -> None:
    first = await record(world, id="once", title="Where to live")
    again = await record(world, id="once", title="Where to live")
    assert (first.status, again.status, again.rev, again.decisions) == ("accepted", "duplicate", first.rev, ())
    assert await refusal(record(world, id="once", title="Where else")) == "event-conflict"


async def test_reasons_name_goals_that_are_known(world: World, decisions: Decisions) -> None:
    await world.commands.set_goal(world.caller, SetGoal(twin="lena", goal="career", valid_from=START))
    await record(world, options=[{"key": "a", "goals": {"career": -0.5}}], reasons=[{"goal": "career"}])
    found = await standing(decisions, world)
    assert (found.options[0].goals, found.reasons[0].goal) == ({"career": -0.5}, "career")


async def test_the_twin_read_anew_is_the_twin_as_it_was_written(world: World) -> None:
    await record(world, options=OPTIONS, chosen="stay", reasons=[{"text": "so"}], expected={"score": 0.5, "text": "x"})
    kept = await world.cache.at(id_of(world), world.caller.tenant, "lena", (1, (await stored(world)).life))
    read = await stored(world)
    assert (kept.decisions, kept.decision_statements, kept.deliberations, kept.open_rows) == (
        read.decisions,
        read.decision_statements,
        read.deliberations,
        read.open_rows,
    )
    (found,) = [one async for one in recheck(world.graph, world.book, world.caller.tenant)]
    assert found.differ == 0
    async with world.graph._driver.session(database="neo4j") as session:
        await session.run("MATCH (:Twin {id: $id})-[r:DECIDES]->() SET r.expected = 1.0", id=id_of(world))
    (found,) = [one async for one in recheck(world.graph, world.book, world.caller.tenant)]
    assert [row.expected for row in found.differing if isinstance(row, Deliberation)] == [0.5]


def test_a_twin_has_so_many_decisions_and_no_more() -> None:
    draft = DecisionDraft(fresh("twin", "tenant", "lena"))
    draft.require_room(map(str, range(MAX_DECISIONS)))
    with pytest.raises(BeliefgraphError) as refused:
        draft.require_room(map(str, range(MAX_DECISIONS + 1)))
    assert refused.value.code == "too-large"


async def test_subscribers_of_a_twin_receive_its_decisions(world: World) -> None:
    changes = Changes(world.graph, Notifier(), interval=0.05)
    await record(world, options=OPTIONS)
    told = changes.subscribe(world.caller, "lena", 0)
    await record(world, chosen="stay")
    seen = [await asyncio.wait_for(anext(told), 10) for _ in range(2)]
    await changes.close()
    assert [c.after and c.after.chosen for change in seen for c in change.decisions] == [None, "stay"]


async def test_an_erased_twin_leaves_no_decision(world: World) -> None:
    await record(world, title="Where to live")
    await world.eraser.erase_twin(world.caller, "lena")
    async with world.graph._driver.session() as session:
        found = await (await session.run("MATCH (d:Decision {twin: $id}) RETURN count(d)", id=id_of(world))).single()
    assert found is not None
    assert found[0] == 0


async def test_another_tenant_and_another_person_see_no_decision(world: World, decisions: Decisions) -> None:
    await record(world, title="Where to live")
    for stranger in (world.caller.model_copy(update={"tenant": "elsewhere"}), world.person("mia")):
        assert await refusal(decisions.decision(stranger, "lena", "home")) == "not-found"
