"""Sources are learned, put in force by number, adopted by a commit, and heard by what was learned from then on."""

from __future__ import annotations

import math
import random
from datetime import timedelta

import numpy as np
import pytest
from tests.conftest import StoppedClock
from tests.reading import stored
from tests.world import START, World, event, key

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.model.belief import BeliefKey, BeliefState
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import AssertBelief, Correct, Withdraw
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.parameters import BinaryRates, ParameterSet, Scope, SharedError, SourceRates
from beliefgraph.model.question import BeliefFilter
from beliefgraph.model.time import AsOf
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.learning.dataset import Collection, KnownTruth
from beliefgraph.services.learning.sources import SourceLearner, learned_sources
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.upkeep.refresh import Refresher
from beliefgraph.store.learning import EvidenceRow, TwinEvidence

LABELS = Catalog.model_validate(
    {
        "catalog": "labels",
        "version": "1.0.0",
        "attributes": [
            {"key": "world.labelled", "domain": "world", "prior": 0.5, "statement": "{subject} has the label"},
            {"key": "world.colour", "domain": "world", "values": {"red": 0.3, "green": 0.3, "blue": 0.3},
             "statement": "{subject} is {value}"},
            {"key": "world.size", "domain": "world", "open_values": {"other": 0.05},
             "statement": "{subject} has {value}"},
        ],
        "events": [
            {
                "type": "labelled",
                "summary": "labelled it",
                "source": "data.by",
                "source_kind": "data.by.startsWith('robot') ? 'robot' : 'human'",
                "bears_on": [
                    {"attribute": "world.labelled", "subject": "data.item",
                     "log_likelihood_ratio": "data.yes ? 12.0 : -12.0"}
                ],
            },
            {
                "type": "printed",
                "summary": "printed it",
                "source": "data.by",
                "shared_origin": "'wire:' + data.wire",
                "bears_on": [
                    {"attribute": "world.labelled", "subject": "data.item", "log_likelihood_ratio": "double(data.llr)"}
                ],
            },
            {
                "type": "coloured",
                "summary": "said which colour",
                "source": "data.by",
                "bears_on": [
                    {"attribute": "world.colour", "subject": "data.item", "value_from": "data.value",
                     "log_likelihood_ratio": 12.0}
                ],
            },
            {
                "type": "sized",
                "summary": "said which size",
                "source": "data.by",
                "bears_on": [
                    {"attribute": "world.size", "subject": "data.item", "value_from": "data.value",
                     "log_likelihood_ratio": 12.0}
                ],
            },
        ],
    }
)  # fmt: skip

ITEMS, WORKERS = 60, 8
RIGHT = (0.95, 0.95, 0.9, 0.9, 0.8, 0.8, 0.55, 0.2)
"""How often each worker is right; the last one lies."""


def label(id_: str, by: str, item: str, yes: bool, *, twin: str = "lena", day: float = 0) -> Event:
    return event(id_, "labelled", twin=twin, by=by, item=item, yes=yes, day=day)


def labels(twin: str = "lena") -> tuple[list[Event], dict[str, bool]]:
    """Eight workers, of whom some are better than others, on sixty items."""
    chance = random.Random(3)
    truth = {f"item {i}": chance.random() < 0.5 for i in range(ITEMS)}
    events = [
        label(f"{item}-{w}", f"worker {w}", item, holds == (chance.random() < right), twin=twin, day=i / 100)
        for i, (item, holds) in enumerate(truth.items())
        for w, right in enumerate(RIGHT)
    ]
    return events, truth


@pytest.fixture
async def crowd(world: World) -> World:
    await world.book.publish(world.caller, LABELS)
    return world


def learner(world: World) -> SourceLearner:
    return SourceLearner(world.graph, world.book)


async def learned_and_adopted(world: World, **how: object) -> int:
    """Learn, publish, and let every twin adopt it; the number of the definition set."""
    found = await learner(world).learn(world.caller, **how)  # type: ignore[arg-type]
    definitions = await learner(world).publish(world.caller, found)
    assert not (await Refresher(world.updater, world.intake).adopt(world.caller.tenant)).refused
    return definitions.number


async def standing(world: World, twin: str = "lena", as_of: AsOf | None = None) -> dict[str, BeliefState]:
    """Every belief of a twin, recomputed and unrounded, by its subject and value."""
    questions = Questions(world.graph, world.keyring, world.book)
    as_of = as_of or AsOf(valid_time=START + timedelta(days=10))
    found, after = {}, None
    while True:
        page = await questions.beliefs(world.caller, twin, BeliefFilter(), first=200, after=after, as_of=as_of)
        for item in page.items:
            belief = item.node.state.belief
            found[f"{belief.subject} {belief.value or ''}".strip()] = item.node.state
        if not page.has_next:
            return found
        after = page.items[-1].cursor


