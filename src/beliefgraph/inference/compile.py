"""From statements to a model: factors, junction trees within the budget, plans, calibration."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from beliefgraph.inference.arrays import Floats, frozen
from beliefgraph.inference.bundle import Bundle
from beliefgraph.inference.calibrated_bundle import calibrated_bundle
from beliefgraph.inference.edge_deleted_part import EdgeDeletedPart, edge_deleted_part
from beliefgraph.inference.elimination import Budget, eliminate, moral_graph
from beliefgraph.inference.factors import Factors, factors_of, parts
from beliefgraph.inference.junction_tree import JunctionTree, junction_tree
from beliefgraph.inference.model import Model, Part, Tier
from beliefgraph.inference.plan import plan, table_entries
from beliefgraph.inference.stop import in_abandonable_thread
from beliefgraph.inference.structure import Structure
from beliefgraph.inference.variables import Variables

_BUNDLE = 128
"""Connected parts are combined until they have this many beliefs: below it a pass costs mostly call overhead."""

_LONG = 500
"""Number of variables of a part from which finding an elimination order may take long."""

_DEFAULT_BUDGET = Budget()


def compile_model(structure: Structure, budget: Budget = _DEFAULT_BUDGET) -> Model:
    """The structure as a model, calibrated so that without evidence it returns the stated priors.

    A connected part whose exact answer would exceed the budget gets an edge-deleted junction tree; if even that would
    exceed it, its beliefs are not `available`. If all tables together are too many, the cheapest parts come first.
    Raises `infeasible-statements` if priors and relations cannot hold together. Cache the result under the structure's
    `content_hash`.
    """
    factors = factors_of(structure)
    beliefs = structure.variables
    order = [belief for some in beliefs for belief in some]
    variables = Variables.of([len(some) for some in beliefs])
    place = {belief: at for at, belief in enumerate(order)}
    scopes: list[tuple[int, ...]] = [(variable,) for variable in variables.values]
    scopes += variables.scopes([tuple([place[belief] for belief in beliefs]) for beliefs in factors.joined])
    connected = parts(len(beliefs), scopes)
    available = np.ones(len(structure.priors), dtype=np.bool_)
    prior_log_odds = np.empty(len(order))
    prior_log_odds[order] = variables.log_odds(structure.priors[order])
    trees: list[tuple[list[int], JunctionTree]] = []
    wide: list[list[tuple[int, ...]]] = []
    for members, tree in _affordable(connected, scopes, variables.cards.tolist(), budget):
        if tree is None:
            wide.append([beliefs[variable] for variable in members])
        else:
            trees.append((members, tree))
    compiled = [_bundle(factors, beliefs, prior_log_odds, some) for some in _bundled(trees)]
    reports = [_report([beliefs[variable] for variable in members], "exact", tree.width) for members, tree in trees]
    cost = sum(bundle.plan.entries for bundle, _ in compiled)
    edge_deleted: list[EdgeDeletedPart] = []
    for own in wide:
        part = _edge_deleted_part(factors, own, prior_log_odds, budget, budget.max_table_entries - cost)
        if part is None:
            available[[belief for some in own for belief in some]] = False
            reports.append(_report(own, "unavailable", 0))
        else:
            edge_deleted.append(part)
            cost += part.entries
            reports.append(_report(own, "approximate", part.plan.width))
    return Model(
        priors=structure.priors,
        available=frozen(available),
        width=max((report.width for report in reports), default=0),
        cost=cost,
        drift=max([drift for _, drift in compiled] + [part.drift for part in edge_deleted], default=0.0),
        content_hash=structure.content_hash,
        prior_log_odds=frozen(prior_log_odds),
        bundles=tuple(bundle for bundle, _ in compiled),
        exclusive=structure.exclusive,
        edge_deleted=tuple(edge_deleted),
        parts=tuple(sorted(reports, key=lambda report: int(report.beliefs[0]))),
    )


def _report(own: list[tuple[int, ...]], tier: Tier, width: int) -> Part:
    return Part(frozen(np.array(sorted(belief for some in own for belief in some), dtype=np.int64)), tier, width)


def _edge_deleted_part(
    factors: Factors, own: list[tuple[int, ...]], prior_log_odds: Floats, budget: Budget, entries: int
) -> EdgeDeletedPart | None:
    """The part at the greatest approximate width whose tables are within `entries`; None if there is none."""
    for width in range(budget.approximate_width, 0, -1):
        part = edge_deleted_part(factors, own, prior_log_odds, replace(budget, approximate_width=width))
        if part.entries <= entries:
            return part
    return None


def _affordable(
    connected: list[list[int]], scopes: list[tuple[int, ...]], cards: list[int], budget: Budget
) -> list[tuple[list[int], JunctionTree | None]]:
    """Each part with its junction tree, or None if that exceeds the budget."""
    part_of = {variable: at for at, members in enumerate(connected) for variable in members}
    within: list[list[tuple[int, ...]]] = [[] for _ in connected]
    for scope in scopes:
        within[part_of[scope[0]]].append(scope)
    trees: list[JunctionTree | None] = []
    for members, own in zip(connected, within, strict=True):
        place = {variable: at for at, variable in enumerate(members)}
        graph = moral_graph(len(members), [[place[variable] for variable in scope] for scope in own])
        find = partial(eliminate, graph, [cards[variable] for variable in members], budget)
        order = in_abandonable_thread(find) if len(members) > _LONG else find()
        trees.append(junction_tree(order) if order else None)
    costs = [
        table_entries([tree], [cards[variable] for variable in members]) if tree else 0
        for members, tree in zip(connected, trees, strict=True)
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


def _bundle(
    factors: Factors,
    beliefs_of: list[tuple[int, ...]],
    prior_log_odds: Floats,
    some: list[tuple[list[int], JunctionTree]],
) -> tuple[Bundle, float]:
    own: list[tuple[int, ...]] = []
    shifted: list[JunctionTree] = []
    sizes = []
    for part, tree in some:
        shifted.append(tree.shifted(len(own)))
        own += [beliefs_of[variable] for variable in part]
        sizes.append(sum(len(beliefs_of[variable]) for variable in part))
    members = [belief for beliefs in own for belief in beliefs]
    local = factors.local(members)
    variables = Variables.of([len(beliefs) for beliefs in own])
    made = plan(shifted, variables.cards.tolist())
    return calibrated_bundle(members, sizes, variables, local, prior_log_odds, made)
