"""The chain of a belief: everything that bears on it directly, as it was said, and as it is heard."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
import pytest_asyncio
from tests.world import START, World, event, key

from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.parameters import BinaryRates, Scope, SharedError, SourceRates
from beliefgraph.model.question import EvidenceOn
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.metrics import Metrics
from beliefgraph.services.upkeep.refresh import Refresher

PRINTED = Catalog.model_validate(
    {
        "catalog": "printed",
        "version": "1.0.0",
        "attributes": [
            {"key": "news.true", "domain": "news", "prior": 0.5, "statement": "it is true", "half_life": "P10D"},
            {"key": "news.hides", "domain": "news", "prior": 0.3, "statement": "somebody hides it"},
        ],
        "relations": [{"kind": "supports", "source": "news.hides", "target": "news.true", "odds_ratio": 3.0}],
        "events": [
            {
                "type": "printed",
                "summary": "printed a wire",
                "source": "data.by",
                "shared_origin": "'wire:' + data.wire",
                "bears_on": [
                    {"attribute": "news.true", "log_likelihood_ratio": "double(data.llr)"},
                    {"attribute": "news.hides", "log_likelihood_ratio": 0.7, "when": "'hides' in data"},
                ],
            },
            {
                "type": "wrote",
                "summary": "wrote so",
                "source": "data.by",
                "bears_on": [{"attribute": "news.true", "log_likelihood_ratio": "double(data.llr)"}],
            },
        ],
        "metrics": [
            {
                "key": "papers.week",
                "statement": "papers in 7 days",
                "kind": "count",
                "events": ["printed", "wrote"],
                "window": "P7D",
                "bands": [{"at_least": 3, "bears_on": [{"attribute": "news.true", "log_likelihood_ratio": 0.9}]}],
            }
        ],
    }
)
TRUE, HIDES = key("news.true"), key("news.hides")


@pytest_asyncio.fixture
async def news(world: World) -> World:
    """Two papers that print one wire, one that was learned about, a metric that counts them; seen two days later."""
    await world.book.publish(world.caller, PRINTED)
    await world.book.publish_parameters(
        world.caller,
        lambda before: before.with_sources(
            (SourceRates(source="a liar", scope=Scope(), rates=BinaryRates(says_if_holds=0.2, says_if_not=0.6)),),
            (SharedError(kind="wire", correlation=0.5),),
        ),
    )
    told = [
        event("1", "printed", llr=2.0, by="the courier", wire="x"),
        event("2", "printed", llr=1.5, by="the herald", wire="x", hides=True),
        event("3", "wrote", llr=4.0, by="a liar"),
        event("4", "wrote", llr=-1.0, by="the courier", day=2),
    ]
    assert [r.reason for r in await world.intake.observe(world.caller, told)] == [None] * 4
    return world


def ask(world: World) -> Questions:
    return Questions(world.graph, world.keyring, world.book)


def explanations(world: World) -> Explanations:
    return Explanations(world.graph, world.keyring, world.book)


async def chain(world: World, of: BeliefKey, as_of: AsOf = NOW) -> tuple[EvidenceOn, ...]:
    return (await ask(world).evidence(world.caller, "lena", of, as_of=as_of)).nodes


def faded(llr: float, days: float) -> float:
    """A log-likelihood ratio as a half-life of ten days leaves it."""
    return 2 * math.atanh(2 ** (-days / 10) * math.tanh(llr / 2))


def rates(llr: float, a: float, b: float) -> float:
    return math.log((a * math.exp(llr) + 1 - a) / (b * math.exp(llr) + 1 - b))


async def test_each_piece_of_evidence_has_its_stated_and_its_effective_strength(news: World) -> None:
    found = {each.evidence.id: each for each in await chain(news, TRUE)}
    assert sorted((e.source.name, e.bearing.log_likelihood_ratio) for e in found.values()) == [
        ("a liar", 4.0), ("metric:papers.week", 0.9), ("the courier", -1.0), ("the courier", 2.0), ("the herald", 1.5)
    ]  # fmt: skip
    heard = {(e.source.name, e.bearing.log_likelihood_ratio): e.heard for e in found.values()}
    present = 2 ** (-2 / 10)  # what age has left of an observation of a wire
    shrunk = 1 / (1 + (2 * present - 1) * 0.5)
    assert heard["the courier", 2.0] == pytest.approx(faded(2.0, 2) * shrunk, abs=1e-6)
    assert heard["the herald", 1.5] == pytest.approx(faded(1.5, 2) * shrunk, abs=1e-6)
    assert heard["the courier", -1.0] == pytest.approx(-1.0, abs=1e-6)
    assert heard["a liar", 4.0] == pytest.approx(rates(faded(4.0, 2), 0.2, 0.6), abs=1e-6)
    assert heard["metric:papers.week", 0.9] == pytest.approx(0.9, abs=1e-6)


async def test_a_metric_with_evidence_is_in_the_chain_and_leads_to_the_events_behind_it(news: World) -> None:
    (one,) = [each for each in await chain(news, TRUE) if each.metric is not None]
    assert one.metric is not None
    assert (one.metric.says, one.evidence.summary) == ("papers in 7 days: 4, at least 3",) * 2
    assert one.bearing.valid_from == START + timedelta(days=2)
    metric = one.metric.metric
    key = MetricKey(metric=metric.name, subject=metric.subject, context=metric.context)
    behind = await Metrics(news.graph, news.keyring, news.book).events(news.caller, "lena", key)
    assert len(behind.nodes) == one.metric.events == 4
    early = await chain(news, TRUE, AsOf(valid_time=START + timedelta(days=8)))
    assert not [each for each in early if each.metric is not None]


@pytest.mark.parametrize("days", [0.0, 2.0, 5.0, 40.0])
async def test_the_chains_of_all_beliefs_that_bear_on_one_are_what_its_explanation_weighs(
    news: World, days: float
) -> None:
    as_of = AsOf(valid_time=START + timedelta(days=days))
    explained = await explanations(news).explain(news.caller, "lena", TRUE, as_of=as_of)
    heard = {
        (each.bearing.belief, each.evidence.id, each.bearing.log_likelihood_ratio, each.heard)
        for link in explained.links
        for each in await chain(news, link.belief.belief_key, as_of)
        if each.counts
    }
    weighed = {
        (part.on.id, c.evidence.id, part.bearing.log_likelihood_ratio, part.log_likelihood_ratio)
        for c in explained.contributions
        for part in c.parts
    }
    assert heard == weighed
    row = await ask(news).belief(news.caller, "lena", TRUE, as_of=as_of, with_evidence=True)
    assert row.evidence == await chain(news, TRUE, as_of)
    if days == 0:
        assert {link.belief.attribute for link in explained.links} == {"news.true", "news.hides"}


async def test_on_a_belief_that_nothing_else_moves_effective_strengths_sum_to_the_change(world: World) -> None:
    told = [event(str(n), "rated", day=n, llr=llr, by=f"{n % 2}") for n, llr in enumerate((1.0, -0.5, 2.0))]
    await world.intake.observe(world.caller, told)
    row = await ask(world).belief(world.caller, "lena", key("world.alone"), as_of=AsOf(rev=1), with_evidence=True)
    assert row.evidence is not None
    assert row.state.log_odds == pytest.approx(logit(0.5) + sum(each.heard for each in row.evidence), abs=1e-12)


async def test_what_a_correction_cancels_is_listed_and_does_not_count(news: World) -> None:
    seen = START + timedelta(days=2)
    await news.commands.correct(news.person("lena"), Correct(twin="lena", belief=TRUE, holds=False, valid_from=seen))
    found = await chain(news, TRUE)
    assert [(each.counts, each.heard) for each in found if each.bearing.stance != "correction"] == [(False, 0.0)] * 5
    (word,) = [each for each in found if each.bearing.stance == "correction"]
    assert (word.counts, word.heard) == (True, -12.0)


async def test_a_new_reliability_applies_in_the_chain_from_the_commit_that_adopts_it(news: World) -> None:
    await news.book.publish_parameters(news.caller, lambda before: before.with_sources((), before.shared_errors))
    await Refresher(news.updater, news.intake).adopt(news.caller.tenant)
    for as_of, heard in ((NOW, faded(4.0, 2)), (AsOf(rev=1), rates(faded(4.0, 2), 0.2, 0.6))):
        (liar,) = [each for each in await chain(news, TRUE, as_of) if each.source.name == "a liar"]
        assert liar.heard == pytest.approx(heard, abs=1e-6)
