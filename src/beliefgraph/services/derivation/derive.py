"""Confidence as a function of (valid time, rev): from a twin's rows to log-odds, masses and statuses. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain, repeat

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import EXACT, LOG_LIKELIHOOD_BOUND, UNAVAILABLE, CombinedGroups
from beliefgraph.model.belief import QUALITIES, BeliefKey, Quality
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.identity import belief_id
from beliefgraph.model.status import Status, status_of
from beliefgraph.services.definitions.graph import DefinitionGraph, PersonalRelation
from beliefgraph.services.definitions.layout import Answered, Layout, Unit, lay_out
from beliefgraph.services.derivation.contributions import (
    Contributions,
    contributed_evidence,
    contributed_relations,
    with_contributed,
)
from beliefgraph.services.derivation.counted import Counted, count
from beliefgraph.services.derivation.grid import left_prior
from beliefgraph.services.derivation.reach import Reach, reach_of
from beliefgraph.services.derivation.segment_membership import named as segment_beliefs
from beliefgraph.services.derivation.segment_membership import segment_of
from beliefgraph.services.derivation.temper import Tempering, temper
from beliefgraph.services.twin.blocks import Ints
from beliefgraph.services.twin.state import TwinState
from beliefgraph.telemetry.metrics import INFERENCE_SECONDS
from beliefgraph.telemetry.spans import timed

Floats = npt.NDArray[np.float64]

PINNED = 7.0
"""Lower bound on the log-odds of a belief the person corrected, in the direction they stated (7.0 = 999:1)."""


@dataclass(frozen=True)
class Items:
    """Bearings that count, as columns: their rows, the positions they bear on, and their effective strength, aged.

    There is one item for each requested bearing and each belief it bears on, in the order of the request; `of` is the
    index in it. `withdrawn` is how much `Derivation.total` at the position falls if the bearing is left out.
    """

    of: Ints
    rows: Ints
    position: Ints
    log_likelihood: Floats
    withdrawn: Floats

    def part(self, first: int, end: int) -> Items:
        """The items from one index up to another."""
        here = slice(first, end)
        return Items(
            self.of[here], self.rows[here], self.position[here], self.log_likelihood[here], self.withdrawn[here]
        )


@dataclass(frozen=True)
class Derivation:
    """Every belief of a layout at one moment; columns by position, log-odds natural.

    `contributions` has the twin it was derived from, with the evidence that its layers contribute. `graph` has the
    definitions, with the base rates of the segment that the twin is in. `grade` is the quality of the log-odds, as a
    code of the inference, and `error` their error bar (0 where exact). `tempering` gives the share of evidence from
    before a change that is kept, where domains are followed. `counted` are the bearings that count, `combined` their
    joint effective evidence and `total` its sum by belief; `log_likelihood` is `total` within its bound, plus
    hypothetical evidence. `place_of` is the position of every belief by its number in the register of the bearings, -1
    where it has none; `position` is that of every heading, and `reach` has the rows of `combined`: the beliefs that
    each heading bears on. `pinned` has the side (1 or -1) on which the person corrected a belief, by position.
    """

    contributions: Contributions
    graph: DefinitionGraph
    layout: Layout
    at: datetime
    log_odds: Floats
    grade: npt.NDArray[np.uint8]
    error: Floats
    log_likelihood: Floats
    total: Floats
    mass: Floats
    mass_unaged: Floats
    opposing_share: Floats
    retracted: frozenset[int]
    pinned: Mapping[int, float]
    counted: Counted
    tempering: Tempering | None
    combined: CombinedGroups
    place_of: Ints
    position: Ints
    reach: Reach

    @property
    def state(self) -> TwinState:
        """The twin it was derived from, with the evidence that its layers contribute."""
        return self.contributions.state

    @property
    def evidenced(self) -> Ints:
        """The positions of the beliefs that evidence bears on, including that of metrics."""
        return self._positions(self.counted.open)

    @property
    def begun(self) -> Ints:
        """The positions of the beliefs on which some evidence became valid by the moment."""
        return self._positions(self.counted.begun)

    @property
    def observed_positions(self) -> Ints:
        """The positions of the beliefs that evidence which counts bears on."""
        return self._positions(self.counted.sums.items)

    def _positions(self, rows: Ints) -> Ints:
        found = self.place_of[self.counted.bearings.register.groups.belief[np.flatnonzero(rows)]]
        return distinct(found[found >= 0])

    def items_in(self, rows: Ints) -> Items:
        """The items of some bearings that count, given their rows: one for every defined belief they bear on."""
        heading, quanta, left = self.counted.weigh(rows)
        of, row = self.reach.of(heading)
        return Items(
            of=of,
            rows=rows[of],
            position=self.reach.position[row],
            log_likelihood=self.combined.contribution(row, quanta[of]),
            withdrawn=self.combined.withdrawn(row, quanta[of], left[of]),
        )

    @cached_property
    def shapes(self) -> npt.NDArray[np.bool_]:
        """Which headings have items that influence how much is kept of others."""
        headings = len(self.counted.bearings.register)
        return np.zeros(headings, dtype=np.bool_) if self.tempering is None else self.tempering.shapes(headings)

    @cached_property
    def available(self) -> npt.NDArray[np.bool_]:
        """Where log-odds are available."""
        return np.asarray(self.grade != UNAVAILABLE)

    @cached_property
    def moved(self) -> Ints:
        """The positions of the beliefs that differ noticeably from the prior of twins in no segment."""
        prior = self.layout.prior
        if self.graph.own_base_rates:
            stated = {each.attribute: each.stated for each in self.graph.base_rates}
            prior = np.array([stated.get(key.attribute, p) for key, p in zip(self.layout.keys, prior, strict=True)])
        return np.flatnonzero(self.available & left_prior(self.log_odds, prior))

    @cached_property
    def decides_segment(self) -> npt.NDArray[np.bool_]:
        """Which positions are of beliefs whose evidence decides which base rates apply."""
        found = np.zeros(len(self.layout.ids), dtype=np.bool_)
        for key in segment_beliefs(self.graph.definitions) if self.graph.definitions.base_rates else ():
            place = self.layout.position.get(belief_id(self.state.id, key))
            if place is not None:
                found[place] = True
        return found

    def value(self, position: int) -> float | None:
        """The log-odds at a position; None where none are available."""
        return float(self.log_odds[position]) if self.available[position] else None

    def clamp(self, position: int, log_odds: float) -> float:
        """The given log-odds at a position, within the bound that a correction by the person sets."""
        return _clamp(log_odds, self.pinned.get(position))

    def pinned_log_odds(self, position: int) -> float | None:
        """The bound that a correction by the person sets at a position; None if there is none."""
        return self.pinned[position] * PINNED if position in self.pinned else None

    def quality(self, position: int) -> Quality:
        """The quality of the log-odds at a position."""
        found: Quality = QUALITIES[int(self.grade[position])]
        return found

    def error_bar(self, position: int) -> float | None:
        """The error bar of the log-odds at a position; None where they are exact or not available."""
        return float(self.error[position]) if self.error[position] > 0.0 else None

    def standing(
        self, positions: Ints, log_odds: Floats
    ) -> Iterator[tuple[int, float | None, Status, Quality, float | None]]:
        """For each of some positions: the log-odds shown there, the status, the quality and the error bar.

        `log_odds` are those to show, at every position where there are any.
        """
        columns = (log_odds, self.available, self.mass, self.mass_unaged, self.opposing_share, self.grade, self.error)
        rows = zip(positions.tolist(), *(column[positions].tolist() for column in columns), strict=True)
        for position, value, available, mass, unaged, opposing, grade, error in rows:
            shown = value if available else None
            status = status_of(shown, mass, unaged, opposing, retracted=position in self.retracted)
            yield position, shown, status, QUALITIES[grade], error if error > 0.0 else None

    def status(self, position: int, log_odds: float | None) -> Status:
        """The status at a position, for the log-odds that will be shown with it."""
        return status_of(
            log_odds,
            float(self.mass[position]),
            float(self.mass_unaged[position]),
            float(self.opposing_share[position]),
            retracted=position in self.retracted,
        )


@timed("inference", INFERENCE_SECONDS)
def derive(
    state: TwinState,
    graph: DefinitionGraph,
    at: datetime,
    *,
    also: Iterable[BeliefKey] = (),
    extra: Mapping[BeliefKey, float] | None = None,
    assume: Mapping[BeliefKey, bool] | None = None,
    do: Mapping[BeliefKey, bool] | None = None,
    named: Collection[BeliefKey] = (),
) -> Derivation:
    """What the twin believes at the valid time `at`, from the rows that `state` sees.

    `also` names beliefs that must be in the answer even if nothing is known about them. `extra` adds hypothetical
    log-likelihood ratios, `assume` conditions on beliefs and `do` intervenes on them; only what-if queries pass these.
    `named` are values of open attributes that count as named even if no evidence names them.
    """
    extra, assume, do = extra or {}, assume or {}, do or {}
    contributions, tempering, counted = _counted(state, graph, at)
    state = contributions.state
    graph = graph.of_segment(segment_of(state, graph, counted)) if graph.definitions.base_rates else graph
    bearings, reliabilities = state.bearings, graph.reliabilities
    groups, counts = bearings.register.groups, counted.sums.items > 0
    evidenced = [groups.beliefs[i] for i in distinct(groups.belief[counted.open > 0]).tolist()]
    known = [state.beliefs[id_] for id_ in {*evidenced, *related(state, at), *state.holdings}]
    named_by = [groups.beliefs[i] for i in distinct(groups.belief[counts]).tolist()] if graph.open else []
    layout = lay_out(
        state.id,
        graph,
        chain(known, also, extra, assume, do, named, graph.own_base_rates),
        own_relations(state, graph, at),
        chain((state.beliefs[id_] for id_ in named_by), extra, assume, do, named),
    )
    place_of = np.array([*map(layout.position.get, groups.beliefs, repeat(-1))], dtype=np.int64)
    position = place_of[groups.belief] if len(groups.belief) else groups.belief
    weighting = reliabilities.weighting(state, counts)
    reach = reach_of(np.flatnonzero(counts & (position >= 0)), position, weighting, layout.places_beside)
    combined = reach.combine(weighting, counted.sums, len(layout.ids))
    log_likelihood = np.array(combined.log_likelihood)
    for key, value in extra.items():
        log_likelihood[_position(state, layout, key)] += value
    np.clip(log_likelihood, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND, out=log_likelihood)
    assumed = {_position(state, layout, key): holds for key, holds in assume.items()}
    done = {_position(state, layout, key): holds for key, holds in do.items()}
    log_odds, grade, error = _propagate(layout, log_likelihood, assumed, done)
    fixed = {*assumed, *done}
    settled = fixed.union(*(layout.values_beside.get(place, ()) for place in fixed))
    pinned = {place: side for place, side in _pinned(state, counted.corrections, layout) if place not in settled}
    for place, side in pinned.items():
        if place not in layout.values_beside:
            log_odds[place] = _clamp(float(log_odds[place]), side)
    for group in {layout.values_beside[place] for place in pinned if place in layout.values_beside}:
        log_odds[list(group)] = _clamp_among(log_odds[list(group)], [pinned.get(place) for place in group])
    return Derivation(
        contributions=contributions,
        graph=graph,
        layout=layout,
        at=at,
        log_odds=log_odds,
        grade=grade,
        error=error,
        log_likelihood=log_likelihood,
        total=combined.total,
        mass=combined.mass,
        mass_unaged=combined.mass_unaged,
        opposing_share=combined.opposing_share,
        retracted=frozenset(int(place_of[belief]) for belief in counted.retracted),
        pinned=pinned,
        counted=counted,
        tempering=tempering,
        combined=combined,
        place_of=place_of,
        position=position,
        reach=reach,
    )


def distinct(numbers: Ints) -> Ints:
    """The distinct values of some small non-negative integers, in order."""
    return np.flatnonzero(np.bincount(numbers))


def segment_at(state: TwinState, graph: DefinitionGraph, at: datetime) -> str | None:
    """The segment that a twin is in at a moment; None if it is in none."""
    if not graph.definitions.segments:
        return None
    contributions, _, counted = _counted(state, graph, at)
    return segment_of(contributions.state, graph, counted)


def _counted(state: TwinState, graph: DefinitionGraph, at: datetime) -> tuple[Contributions, Tempering | None, Counted]:
    """The twin with what its layers contribute at a moment, what changed, and the evidence that counts."""
    tempering, contributions = temper(state, graph, at), contributed_evidence(state, graph, at)
    bearings = contributions.state.bearings
    keeping = None if tempering is None else tempering.keeping(len(bearings.register))
    shared = graph.reliabilities.shared(bearings)
    return contributions, tempering, count(bearings, contributions.state.beliefs, shared, at, keeping)


def related(state: TwinState, at: datetime) -> set[str]:
    """The beliefs that personal relations had begun to join by a moment."""
    own = [row for row in state.relations if row.origin == "provided" and row.valid_from <= at]
    return {end for row in own for end in (row.source, row.target)}


def own_relations(state: TwinState, graph: DefinitionGraph, at: datetime) -> list[PersonalRelation]:
    """Personal relations at a moment, and those that the twin's layers contribute then."""
    if not state.relations and not graph.goal_causes:
        return []
    return with_contributed(personal_relations(state, at), contributed_relations(state, graph, at))


