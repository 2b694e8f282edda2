"""A compiled structure: ask it what follows from the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.inference.arrays import Bools, Floats, Ints, floats, frozen
from beliefgraph.inference.calibrate import calibrate
from beliefgraph.inference.elimination import Budget, min_fill, moral_graph
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.factors import Factors, Family, factors_of, parts
from beliefgraph.inference.influence import Influence, influence_of
from beliefgraph.inference.junction_tree import JunctionTree, junction_tree
from beliefgraph.inference.plan import Plan, plan, table_entries
from beliefgraph.inference.propagation import log_marginals
from beliefgraph.inference.structure import Structure

CERTAIN_LOG_ODDS = 100.0
"""What an assumed belief reads as, in nats: finite, and a probability of exactly 1 (or 4e-44) in a double."""

_BUNDLE = 128
"""Connected parts are run together until they have this many beliefs: below it a pass costs the calls, not the
numbers."""

_DEFAULT_BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class Posterior:
    """What each belief has come to. `log_odds` has the shape of the evidence asked with; `available` has shape [n].

    Where a belief is not available (its part of the structure is too wide to be exact) its log-odds are 0 and mean
    nothing.
    """

    log_odds: Floats
    available: Bools


@dataclass(frozen=True, slots=True)
class Bundle:
    """Some connected parts with one plan. `members` are the beliefs, `part` the part each belongs to, numbered from 0
    in their order, and `part_start` where each part begins."""

    members: Ints
    part: Ints
    part_start: Ints
    plan: Plan
    log_potential: Floats
    families: tuple[Family, ...]
    conditionals: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A structure made ready to be asked; it never changes, and the same question always gets the same bits.

    `available` (shape [n]) says which beliefs have exact answers; `width` is the largest clique less one and `cost`
    the table entries of a full pass, among those; `drift` is how far, in nats, the calibrated model's prior is from a
    stated one at most. `content_hash` is the structure's.
    """

    priors: Floats
    available: Bools
    width: int
    cost: int
    drift: float
    content_hash: str
    prior_log_odds: Floats = field(repr=False)
    bundles: tuple[Bundle, ...] = field(repr=False)

    def log_odds(
        self,
        log_likelihood: npt.ArrayLike,
        assume: Mapping[int, bool] | None = None,
        do: Mapping[int, bool] | None = None,
    ) -> Posterior:
        """The posterior log-odds of every belief given the evidence, in nats.

        `log_likelihood` is λ per belief, shape [n] or [B, n] for B questions at once, each within
        ±LOG_LIKELIHOOD_BOUND. `assume` takes beliefs as known (their causes become likelier or less); `do` as made so
        (their causes stay as they were). Both read ±CERTAIN_LOG_ODDS. A connected part without evidence answers its
        priors exactly. Raises `invalid-input`, and `impossible-evidence` when what is assumed cannot hold together.
        """
        evidence = self._evidence(log_likelihood)
        fixed = self._fixed(assume, do)
        rows = np.atleast_2d(evidence)
        answer = np.where(self.available, self.prior_log_odds + rows, 0.0)
        for bundle in self.bundles:
            self._answer(bundle, rows, fixed, frozenset(do or ()), answer)
        for belief, holds in fixed.items():
            if self.available[belief]:
                answer[:, belief] = CERTAIN_LOG_ODDS if holds else -CERTAIN_LOG_ODDS
        return Posterior(frozen(answer.reshape(evidence.shape)), self.available)

    def influence(
        self,
        target: int,
        log_likelihood: npt.ArrayLike,
        assume: Mapping[int, bool] | None = None,
        do: Mapping[int, bool] | None = None,
    ) -> Influence:
        """How much the evidence on each belief moved the target; see `Influence`.

        `log_likelihood` is λ per belief, shape [n]. Raises `invalid-input`, `impossible-evidence`, and `too-wide` if
        the target has no exact answer.
        """
        evidence = self._evidence(log_likelihood)
        if evidence.ndim != 1:
            raise Incorrect("invalid-input", "Influence is asked for one set of evidence at a time.")
        fixed = self._fixed({target: True}, None) and self._fixed(assume, do)
        if not self.available[target]:
            raise Unavailable("too-wide", "This belief is tied to too many others for an exact answer.", belief=target)
        if target in fixed:
            certain = CERTAIN_LOG_ODDS if fixed[target] else -CERTAIN_LOG_ODDS
            return Influence.fixed(target, len(self.priors), certain)
        for bundle in self.bundles:
            if target in bundle.members:
                return influence_of(self, bundle, target, evidence, fixed, frozenset(do or ()))
        return Influence.alone(target, len(self.priors), float(self.prior_log_odds[target]), float(evidence[target]))

    def log_marginals(
        self, bundle: Bundle, rows: Floats, fixed: Sequence[Mapping[int, bool]], cut: frozenset[int]
    ) -> Floats:
        """The log-probability of [does not hold, holds] for each of a bundle's beliefs: shape [members, 2, B].

        One row of evidence and one mapping of fixed beliefs per question; `cut` are the effects whose conditional
        table is taken out.
        """
        place = {int(belief): at for at, belief in enumerate(bundle.members)}
        leaves = np.zeros((len(bundle.members), 2, len(rows)))
        given = rows[:, bundle.members].T
        leaves[:, 0], leaves[:, 1] = np.minimum(-given, 0.0), np.minimum(given, 0.0)
        for question, known in enumerate(fixed):
            for belief, holds in known.items():
                if belief in place:
                    leaves[place[belief], :, question] = (-np.inf, 0.0) if holds else (0.0, -np.inf)
        potential = _without_conditionals(bundle, {place[belief] for belief in cut if belief in place})
        answer = log_marginals(bundle.plan, potential[:, None], leaves.reshape(-1, len(rows)))
        return answer.reshape(len(bundle.members), 2, len(rows))

    def _answer(
        self, bundle: Bundle, rows: Floats, fixed: Mapping[int, bool], cut: frozenset[int], answer: Floats
    ) -> None:
        """Write the posteriors of a bundle into the answer, for the questions and parts that have evidence at all."""
        told = rows[:, bundle.members] != 0.0
        if fixed:
            told |= np.isin(bundle.members, list(fixed))
        touched = np.logical_or.reduceat(told, bundle.part_start, axis=1)
        questions = np.flatnonzero(touched.any(axis=1))
        quiet = np.broadcast_to(self.prior_log_odds[bundle.members], told.shape).copy()
        if questions.size:
            logs = self.log_marginals(bundle, rows[questions], [fixed] * len(questions), cut)
            with np.errstate(invalid="ignore"):
                found = (logs[:, 1] - logs[:, 0]).T
            quiet[questions] = np.where(touched[questions][:, bundle.part], found, quiet[questions])
        answer[:, bundle.members] = quiet

    def _evidence(self, log_likelihood: npt.ArrayLike) -> Floats:
        evidence = floats("log_likelihood", log_likelihood)
        if evidence.ndim not in (1, 2) or evidence.shape[-1] != len(self.priors):
            raise Incorrect("invalid-input", f"The evidence must have one number per belief: {len(self.priors)}.")
        if evidence.size and np.abs(evidence).max() > LOG_LIKELIHOOD_BOUND:
            raise Incorrect("invalid-input", f"A log-likelihood ratio lies within ±{LOG_LIKELIHOOD_BOUND:g}.")
        return evidence

    def _fixed(self, assume: Mapping[int, bool] | None, do: Mapping[int, bool] | None) -> dict[int, bool]:
        fixed = dict(assume or {})
        for belief, holds in (do or {}).items():
            if fixed.get(belief, holds) != holds:
                raise Incorrect("impossible-evidence", "A belief cannot be assumed and made otherwise.", belief=belief)
            fixed[belief] = holds
        for belief in fixed:
            if not 0 <= belief < len(self.priors):
                raise Incorrect("invalid-input", f"There is no belief {belief}.", belief=belief)
        return fixed


