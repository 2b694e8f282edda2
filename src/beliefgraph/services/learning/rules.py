"""Learning the strengths of a catalog's rules and its priors from labelled truth. Pure except for reading.

Every attribute that is true or false and has no relations is fitted by itself: its prior, and a factor for each rule.
Estimates are shrunk to the stated numbers with a standard deviation of `deviation` nats. The log loss is
cross-validated over twins in five folds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import age
from beliefgraph.inference.learning.logistic import weights
from beliefgraph.model.belief import BeliefKey, logit, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import BearingRule, Catalog, EventRule
from beliefgraph.model.definition import Definitions
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.learning.dataset import KnownTruth
from beliefgraph.services.learning.fitted import FOLDS
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.store import learning as stored
from beliefgraph.store.graph import Graph
from beliefgraph.store.learning import TwinRuleEvidence

Floats = npt.NDArray[np.float64]

DEVIATION = 1.0
"""Default standard deviation of the error of stated numbers, in nats."""

LEAST_LABELS = 20
"""Labels of an attribute needed to fit it."""

NEAR = 1e-6
"""Tolerance, in nats, for matching evidence to the stated strength of a rule."""


class RuleId(NamedTuple):
    """A rule: the type of its events, the attribute it bears on, and its stated log-likelihood ratio, None for an
    expression."""

    event: str
    attribute: str
    stated: float | None


@dataclass(frozen=True)
class LearnedRule:
    """The factor by which the strength of a rule should be multiplied, ± one standard deviation, and its number of
    cases."""

    rule: RuleId
    factor: float
    deviation: float
    cases: int

    @property
    def learned(self) -> float | None:
        """Its log-likelihood ratio as learned; None where an expression computes it."""
        return None if self.rule.stated is None else self.rule.stated * self.factor


@dataclass(frozen=True)
class LearnedAttribute:
    """Prior and rules of one attribute as learned, and the mean log loss on held-out twins: stated, learned, and base
    rate.

    `better` says whether the learned numbers are better than both by more than the standard error.
    """

    attribute: str
    prior: float
    learned: float
    rules: tuple[LearnedRule, ...]
    labels: int
    stated_loss: float
    learned_loss: float
    base_rate_loss: float
    better: bool


async def learn_rules(
    caller: Caller,
    graph: Graph,
    book: DefinitionBook,
    truth: Iterable[KnownTruth],
    deviation: float = DEVIATION,
    usable: Usable | None = None,
) -> tuple[Definitions, tuple[LearnedAttribute, ...]]:
    """The definitions in force, and the learned strengths and priors; nothing is put in force.

    Refused to a person's key.
    """
    caller.require("define")
    caller.require_service()
    definitions = (await book.latest(caller.tenant)).definitions.as_stated
    cases = Cases(definitions, truth)
    twins = stored.rule_evidence(graph, caller.tenant)
    async for twin in usable.of(twins) if usable else twins:
        cases.add(twin)
    return definitions, fit(cases, deviation)


class Cases:
    """Collects, twin after twin, the evidence of each rule on beliefs with known truth."""

    def __init__(self, definitions: Definitions, truth: Iterable[KnownTruth]) -> None:
        joined = {name for _, relation in definitions.relations() for name in (relation.source, relation.target)}
        self.priors = {
            key: attribute.prior
            for key, attribute in definitions.attributes.items()
            if attribute.prior is not None and key not in joined
        }
        self.rules = {
            (event.type, rule.attribute, round(found, 6))
            for catalog in definitions.catalogs
            for event, rule in bearing_rules(catalog)
            if (found := stated_of(rule)) is not None
        }
        self.of: dict[str, list[tuple[Mapping[RuleId, float], bool, str]]] = defaultdict(list)
        self._truth: dict[str, list[KnownTruth]] = defaultdict(list)
        for known in truth:
            self._truth[known.twin].append(known)

    def add(self, twin: TwinRuleEvidence) -> None:
        """Count the evidence in one twin from before the truth of its beliefs became known."""
        by_belief: dict[BeliefKey, list[stored.RuleEvidenceRow]] = defaultdict(list)
        for row in twin.rows:
            if (belief := twin.beliefs.get(row.belief)) is not None:
                by_belief[belief].append(row)
        for known in self._truth.get(twin.name, ()):
            attribute = known.belief.attribute
            if attribute in self.priors:
                evidence: dict[RuleId, float] = defaultdict(float)
                rows = by_belief[known.belief]
                at = known.at or max((row.valid_from for row in rows), default=datetime.max)
                for row in rows:
                    if row.valid_from <= at:
                        stated = round(row.log_likelihood_ratio, 6)
                        constant = (row.event, attribute, stated) in self.rules
                        rule = RuleId(row.event, attribute, stated if constant else None)
                        evidence[rule] += _aged(row, at)
                self.of[attribute].append((evidence, known.holds, twin.name))


def fit(cases: Cases, deviation: float = DEVIATION) -> tuple[LearnedAttribute, ...]:
    """The numbers of every attribute with enough labels, by name."""
    return tuple(
        _fitted(attribute, cases.priors[attribute], rows, deviation)
        for attribute, rows in sorted(cases.of.items())
        if len(rows) >= LEAST_LABELS
    )


def _fitted(
    attribute: str, prior: float, rows: Sequence[tuple[Mapping[RuleId, float], bool, str]], deviation: float
) -> LearnedAttribute:
    rows = sorted(rows, key=lambda row: (row[2], sorted(map(repr, row[0].items())), row[1]))
    rules = sorted({rule for evidence, _, _ in rows for rule in evidence}, key=repr)
    evidence = np.array([[row[0].get(rule, 0.0) for rule in rules] for row in rows]).reshape(len(rows), len(rules))
    happened = np.array([float(row[1]) for row in rows])
    names = {name: i for i, name in enumerate(sorted({row[2] for row in rows}))}
    fold = np.array([names[row[2]] % FOLDS for row in rows])
    size = np.array([abs(rule.stated) if rule.stated else _typical(evidence[:, i]) for i, rule in enumerate(rules)])
    stated = np.array([logit(prior), *np.ones(len(rules))])
    spread = np.array([deviation, *(deviation / np.maximum(size, NEAR))])
    losses = np.zeros((3, len(rows)))
    for each in np.unique(fold).tolist():
        held, fitted_to = fold == each, fold != each
        found, _ = weights(evidence[fitted_to], happened[fitted_to], stated, spread)
        rate = (happened[fitted_to].sum() + 1.0) / (fitted_to.sum() + 2.0)
        for row, log_odds in enumerate(
            (_log_odds(stated, evidence[held]), _log_odds(found, evidence[held]), np.full(int(held.sum()), logit(rate)))
        ):
            losses[row, held] = np.logaddexp(0.0, np.where(happened[held] == 1.0, -log_odds, log_odds))
    found, error = weights(evidence, happened, stated, spread)
    gain = losses[0] - losses[1]
    return LearnedAttribute(
        attribute=attribute,
        prior=prior,
        learned=probability(float(found[0])),
        rules=tuple(
            LearnedRule(rule, float(found[i + 1]), float(error[i + 1]), int((evidence[:, i] != 0.0).sum()))
            for i, rule in enumerate(rules)
        ),
        labels=len(rows),
        stated_loss=float(losses[0].mean()),
        learned_loss=float(losses[1].mean()),
        base_rate_loss=float(losses[2].mean()),
        better=bool(gain.sum() > gain.std() * math.sqrt(len(gain))),
    )


def _typical(column: Floats) -> float:
    """The typical strength of a rule."""
    observed = np.abs(column[column != 0.0])
    return float(np.median(observed)) if len(observed) else 1.0


def _log_odds(found: Floats, evidence: Floats) -> Floats:
    return np.asarray(found[0] + evidence @ found[1:])


def _aged(row: stored.RuleEvidenceRow, at: datetime) -> float:
    if row.half_life is None:
        return row.log_likelihood_ratio
    return float(age(row.log_likelihood_ratio, (at - row.valid_from).total_seconds(), row.half_life))


def bearing_rules(catalog: Catalog) -> Iterator[tuple[EventRule, BearingRule]]:
    """Every rule of a catalog that bears on a belief, with its event."""
    for event in catalog.events:
        for rule in event.bears_on:
            yield event, rule


def stated_of(rule: BearingRule) -> float | None:
    """The log-likelihood ratio that a rule states as a number; None for an expression."""
    if rule.likelihoods is not None:
        return rule.likelihoods.log_ratio
    return rule.log_likelihood_ratio if isinstance(rule.log_likelihood_ratio, float) else None


def proposed(catalog: Catalog, found: Sequence[LearnedAttribute]) -> Catalog | None:
    """The next version of a catalog with the learned numbers that are better; None if nothing changes."""
    better = {each.attribute: each for each in found if each.better}
    factors = {rule.rule: rule for each in better.values() for rule in each.rules}
    attributes = tuple(
        a.model_copy(update={"prior": better[a.key].learned}) if a.key in better else a for a in catalog.attributes
    )
    events = tuple(
        event.model_copy(update={"bears_on": tuple(_restated(event, rule, factors) for rule in event.bears_on)})
        for event in catalog.events
    )
    if (attributes, events) == (catalog.attributes, catalog.events):
        return None
    major, minor, _ = catalog.version_tuple
    return catalog.model_copy(update={"version": f"{major}.{minor + 1}.0", "attributes": attributes, "events": events})


def _restated(event: EventRule, rule: BearingRule, factors: Mapping[RuleId, LearnedRule]) -> BearingRule:
    stated = stated_of(rule)
    found = factors.get(RuleId(event.type, rule.attribute, None if stated is None else round(stated, 6)))
    if found is None:
        return rule
    if found.learned is not None:
        ratio = max(-30.0, min(30.0, round(found.learned, 4)))
        return rule.model_copy(update={"log_likelihood_ratio": ratio, "likelihoods": None})
    if rule.log_likelihood_ratio is None:
        return rule
    return rule.model_copy(update={"log_likelihood_ratio": f"{found.factor:.4f} * double({rule.log_likelihood_ratio})"})
