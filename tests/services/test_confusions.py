"""Confusion matrices of sources: learned, adopted where they predict better, and heard on every value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from tests.archives.test_archives import answers, archives_of, emptied
from tests.reading import stored
from tests.world import World, event

from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import BeliefKey, probability
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, Retract, Withdraw
from beliefgraph.model.definition import Definitions
from beliefgraph.model.parameters import BinaryRates, Confusion, ParameterSet, Scope, SourceRates
from beliefgraph.model.question import EvidenceOn
from beliefgraph.model.time import AsOf
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.learning.dataset import Collection, ScopedSource
from beliefgraph.services.learning.sources import LearnedSources, SourceLearner, learned_sources, rates_in_force
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.upkeep.refresh import Refresher
from beliefgraph.store.learning import EvidenceRow, TwinEvidence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
MOOD = "person.mood"
MOODS = ("angry", "calm", "glad", "sad", "tense")
SAYS = 5.0
SHARE = 0.19
MOOD_ATTRIBUTE = Attribute(
    key=MOOD, domain="person", values=dict.fromkeys(MOODS, SHARE), statement="{subject} looks {value}"
)
CATALOG = Catalog.model_validate(
    {
        "catalog": "moods",
        "version": "1.0.0",
        "attributes": [
            {"key": MOOD, "domain": "person", "values": dict.fromkeys(MOODS, SHARE),
             "statement": "{subject} looks {value}"},
        ],
        "events": [
            {
                "type": "saw",
                "summary": "saw a mood",
                "source": "data.by",
                "bears_on": [
                    {"attribute": MOOD, "subject": "data.item", "value_from": "data.value",
                     "log_likelihood_ratio": SAYS}
                ],
            },
            {
                "type": "read",
                "summary": "read of a mood",
                "source": "data.by",
                "shared_origin": "data.origin",
                "bears_on": [
                    {"attribute": MOOD, "subject": "data.item", "value_from": "data.value",
                     "log_likelihood_ratio": SAYS}
                ],
            },
            {
                "type": "hesitated",
                "summary": "saw one mood or another",
                "source": "data.by",
                "bears_on": [
                    {"attribute": MOOD, "subject": "data.item", "value_from": name, "log_likelihood_ratio": SAYS}
                    for name in ("data.value", "data.other")
                ],
            },
        ],
    }
)  # fmt: skip


def truth(items: int, seed: int) -> Ints:
    return np.random.default_rng(seed).integers(len(MOODS), size=items)


def matrices(sources: int, seed: int, right: float, *, confused: bool = True) -> Floats:
    """Sources that are right as often as that, and otherwise mostly say one certain other value, or any other."""
    rng, values = np.random.default_rng(seed), len(MOODS)
    found = np.zeros((sources, values, values))
    for source in range(sources):
        for holds in range(values):
            wrong = rng.dirichlet(np.full(values - 1, 0.2)) if confused else np.full(values - 1, 1.0 / (values - 1))
            found[source, holds] = np.insert(wrong * (1.0 - right), holds, right)
    return found


def labels(holds: Ints, says: Floats, each: int, seed: int) -> list[tuple[int, int, int]]:
    """What some sources say of every item: item, source, value."""
    rng = np.random.default_rng(seed)
    return [
        (item, int(source), int(rng.choice(len(MOODS), p=says[source, value])))
        for item, value in enumerate(holds.tolist())
        for source in rng.choice(len(says), each, replace=False)
    ]


def definitions() -> Definitions:
    catalog = Catalog(catalog="moods", version="1.0.0", attributes=(MOOD_ATTRIBUTE,))
    return Definitions(tenant="t", number=1, catalogs=(catalog,))


def learned(rows: Sequence[tuple[int, int, int]], about: Definitions) -> LearnedSources:
    beliefs, stated = {}, []
    for item, source, value in rows:
        id_ = f"{item}|{value}"
        beliefs[id_] = BeliefKey(attribute=MOOD, subject=f"item {item}", value=MOODS[value])
        stated.append(EvidenceRow(id_, f"s{source}", "observation", SAYS, None, None, START, None, None))
    collection = Collection(about, "attribute")
    collection.add(TwinEvidence("twin", beliefs, stated, {row.source: row.source for row in stated}))
    return learned_sources(collection, about)


def effective(rates: BinaryRates, value: str, stated: str) -> float:
    """The log-likelihood ratio of a value against none of them, by the formula in docs/sources.md."""
    says = {stated: rates.says_if_holds, **{each.holds: each.says for each in rates.confusion}}.get(
        value, rates.says_if_not
    )
    return float(np.log((says * np.exp(SAYS) + 1 - says) / (rates.says_if_not * np.exp(SAYS) + 1 - rates.says_if_not)))


def right(rows: Sequence[tuple[int, int, int]], holds: Ints, about: Definitions) -> float:
    """How many items are most likely what they are, each source heard by what is in force."""
    total = np.zeros((len(holds), len(MOODS)))
    for item, source, value in rows:
        rates = rates_in_force(about, ScopedSource(f"s{source}", Scope(attribute=MOOD, value=MOODS[value])), None)
        total[item] += [effective(rates, each, MOODS[value]) for each in MOODS]
    return float((total.argmax(axis=1) == holds).mean())


def without_matrices(found: ParameterSet) -> ParameterSet:
    """The same rates, with no matrix; what is learned where none is adopted."""
    tied = [
        each.model_copy(update={"rates": each.rates.model_copy(update={"confusion": ()})}) for each in found.sources
    ]
    return found.with_sources(tuple(tied), found.shared_errors, found.priors)


@cache
def confusing() -> tuple[Ints, list[tuple[int, int, int]], LearnedSources, Definitions]:
    """Five classes: 600 items, 12 sources that confuse certain values, five labels each."""
    holds = truth(600, 1)
    rows = labels(holds, matrices(12, 2, 0.5), 5, 3)
    found = learned(rows, definitions())
    return holds, rows, found, definitions().with_parameters(found.following(ParameterSet(tenant="t")))


def test_five_classes_are_found_better_by_confusion_matrices() -> None:
    holds, rows, found, in_force = confusing()
    assert in_force.parameters is not None
    tied = definitions().with_parameters(without_matrices(in_force.parameters))
    assert sum(each.adopted for each in found.confusions.tried) >= 10
    assert right(rows, holds, in_force) > right(rows, holds, tied) + 0.05


def test_planted_matrices_come_back() -> None:
    _, _, found, _ = confusing()
    planted = matrices(12, 2, 0.5)
    far = []
    for each in found.confusions.tried:
        for stated, (_, rates) in zip(each.values, each.columns, strict=True):
            for one in rates.confusion:
                real = planted[int(each.source[1:]), MOODS.index(one.holds), MOODS.index(stated)]
                far.append(abs(one.says - real))
    assert np.mean(far) < 0.06


def test_every_matrix_in_force_predicts_held_out_statements_better_by_more_than_the_standard_error() -> None:
    _, _, found, _ = confusing()
    for each in found.confusions.tried:
        assert each.adopted == (each.compared >= 30 and each.gain > each.error)


@pytest.mark.parametrize(("items", "sources", "confused"), [(300, 8, False), (60, 20, True)])
def test_sources_that_confuse_nothing_or_of_which_little_is_known_keep_their_two_rates(
    items: int, sources: int, confused: bool
) -> None:
    holds = truth(items, 4)
    found = learned(labels(holds, matrices(sources, 5, 0.7, confused=confused), 4, 6), definitions())
    assert found.confusions.tried
    assert sum(each.adopted for each in found.confusions.tried) <= len(found.confusions.tried) // 4
    assert any("Confusion matrices about person.mood" in line for line in found.confusions.summaries)


def test_the_same_again_replaces_no_matrix() -> None:
    _, rows, _, in_force = confusing()
    again = learned(rows, in_force)
    assert in_force.parameters is not None
    kept = again.following(in_force.parameters)
    matrices_of = {each.source: each.rates.confusion for each in in_force.parameters.sources if each.source}
    assert {each.source: each.rates.confusion for each in kept.sources if each.source} == matrices_of


# Through the service.

ROWS: dict[str, dict[str, float]] = {
    "angry": {"angry": 0.6, "tense": 0.3, "sad": 0.05, "calm": 0.03, "glad": 0.02},
    "tense": {"angry": 0.4, "tense": 0.5, "sad": 0.04, "calm": 0.03, "glad": 0.03},
    "sad": {"angry": 0.05, "tense": 0.1, "sad": 0.7, "calm": 0.1, "glad": 0.05},
    "calm": {"angry": 0.02, "tense": 0.05, "sad": 0.08, "calm": 0.75, "glad": 0.1},
    "glad": {"angry": 0.02, "tense": 0.03, "sad": 0.05, "calm": 0.2, "glad": 0.7},
}
OBSERVER = "observer"


def columns(source: str = OBSERVER) -> tuple[SourceRates, ...]:
    return tuple(
        SourceRates(
            source=source,
            scope=Scope(attribute=MOOD, value=stated),
            rates=BinaryRates(
                says_if_holds=ROWS[stated][stated],
                says_if_not=0.1,
                confusion=tuple(Confusion(holds=each, says=ROWS[each][stated]) for each in MOODS if each != stated),
            ),
        )
        for stated in MOODS
    )


@pytest.fixture
async def seen(world: World) -> World:
    await world.book.publish(world.caller, CATALOG)
    return world


async def adopt(world: World, *sources: str) -> None:
    every = tuple(each for source in sources for each in columns(source))
    await world.book.publish_parameters(world.caller, lambda before: before.with_sources(every, ()))
    assert not (await Refresher(world.updater, world.intake).adopt(world.caller.tenant)).refused


async def saw(world: World, id_: str, value: str, by: str = OBSERVER, origin: str | None = None) -> None:
    one = event(id_, "saw" if origin is None else "read", by=by, item="room", value=value, origin=origin)
    await world.intake.observe(world.caller, [one])


def key(value: str) -> BeliefKey:
    return BeliefKey(attribute=MOOD, subject="room", value=value)


async def stands(world: World, as_of: AsOf | None = None) -> dict[str, float]:
    """The confidence of every value, recomputed and unrounded."""
    questions, as_of = Questions(world.graph, world.keyring, world.book), as_of or AsOf(valid_time=START)
    found = {}
    for value in (*MOODS, OTHER):
        state = (await questions.belief(world.caller, "lena", key(value), as_of=as_of)).state
        assert state.log_odds is not None
        found[value] = probability(state.log_odds)
    return found


def by_enumeration(*stated: tuple[str, ...]) -> dict[str, float]:
    """Bayes' rule over the five values and none of them; statements in one tuple have one origin and are one vote."""
    weight = {value: np.log(SHARE) for value in MOODS} | {OTHER: np.log(1 - SHARE * len(MOODS))}
    by_value = {each.scope.value: each.rates for each in columns()}
    for vote in stated:
        for value in MOODS:
            weight[value] += np.mean([effective(by_value[one], value, one) for one in vote])
    whole = np.logaddexp.reduce(list(weight.values()))
    return {value: float(np.exp(each - whole)) for value, each in weight.items()}