def compile_model(structure: Structure, budget: Budget = _DEFAULT_BUDGET) -> Model:
    """The structure as something that can be asked, calibrated so that without evidence it answers the stated priors.

    A connected part whose exact answer would cost more than the budget is left out: its beliefs are not `available`.
    When all the tables together are too many, the cheapest parts come first. Raises `infeasible-statements` when
    priors and relations cannot hold together. Keep the result under the structure's `content_hash`.
    """
    factors = factors_of(structure)
    scopes = factors.scopes
    connected = parts(len(structure.priors), scopes)
    available = np.ones(len(structure.priors), dtype=np.bool_)
    trees: list[tuple[list[int], JunctionTree]] = []
    for members, tree in _affordable(connected, scopes, budget):
        if tree is None:
            available[members] = False
        else:
            trees.append((members, tree))
    compiled = [_bundle(factors, some) for some in _bundled(trees)]
    stated = structure.priors
    return Model(
        priors=stated,
        available=frozen(available),
        width=max((bundle.plan.width for bundle, _ in compiled), default=0),
        cost=sum(bundle.plan.entries for bundle, _ in compiled),
        drift=max((drift for _, drift in compiled), default=0.0),
        content_hash=structure.content_hash,
        prior_log_odds=frozen(np.log(stated) - np.log1p(-stated)),
        bundles=tuple(bundle for bundle, _ in compiled),
    )


