"""The evaluation on polls: its formula by hand, and a small run of it through the service."""

from __future__ import annotations

import asyncio
import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from beliefgraph.errors import NotFound
from beliefgraph.evaluate import elections, polls
from beliefgraph.evaluate.client import BeliefStanding, Client, EvidenceItem, Learned
from beliefgraph.evaluate.data import Poll, Race, read_polls, read_races
from beliefgraph.evaluate.fit import fit
from beliefgraph.evaluate.polls import Asked
from beliefgraph.evaluate.replay import LearnSources
from beliefgraph.evaluate.report import Evaluation
from beliefgraph.ingest.cloudevents import read_object
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.definition import Definitions
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.learning.dataset import Collection
from beliefgraph.services.learning.sources import learned_sources
from beliefgraph.store.learning import EvidenceRow, TwinEvidence

DAY = date(2010, 11, 2)
RACE = Race("1", "2010 AA Sen-G #1", DAY, won=True)
OLD = Poll("11", "1", "Old House", date(2010, 10, 20), 900.0, 4.0, "A 50, B 46 (question 11)")
NEW = Poll("12", "1", "New House", date(2010, 11, 1), 100.0, -2.0, "A 47, B 49 (question 12)")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def real(shared_data: Path) -> tuple[list[Poll], list[Race]]:
    """The polls and races of the data."""
    return read_polls(shared_data), read_races(shared_data)


def test_a_poll_is_weighted_by_its_margin_and_its_size() -> None:
    assert elections.log_likelihood_ratio(OLD) == pytest.approx(0.265 * 4 * 900 / 1000)
    assert elections.log_likelihood_ratio(NEW) == pytest.approx(0.265 * -2 * 100 / 200)


def test_the_catalog_makes_of_a_poll_what_the_formula_says() -> None:
    definitions = Definitions(tenant="t", number=1, catalogs=(elections.CATALOG,))
    sent, other, result = elections.events([OLD, NEW], [RACE], "run")
    for event, poll in ((sent, OLD), (other, NEW)):
        (spoken,) = RuleInterpreter().interpret(read_object(event, NOW), definitions).statements
        assert (spoken.source, spoken.verbatim) == (poll.pollster, poll.text)
        (bearing,) = spoken.bearings
        assert bearing.log_likelihood_ratio == pytest.approx(elections.log_likelihood_ratio(poll), rel=1e-12)
        assert bearing.half_life == elections.HALF_LIFE.total_seconds()
        assert bearing.shared_origin == "race:2010 AA Sen-G #1"
    assert result["time"] == "2010-11-03T12:00:00+00:00"


def test_evidence_loses_half_of_its_hyperbolic_tangent_in_a_half_life() -> None:
    at = elections.published(OLD) + elections.HALF_LIFE
    llr = 0.265 * 3.6
    assert math.tanh(elections.log_odds([OLD], at) / 2) == pytest.approx(math.tanh(llr / 2) / 2)


def test_polls_of_one_race_count_for_less_together_and_those_of_one_house_are_weighed_by_its_rates() -> None:
    at = elections.before(DAY, 1)
    alone = [elections.log_odds([poll], at) for poll in (OLD, NEW)]
    left = 0.5 ** (12 / 60)
    learned = Learned(rates={}, new=(1.0, 0.0), shared={"race": (0.4, 1.3)}, deviations={})
    together = elections.log_odds([OLD, NEW], at, learned)
    assert together == pytest.approx(1.3 * sum(alone) / (1 + left * 0.4))
    rates = Learned(rates={"Old House": (0.9, 0.2)}, new=(0.5, 0.5), shared={}, deviations={})
    odds = math.exp(alone[0])
    assert elections.log_odds([OLD], at, rates) == pytest.approx(math.log((0.9 * odds + 0.1) / (0.2 * odds + 0.8)))
    assert elections.log_odds([NEW], at, rates) == 0.0


def test_a_poll_of_the_very_day_counts_and_a_later_one_does_not() -> None:
    assert elections.visible([OLD, NEW], elections.before(DAY, 1)) == [OLD, NEW]
    assert elections.visible([OLD, NEW], elections.before(DAY, 1) - timedelta(seconds=1)) == [OLD]
    assert elections.visible([OLD, NEW], elections.before(DAY, 10)) == [OLD]


def test_a_chain_with_a_poll_too_many_or_too_few_is_found_out() -> None:
    right = _asked([OLD, NEW], [OLD, NEW])
    assert [row.ok for row in polls.what_holds([right], 1) if row.must is not None] == [True, True]
    for listed in ([OLD], [OLD, NEW, NEW], [OLD, replace(NEW, text="A 48, B 50 (question 13)")]):
        wrong = _asked([OLD, NEW], listed)
        chain, _ = (row for row in polls.what_holds([right, wrong], 1) if row.must is not None)
        assert (chain.value, chain.ok) == (1, False)


def test_a_confidence_that_the_polls_do_not_make_is_found_out() -> None:
    asked = _asked([OLD, NEW], [OLD, NEW])
    moved = replace(asked, standing=replace(asked.standing, confidence=asked.confidence + 1e-6))
    *_, formula = polls.what_holds([moved], 1)
    assert not formula.ok