async def test_evidence_on_one_value_counts_on_every_value_as_by_enumeration(seen: World) -> None:
    await adopt(seen, OBSERVER, "second")
    await saw(seen, "1", "angry")
    await saw(seen, "2", "tense", by="second")
    await saw(seen, "3", "angry", by="second")
    assert await stands(seen) == pytest.approx(by_enumeration(("angry",), ("tense",), ("angry",)), abs=1e-9)
    assert [one.differing async for one in recheck(seen.graph, seen.book, seen.caller.tenant)] == [()]


async def test_before_a_matrix_was_adopted_the_old_numbers_stand(seen: World) -> None:
    await saw(seen, "1", "angry")
    before = await stands(seen)
    await adopt(seen, OBSERVER)
    assert await stands(seen, AsOf(valid_time=START, rev=1)) == before
    assert await stands(seen) == pytest.approx(by_enumeration(("angry",)), abs=1e-9)


async def test_copies_are_one_vote_on_every_value(seen: World) -> None:
    await adopt(seen, OBSERVER, "copy")
    await saw(seen, "1", "angry", origin="wire:1")
    await saw(seen, "2", "angry", by="copy", origin="wire:1")
    assert await stands(seen) == pytest.approx(by_enumeration(("angry", "angry")), abs=1e-9)
    assert await stands(seen) == pytest.approx(by_enumeration(("angry",)), abs=1e-9)


