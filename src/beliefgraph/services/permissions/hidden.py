"""Which of a tenant's definitions belong to refused categories, and the definitions without them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from beliefgraph.model.belief import Belief
from beliefgraph.model.catalog import Catalog, EventRule
from beliefgraph.model.change_point import ChangeDefinition
from beliefgraph.model.definition import Definitions
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.permission import Policy
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.permissions.sight import Sight

PARTS = ("attributes", "domains", "metrics", "goals", "decisions", "segments", "records")
"""The kinds of things that a category names by their own names."""


class Names:
    """Names and prefixes of names, looked up in constant time."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = list(patterns)
        self._whole = frozenset(each for each in given if not each.endswith("*"))
        self._begin = tuple(each[:-1] for each in given if each.endswith("*"))

    def __contains__(self, name: str) -> bool:
        return name in self._whole or (bool(self._begin) and name.startswith(self._begin))


class Hidden:
    """What a sight refuses, by name."""

    def __init__(self, sight: Sight, policy: Policy, definitions: Definitions) -> None:
        self.sight = sight
        self.definitions = definitions
        self._general = sight.general
        self._attributes: dict[tuple[str, str], bool] = {}
        refused = {each.key for each in sight.refused}
        self._categories = [
            (each.key in refused, {part: Names(getattr(each, part)) for part in PARTS}) for each in policy.categories
        ]

    def attribute(self, key: str, domain: str) -> bool:
        """Whether an attribute is refused."""
        known = self._attributes.get((key, domain))
        if known is None:
            found = [
                hidden for hidden, names in self._categories if key in names["attributes"] or domain in names["domains"]
            ]
            known = self._attributes[key, domain] = any(found) if found else self._general
        return known

    def among_beliefs(self, beliefs: Mapping[str, Belief]) -> Iterator[str]:
        """The ids of the beliefs, among these, whose attribute is refused."""
        known = self._attributes
        for id_, each in beliefs.items():
            pair = each.attribute, each.domain
            if known[pair] if pair in known else self.attribute(*pair):
                yield id_

    def named(self, attribute: str) -> bool:
        """Whether an attribute is refused, by its key; an undefined one is in no domain."""
        known = self.definitions.attributes.get(attribute)
        return self.attribute(attribute, "" if known is None else known.domain)

    def metric(self, key: str) -> bool:
        """Whether a metric is refused."""
        return self._hides({"metrics": key})

    def goal(self, key: str) -> bool:
        """Whether a goal is refused."""
        return self._hides({"goals": key})

    def decision(self, key: str) -> bool:
        """Whether a decision is refused."""
        return self._hides({"decisions": key})

    def record(self, layer: str, key: str) -> bool:
        """Whether a record of another layer is refused."""
        return self._hides({"records": f"{layer}/{key}"})

    def segment(self, key: str) -> bool:
        """Whether a segment is refused, and so its base rates."""
        return self._hides({"segments": key})

    def _hides(self, named: Mapping[str, str]) -> bool:
        """Whether something with these names is refused: it is in a refused category, or in none if that is refused."""
        inside = [
            hidden for hidden, names in self._categories if any(name in names[part] for part, name in named.items())
        ]
        return any(inside) if inside else self._general


@dataclass(frozen=True)
class Part:
    """What a sight refuses of a set of definitions, and the definitions without it: the same set if that is nothing."""

    hidden: Hidden
    graph: DefinitionGraph


class PermittedDefinitions:
    """Definitions without what a sight refuses, computed once per set and sight while the set is in memory."""

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[
            DefinitionGraph, dict[tuple[Policy, Sight], tuple[Hidden, DefinitionGraph | None]]
        ] = WeakKeyDictionary()

    def of(self, graph: DefinitionGraph, sight: Sight, policy: Policy) -> Part:
        """The part of the definitions that exists under a sight."""
        made = self._made.setdefault(graph, {})
        if (policy, sight) not in made:
            hidden = Hidden(sight, policy, graph.definitions)
            kept = without(graph.definitions, hidden)
            made[policy, sight] = hidden, None if kept is graph.definitions else DefinitionGraph(kept)
        hidden, cut = made[policy, sight]
        return Part(hidden, cut or graph)


