"""Polls: what was believed 10 days and 1 day before each election, why, and how accurate was it?

All polls and results are processed before the first question: an as-of moment must hide later ones.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from beliefgraph.evaluate import elections
from beliefgraph.evaluate.client import NOTHING, BeliefStanding, Client, EvidenceItem, Learned, Why
from beliefgraph.evaluate.data import Poll, Race
from beliefgraph.evaluate.elections import ATTRIBUTE, LAST_TEST_YEAR, LAST_TRAIN_YEAR
from beliefgraph.evaluate.replay import LearnSources, Progress, deliver, erased_after
from beliefgraph.evaluate.report import Curve, Evaluation, Line, Row, at_most, exactly, none
from beliefgraph.model.belief import probability
from beliefgraph.services.learning.scoring import score

DAYS_BEFORE = {1: "1 day before", 10: "10 days before"}
SEED = 20141104
CLOSE = 1e-8
"""Tolerance between confidence and formula: the engine rounds each item to 2^-32."""

MUST: Mapping[int, float] = {1: 0.0829, 10: 0.0939}
"""Required Brier score by number of days before the election, without a calibration."""

MANY_POLLS, ENOUGH = 9, 30
"""Races with at least MANY_POLLS polls must not be overconfident, if there are at least ENOUGH of them."""

SUMS = 1e-4
"""Tolerance between contributions and the change they explain, as in the engine."""

UNKNOWN = BeliefStanding(confidence=0.5, log_odds=0.0, status="forming", chain=())
"""A race without polls: it has its prior, and is not listed."""

BASELINES: Mapping[int, Sequence[tuple[str, Mapping[str, float]]]] = {
    1: (
        (
            "share of polls",
            {"accuracy": 0.887, "Brier": 0.1023, "log loss": 0.356, "AUC": 0.928, "ECE": 0.101},
        ),
        ("mean margin", {"accuracy": 0.891, "Brier": 0.0855, "log loss": 0.268, "AUC": 0.957, "ECE": 0.043}),
        (
            "mean margin + size, recency, reliability, bias",
            {"accuracy": 0.895, "Brier": 0.0815, "log loss": 0.256, "AUC": 0.960, "ECE": 0.038},
        ),
    ),
    10: (
        ("mean margin", {"accuracy": 0.868, "Brier": 0.0939, "log loss": 0.294, "AUC": 0.948, "ECE": 0.044}),
        (
            "mean margin + size, recency, reliability",
            {"accuracy": 0.878, "Brier": 0.0920, "log loss": 0.288, "AUC": 0.950, "ECE": 0.034},
        ),
    ),
}
"""From the data's README, on the races of 2009 to 2014."""


@dataclass(frozen=True)
class Asked:
    """One race at one moment: the polls published by then, and the state of the belief."""

    race: Race
    days: int
    polls: Sequence[Poll]
    standing: BeliefStanding

    @property
    def available(self) -> bool:
        """Whether there is a confidence."""
        return self.standing.confidence is not None

    @property
    def confidence(self) -> float:
        """The confidence; NaN where it is unavailable."""
        return float("nan") if self.standing.confidence is None else self.standing.confidence


def evaluate(
    client: Client,
    polls: Sequence[Poll],
    races: Sequence[Race],
    run: str,
    progress: Progress,
    *,
    explain: int,
    learn: LearnSources,
    keep: bool = False,
) -> Evaluation:
    """Send every poll and result, learn from the years up to 2008, query every race at both moments, and score them.

    `explain` is the number of explanations read at each moment, for races sampled with a fixed seed; the evidence of
    every race is read anyway.
    """
    days = sorted({race.election for race in races})
    twins = [elections.twin_of(day, run) for day in days]
    count = len(polls) + len(races)
    client.publish(elections.CATALOG)
    with erased_after(client, [] if keep else twins, progress):
        sent = deliver(client, elections.events(polls, races, run), count, progress, "Polls and results")
        learn(trusted=elections.OFFICIAL, before=datetime(LAST_TRAIN_YEAR + 1, 1, 1, tzinfo=UTC), calibrate=True)
        learned = client.learned()
        asked = _ask(client, polls, races, days, run, progress)
        explained = _explain(client, _drawn(asked, explain), run, progress)
        after = {subject: s for twin in twins for subject, s in client.standing(twin).items()}
    checks = [
        exactly("events taken in", sent["accepted"], count),
        *(row for d in DAYS_BEFORE for row in what_holds([each for each in asked if each.days == d], d, learned)),
        Row("explanations read", len(explained)),
        none("explanations that do not list exactly the polls", sum(not _lists(a, why) for a, why in explained)),
        at_most("explanations: furthest sum from the move it explains", max(map(_gap, explained), default=0.0), SUMS),
        none("races that stand against their result, once it came", sum(_against(r, after) for r in races)),
    ]
    lines, curves = _scores(asked)
    checks += [
        Row("pollsters learned about", len(learned.rates)),
        *(Row(f"origins {kind}: correlation learned", value) for kind, (value, _) in learned.shared.items()),
        *(Row(f"origins {kind}: scale learned", value) for kind, (_, value) in learned.shared.items()),
        *(Row(f"shared across races by {kind}, nats", value) for kind, value in learned.deviations.items()),
        *(
            at_most(f"Brier, {line.setting}, {line.of}", line.scores["Brier"], MUST[days])
            for days, when in DAYS_BEFORE.items()
            for line in lines
            if not line.baseline and line.setting.startswith(when)
        ),
        *_overconfidence(asked),
    ]
    return Evaluation("polls", checks, lines, curves)


