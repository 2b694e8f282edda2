"""Learning how twins move through stages, from the evidence on all twins of a tenant.

What was learned is adopted only if it predicts the evidence of held-out twins better than what is in force, by more
than the standard error of the difference.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from beliefgraph.inference.foresight.filtering import Filtered, ObservedSymbols, filtered, weighed
from beliefgraph.inference.foresight.signals import (
    HALVES,
    STRONGEST,
    Signal,
    balanced,
    gridded,
    mean_velocity,
    predicted,
    shares,
    signal_of,
    stated_shares,
)
from beliefgraph.inference.foresight.stage_learning import choose, with_phases
from beliefgraph.inference.foresight.stages import SILENT, Stages
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.time import microseconds
from beliefgraph.model.trajectory import (
    MOST_PHASES,
    PERIOD,
    LearnedSignal,
    LearnedStage,
    LearnedStages,
    TrajectoryDefinition,
)
from beliefgraph.services.commits.recheck import every_twin
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.process.threads import long_work
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.trajectories.in_force import Parameters, by_learned, days, in_force
from beliefgraph.services.trajectories.observed import Observed, observed
from beliefgraph.services.trajectories.paths import DAY
from beliefgraph.services.twin.blocks import Bools, Floats, Ints
from beliefgraph.services.twin.load import every_state
from beliefgraph.store.graph import Graph

LEAST_TWINS = 50
"""Fewest twins with evidence from two moments to learn anything from."""

FOLDS = 3
"""Folds of the twins, each predicted by what is learned from the others."""

STEPS_OF_STAY = 8
MOST_STEPS = 200
"""Times are rounded to an eighth of the shortest stated stay or, if twins are observed for long, to 1/200 of the
longest span."""

MOST_ROWS = 400
"""Most steps and pieces of evidence of one twin that are learned from, the first ones."""

MOST_CELLS = 20_000_000
"""Most twins times rows times phases that are learned from at once, 160 MB; of more twins, the first by id."""

TOO_FEW = f"fewer than {LEAST_TWINS} twins with evidence from two moments"
NOT_BETTER = "it does not predict held-out twins better than what is in force"
NOTHING_LATER = "there is no evidence yet from after what the set in force was learned from"

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class LearnedTrajectory:
    """What was learned of a trajectory, adopted or not (with the reason), and from how much data.

    `gain` is the improvement per piece of evidence over what is in force, in nats, ± one standard error, over
    `compared` pieces of held-out twins. `moved` is the number of twins that would be in another stage.
    """

    definition: TrajectoryDefinition
    twins: int
    pieces: int
    learned: LearnedStages | None = None
    reason: str | None = None
    compared: int = 0
    moved: int = 0

    @property
    def adopted(self) -> bool:
        """Whether it should be put in force."""
        return self.reason is None


async def learn_trajectories(
    caller: Caller,
    graph: Graph,
    book: DefinitionBook,
    before: datetime,
    trajectory: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
    usable: Usable | None = None,
) -> list[LearnedTrajectory]:
    """What is learned of one trajectory of the caller's tenant, or of all, from what was valid before a moment.

    `progress` is called with the number of twins read; `usable` leaves twins out. Refused to a person's key.
    """
    caller.require("define")
    caller.require_service()
    latest = await book.latest(caller.tenant)
    definitions = latest.definitions
    chosen = [*definitions.trajectories.values()] if trajectory is None else [definitions.trajectory(trajectory)]
    known: dict[str, list[Observed]] = {one.key: [] for one in chosen}
    read = 0
    twins = (usable or Usable(None, caller)).of(every_twin(graph, caller.tenant))
    async for state in every_state(graph, caller.tenant, twins):
        if state.head_time is not None and chosen:
            moment = Snapshot(state, latest, min(state.head_time, before - _MOMENT))
            for one in chosen:
                known[one.key].append(await asyncio.to_thread(observed, moment, one, moment.at))
        read += 1
        progress(read)
    return [await long_work(learned_of, known[one.key], definitions, one, before) for one in chosen]


def following(found: Sequence[LearnedTrajectory], known: ParameterSet) -> ParameterSet:
    """The parameters with what was learned and should be adopted."""
    return known.with_trajectories(tuple(one.learned for one in found if one.adopted and one.learned is not None))


def learned_of(
    known: Sequence[Observed], definitions: Definitions, definition: TrajectoryDefinition, until: datetime
) -> LearnedTrajectory:
    """What is learned of a trajectory from the evidence on some twins up to a moment."""
    known = [one for one in known if len(one) and one.time[-1] > one.time[0]]
    pieces = sum(len(one) for one in known)
    if len(known) < LEAST_TWINS:
        return LearnedTrajectory(definition, len(known), pieces, reason=TOO_FEW)
    before = in_force(definitions, definition)
    lesson = _Lesson.of(known, definition, in_force(definitions.as_stated, definition))
    fold = np.arange(len(lesson.seen.time)) % FOLDS
    stated = lesson.prior
    gains = -lesson.predicted(before, fold >= 0)
    for number in range(FOLDS):
        left = lesson.seen.of(np.flatnonzero(fold != number))
        apart, _ = choose(stated, left, MOST_PHASES)
        tried = by_learned(definition, lesson.recorded(definition, apart, left, until))
        gains[fold == number] += lesson.predicted(tried, fold == number)
    earlier = definitions.stages_of(definition)
    since = -np.inf if earlier is None else microseconds(earlier.until) / DAY
    counted = (lesson.seen.symbol != SILENT) & (lesson.seen.time + lesson.began[:, None] >= since)
    gain, error, compared = _compared(gains, counted)
    final, _ = choose(stated, lesson.seen, MOST_PHASES)
    learned = lesson.recorded(definition, final, lesson.seen, until).model_copy(update={"gain": gain, "error": error})
    after = by_learned(definition, learned)
    reason = NOTHING_LATER if not compared else None if gain > error else NOT_BETTER
    moved = int((lesson.stages_now(before) != lesson.stages_now(after)).sum())
    return LearnedTrajectory(definition, len(fold), pieces, learned, reason, compared, moved)


def _compared(gains: Floats, counted: Bools) -> tuple[float, float, int]:
    """The improvement per piece of evidence in nats, its standard error (twins are independent, pieces are not), and
    the number of pieces."""
    compared = int(counted.sum())
    if not compared:
        return 0.0, 0.0, 0
    by_twin, size = (gains * counted).sum(axis=1), counted.sum(axis=1)
    gain = float(by_twin.sum()) / compared
    return gain, float(np.sqrt(((by_twin - gain * size) ** 2).sum())) / compared, compared


@dataclass(frozen=True, eq=False)
class _Lesson:
    """The evidence on some twins on a time grid, in days since the first of each, which is at `began`; the distinct
    signals, their counts, and the frequency of each if it is as strong as stated."""

    stated: Parameters
    seen: ObservedSymbols
    began: Floats
    signals: Sequence[Signal]
    pieces: Floats

    @classmethod
    def of(cls, known: Sequence[Observed], definition: TrajectoryDefinition, stated: Parameters) -> _Lesson:
        """From observed evidence and what the definition states."""
        named = [[*map(signal_of, one.stage.tolist(), one.ratio.tolist())] for one in known]
        counts = Counter(signal for each in named for signal in each)
        signals = sorted(counts)
        place = {signal: number for number, signal in enumerate(signals)}
        longest = max(int(one.time[-1] - one.time[0]) for one in known) / DAY
        step = max(min(days(stage.stay) for stage in definition.stages) / STEPS_OF_STAY, longest / MOST_STEPS)
        width = len(definition.stages) * MOST_PHASES * min(MOST_ROWS, MOST_STEPS + max(len(one) for one in known))
        some = known[: max(MOST_CELLS // width, LEAST_TWINS)]
        symbols = [np.array([place[signal] for signal in each], dtype=np.int64) for each in named[: len(some)]]
        seen = gridded([one.time / DAY for one in some], symbols, step, MOST_ROWS)
        began = np.array([one.time[0] / DAY for one in some])
        return cls(stated, seen, began, signals, np.array([counts[signal] for signal in signals], dtype=np.float64))

    @cached_property
    def often(self) -> Floats:
        """The frequency of evidence of each signal, if it is as strong as stated."""
        before = self._filtered(self.stated, self.seen).before[self.seen.symbol != SILENT]
        return balanced(self.stated.stages.of_stages(before).sum(axis=0), self.signals, self.pieces)

    @property
    def prior(self) -> Stages:
        """What the definition states, with one phase per stay."""
        plain = self.stated.stages
        return replace(with_phases(plain, 1), seen=stated_shares(plain.count, self.signals, self.often))

    def predicted(self, parameters: Parameters, some: Bools) -> Floats:
        """The log-probability in nats of the evidence at every time of some twins, shape [twins, times]."""
        part = self.seen.of(np.flatnonzero(some))
        table = shares(parameters.stages.count, self.signals, self.often, parameters.signals)
        return predicted(self._filtered(parameters, part).before, parameters.stages, table, part)

    def stages_now(self, parameters: Parameters) -> Ints:
        """The most likely stage of every twin at its last evidence."""
        after = self._filtered(parameters, self.seen).after[:, -1]
        return np.asarray(parameters.stages.of_stages(after).argmax(axis=1))

    def recorded(
        self, definition: TrajectoryDefinition, found: Stages, seen: ObservedSymbols, until: datetime
    ) -> LearnedStages:
        """The stages in stored form."""
        first = np.concatenate([np.ones((len(seen.time), 1)), seen.gaps > 0], axis=1)
        speed = mean_velocity(found, filtered(found, seen).after, first, days(PERIOD))
        start = found.of_stages(found.start)
        stated = definition.stages
        return LearnedStages(
            trajectory=definition.key,
            learned_on=definition.learned_on,
            phases=found.phases,
            stages=tuple(
                LearnedStage(
                    value=stage.value,
                    stay=timedelta(days=found.phases / rate) if (rate := float(found.rate[place])) else stage.stay,
                    back=float(found.leads[place, place - 1]) if 0 < place < len(stated) - 1 else 0.0,
                    start=float(start[place]),
                    velocity=float(speed[place]),
                )
                for place, stage in enumerate(stated)
            ),
            signals=tuple(
                LearnedSignal(
                    stage=definition.values[stage],
                    log_likelihood_ratio=halves / HALVES,
                    shares=tuple(found.seen[:, column].tolist()),
                    pieces=int(self.pieces[column]),
                )
                for column, (stage, halves) in enumerate(self.signals)
                if abs(halves) < STRONGEST
            ),
            until=until,
            twins=len(seen.time),
            pieces=int((seen.symbol != SILENT).sum()),
            gain=0.0,
            error=0.0,
        )

    def _filtered(self, parameters: Parameters, seen: ObservedSymbols) -> Filtered:
        """The twins filtered as for queries."""
        stage = np.array([stage for stage, _ in self.signals])
        ratio = np.array([halves / HALVES for _, halves in self.signals])
        likelihood = np.vstack([parameters.likelihood(stage, ratio), np.ones(parameters.stages.count)])
        return weighed(
            parameters.stages, seen.gaps, np.repeat(likelihood[seen.symbol], parameters.stages.phases, axis=-1)
        )