async def test_workers_are_learned_without_the_truth_and_inverted_ones_count_the_other_way(crowd: World) -> None:
    events, truth = labels()
    await crowd.intake.observe(crowd.caller, events)
    by_vote = await standing(crowd)
    found = await learner(crowd).learn(crowd.caller)
    rates = {each.source: each for each in found.sources}
    assert rates["worker 0"].reliability > rates["worker 6"].reliability > rates["worker 7"].reliability
    assert rates["worker 7"].rates.says_if_holds < rates["worker 7"].rates.says_if_not
    assert rates["worker 0"].low < rates["worker 0"].reliability < rates["worker 0"].high
    assert rates["worker 0"].statements == pytest.approx(ITEMS)
    assert found.settled == 0

    await learned_and_adopted(crowd)
    by_worth = await standing(crowd)

    def right(beliefs: dict[str, BeliefState]) -> int:
        return sum(((beliefs[item].log_odds or 0.0) > 0) == holds for item, holds in truth.items())

    assert right(by_worth) > right(by_vote)
    assert max(abs(state.log_odds or 0.0) for state in by_worth.values()) < 25  # of 8 voices at 12 each, none is sure


async def test_adopting_what_was_learned_is_a_commit_and_before_it_stand_the_old_numbers(
    crowd: World, clock: StoppedClock
) -> None:
    events, _ = labels()
    await crowd.intake.observe(crowd.caller, events)
    before = await stored(crowd)
    then = await standing(crowd)
    number = await learned_and_adopted(crowd)
    after = await stored(crowd)
    assert (after.rev, after.definitions, before.definitions) == (before.rev + 1, number, number - 1)
    record = await crowd.graph.read(
        "change/since", wanted=[{"twin": after.id, "after": before.rev, "upto": after.rev}], limit=10
    )
    assert record is not None
    assert [commit[6] for commit, *_ in record[0]] == ["adopted"]

    old = await standing(crowd, as_of=AsOf(valid_time=START + timedelta(days=10), rev=before.rev))
    assert {k: s.log_odds for k, s in old.items()} == {k: s.log_odds for k, s in then.items()}
    now = await standing(crowd)
    assert {k: s.log_odds for k, s in now.items()} != {k: s.log_odds for k, s in then.items()}
    assert [found.differing async for found in recheck(crowd.graph, crowd.another().book, crowd.caller.tenant)] == [()]


async def test_learning_the_same_again_changes_nothing(crowd: World) -> None:
    events, _ = labels()
    await crowd.intake.observe(crowd.caller, events)
    number = await learned_and_adopted(crowd)
    found = await learner(crowd).learn(crowd.caller)
    assert (await learner(crowd).publish(crowd.caller, found)).number == number
    assert (await crowd.book.publish(crowd.caller, LABELS)).number == number
    more = LABELS.model_copy(update={"version": "1.1.0", "description": "as before"})
    following = await crowd.book.publish(crowd.caller, more)
    assert following.number == number + 1
    again = (await crowd.another().book.latest(crowd.caller.tenant)).definitions
    assert again.parameters is not None
    assert again.parameters.number == 1
    assert again.parameters == following.parameters


async def test_in_another_order_the_same_is_learned_and_believed_to_the_bit(crowd: World) -> None:
    events, _ = labels()
    await crowd.intake.observe(crowd.caller, events)
    first = await learner(crowd).learn(crowd.caller)
    shuffled = [e.model_copy(update={"twin": "mara"}) for e in events]
    random.Random(8).shuffle(shuffled)
    await learned_and_adopted(crowd)
    for part in range(0, len(shuffled), 100):
        await crowd.intake.observe(crowd.caller, shuffled[part : part + 100])
    one, other = await standing(crowd), await standing(crowd, "mara")
    assert {k: s.log_odds for k, s in one.items()} == {k: s.log_odds for k, s in other.items()}

    both = await learner(crowd).learn(crowd.caller)
    assert both.twins == 2
    assert [s.source for s in both.sources][:1] != []
    assert {s.source: s.rates for s in first.sources} != {
        s.source: s.rates for s in both.sources
    }  # twice as much heard


