"""What a person wants in a context, from events to the answer: on a real Neo4j."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio
from tests.preferences import CHANNELS, PREFERENCES, channel, wanted
from tests.reading import refusal, stored
from tests.world import START, World, event

from beliefgraph.model.belief import ANYWHERE, BeliefKey, logit
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import AssertBelief, Correct, HypotheticalEvidence, WhatIf, Withdraw
from beliefgraph.model.event import Event
from beliefgraph.model.identity import event_id, evidence_id, source_id
from beliefgraph.model.preference import PreferenceKind
from beliefgraph.model.preferred import Preference
from beliefgraph.model.time import AsOf
from beliefgraph.services.beliefs.contexts import MOST_CONTEXTS
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.learning.training_data import training_data
from beliefgraph.services.preferences.questions import Preferences
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.what_if import WhatIfs
from beliefgraph.services.upkeep.refresh import Refresher

PRIOR = [wanted("prior", "work.busy", 0.0)]
"""An event after which nothing is known of what they want."""


@pytest_asyncio.fixture
async def asked(world: World) -> World:
    """The world, with preferences."""
    await world.book.publish(world.caller, PREFERENCES)
    return world


def service_of(world: World) -> Preferences:
    return Preferences(world.graph, world.book, Explanations(world.graph, world.keyring, world.book))


async def observe(world: World, *events: Event) -> None:
    receipts = await world.intake.observe(world.caller, list(events))
    assert {receipt.status for receipt in receipts} == {"accepted"}


async def preferences(
    world: World, context: str = ANYWHERE, kinds: Sequence[PreferenceKind] | None = None, **more: Any
) -> dict[tuple[str, str], Preference]:
    page = await service_of(world).preferences(world.caller, "lena", context=context, kinds=kinds, **more)
    return {(each.attribute, each.subject): each for each in page.nodes}


async def prefers(
    world: World, attribute: str, context: str = ANYWHERE, subject: str = "self", **more: Any
) -> Preference:
    return (await preferences(world, context, **more))[attribute, subject]


async def test_without_evidence_every_preference_of_the_person_answers_with_its_prior(asked: World) -> None:
    await observe(asked, *PRIOR)
    found = await preferences(asked, "work.mail")
    assert {name for name, _ in found} == {"contact.channel", "learns.by_doing", "risk.tolerance", "mood.stressed"}
    channels = found["contact.channel", "self"]
    assert {v.value: v.probability for v in channels.values} == pytest.approx(CHANNELS, abs=1e-9)
    assert channels.belief.state.belief.value == "mail"
    assert channels.strength == pytest.approx(0.4 - 0.3, abs=1e-9)
    assert channels.beyond_prior == pytest.approx(0.0, abs=1e-9)
    assert (channels.heard_in, channels.conflicts, channels.quality) == (None, (), "exact")
    risk = found["risk.tolerance", "self"]
    mean = (0.2 - 0.3) / 0.9  # of those on the scale
    assert risk.mean == pytest.approx(mean, abs=1e-9)
    deviation = math.sqrt((0.3 * (-1 - mean) ** 2 + 0.4 * mean**2 + 0.2 * (1 - mean) ** 2) / 0.9)
    assert risk.deviation == pytest.approx(deviation, abs=1e-9)
    assert found["mood.stressed", "self"].strength == pytest.approx(0.9 - 0.1)


async def test_a_narrow_context_inherits_from_the_nearest_broader_one_and_names_it(asked: World) -> None:
    await observe(asked, wanted("1", "contact.channel", 3.0, value="call", context="work"))
    there, narrow, beside = [await prefers(asked, "contact.channel", c) for c in ("work", "work.mail", "home")]
    assert [one.belief.state.belief.value for one in (there, narrow, beside)] == ["call", "call", "mail"]
    assert [one.heard_in for one in (there, narrow, beside)] == ["work", "work", None]
    assert there.strength is not None
    assert narrow.strength is not None
    assert there.strength > narrow.strength > 0
    assert narrow.belief.state.belief.context == "work.mail"
    await observe(asked, wanted("2", "contact.channel", 3.0, value="chat", context="work.mail", by="somebody"))
    own = await prefers(asked, "contact.channel", "work.mail")
    assert (own.belief.state.belief.value, own.heard_in) == ("chat", "work.mail")
    assert (await prefers(asked, "contact.channel", "work")).belief.state.belief.value == "call"


async def test_a_reading_on_the_scale_moves_its_mean_and_what_is_off_the_scale_waits(asked: World) -> None:
    await observe(asked, event("1", "slider.moved", at=90.0, context="money", by="a form"))
    found = await prefers(asked, "risk.tolerance", "money")
    weights = {
        score: prior * math.exp(-((0.8 - score) ** 2) / (2 * 0.5**2))
        for score, prior in ((-1, 0.3), (0, 0.4), (1, 0.2))
    }
    mean = sum(score * weight for score, weight in weights.items()) / sum(weights.values())
    assert found.mean == pytest.approx(mean, abs=1e-9)
    likely = {each.value: each.probability for each in found.values}
    assert likely["other"] == pytest.approx(0.1, abs=1e-9)
    (refused,) = await asked.intake.observe(
        asked.caller, [event("2", "slider.moved", at=110.0, context="money", by="x")]
    )
    assert (refused.status, refused.code) == ("quarantined", "interpretation-failed")


async def test_what_does_not_inherit_answers_from_the_nearest_context_with_evidence(asked: World) -> None:
    await observe(
        asked,
        wanted("1", "liking", 3.0, value="likes", subject="coffee"),
        wanted("2", "liking", 3.0, value="dislikes", subject="coffee", context="evening"),
    )
    morning = await prefers(asked, "liking", "morning", "coffee")
    late = await prefers(asked, "liking", "evening.late", "coffee")
    assert (morning.belief.state.belief.value, morning.heard_in) == ("likes", "any")
    assert (late.belief.state.belief.value, late.heard_in) == ("dislikes", "evening")
    assert late.belief.state.belief.context == "evening"
    twin = asked.updater.name(asked.caller, "lena", "write").id
    gone = evidence_id(event_id(twin, "test", "2"), source_id(asked.caller.tenant, "them"))
    await asked.commands.withdraw(asked.caller, Withdraw(twin="lena", evidence=gone))
    again = await prefers(asked, "liking", "evening.late", "coffee")
    assert (again.belief.state.belief.value, again.heard_in) == ("likes", "any")
    assert again.belief.state.log_odds == pytest.approx(morning.belief.state.log_odds)


async def test_why_names_what_came_from_a_broader_context_and_from_a_state(asked: World) -> None:
    await observe(
        asked,
        wanted("1", "contact.channel", 2.0, value="chat", context="work", by="a colleague"),
        wanted("2", "mood.stressed", 3.0, by="a watch"),
    )
    found = await prefers(asked, "contact.channel", "work.mail", explained=True)
    why = found.explanation
    assert why is not None
    assert {c.source: (c.on.attribute, c.on.context) for c in why.contributions} == {
        "a colleague": ("contact.channel", "work"),
        "a watch": ("mood.stressed", "any"),
    }
    assert all(c.contribution > 0 for c in why.contributions)
    moved = found.belief.state.log_odds
    assert moved is not None
    assert sum(c.contribution for c in why.contributions) == pytest.approx(moved - logit(0.3), abs=1e-4)
    assert [(link.belief.attribute, link.belief.context) for link in why.links][:2] == [
        ("contact.channel", "work.mail"),
        ("contact.channel", "work"),
    ]


async def test_two_hard_constraints_that_contradict_each_other_both_stand_and_the_conflict_is_shown(
    asked: World,
) -> None:
    await observe(
        asked,
        wanted("1", "contact.never", 6.0, subject="call", context="work"),
        wanted("2", "contact.only", 6.0, subject="call"),
        wanted("3", "contact.never", 6.0, subject="fax"),
    )
    found = await preferences(asked, "work.mail", kinds=["constraint"])
    clash = found["contact.never", "call"].conflicts
    assert [conflict.feature for conflict in clash] == ["channel"]
    assert {(state.belief.attribute, state.belief.subject) for state in clash[0].constraints} == {
        ("contact.never", "call"),
        ("contact.only", "call"),
    }
    assert clash == found["contact.only", "call"].conflicts
    assert found["contact.never", "fax"].conflicts == ()
    assert all((one.belief.state.confidence or 0) > 0.5 for one in found.values())
    home = await preferences(asked, "home", kinds=["constraint"])
    assert home.keys() == {("contact.never", "fax"), ("contact.only", "call")}
    assert home["contact.only", "call"].conflicts == ()


async def test_a_correction_by_the_person_stands_against_all_evidence_and_reaches_narrower_contexts(
    asked: World,
) -> None:
    await observe(asked, wanted("1", "contact.channel", 4.0, value="call", context="work"))
    command = Correct(twin="lena", belief=channel("mail", "work"), holds=True)
    await asked.commands.correct(asked.person("lena"), command)
    there, narrow = (
        await prefers(asked, "contact.channel", "work"),
        await prefers(asked, "contact.channel", "work.mail"),
    )
    assert (there.belief.state.belief.value, narrow.belief.state.belief.value) == ("mail", "mail")
    assert (there.belief.state.confidence or 0) > 0.999 > (narrow.belief.state.confidence or 0)


async def test_an_assertion_states_a_preference_in_a_context(asked: World) -> None:
    await asked.commands.assert_belief(
        asked.caller, AssertBelief(twin="lena", belief=channel("chat", "work"), confidence=0.9)
    )
    found = await prefers(asked, "contact.channel", "work")
    assert found.belief.state.confidence == pytest.approx(0.9, abs=1e-9)
    assert found.heard_in == "work"


async def test_a_state_passes_and_any_moment_can_be_asked_about(asked: World) -> None:
    await observe(asked, wanted("1", "mood.stressed", 4.0))
    await observe(asked, wanted("2", "work.busy", 0.0, day=3))
    now = await prefers(asked, "contact.channel", "work")
    then = await prefers(asked, "contact.channel", "work", as_of=AsOf(valid_time=START))
    at_rev = await prefers(asked, "contact.channel", "work", as_of=AsOf(rev=1))
    calm = {each.value: each.probability for each in now.values}
    stressed = {each.value: each.probability for each in then.values}
    assert calm == pytest.approx(CHANNELS, abs=2e-3)
    assert (stressed["chat"] or 0) > CHANNELS["chat"] + 0.05
    assert at_rev.values[0].probability == then.values[0].probability


async def test_what_a_metric_says_in_a_context_reaches_narrower_ones(asked: World) -> None:
    visits = [event(str(n), "visited", context="work", by="a door", day=n / 10) for n in range(2)]
    await observe(asked, *visits)
    found = await prefers(asked, "learns.by_doing", "work.bench", explained=True)
    assert found.heard_in == "work"
    assert (found.belief.state.confidence or 0) > 0.4
    assert found.explanation is not None
    (why,) = found.explanation.contributions
    assert why.metric is not None
    assert why.on.context == "work"


async def test_a_what_if_reaches_every_context_and_stores_nothing(asked: World) -> None:
    await observe(asked, wanted("1", "contact.channel", 1.0, value="mail", context="work.mail"))
    supposed = HypotheticalEvidence(belief=channel("call", "work"), log_likelihood_ratio=3.0)
    asking = WhatIfs(asked.graph, asked.book, RuleInterpreter())
    found = (await asking.what_if(asked.caller, WhatIf(twin="lena", evidence=(supposed,)))).value.beliefs
    calls = {d.belief.context: (d.before or 0, d.after or 0) for d in found if d.belief.value == "call"}
    assert calls.keys() == {"any", "work", "work.mail"}
    assert all(after > before for before, after in calls.values())
    assert (await prefers(asked, "contact.channel", "work")).heard_in is None


async def test_nothing_is_learned_of_relations_that_hold_in_one_place_alone(asked: World) -> None:
    await observe(asked, *PRIOR)
    read = await training_data(asked.caller, asked.graph, asked.book)
    assert set(read.left_out) == {"learns.by_doing", "mood.stressed", "work.busy"}


async def test_history_comes_with_the_preference(asked: World) -> None:
    await observe(asked, wanted("1", "contact.channel", 1.0, value="mail", context="work"))
    await observe(asked, wanted("2", "contact.channel", 1.0, value="mail", context="work", day=1, by="somebody"))
    found = await prefers(asked, "contact.channel", "work", with_history=True)
    assert found.history is not None
    assert [row.rev_from for row in found.history] == [2, 1]
    before = await prefers(asked, "contact.channel", "work", with_history=True, as_of=AsOf(rev=1))
    assert before.history is not None
    assert [row.rev_from for row in before.history] == [1]


async def test_pages_go_on_where_the_last_one_ended_at_the_same_rev(asked: World) -> None:
    await observe(asked, wanted("1", "liking", 3.0, value="likes", subject="tea"))
    await observe(asked, wanted("2", "liking", 3.0, value="likes", subject="coffee"))
    names: list[str] = []
    after: str | None = None
    while True:
        page = await service_of(asked).preferences(asked.caller, "lena", first=2, after=after)
        names += [f"{each.attribute} {each.subject}" for each in page.nodes]
        if not page.has_next:
            break
        after = page.items[-1].cursor
        await observe(asked, wanted(f"more {len(names)}", "liking", 1.0, value="likes", subject=f"zebra {len(names)}"))
    assert names == [
        "contact.channel self",
        "learns.by_doing self",
        "liking coffee",
        "liking tea",
        "mood.stressed self",
        "risk.tolerance self",
    ]
    other = service_of(asked).preferences(asked.caller, "lena", context="work", first=2, after=after)
    assert await refusal(other) == "invalid-cursor"


@pytest.mark.parametrize("context", ["", "a\nb", "x" * 201])
async def test_what_is_no_context_is_refused(asked: World, context: str) -> None:
    await observe(asked, *PRIOR)
    assert await refusal(service_of(asked).preferences(asked.caller, "lena", context=context)) == "invalid-input"


async def test_a_context_that_lies_in_very_many_others_is_refused(asked: World) -> None:
    await observe(asked, *PRIOR)
    deep = ".".join("abcdefghijklmno")  # and `any`
    assert ("contact.channel", "self") in await preferences(asked, deep)
    assert await refusal(service_of(asked).preferences(asked.caller, "lena", context=f"{deep}.p")) == "too-large"


async def test_a_version_in_which_nothing_inherits_any_more_is_adopted_and_unties_the_contexts(asked: World) -> None:
    await observe(asked, wanted("1", "contact.channel", 3.0, value="call", context="work.mail"))
    tied = await prefers(asked, "contact.channel", "work")
    attributes = [
        {**each, "preference": {**each["preference"], "inherits": None}} if each.get("preference") else each
        for each in PREFERENCES.model_dump(mode="json")["attributes"]
    ]
    newer = Catalog.model_validate(
        {**PREFERENCES.model_dump(mode="json"), "version": "2.0.0", "attributes": attributes}
    )
    await asked.book.publish(asked.caller, newer)
    await Refresher(asked.updater, asked.intake).adopt(asked.caller.tenant)
    untied = await prefers(asked, "contact.channel", "work")
    before = await prefers(asked, "contact.channel", "work", as_of=AsOf(rev=1))
    assert (tied.belief.state.belief.value, untied.belief.state.belief.value) == ("call", "mail")
    assert {v.value: v.probability for v in untied.values} == pytest.approx(CHANNELS, abs=1e-9)
    assert [v.probability for v in before.values] == [v.probability for v in tied.values]
    twin = await stored(asked)
    drawn = [(twin.beliefs[r.source], twin.beliefs[r.target]) for r in twin.relations if r.origin == "inferred"]
    assert [one for one, other in drawn if one.attribute == other.attribute] == []
    (checked,) = [each async for each in recheck(asked.graph, asked.book, asked.caller.tenant)]
    assert checked.differing == ()


async def test_what_is_published_in_contexts_can_be_recomputed(asked: World) -> None:
    await observe(asked, wanted("1", "contact.channel", 2.0, value="chat", context="work.mail"))
    await observe(
        asked, wanted("2", "mood.stressed", 3.0, day=1), wanted("3", "contact.never", 4.0, subject="call", day=1)
    )
    await observe(asked, wanted("4", "contact.channel", 2.0, value="mail", day=2, by="somebody"))
    async for found in recheck(asked.graph, asked.book, asked.caller.tenant):
        assert found.differing == ()
    published = await Questions(asked.graph, asked.keyring, asked.book).belief(
        asked.caller, "lena", channel("chat", "work.mail")
    )
    (recomputed,) = [v for v in (await prefers(asked, "contact.channel", "work.mail")).values if v.value == "chat"]
    assert published.state.confidence == pytest.approx(recomputed.probability, abs=0.003)
    unheard = await Questions(asked.graph, asked.keyring, asked.book).belief(
        asked.caller, "lena", channel("chat", "work.mail.urgent")
    )
    assert (unheard.state.confidence or 0) > CHANNELS["chat"]


@pytest.mark.parametrize(
    "belief",
    [
        {"attribute": "contact.never"},
        {"attribute": "budget.most", "subject": "cheap"},
        {"attribute": "mood.stressed", "context": "work"},
    ],
)
async def test_what_nobody_can_mean_is_refused_and_nothing_is_written(asked: World, belief: dict[str, str]) -> None:
    await observe(asked, *PRIOR)
    key = BeliefKey(**belief)
    said = asked.commands.assert_belief(asked.caller, AssertBelief(twin="lena", belief=key, confidence=0.9))
    assert await refusal(said) == "invalid-input"
    right = asked.commands.correct(asked.person("lena"), Correct(twin="lena", belief=key, holds=True))
    assert await refusal(right) == "invalid-input"
    assert (await Questions(asked.graph, asked.keyring, asked.book).twin(asked.caller, "lena")).rev == 1


async def test_an_event_about_no_operand_or_one_context_too_many_waits_and_the_others_are_taken(asked: World) -> None:
    (refused,) = await asked.intake.observe(asked.caller, [wanted("1", "budget.most", 3.0, subject="cheap")])
    assert (refused.status, refused.code) == ("quarantined", "interpretation-failed")
    many = [wanted(f"c{n}", "learns.by_doing", 0.1, context=f"c{n}", by=f"source {n}") for n in range(MOST_CONTEXTS)]
    receipts = await asked.intake.observe(asked.caller, many)
    assert [r.code for r in receipts if r.status != "accepted"] == ["too-large"]
    one_more = AssertBelief(
        twin="lena", belief=BeliefKey(attribute="learns.by_doing", context="one.more"), confidence=0.9
    )
    assert await refusal(asked.commands.assert_belief(asked.caller, one_more)) == "too-large"