def personal_relations(state: TwinState, at: datetime) -> list[PersonalRelation]:
    """The personal relations that are valid at a moment, in the order of their keys."""
    valid = [r for r in state.relations if r.origin == "provided" and r.valid.contains(at)]
    return [
        PersonalRelation(state.beliefs[r.source].belief_key, state.beliefs[r.target].belief_key, r.strength)
        for r in sorted(valid, key=lambda r: r.key)
    ]


def _pinned(state: TwinState, corrections: Iterable[Bearing], layout: Layout) -> Iterator[tuple[int, float]]:
    """Positions of the beliefs that the person corrected, by the corrections that count, with the side (1 or -1)."""
    for bearing in corrections:
        if bearing.source == state.own_source and bearing.belief in layout.position:
            yield layout.position[bearing.belief], math.copysign(1.0, bearing.log_likelihood_ratio)


def _clamp(log_odds: float, side: float | None) -> float:
    return log_odds if side is None else side * max(side * log_odds, PINNED)


def _clamp_among(log_odds: Floats, sides: Sequence[float | None]) -> Floats:
    """The log-odds of the values of one attribute within the bounds of the person's corrections.

    The other values share what is left in proportion. Where the person stated that none of the values holds, nothing is
    left to share, and all stay as they were derived.
    """
    stated = np.array([0.0 if side is None else side for side in sides])
    clamped = np.array([_clamp(value, side) for value, side in zip(log_odds.tolist(), sides, strict=True)])
    probability = np.exp(-np.logaddexp(0.0, -clamped))
    changed, free = clamped != log_odds, stated == 0
    if (stated > 0).any():
        changed, free = changed & (stated > 0), stated <= 0
    if not changed.any() or not free.any():
        return log_odds
    left = math.log1p(-math.fsum(probability[~free]))
    share = -np.logaddexp(0.0, -log_odds)
    share += left - np.logaddexp.reduce(share[free])
    return np.where(free, share - np.log1p(-np.exp(share)), clamped)


