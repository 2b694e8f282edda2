"""Trying catalogs on events in memory: what the rules match, what is quarantined, what twins would believe.

The steps are those of `Intake` and `Updater`, on twins that are not stored, so the numbers are those of a service.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import orjson

from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import Belief, Holding, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog, EventRule
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.identity import event_id, twin_id
from beliefgraph.model.metric import MetricChange, MetricDefinition
from beliefgraph.model.receipt import Outcome
from beliefgraph.services.commands.intake import EventOutcomes, Placed, no_destination, take_in
from beliefgraph.services.commands.writer import CommitContext, TwinRef, one_number
from beliefgraph.services.commits.advance import PlannedCommit, advance
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import require_answers
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.learning.dataset import KnownTruth
from beliefgraph.services.learning.scoring import CLOSEST, auc
from beliefgraph.services.twin.state import fresh

TENANT = "try"
CALLER = Caller(actor="try", tenant=TENANT, scopes=("read", "write"), purpose="try")


@dataclass(frozen=True)
class EventOutcome:
    """The outcome of one event of a trial, and the reason if it was not accepted."""

    event: Event
    outcome: Outcome
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Score:
    """How well the confidences in one attribute fit the truth: means over `rows`.

    Accuracy is the share of rows whose most likely answer is true, with ties split; the Brier score is (p - y) squared,
    summed over the values of an attribute with values. `auc` is NaN for these, and if all rows are true or none.
    """

    attribute: str
    rows: int
    accuracy: float
    brier: float
    log_loss: float
    auc: float


@dataclass(frozen=True)
class Trial:
    """The result of trying catalogs on events. `matched` counts the events that each rule and metric applied to."""

    definitions: Definitions
    fates: Sequence[EventOutcome]
    matched: Mapping[int, int]
    steps: Mapping[str, PlannedCommit]
    graph: DefinitionGraph = field(repr=False)
    now: datetime

    @cached_property
    def rules(self) -> list[tuple[str, str, EventRule | MetricDefinition, int]]:
        """Every rule and metric with its catalog, its place there, and the number of events it applied to."""
        found: list[tuple[str, str, EventRule | MetricDefinition]] = []
        for catalog in self.definitions.catalogs:
            found += [(catalog.ref, f"events[{n}]", rule) for n, rule in enumerate(catalog.events)]
            found += [(catalog.ref, f"metrics[{n}]", metric) for n, metric in enumerate(catalog.metrics)]
        return [(ref, place, rule, self.matched.get(id(rule), 0)) for ref, place, rule in found]

    def beliefs(self, twin: str) -> list[tuple[Belief, Holding]]:
        """What a twin would publish of its beliefs."""
        return [
            (change.belief, change.after) for change in self.steps[twin].changes["beliefs"] if change.after is not None
        ]

    def metrics(self, twin: str) -> Sequence[MetricChange]:
        """What the metrics of a twin would show."""
        return self.steps[twin].changes["metrics"]

    def scores(self, truth: Iterable[KnownTruth]) -> list[Score]:
        """How well the twins' beliefs fit the truth, by attribute; for a twin without events, its priors.

        A truth that one of several values does not hold does not say which one does, so it is left out.
        """
        rows: dict[str, list[tuple[list[float], int]]] = defaultdict(list)
        for one in truth:
            attribute = self.definitions.attribute(one.belief.attribute)
            if one.holds or not attribute.categorical:
                rows[attribute.key].append(self._answer(attribute, one))
        return [_score(attribute, rows[attribute]) for attribute in sorted(rows)]

    def _answer(self, attribute: Attribute, known: KnownTruth) -> tuple[list[float], int]:
        """The probabilities of the possible answers, and the index of the true one; if binary, `holds` comes first."""
        attribute.require(known.belief.value)
        step = self.steps.get(known.twin)
        state = fresh(twin_id(TENANT, known.twin), TENANT, known.twin) if step is None else step.state
        at = known.at or state.head_time or self.now
        key = known.belief
        if not attribute.categorical:
            derived = derive(state, self.graph, at, also=[key])
            p = probability(float(derived.log_odds[derived.layout.keys.index(key)]))
            return [p, 1.0 - p], 0 if known.holds else 1
        derived = derive(state, self.graph, at, also=[key], named=[key] if attribute.open_values else ())
        keys = derived.layout.keys
        places = [n for n, each in enumerate(keys) if each.variable == key.variable]
        share = np.array([probability(float(derived.log_odds[n])) for n in places])
        return (share / share.sum()).tolist(), [keys[n].value for n in places].index(key.value)


def try_out(catalogs: Sequence[Catalog], events: Sequence[Event], now: datetime) -> Trial:
    """What a service would make of these events under these catalogs, all processed at once; nothing is stored."""
    definitions = Definitions(tenant=TENANT, number=1, catalogs=tuple(catalogs))
    graph = DefinitionGraph(definitions)
    require_answers(graph)
    matched: Counter[int] = Counter()
    interpreter = RuleInterpreter(lambda rule: matched.update((id(rule),)))
    placed = {index: _placed(event) for index, event in enumerate(events) if event.twin is not None}
    fates = EventOutcomes(refused={n: no_destination(event, 0) for n, event in enumerate(events) if n not in placed})
    fates.outcome.update(dict.fromkeys(fates.refused, "quarantined"))
    twins = {one.named.id: fresh(one.named.id, TENANT, one.named.name) for one in placed.values()}
    present = CommitContext(twins, graph, {}, {}, now)
    added = take_in(interpreter, CALLER, present, placed, fates)
    steps = {twins[id_].name: advance(twins[id_], graph, each, CALLER, now) for id_, each in added.items()}
    return Trial(definitions, [_fate(event, n, fates) for n, event in enumerate(events)], matched, steps, graph, now)


def _placed(event: Event) -> Placed:
    """An event that names its twin, recognised by its content: there are no keys to hash it with."""
    assert event.twin is not None
    named = TwinRef(twin_id(TENANT, event.twin), event.twin)
    body = orjson.dumps(one_number(event.body()), option=orjson.OPT_SORT_KEYS).decode()
    delivery = "\x1f".join((named.id, event.source, event.id))
    return Placed(named, ArrivedEvent(event_id(named.id, event.source, event.id), event, delivery, body))


def _fate(event: Event, index: int, fates: EventOutcomes) -> EventOutcome:
    refused = fates.refused.get(index)
    if refused is not None:
        return EventOutcome(event, "quarantined", refused.code, refused.reason)
    return EventOutcome(event, fates.outcome[index])


def _score(attribute: str, rows: Sequence[tuple[Sequence[float], int]]) -> Score:
    """The scores of answers, each the probabilities of all possible answers and the index of the true one."""
    binary = len({len(p) for p, _ in rows}) == 1 and len(rows[0][0]) == 2
    right = [p[true] == max(p) and 1.0 / p.count(max(p)) for p, true in ((list(p), true) for p, true in rows)]
    brier = [math.fsum((each - (n == true)) ** 2 for n, each in enumerate(p)) for p, true in rows]
    return Score(
        attribute=attribute,
        rows=len(rows),
        accuracy=float(np.mean(right)),
        brier=float(np.mean(brier)) / (2.0 if binary else 1.0),
        log_loss=float(np.mean([-math.log(max(p[true], CLOSEST)) for p, true in rows])),
        auc=auc([p[0] for p, _ in rows], [1 - true for _, true in rows]) if binary else math.nan,
    )