def _ask(
    client: Client, polls: Sequence[Poll], races: Sequence[Race], days: Sequence[date], run: str, progress: Progress
) -> list[Asked]:
    """Every race as of both moments, with its evidence; one query for all races of a day."""
    by_race, by_day = defaultdict(list), defaultdict(list)
    for poll in polls:
        by_race[poll.race].append(poll)
    for race in races:
        by_day[race.election].append(race)
    asked = []
    for done, day in enumerate(days, start=1):
        for before in DAYS_BEFORE:
            at = elections.before(day, before)
            found = client.standing(elections.twin_of(day, run), at, with_chain=True)
            asked += [
                Asked(race, before, elections.visible(by_race[race.id], at), found.get(race.subject, UNKNOWN))
                for race in by_day[day]
            ]
        progress("As of before the elections", done, len(days))
    return asked


def _drawn(asked: Sequence[Asked], count: int) -> list[Asked]:
    """A sample with a fixed seed of the races with polls at each moment; all of them if there are no more."""
    drawn = []
    for days in DAYS_BEFORE:
        polled = [each for each in asked if each.days == days and each.polls]
        drawn += random.Random(SEED).sample(polled, min(count, len(polled)))  # noqa: S311  a fixed draw, no secret
    return drawn


def _explain(client: Client, sample: Sequence[Asked], run: str, progress: Progress) -> list[tuple[Asked, Why]]:
    """The explanation of each of these races at its moment."""
    explained = []
    for done, one in enumerate(sample, start=1):
        race = one.race
        twin, at = elections.twin_of(race.election, run), elections.before(race.election, one.days)
        explained.append((one, client.explain(twin, ATTRIBUTE, race.subject, at)))
        progress("Explanations", done, len(sample))
    return explained


def what_holds(asked: Sequence[Asked], days: int, learned: Learned = NOTHING) -> list[Row]:
    """The checks on all races at one moment.

    The evidence is exactly the polls, and the confidence matches the formula.
    """
    when = DAYS_BEFORE[days]
    off = float(
        np.max([abs(each.confidence - _formula(each, learned)) for each in asked], initial=0.0)
    )  # NaN stays NaN
    return [
        Row(f"{when}: races asked for", len(asked)),
        Row(f"{when}: races with polls by then", sum(bool(each.polls) for each in asked)),
        none(
            f"{when}: races whose chain is not exactly the polls by then",
            sum(_as_listed(each.standing.chain or ()) != _as_sent(each.polls) for each in asked),
        ),
        at_most(f"{when}: furthest confidence from the formula on those polls", off, CLOSE),
    ]


def _scores(asked: Sequence[Asked]) -> tuple[list[Line], list[Curve]]:
    """The scores on the races after the training years with polls by then, compared with the baselines."""
    lines, curves = [], []
    for days in DAYS_BEFORE:
        tested = [a for a in asked if a.days == days and a.polls and a.available and _tested(a.race)]
        if not tested:
            continue
        y = np.array([float(a.race.won) for a in tested])
        setting = f"{DAYS_BEFORE[days]}, {len(tested)} races of {LAST_TRAIN_YEAR + 1} to {LAST_TEST_YEAR}"
        predictions = {"": [a.confidence for a in tested]}
        if calibrated := [a.standing.calibrated for a in tested if a.standing.calibrated is not None]:
            predictions[", calibrated"] = calibrated
        for how, p in predictions.items():
            found = score(np.array(p), y)
            scores = {"accuracy": found.accuracy, "Brier": found.brier, "log loss": found.log_loss}
            scores |= {"AUC": found.auc, "ECE": found.ece}
            lines.append(Line(setting, f"beliefgraph{how}", scores))
            curves.append(Curve(f"{DAYS_BEFORE[days]}{how}", np.array(p), y))
        lines += [Line(setting, name, given, baseline=True) for name, given in BASELINES[days]]
    return lines, curves


def _overconfidence(asked: Sequence[Asked]) -> Iterator[Row]:
    """The mean confidence in the likelier candidate minus the share of these that won, in races with many polls."""
    for days, when in DAYS_BEFORE.items():
        many = [a for a in asked if a.days == days and len(a.polls) >= MANY_POLLS and a.available and _tested(a.race)]
        if len(many) >= ENOUGH:
            above = [max(a.confidence, 1 - a.confidence) - ((a.confidence > 0.5) == a.race.won) for a in many]
            item = f"{when}: overconfidence in {len(many)} races of {MANY_POLLS} or more polls"
            yield at_most(item, math.fsum(above) / len(above), 0.0)


def _tested(race: Race) -> bool:
    return LAST_TRAIN_YEAR < race.election.year <= LAST_TEST_YEAR


def _formula(asked: Asked, learned: Learned) -> float:
    return probability(elections.log_odds(asked.polls, elections.before(asked.race.election, asked.days), learned))


def _lists(asked: Asked, why: Why) -> bool:
    return _as_listed(why.evidence) == _as_sent(asked.polls)


def _gap(explained: tuple[Asked, Why]) -> float:
    """The difference between the sum of the contributions and the change from prior to posterior."""
    why = explained[1]
    return abs(math.fsum(why.contributions) - (why.log_odds - why.prior_log_odds))


def _against(race: Race, after: Mapping[str, BeliefStanding]) -> bool:
    confidence = after.get(race.subject, UNKNOWN).confidence
    return confidence is None or (confidence > 0.5) != race.won


def _as_listed(evidence: Sequence[EvidenceItem]) -> Counter[EvidenceItem]:
    return Counter(EvidenceItem(h.source, h.time, round(h.log_likelihood_ratio, 9), h.verbatim) for h in evidence)


def _as_sent(polls: Sequence[Poll]) -> Counter[EvidenceItem]:
    return Counter(
        EvidenceItem(p.pollster, elections.published(p), round(elections.log_likelihood_ratio(p), 9), p.text)
        for p in polls
    )