def without(definitions: Definitions, hidden: Hidden) -> Definitions:
    """Definitions without hidden attributes, metrics and segments, and without what names such an attribute."""
    attributes = {key for key, each in definitions.attributes.items() if hidden.attribute(key, each.domain)}
    metrics = {key for key in definitions.metrics if hidden.metric(key)}
    segments = {key for key in _segments(definitions) if hidden.segment(key)}
    if not (attributes or metrics or segments):
        return definitions
    domains = {each.domain for key, each in definitions.attributes.items() if key not in attributes}
    return Definitions(
        tenant=definitions.tenant,
        number=definitions.number,
        catalogs=tuple(_catalog(each, attributes, metrics, domains, segments) for each in definitions.catalogs),
        parameters=definitions.parameters,
    )


def _segments(definitions: Definitions) -> set[str]:
    """All segments: those shared by all outcomes, and those of each outcome."""
    own = {segment.key for outcome in definitions.outcomes.values() for segment in outcome.segments}
    return own | definitions.segments.keys()


def _catalog(
    catalog: Catalog, attributes: set[str], metrics: set[str], domains: set[str], segments: set[str]
) -> Catalog:
    goals = catalog.goals
    return catalog.model_copy(
        update={
            "attributes": tuple(each for each in catalog.attributes if each.key not in attributes),
            "relations": tuple(
                each for each in catalog.relations if each.source not in attributes and each.target not in attributes
            ),
            "events": tuple(_rule(each, attributes) for each in catalog.events),
            "goals": None if goals is None or goals.pursued in attributes else goals,
            "segments": tuple(
                each
                for each in catalog.segments
                if each.key not in segments
                and not any(belief.attribute in attributes for _, belief in each.named_beliefs)
            ),
            "outcomes": tuple(
                each.model_copy(update={"segments": tuple(s for s in each.segments if s.key not in segments)})
                for each in catalog.outcomes
                if not _names(each, attributes, metrics)
            ),
            "trajectories": tuple(each for each in catalog.trajectories if each.attribute not in attributes),
            "questions": tuple(each for each in catalog.questions if each.attribute not in attributes),
            "changes": tuple(_change(each, attributes) for each in catalog.changes if each.domain in domains),
            "metrics": tuple(_metric(each, attributes) for each in catalog.metrics if each.key not in metrics),
        }
    )


def _names(outcome: OutcomeDefinition, attributes: set[str], metrics: set[str]) -> bool:
    """Whether an outcome names something that is hidden."""
    return any(belief.attribute in attributes for _, belief in outcome.named_beliefs) or any(
        metric.metric in metrics for _, metric in outcome.named_metrics
    )


def _change(change: ChangeDefinition, attributes: set[str]) -> ChangeDefinition:
    return change.model_copy(update={"stated": None}) if change.stated in attributes else change


def _rule(rule: EventRule, attributes: set[str]) -> EventRule:
    goals = tuple(
        goal.model_copy(
            update={"motivated_by": tuple(each for each in goal.motivated_by if each.attribute not in attributes)}
        )
        for goal in rule.goals
    )
    bears_on = tuple(each for each in rule.bears_on if each.attribute not in attributes)
    return rule.model_copy(update={"goals": goals, "bears_on": bears_on})


def _metric(metric: MetricDefinition, attributes: set[str]) -> MetricDefinition:
    bands = tuple(
        band.model_copy(update={"bears_on": tuple(on for on in band.bears_on if on.attribute not in attributes)})
        for band in metric.bands
    )
    above = tuple(on for on in metric.above if on.attribute not in attributes)
    return metric.model_copy(update={"bands": bands, "above": above})