async def test_evidence_has_the_stated_value_and_its_strength_for_this_one(seen: World) -> None:
    await adopt(seen, OBSERVER)
    await saw(seen, "1", "angry")
    await saw(seen, "2", "tense", by="somebody else")
    questions = Questions(seen.graph, seen.keyring, seen.book)
    page = await questions.evidence(seen.caller, "lena", key("tense"), as_of=AsOf(valid_time=START))
    rates = columns()[0].rates
    found = {item.node.source.name: (item.node.said, item.node.heard, item.node.counts) for item in page.items}
    assert found == {
        OBSERVER: ("angry", pytest.approx(effective(rates, "tense", "angry"), abs=1e-9), True),
        "somebody else": (None, SAYS, True),
    }


@pytest.mark.parametrize("value", ["angry", "tense", "glad"])
async def test_an_explanation_sums_up_and_without_a_piece_is_as_if_it_was_withdrawn(seen: World, value: str) -> None:
    await adopt(seen, OBSERVER, "second")
    await saw(seen, "1", "angry")
    await saw(seen, "2", "tense", by="second")
    explanations = Explanations(seen.graph, seen.keyring, seen.book)
    found = await explanations.explain(seen.caller, "lena", key(value), as_of=AsOf(valid_time=START))
    assert found.state.log_odds is not None
    moved = sum(each.contribution for each in found.contributions) + found.residual
    assert found.prior_log_odds + moved == pytest.approx(found.state.log_odds, abs=1e-9)
    for each in found.contributions:
        assert sum(part.contribution for part in each.parts) == pytest.approx(each.contribution, abs=1e-9)
        assert {part.on.value for part in each.parts} == set(MOODS)
        assert {part.said for part in each.parts} == {None, part_said(each.source)}
    assert sum(link.contribution for link in found.links if link.parent is None) == pytest.approx(
        sum(each.contribution for each in found.contributions), abs=1e-9
    )
    of_first = next(each for each in found.contributions if each.source == OBSERVER)
    await seen.commands.withdraw(seen.caller, Withdraw(twin="lena", evidence=of_first.evidence.id))
    assert (await stands(seen))[value] == pytest.approx(of_first.without, abs=1e-12)
    assert await stands(seen) == pytest.approx(by_enumeration(("tense",)), abs=1e-9)