def test_the_numbers_of_the_catalog_are_those_that_the_training_years_give(
    real: tuple[list[Poll], list[Race]],
) -> None:
    best = fit(*real)[0]
    assert best.scale == elections.SCALE
    assert best.half_weight == elections.HALF_WEIGHT
    assert timedelta(days=best.half_life) == elections.HALF_LIFE
    assert best.correlation == elections.CORRELATION


def test_the_fit_looks_at_no_race_after_the_training_years(real: tuple[list[Poll], list[Race]]) -> None:
    known, races = real
    wrong = [replace(race, won=not race.won) if race.election.year > 2008 else race for race in races]
    assert fit(known, wrong) == fit(known, races)


def test_what_is_learned_of_pollsters_does_not_depend_on_which_election_is_read_first(
    real: tuple[list[Poll], list[Race]],
) -> None:
    """Twins are read in the order of their ids, which is chance: cross-validation has other folds in each order."""
    learned = []
    for seed in (0, 4):
        twins = evidence_before_2009(*real)
        random.Random(seed).shuffle(twins)
        definitions = Definitions(tenant="t", number=1, catalogs=(elections.CATALOG,))
        collection = Collection(definitions, "attribute", (), elections.OFFICIAL)
        for twin in twins:
            collection.add(twin)
        found = learned_sources(collection, definitions, elections.OFFICIAL)
        rates = {(each.rates.says_if_holds, each.rates.says_if_not) for each in found.sources}
        ((shared,), (effect,)) = found.shared_errors, found.random_effects
        learned.append([shared.correlation, shared.scale, effect.deviation])
        assert rates == {(1.0, 0.0)}
    assert learned[0] == pytest.approx(learned[1], abs=1e-6)
    assert learned[0] == pytest.approx([0.457, 1.276, 0.151], abs=0.01)


def evidence_before_2009(known: Sequence[Poll], races: Sequence[Race]) -> list[TwinEvidence]:
    """The polls of the training years and their results, as the store tells them: one twin for each election."""
    twins: dict[date, TwinEvidence] = {}
    polls_of: dict[str, list[Poll]] = defaultdict(list)
    for poll in known:
        polls_of[poll.race].append(poll)
    for race in (race for race in races if race.election.year <= 2008):
        twin = twins.setdefault(race.election, TwinEvidence(str(race.election), {}, [], {}))
        twin.beliefs[race.id] = BeliefKey(attribute=elections.ATTRIBUTE, subject=race.subject)
        result = EvidenceRow(
            race.id,
            elections.OFFICIAL,
            "observation",
            12.0 if race.won else -12.0,
            None,
            None,
            elections.before(race.election, -1),
        )
        twin.rows.append(result)
        for poll in polls_of[race.id]:
            ratio = elections.log_likelihood_ratio(poll)
            about = (f"race:{race.id}", None, elections.published(poll))
            age = (None, elections.HALF_LIFE.total_seconds(), f"year:{race.election.year}")
            twin.rows.append(EvidenceRow(race.id, poll.pollster, "observation", ratio, *about, *age))
        twin.sources.update({row.source: row.source for row in twin.rows})
    return list(twins.values())


async def test_the_store_as_of_before_an_election_knows_the_polls_and_not_the_result(
    client: Client, learn: LearnSources, real: tuple[list[Poll], list[Race]]
) -> None:
    known, races = real
    few = [race for race in races if race.election in (date(2006, 11, 7), date(2010, 11, 2))][::9]
    theirs = [poll for poll in known if poll.race in {race.id for race in few}]
    seen: list[str] = []

    def work() -> Evaluation:
        return polls.evaluate(
            client, theirs, few, "test", lambda what, done, of: seen.append(what), explain=15, learn=learn
        )

    found = await asyncio.to_thread(work)
    assert [row for row in found.checks if not row.ok and not row.item.startswith("Brier")] == []
    values = {row.item: row.value for row in found.checks}
    assert values["events taken in"] == len(theirs) + len(few)
    assert values["1 day before: races asked for"] == len(few)
    assert values["explanations read"] == 2 * 15
    assert {line.of for line in found.lines if not line.baseline} == {"beliefgraph"}
    with pytest.raises(NotFound):  # it was erased
        await asyncio.to_thread(client.rev, elections.twin_of(date(2006, 11, 7), "test"))
    assert seen[0] == "Polls and results"
    assert seen[-1] == "Erasing what was made"


def _asked(sent: Sequence[Poll], listed: Sequence[Poll]) -> Asked:
    """A race that stands as the formula says, with a chain that lists some polls."""
    chain = tuple(
        EvidenceItem(p.pollster, elections.published(p), elections.log_likelihood_ratio(p), p.text) for p in listed
    )
    log_odds = elections.log_odds(sent, elections.before(DAY, 1))
    confidence = 1 / (1 + math.exp(-log_odds))
    return Asked(RACE, 1, sent, BeliefStanding(confidence, log_odds, "forming", chain))