async def test_a_source_withdrawn_after_learning_equals_never_having_had_it(crowd: World) -> None:
    events, _ = labels()
    await crowd.intake.observe(crowd.caller, events)
    await learned_and_adopted(crowd)
    without = [e.model_copy(update={"twin": "mara"}) for e in events if e.data["by"] != "worker 3"]
    await crowd.intake.observe(crowd.caller, without)
    await crowd.commands.withdraw(crowd.caller, Withdraw(twin="lena", source="worker 3"))
    one, never = await standing(crowd), await standing(crowd, "mara")
    assert {k: s.log_odds for k, s in one.items()} == {k: s.log_odds for k, s in never.items()}


async def test_a_new_source_is_taken_for_one_of_its_kind(crowd: World) -> None:
    chance = random.Random(5)
    events = []
    for i in range(ITEMS):
        holds = chance.random() < 0.5
        for by, right in [(f"human {h}", 0.95) for h in range(4)] + [(f"robot {r}", 0.6) for r in range(4)]:
            events.append(label(f"{i}-{by}", by, f"item {i}", holds == (chance.random() < right)))
    await crowd.intake.observe(crowd.caller, events)
    await learned_and_adopted(crowd)
    await crowd.intake.observe(
        crowd.caller, [label("h", "human 99", "new h", True), label("r", "robot 99", "new r", True)]
    )
    found = await standing(crowd)
    human, robot = found["new h"].log_odds, found["new r"].log_odds
    assert human is not None
    assert robot is not None
    assert 0 < robot < 1.2 < 2 < human < 12
    parameters = (await crowd.book.latest(crowd.caller.tenant)).definitions.parameters
    assert parameters is not None
    rates = parameters.source_rates[None, "human", Scope(attribute="world.labelled")]
    assert human == pytest.approx(math.log(rates.says_if_holds / rates.says_if_not), rel=1e-3)


async def test_copies_of_a_wire_count_once_and_less_than_two_wires(crowd: World) -> None:
    def printed(id_: str, by: str, wire: str, item: str, llr: float) -> Event:
        return event(id_, "printed", by=by, wire=wire, item=item, llr=llr)

    await crowd.intake.observe(
        crowd.caller, [printed("1", "daily", "ap-7", "copied", 1.5), printed("x", "daily", "ap-7", "once", 1.5)]
    )
    alone = (await standing(crowd))["copied"].log_odds
    await crowd.intake.observe(
        crowd.caller, [printed(str(i), f"paper {i}", "ap-7", "copied", 1.5) for i in range(2, 30)]
    )
    await crowd.intake.observe(
        crowd.caller, [printed("a", "daily", "ap-8", "two", 1.5), printed("b", "weekly", "dpa-1", "two", 1.5)]
    )
    found = await standing(crowd)
    assert found["copied"].log_odds == alone == found["once"].log_odds == 1.5
    assert found["two"].log_odds == 3.0


async def test_how_much_an_origin_shares_is_learned_from_what_turned_out(crowd: World) -> None:
    chance = np.random.default_rng(2)
    events, truth = [], []
    for i in range(160):
        holds, luck = bool(chance.random() < 0.5), chance.normal()
        truth.append(KnownTruth("lena", BeliefKey(attribute="world.labelled", subject=f"race {i}"), holds))
        for p in range(6):
            x = (1 if holds else -1) + 2 * (math.sqrt(0.5) * luck + math.sqrt(0.5) * chance.normal())
            events.append(
                event(f"{i}-{p}", "printed", by="the polls", wire=f"{i}", item=f"race {i}", llr=float(x) / 2)
                if p % 2
                else event(f"{i}-{p}", "printed", by=f"pollster {p}", wire=f"{i}", item=f"race {i}", llr=float(x) / 2)
            )
    await crowd.intake.observe(crowd.caller, events)
    await learned_and_adopted(crowd, truth=truth)
    parameters = (await crowd.book.latest(crowd.caller.tenant)).definitions.parameters
    assert parameters is not None
    (shared,) = parameters.shared_errors
    assert (shared.kind, shared.observations) == ("wire", 160)
    assert 0.05 < shared.correlation < 0.95


async def test_what_the_person_corrects_is_known_truth_and_counts_as_stated(crowd: World) -> None:
    events, _ = labels()
    await crowd.intake.observe(crowd.caller, events)
    lena = crowd.person("lena")
    await crowd.commands.correct(
        lena, Correct(twin="lena", belief=key("world.labelled", subject="item 1"), holds=False)
    )
    found = await learner(crowd).learn(crowd.caller)
    assert found.settled == 1
    assert not any(each.source.startswith("person:") for each in found.sources)
    await learned_and_adopted(crowd)
    corrected = (await standing(crowd, as_of=AsOf(valid_time=crowd.clock.now())))["item 1"].log_odds
    assert corrected == pytest.approx(-12.0)


