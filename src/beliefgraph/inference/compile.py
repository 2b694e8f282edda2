"""From statements to a model: factors, junction trees within the budget, plans, calibration."""

from __future__ import annotations

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import frozen
from beliefgraph.inference.bundle import Bundle
from beliefgraph.inference.calibrate import calibrate
from beliefgraph.inference.elimination import Budget, min_fill, moral_graph
from beliefgraph.inference.factors import Factors, factors_of, parts
from beliefgraph.inference.junction_tree import JunctionTree, junction_tree
from beliefgraph.inference.model import Model
from beliefgraph.inference.plan import plan, table_entries
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.structure import Structure

_BUNDLE = 128
"""Connected parts are run together until they have this many beliefs: below it a pass costs the calls, not the
numbers."""

_DEFAULT_BUDGET = Budget()


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
        shifted.append(tree.shifted(len(members)))
        members += part
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
            prior_log_odds=np.log(local.priors) - np.log1p(-local.priors),
            engine=Engine.of(made, calibrated.log_potential),
            families=local.families,
            conditionals=calibrated.conditionals,
        ),
        calibrated.drift,
    )