def _affordable(
    connected: list[list[int]], scopes: list[tuple[int, ...]], budget: Budget
) -> list[tuple[list[int], JunctionTree | None]]:
    """Each part with its junction tree, or None where the budget does not reach."""
    part_of = {belief: at for at, members in enumerate(connected) for belief in members}
    within: list[list[tuple[int, ...]]] = [[] for _ in connected]
    for scope in scopes:
        within[part_of[scope[0]]].append(scope)
    trees: list[JunctionTree | None] = []
    for members, own in zip(connected, within, strict=True):
        place = {belief: at for at, belief in enumerate(members)}
        order = min_fill(moral_graph(len(members), [[place[belief] for belief in scope] for scope in own]), budget)
        trees.append(junction_tree(order) if order else None)
    costs = [
        table_entries([tree], [2] * len(members)) if tree else 0 for members, tree in zip(connected, trees, strict=True)
    ]
    spent = 0
    for at in sorted(range(len(trees)), key=lambda at: (costs[at], at)):
        spent += costs[at]
        if spent > budget.max_table_entries:
            trees[at] = None
    return list(zip(connected, trees, strict=True))


def _bundled(trees: list[tuple[list[int], JunctionTree]]) -> list[list[tuple[list[int], JunctionTree]]]:
    bundles: list[list[tuple[list[int], JunctionTree]]] = []
    room = 0
    for members, tree in trees:
        if room <= 0:
            bundles.append([])
            room = _BUNDLE
        bundles[-1].append((members, tree))
        room -= len(members)
    return bundles


def _bundle(factors: Factors, some: list[tuple[list[int], JunctionTree]]) -> tuple[Bundle, float]:
    members: list[int] = []
    shifted: list[JunctionTree] = []
    for part, tree in some:
        first = len(members)
        members += part
        cliques = tuple(tuple(first + variable for variable in clique) for clique in tree.cliques)
        shifted.append(JunctionTree(cliques, tree.shared, tree.parent, tree.level))
    local = factors.local(members)
    made = plan(shifted, [2] * len(members))
    try:
        calibrated = calibrate(made, local)
    except Incorrect as error:
        beliefs = error.ids["beliefs"]
        assert isinstance(beliefs, list)
        raise Incorrect(
            error.code, error.message, beliefs=[members[at] for at in beliefs], drift=error.ids["drift"]
        ) from None
    sizes = np.array([len(part) for part, _ in some])
    return (
        Bundle(
            members=frozen(np.array(members, dtype=np.int64)),
            part=frozen(np.repeat(np.arange(len(some)), sizes)),
            part_start=frozen(np.cumsum(sizes) - sizes),
            plan=made,
            log_potential=frozen(calibrated.log_potential),
            families=local.families,
            conditionals=calibrated.conditionals,
        ),
        calibrated.drift,
    )


def _without_conditionals(bundle: Bundle, effects: set[int]) -> Floats:
    """The potentials with the conditional tables of some effects taken out: what they do not obey any more."""
    if not effects:
        return bundle.log_potential
    potential = bundle.log_potential.copy()
    for family, table in zip(bundle.families, bundle.conditionals, strict=True):
        if family.effect in effects:
            clique = bundle.plan.home(family.scope)
            entries = slice(clique.start, clique.start + clique.size)
            potential[entries] -= table[clique.projection(family.scope)]
            potential[entries] -= potential[entries].max()
    return potential
