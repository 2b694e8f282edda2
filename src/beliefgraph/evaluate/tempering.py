"""Changes as the service derives them: beliefs after a switch, with and without tempering. Without a database.

Every twin has one of six roles at work; three of four events are the activity of the role, the others one of five other
activities. The belief about the role gives the probability of each next event. One twin has many independent domains,
so one derivation covers all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

from beliefgraph.evaluate.report import Row, at_least, at_most
from beliefgraph.inference.foresight.runs import Entries, Runs
from beliefgraph.model.attribute import OTHER
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.delta import Delta
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.identity import belief_id, evidence_id
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.kinds import Kinds
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.derivation.followed import known_of, pieces
from beliefgraph.services.twin.state import TwinState, fresh

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DOMAINS = 50
TWINS = 4
SEED = 1406
QUIET, AFTER, SCORED = 150, 150, 50
"""Events before the switch, events after it, and those of the latter that the log loss is compared on."""
ROLES = ("builder", "manager", "seller", "teacher", "doctor", OTHER)
MAIN, OTHERWISE = 0.75, 0.05
"""Probability of the role's activity at an event, and of each other activity."""
START = datetime(2026, 1, 1, tzinfo=UTC)

FOUND, FALSE, DELAY, GAIN, LOSS = 0.95, 0.02, 25, 2 / 3, 1.01


def rows(twins: int = TWINS, seed: int = SEED) -> Iterator[Row]:
    """The rows of the evaluation: twins in which every role switches, and as many in which none does."""
    draw = np.random.default_rng(seed)
    moved = [_lived(_streams(draw, switch=True)) for _ in range(twins)]
    still = [_lived(_streams(draw, switch=False)) for _ in range(twins)]
    changed = np.concatenate([each.published[:, QUIET:] for each in moved])
    found = changed.any(axis=1)
    false = np.concatenate([each.published[:, :QUIET].any(axis=1) for each in still])
    yield at_least("service: switches found", float(found.mean()), FOUND)
    yield at_most(f"service: quiet domains with a false alarm in {QUIET} events", float(false.mean()), FALSE)
    delay = np.where(found, changed.argmax(axis=1) + 1, np.inf)
    yield at_most("service: median delay, events", float(np.median(delay)), DELAY)
    yield at_most("service: log loss after a switch, over that without tempering", _ratio(moved), GAIN)
    yield at_most("service: log loss where nothing changed, over that without tempering", _ratio(still), LOSS)


@dataclass(frozen=True)
class _SimulatedTwin:
    """A simulated twin: where changes were published (shape [domains, events]), and the log loss of scored events."""

    published: npt.NDArray[np.bool_]
    tempered: float
    untempered: float


def _ratio(lived: list[_SimulatedTwin]) -> float:
    return sum(each.tempered for each in lived) / sum(each.untempered for each in lived)


def _streams(draw: np.random.Generator, switch: bool) -> Ints:
    """The event of each domain at each step: shape [domains, events]."""
    before = draw.integers(0, len(ROLES), DOMAINS)
    later = (before + draw.integers(1, len(ROLES), DOMAINS)) % len(ROLES) if switch else before
    role = np.concatenate([np.repeat(before[:, None], QUIET, axis=1), np.repeat(later[:, None], AFTER, axis=1)], axis=1)
    other = (role + draw.integers(1, len(ROLES), role.shape)) % len(ROLES)
    return np.where(draw.random(role.shape) < MAIN, role, other)


@cache
def _graph(tempered: bool) -> DefinitionGraph:
    values = dict.fromkeys(ROLES[:-1], 1 / len(ROLES))
    catalog = Catalog.model_validate(
        {
            "catalog": "roles",
            "version": "1.0.0",
            "attributes": [
                {"key": f"work{n}.role", "domain": f"work{n}", "values": values, "statement": "is a {value}"}
                for n in range(DOMAINS)
            ],
            "changes": [{"domain": f"work{n}"} for n in range(DOMAINS)] if tempered else [],
        }
    )
    return DefinitionGraph(Definitions(tenant="evaluation", number=1, catalogs=(catalog,)))


TWIN = "5f0d7c1e-0000-4000-8000-000000000001"
KEYS = [[BeliefKey.of(attribute=f"work{n}.role", value=role) for role in ROLES] for n in range(DOMAINS)]
IDS = [[belief_id(TWIN, key) for key in keys] for keys in KEYS]


def _lived(done: Ints) -> _SimulatedTwin:
    """A twin that processed these events, one by one where they are scored."""
    made = [describe(TWIN, belief_id(TWIN, key), key, _graph(True)) for keys in KEYS for key in keys]
    state = fresh(TWIN, "evaluation", "somebody").after(Delta.of(made=made))
    state = _with_events(state, done, 0, QUIET)
    losses = [0.0, 0.0]
    for event in range(QUIET, QUIET + SCORED):
        for which, graph in enumerate((_graph(True), _graph(False))):
            losses[which] += _loss(state, graph, done[:, event], event)
        state = _with_events(state, done, event, event + 1)
    state = _with_events(state, done, QUIET + SCORED, QUIET + AFTER)
    kinds = _graph(True).kinds
    return _SimulatedTwin(np.array([_published(state, kinds, domain) for domain in range(DOMAINS)]), *losses)


def _published(state: TwinState, kinds: Kinds, domain: int) -> npt.NDArray[np.bool_]:
    """The events after which a change is published, as in `changePoints`."""
    every = pieces(known_of(state, kinds), state.bearings, state.bearings.blocks)
    here = every.where(every.domain == domain)
    entries = Entries.of(here.times, here.kinds)
    return Runs.none(kinds.count[domain], kinds.hazard(domain)).then(entries)[1].published


def _with_events(state: TwinState, done: Ints, first: int, end: int) -> TwinState:
    opened = [
        row for event in range(first, end) for n in range(DOMAINS) for row in _bearings(n, event, int(done[n, event]))
    ]
    return state.after(Delta.of(opened=opened), end)


def _bearings(domain: int, event: int, what: int) -> Iterator[Bearing]:
    """The strengths of an event on the roles, each against the last one."""
    evidence, since = evidence_id(f"{domain}-{event}", "work"), START + timedelta(days=event)
    ratio = math.log(MAIN / OTHERWISE)
    bearings = [(what, ratio)] if what < len(ROLES) - 1 else [(role, -ratio) for role in range(len(ROLES) - 1)]
    for role, llr in bearings:
        belief = IDS[domain][role]
        yield Bearing.trusted(
            revision_id=revision_id("Bearing", f"{evidence}|{belief}", event, since),
            twin=TWIN,
            key=f"{evidence}|{belief}",
            valid_from=since,
            valid_to=None,
            rev_from=event + 1,
            rev_to=None,
            definition="roles@1.0.0",
            origin="observed",
            evidence=evidence,
            belief=belief,
            source="work",
            stance="observation",
            log_likelihood_ratio=llr,
            half_life=None,
            shared_origin=None,
            shared_across=None,
            source_kind=None,
        )


def _loss(state: TwinState, graph: DefinitionGraph, done: Ints, event: int) -> float:
    """The log loss of one event in every domain, under the beliefs before it."""
    derived = derive(state, graph, START + timedelta(days=event - 1), also=[key for keys in KEYS for key in keys])
    places = np.array([[derived.layout.position[id_] for id_ in ids] for ids in IDS])
    role = 1.0 / (1.0 + np.exp(-derived.log_odds[places]))
    role /= role.sum(axis=1, keepdims=True)
    likely = OTHERWISE + (MAIN - OTHERWISE) * role[np.arange(len(done)), done]
    return float(-np.log(likely).sum())