def part_said(source: str) -> str:
    return "angry" if source == OBSERVER else "tense"


async def test_what_a_correction_or_a_retraction_cancels_is_no_evidence_on_other_values(seen: World) -> None:
    await adopt(seen, OBSERVER)
    await saw(seen, "1", "angry")
    await seen.commands.retract(
        seen.caller, Retract(twin="lena", belief=key("angry"), valid_time=START + timedelta(hours=1))
    )
    later = AsOf(valid_time=START + timedelta(hours=2))
    assert await stands(seen, later) == pytest.approx(by_enumeration(), abs=1e-9)
    await seen.commands.correct(
        seen.person("lena"),
        Correct(twin="lena", belief=key("glad"), holds=True, valid_from=START + timedelta(hours=3)),
    )
    assert (await stands(seen, AsOf(valid_time=START + timedelta(hours=4))))["glad"] > 0.99


async def test_pages_lose_and_repeat_nothing_where_one_event_says_two_values(seen: World) -> None:
    await adopt(seen, OBSERVER)
    await seen.intake.observe(
        seen.caller,
        [event(str(n), "hesitated", by=OBSERVER, item="room", value="angry", other="tense") for n in range(2)],
    )
    questions = Questions(seen.graph, seen.keyring, seen.book)
    explanations = Explanations(seen.graph, seen.keyring, seen.book)
    whole = await questions.evidence(seen.caller, "lena", key("tense"))
    assert sorted(str(each.said) for each in whole.nodes) == ["None", "None", "angry", "angry"]
    found: list[EvidenceOn] = []
    after: str | None = None
    for _ in whole.nodes:
        page = await questions.evidence(seen.caller, "lena", key("tense"), first=1, after=after)
        found += page.nodes
        after = page.last_cursor
        assert page.has_next == (len(found) < len(whole.nodes))
    assert tuple(found) == whole.nodes
    first = await explanations.explain(seen.caller, "lena", key("tense"), first=1)
    rest = await explanations.explain(seen.caller, "lena", key("tense"), first=1, after=first.end_cursor)
    assert (first.total, first.has_next, rest.has_next) == (2, True, False)
    assert len({each.evidence.id for each in (*first.contributions, *rest.contributions)}) == 2


async def test_a_learned_matrix_is_in_force_through_the_service_and_comes_back_from_an_archive(seen: World) -> None:
    holds = truth(90, 7)
    says = matrices(4, 8, 0.55)
    events = [
        event(f"{item}-{source}", "saw", by=f"s{source}", item=f"item {item}", value=MOODS[value])
        for item, source, value in labels(holds, says, 4, 9)
    ]
    await seen.intake.observe(seen.caller, events)
    learner = SourceLearner(seen.graph, seen.book)
    found = await learner.learn(seen.caller)
    adopted = [each.source for each in found.confusions.tried if each.adopted]
    assert adopted
    before = (await seen.book.latest(seen.caller.tenant)).definitions.parameters
    in_force = (await learner.publish(seen.caller, found)).parameters
    assert in_force is not None
    assert in_force != before
    with_matrix = {each.source for each in in_force.sources if each.rates.confusion}
    assert with_matrix == set(adopted)
    assert not (await Refresher(seen.updater, seen.intake).adopt(seen.caller.tenant)).refused
    assert [one.differing async for one in recheck(seen.graph, seen.book, seen.caller.tenant)] == [()]
    archives, revs = archives_of(seen), (await stored(seen)).rev
    before = await answers(seen, revs)
    exported = await archives.export_tenant(seen.caller)
    again = await emptied(seen)
    await archives.import_archive(seen.caller, exported)
    assert await archives.export_tenant(seen.caller) == exported
    assert await answers(again, revs) == before