async def test_the_person_is_not_learned_as_a_source_and_counts_as_stated(crowd: World) -> None:
    events, _ = labels()
    await crowd.intake.observe(crowd.caller, events)
    await learned_and_adopted(crowd)
    spoken = key("world.labelled", subject="hers")
    stated = AssertBelief(twin="lena", belief=spoken, confidence=0.9)
    await crowd.commands.assert_belief(crowd.person("lena"), stated)
    found = (await standing(crowd, as_of=AsOf(valid_time=crowd.clock.now())))["hers"].log_odds
    assert found == pytest.approx(math.log(9))


async def test_values_have_rates_of_their_own_and_open_ones_one_reliability(crowd: World) -> None:
    chance = random.Random(6)
    events = []
    for i in range(50):
        colour = chance.choice(["red", "green", "blue"])
        for w in range(5):
            right = 0.9 if w < 3 else 0.4
            said = colour if chance.random() < right else chance.choice(["red", "green", "blue"])
            events.append(event(f"c{i}-{w}", "coloured", by=f"worker {w}", item=f"item {i}", value=said))
            said = "10" if chance.random() < right else str(chance.randrange(11, 14))
            events.append(event(f"s{i}-{w}", "sized", by=f"worker {w}", item=f"item {i}", value=said))
    await crowd.intake.observe(crowd.caller, events)
    found = await learner(crowd).learn(crowd.caller)
    scopes = {each.scope for each in found.sources}
    assert scopes == {
        *(Scope(attribute="world.colour", value=v) for v in ("red", "green", "blue")), Scope(attribute="world.size")
    }  # fmt: skip
    size = {each.source: each.reliability for each in found.sources if each.scope == Scope(attribute="world.size")}
    assert min(size["worker 0"], size["worker 1"]) > max(size["worker 3"], size["worker 4"])


@pytest.mark.parametrize("known", [(), (0,), (0, 1)])
@pytest.mark.parametrize("statements", [1, 2, 3])
@pytest.mark.parametrize("attribute", ["world.labelled", "world.colour", "world.size"])
def test_from_a_few_statements_nothing_is_learned_and_nothing_fails(
    attribute: str, statements: int, known: tuple[int, ...]
) -> None:
    value = None if attribute == "world.labelled" else "red"
    beliefs = {str(n): BeliefKey(attribute=attribute, subject=f"it {n}", value=value) for n in range(statements)}
    rows = [EvidenceRow(id_, "w", "observation", 12.0, None, None, START) for id_ in beliefs]
    definitions = Definitions(tenant="t", number=1, catalogs=(LABELS,))
    truth = [KnownTruth("lena", beliefs[str(n)], True) for n in known if n < statements]
    collection = Collection(definitions, "attribute", truth)
    collection.add(TwinEvidence("lena", beliefs, rows, {"w": "w"}))
    assert not learned_sources(collection, definitions).adopts


async def test_only_a_service_that_may_define_learns(crowd: World) -> None:
    reader = crowd.caller.model_copy(update={"scopes": ("read", "write")})
    for caller in (reader, crowd.person("lena")):
        with pytest.raises(BeliefgraphError) as refusal:
            await learner(crowd).learn(caller)
        assert refusal.value.code == "missing-scope"


def test_a_set_stored_by_version_0_1_is_read() -> None:
    rates = BinaryRates(says_if_holds=0.9, says_if_not=0.1)
    known = ParameterSet(tenant="t", number=1, sources=(SourceRates(source="a", scope=Scope(), rates=rates),))
    earlier = known.model_dump_json(exclude_defaults=True).replace('"rates":', '"coins":')
    assert ParameterSet.model_validate_json(earlier) == known
    assert ParameterSet.model_validate_json(known.model_dump_json()) == known


async def test_a_set_with_two_pairs_of_rates_for_one_source_is_refused() -> None:
    rates = SourceRates(source="a", scope=Scope(), rates=BinaryRates(says_if_holds=0.9, says_if_not=0.1))
    with pytest.raises(Incorrect, match="Two pairs"):
        ParameterSet(tenant="t", number=1, sources=(rates, rates))
    shared = SharedError(kind="wire", correlation=0.5)
    with pytest.raises(Incorrect, match="Two correlations"):
        ParameterSet(tenant="t", number=1, shared_errors=(shared, shared))