def _position(state: TwinState, layout: Layout, key: BeliefKey) -> int:
    return layout.position[belief_id(state.id, key)]


def _propagate(
    layout: Layout, log_likelihood: Floats, assumed: Mapping[int, bool], done: Mapping[int, bool]
) -> tuple[Floats, npt.NDArray[np.uint8], Floats]:
    log_odds, error = np.zeros(len(layout.ids)), np.zeros(len(layout.ids))
    grade = np.full(len(layout.ids), UNAVAILABLE, dtype=np.uint8)
    fixed = [*assumed, *done]
    units: Sequence[Unit] = layout.units
    if not fixed:
        alone = layout.alone
        answers = alone.prior_log_odds + log_likelihood[alone.positions]
        log_odds[alone.positions] = np.where(alone.available, answers, 0.0)
        grade[alone.positions] = np.where(alone.available, EXACT, UNAVAILABLE)
        units = _reuse_answers(layout, log_likelihood, log_odds, error, grade) if units else units
    for unit in units:
        exact = None if fixed else unit.model.exact_log_odds(log_likelihood[unit.positions])
        if exact is not None:
            log_odds[unit.positions], error[unit.positions], grade[unit.positions] = exact, 0.0, EXACT
            continue
        rows, _ = unit.positions.shape
        if not fixed or not np.isin(unit.positions, fixed).any():
            posterior = unit.model.log_odds(log_likelihood[unit.positions])
            log_odds[unit.positions], error[unit.positions] = posterior.log_odds, posterior.error
            grade[unit.positions] = posterior.quality
            continue
        for row in range(rows):
            positions = unit.positions[row]
            one = unit.model.log_odds(log_likelihood[positions], _among(positions, assumed), _among(positions, done))
            log_odds[positions], error[positions], grade[positions] = one.log_odds, one.error, one.quality
    if layout.joined and not fixed:
        layout.remember(Answered(log_likelihood, log_odds.copy(), error, grade))
    return log_odds, grade, error


def _reuse_answers(
    layout: Layout, log_likelihood: Floats, log_odds: Floats, error: Floats, grade: npt.NDArray[np.uint8]
) -> Sequence[Unit]:
    """Fill in the last answers of the joined models of a layout; returns the models whose evidence has changed."""
    known = layout.answered
    if known is None:
        return layout.joined
    of = layout.joined_at
    here = of >= 0
    log_odds[here], error[here], grade[here] = known.log_odds[here], known.error[here], known.grade[here]
    moved = of[here & (known.log_likelihood != log_likelihood)]
    return [layout.joined[number] for number in distinct(moved).tolist()]


def _among(positions: npt.NDArray[np.int64], fixed: Mapping[int, bool]) -> dict[int, bool]:
    """What is fixed among some positions, by index in `positions`."""
    return {place: fixed[position] for place, position in enumerate(positions.tolist()) if position in fixed}
