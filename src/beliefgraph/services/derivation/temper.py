"""How much of a twin's evidence is kept: the less, the more probable a change since then. Pure.

A domain is followed event by event (`inference/foresight/runs.py`). A piece of evidence is kept with the probability k
that nothing has changed since; with probability 1 − k it is uninformative about what holds now. That is a channel like
age, so tanh(λ'/2) = k · tanh(λ/2), and both together are the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from beliefgraph.inference import KeptShares
from beliefgraph.inference.foresight.runs import Runs
from beliefgraph.model.belief import logit, probability
from beliefgraph.model.change_point import ChangedDomain
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.kinds import Columns, Kinds
from beliefgraph.services.derivation.counted import counting_rows
from beliefgraph.services.derivation.followed import DomainFilters, StatedChanges, follow, known_of
from beliefgraph.services.twin.blocks import Bools, Ints
from beliefgraph.services.twin.state import TwinState

NOTICED = 0.01
"""Least probability of a change that an explanation mentions."""

SUREST = 1.0 - 1e-6
"""Greatest probability that a statement of a change can have, so that later evidence can still contradict it."""


@dataclass(frozen=True, eq=False)
class Tempering:
    """The posterior of each domain that is followed, by its number, with the statements included in it."""

    kinds: Kinds
    columns: Columns
    runs: Mapping[int, Runs]
    stated: Mapping[int, StatedChanges]

    def keeping(self, headings: int) -> KeptShares:
        """The share kept of the items of `headings` headings; later headings are of metrics, and kept in full."""
        follows = np.full(headings, -1, dtype=np.int32)
        steps = []
        for place, (domain, runs) in enumerate(self.runs.items()):
            follows[: len(self.columns.domain)][self.columns.domain == domain] = place
            steps.append((runs.begins, runs.kept))
        return KeptShares.steps(follows, steps)

    def shapes(self, headings: int) -> Bools:
        """Which of `headings` headings have items that influence how much is kept of others."""
        found = np.zeros(headings, dtype=np.bool_)
        found[: len(self.columns.domain)] = np.isin(self.columns.domain, list(self.runs)) | self.columns.saying
        return found

    def changes(self, headings: Ints) -> tuple[ChangedDomain, ...]:
        """The changes, above the threshold `NOTICED`, of the domains of some headings; the most likely first."""
        within = headings[headings < len(self.columns.domain)]
        found = []
        for domain in np.intersect1d(self.columns.domain[within], list(self.runs)).tolist():
            runs = self.runs[domain]
            changed = 1.0 - float(runs.kept[0])
            if changed >= NOTICED:
                began = runs.changed
                stated = max((p for at, p in self.stated.get(domain, ()) if at == began), default=None)
                found.append(
                    ChangedDomain(
                        domain=self.kinds.domains[domain],
                        since=moment_of(began),
                        probability=changed,
                        stated=stated,
                    )
                )
        return tuple(sorted(found, key=lambda each: (-each.probability, each.domain)))


def temper(state: TwinState, graph: DefinitionGraph, at: datetime) -> Tempering | None:
    """The domains of a twin in which something may have changed by a moment; None where none is followed."""
    kinds = graph.kinds
    if not kinds.tempered or not len(state.bearings):
        return None
    known = known_of(state, kinds)
    stated = statements(state, graph, known, at)
    runs = follow(state, known, kinds.tempered, stated, microseconds(at))
    return Tempering(kinds, known.columns, runs, stated) if runs else None


def statements(
    state: TwinState, graph: DefinitionGraph, known: DomainFilters, at: datetime
) -> dict[int, StatedChanges]:
    """The statements of changes that count at a moment, by domain."""
    saying = np.flatnonzero(known.columns.saying)
    if not len(saying):
        return {}
    bearings = state.bearings
    by_attribute: dict[str, list[tuple[int, float]]] = {}
    for belief in {bearings.register.headings[row].belief for row in saying.tolist()}:
        rows = counting_rows(bearings, belief, at)
        if len(rows):
            attribute = graph.definitions.attributes[state.beliefs[belief].attribute]
            block = bearings.take(rows)
            prior = logit(attribute.prior or 0.5)
            by_attribute.setdefault(attribute.key, []).extend(
                (since, min(probability(prior + ratio), SUREST))
                for since, ratio in zip(block.valid_from.tolist(), block.number.tolist(), strict=True)
                if ratio > 0
            )
    return {
        domain: tuple(sorted(each for each in by_attribute[change.stated] if each[1] >= change.hazard))
        for domain, change in enumerate(known.kinds.changes)
        if change is not None and change.stated in by_attribute
    }
