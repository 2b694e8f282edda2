"""What is learned of sources is adopted only where it predicts better; where nothing can be told, nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest

from beliefgraph.inference import apply_rates
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.parameters import ParameterSet, Scope
from beliefgraph.services.learning.dataset import Collection, KnownTruth, ScopedSource
from beliefgraph.services.learning.judge import ALONE, NOT_BETTER, ONE_SIDED, reasons
from beliefgraph.services.learning.scoring import accuracy, auc, ece
from beliefgraph.services.learning.sources import LearnedSources, learned_sources, rates_in_force
from beliefgraph.store.learning import EvidenceRow, TwinEvidence

ATTRIBUTE = "world.holds"
SCOPE = Scope(attribute=ATTRIBUTE)
START = datetime(2026, 1, 1, tzinfo=UTC)
Bools = npt.NDArray[np.bool_]


def definitions(prior: float = 0.5) -> Definitions:
    attribute = Attribute(key=ATTRIBUTE, domain="world", prior=prior, statement="{subject} holds")
    catalog = Catalog(catalog="facts", version="1.0.0", attributes=(attribute,))
    return Definitions(tenant="t", number=1, catalogs=(catalog,))


def statement(
    item: int, source: str, ratio: float, *, origin: str | None = None, day: float = 0.0, half_life: float | None = None
) -> EvidenceRow:
    at = START + timedelta(days=day)
    return EvidenceRow(str(item), source, "observation", ratio, origin, None, at, None, half_life)


def learned(
    rows: Sequence[EvidenceRow], truth: Iterable[KnownTruth] = (), about: Definitions | None = None
) -> LearnedSources:
    about = about or definitions()
    beliefs = {id_: BeliefKey(attribute=ATTRIBUTE, subject=f"item {id_}") for id_ in {row.belief for row in rows}}
    collection = Collection(about, "attribute", truth)
    collection.add(TwinEvidence("twin", beliefs, list(rows), {name: name for name in {row.source for row in rows}}))
    return learned_sources(collection, about)


def stands(
    rows: Sequence[EvidenceRow], found: LearnedSources | None, items: int, about: Definitions | None = None
) -> np.ndarray:
    """The log-odds of every item, with or without what was learned: each source through its rates, an origin once."""
    about = about or definitions()
    if found is not None:
        about = about.with_parameters(found.following(ParameterSet(tenant="t")))
    total = np.full(items, logit(about.attributes[ATTRIBUTE].prior or 0.5))
    origins: dict[tuple[int, str], list[float]] = {}
    for row in rows:
        rates = rates_in_force(about, ScopedSource(row.source, SCOPE), None)
        word = float(apply_rates(row.log_likelihood_ratio, rates.says_if_holds, rates.says_if_not))
        if row.shared_origin:
            origins.setdefault((int(row.belief), row.shared_origin), []).append(word)
        else:
            total[int(row.belief)] += word
    for (item, _), words in origins.items():
        total[item] += np.mean(words)
    return total


def right(log_odds: np.ndarray, holds: Bools) -> float:
    return accuracy(1.0 / (1.0 + np.exp(-log_odds)), holds.astype(np.float64))


def test_of_one_event_of_one_source_nothing_is_learned_and_it_says_why() -> None:
    found = learned([statement(0, "app", 2.0)])
    assert not found.adopts
    assert [each.reason for each in found.verdicts] == [ALONE]
    before = ParameterSet(tenant="t")
    assert found.following(before) == before
    assert list(reasons(found.verdicts)) == [f"Not adopted, sources about {ATTRIBUTE}: {ALONE}."]


def test_a_source_that_only_ever_says_yes_keeps_what_is_in_force() -> None:
    rng = np.random.default_rng(1)
    holds = rng.random(200) < 0.4
    rows = []
    for item in range(200):
        for source in ("app", "site", "shop"):
            if rng.random() < (0.8 if holds[item] else 0.2):
                rows.append(statement(item, source, 2.0))
    found = learned(rows)
    assert not found.adopts
    assert {each.reason for each in found.verdicts} == {ONE_SIDED}


def test_a_one_sided_source_among_others_keeps_what_is_in_force_and_they_are_learned() -> None:
    rng = np.random.default_rng(2)
    holds = rng.random(300) < 0.5
    rows = [
        statement(item, f"worker {w}", 12.0 if (rng.random() < 0.8) == holds[item] else -12.0)
        for item in range(300)
        for w in range(5)
    ]
    rows += [statement(item, "app", 2.0) for item in range(300) if rng.random() < (0.9 if holds[item] else 0.1)]
    found = learned(rows)
    kept = {each.source: each.rates for each in found.adopted if each.source}
    assert (kept["app"].says_if_holds, kept["app"].says_if_not) == (1.0, 0.0)
    assert kept["worker 1"].says_if_holds < 0.95
    assert [each.source for each in found.verdicts if not each.adopted] == ["app"]


def test_what_does_not_predict_better_than_what_is_in_force_is_not_adopted_again() -> None:
    rng = np.random.default_rng(3)
    holds = rng.random(300) < 0.5
    rows = [
        statement(item, f"worker {w}", 12.0 if (rng.random() < 0.8) == holds[item] else -12.0)
        for item in range(300)
        for w in range(5)
    ]
    first = learned(rows)
    assert first.adopts
    in_force = definitions().with_parameters(first.following(ParameterSet(tenant="t")))
    again = learned(rows, about=in_force)
    assert not again.adopts
    assert [each.reason for each in again.verdicts] == [NOT_BETTER]
    assert in_force.parameters is not None
    assert again.following(in_force.parameters) == in_force.parameters


@pytest.mark.parametrize(("share", "each"), [(0.1, 5), (0.5, 3)])
def test_the_base_rate_is_learned_from_votes_alone(share: float, each: int) -> None:
    rng = np.random.default_rng(4)
    holds = rng.random(500) < share
    skill = rng.uniform(0.6, 0.95, 30)
    rows, votes = [], np.zeros(500)
    for item in range(500):
        for worker in rng.choice(30, each, replace=False):
            yes = bool((rng.random() < skill[worker]) == holds[item])
            votes[item] += 1.0 if yes else -1.0
            rows.append(statement(item, f"worker {worker}", 12.0 if yes else -12.0))
    found = learned(rows)
    served = stands(rows, found, 500)
    assert right(served, holds) >= right(votes, holds) - 0.01
    assert ece(1.0 / (1.0 + np.exp(-served)), holds.astype(np.float64)) <= 0.10
    if share == 0.1:
        (prior,) = found.priors
        assert prior.stated == 0.5
        assert prior.learned == pytest.approx(share, abs=0.05)
    else:
        assert not found.priors


def test_what_has_one_origin_is_one_vote_in_learning_too() -> None:
    rng = np.random.default_rng(5)
    items = 600
    holds = rng.random(items) < 0.5
    rows = []
    for item in range(items):
        for w in range(5):
            rows.append(statement(item, f"witness {w}", 2.0 if (rng.random() < 0.75) == holds[item] else -2.0))
        wire = 2.0 if (rng.random() < 0.6) == holds[item] else -2.0
        rows += [statement(item, f"paper {p}", wire, origin=f"wire:{item}") for p in range(4)]
    as_heard, after = (right(stands(rows, found, items), holds) for found in (None, learned(rows)))
    assert after >= as_heard - 0.01


def test_a_source_that_changes_its_mind_is_not_learned_as_worthless() -> None:
    rng = np.random.default_rng(6)
    items, sites, changes = 30, 12, 6
    skill = np.array([0.95] * 4 + [0.8] * 4 + [0.55] * 4)
    rows: list[EvidenceRow] = []
    truth: list[tuple[int, float, bool]] = []
    for item in range(items):
        state = bool(rng.random() < 0.5)
        for change in range(changes):
            day = 30.0 * change
            for site in range(sites):
                says = state if rng.random() < skill[site] else not state
                rows.append(statement(item, f"site {site}", 6.0 if says else -6.0, day=day + rng.random()))
            truth.append((item, day + 20.0, state))
            state = not state
    found = learned(rows)
    rates = {each.source: each.rates for each in found.sources}
    good = np.mean([rates[f"site {s}"].says_if_holds - rates[f"site {s}"].says_if_not for s in range(4)])
    poor = np.mean([rates[f"site {s}"].says_if_holds - rates[f"site {s}"].says_if_not for s in range(8, 12)])
    assert good > 0.6
    assert good > poor + 0.3
    assert found.adopts
    about = definitions().with_parameters(found.following(ParameterSet(tenant="t")))

    def then(item: int, day: float, heard: Definitions) -> float:
        at, last = START + timedelta(days=day), {}
        for row in sorted(rows, key=lambda row: row.valid_from):
            if row.belief == str(item) and row.valid_from <= at:
                last[row.source] = row
        rates = {source: rates_in_force(heard, ScopedSource(source, SCOPE), None) for source in last}
        return sum(
            float(apply_rates(row.log_likelihood_ratio, rates[s].says_if_holds, rates[s].says_if_not))
            for s, row in last.items()
        )

    happened = [float(state) for *_, state in truth]
    before, after = ([then(item, day, d) for item, day, _ in truth] for d in (definitions(), about))
    assert auc(*_p(after, happened)) >= auc(*_p(before, happened))


def _p(log_odds: Sequence[float], happened: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    return 1.0 / (1.0 + np.exp(-np.array(log_odds))), np.array(happened)


def test_truth_of_a_time_applies_to_the_statements_in_force_then() -> None:
    rows = [
        statement(0, "a", 6.0, day=0),
        statement(0, "b", 6.0, day=0),
        statement(0, "a", -6.0, day=10),
        statement(0, "b", -6.0, day=10),
    ]
    belief = BeliefKey(attribute=ATTRIBUTE, subject="item 0")
    truth = [
        KnownTruth("twin", belief, True, START + timedelta(days=5)),
        KnownTruth("twin", belief, False, START + timedelta(days=15)),
    ]
    found = learned(rows, truth)
    assert found.settled == 2
    rates = {each.source: each.rates for each in found.sources}
    assert rates["a"].says_if_holds > 0.6 > 0.4 > rates["a"].says_if_not
