"""The numbered set of all catalogs in force in a tenant; every commit names the set it was derived under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property

from pydantic import Field

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.model.asking import QuestionDefinition
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog, EventRule, GoalDefinition, RelationDefinition
from beliefgraph.model.catalog_checks import problems
from beliefgraph.model.change_point import ChangeDefinition
from beliefgraph.model.grade import LearnedGrades
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.outcome import LearnedHazard, OutcomeDefinition
from beliefgraph.model.parameters import LearnedPrior, ParameterSet
from beliefgraph.model.record import Key, Record
from beliefgraph.model.relation import Strength
from beliefgraph.model.segment import LearnedBaseRate, LearnedRate, SegmentDefinition
from beliefgraph.model.trajectory import LearnedStages, TrajectoryDefinition

_RESOLVING = {"events", "metric", "belief", "grades", "every", "counted_from", "once", "applies_to", "indicator"}
"""Fields of an outcome that its base rate depends on."""


class Definitions(Record):
    """All definitions in force in a tenant, as the numbered set that commits refer to. Number 0 is the empty set."""

    tenant: Key = Field(description="Tenant that the definitions belong to.")
    number: int = Field(description="Number of the set within the tenant.")
    catalogs: tuple[Catalog, ...] = Field((), description="Catalogs in force.")
    parameters: ParameterSet | None = Field(
        None,
        description="The parameters that were learned and are in force; null if nothing was learned.",
    )
    segment: Key | None = Field(
        None, description="Segment whose base rates are the priors; null: the priors that hold for all twins."
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse an attribute or metric defined twice, and references to attributes or values that are not defined."""
        for problem in problems(self.catalogs):
            raise problem.error

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """Every attribute by its key, in the order of its definition, with the learned prior if it applies."""
        learned: dict[str, LearnedPrior | LearnedBaseRate] = {}
        if self.parameters is not None:
            learned |= self.parameters.prior_of
        if self.segment is not None:
            learned |= {each.attribute: each for each in self.base_rates.get(self.segment, ())}
        stated = (a for c in self.catalogs for a in c.attributes)
        return {
            a.key: a.model_copy(update={"prior": found.learned})
            if (found := learned.get(a.key)) is not None and found.stated == a.prior
            else a
            for a in stated
        }

    @cached_property
    def personal(self) -> frozenset[str]:
        """The attributes whose texts are stored sealed."""
        return frozenset(a.key for c in self.catalogs for a in c.attributes if a.personal)

    @cached_property
    def refs(self) -> Mapping[str, str]:
        """For every attribute, the catalog and version that define it."""
        return {a.key: c.ref for c in self.catalogs for a in c.attributes}

    @cached_property
    def rules(self) -> Mapping[str, tuple[EventRule, ...]]:
        """The rules for every event type."""
        found: dict[str, tuple[EventRule, ...]] = {}
        for rule in (e for c in self.catalogs for e in c.events):
            found[rule.type] = (*found.get(rule.type, ()), rule)
        return found

    @cached_property
    def goals(self) -> GoalDefinition | None:
        """The definition of goals, if a catalog has one."""
        return next((c.goals for c in self.catalogs if c.goals is not None), None)

    @cached_property
    def metrics(self) -> Mapping[str, MetricDefinition]:
        """Every metric by its key, in the order of its definition."""
        return {m.key: m for c in self.catalogs for m in c.metrics}

    @cached_property
    def metric_refs(self) -> Mapping[str, str]:
        """For every metric, the catalog and version that define it."""
        return {m.key: c.ref for c in self.catalogs for m in c.metrics}

    @cached_property
    def counting(self) -> Mapping[str, tuple[MetricDefinition, ...]]:
        """The metrics that use each event type."""
        found: dict[str, tuple[MetricDefinition, ...]] = {}
        for metric in self.metrics.values():
            for type_ in () if metric.deprecated else metric.types:
                found[type_] = (*found.get(type_, ()), metric)
        return found

    @cached_property
    def outcomes(self) -> Mapping[str, OutcomeDefinition]:
        """Every outcome by its key, in the order of its definition."""
        return {o.key: o for c in self.catalogs for o in c.outcomes}

    @cached_property
    def outcome_events(self) -> frozenset[str]:
        """The types of events by which outcomes happen."""
        return frozenset(event.type for outcome in self.outcomes.values() for event in outcome.events)

    def outcome(self, key: str) -> OutcomeDefinition:
        """The outcome of that name, or `unknown-outcome`."""
        try:
            return self.outcomes[key]
        except KeyError:
            raise NotFound("unknown-outcome", f"No catalog in force defines the outcome {key}.", outcome=key) from None

    def hazard_of(self, outcome: OutcomeDefinition) -> LearnedHazard | None:
        """The learned hazard of an outcome; None if there is none, or if it was learned on other inputs."""
        learned = None if self.parameters is None else self.parameters.hazard_of.get(outcome.key)
        return learned if learned is not None and learned.learned_on == outcome.learned_on else None

    def grades_of(self, outcome: OutcomeDefinition, horizon: timedelta) -> LearnedGrades | None:
        """The learned grades of an outcome within a horizon; None as for a hazard."""
        learned = None if self.parameters is None else self.parameters.grades_of.get((outcome.key, horizon))
        return learned if learned is not None and learned.learned_on == outcome.learned_on else None

    @cached_property
    def trajectories(self) -> Mapping[str, TrajectoryDefinition]:
        """Every trajectory by its key, in the order of its definition."""
        return {t.key: t for c in self.catalogs for t in c.trajectories}

    def stages_of(self, trajectory: TrajectoryDefinition) -> LearnedStages | None:
        """The learned stages of a trajectory; None if there are none, or only for another definition."""
        learned = None if self.parameters is None else self.parameters.stages_of.get(trajectory.key)
        return learned if learned is not None and learned.learned_on == trajectory.learned_on else None

    @cached_property
    def segments(self) -> Mapping[str, SegmentDefinition]:
        """Every segment by its key, in the order of its definition."""
        return {s.key: s for c in self.catalogs for s in c.segments}

    @cached_property
    def base_rates(self) -> Mapping[str, tuple[LearnedBaseRate, ...]]:
        """The learned priors of segments with their present definition, by segment; only segments that have any."""
        found: dict[str, tuple[LearnedBaseRate, ...]] = {}
        stated = {a.key: a.prior for c in self.catalogs for a in c.attributes}
        for each in () if self.parameters is None else self.parameters.base_rates:
            if (
                each.segment in self.segments
                and self.segment_learned_on(each.segment) == each.learned_on
                and stated.get(each.attribute) == each.stated
            ):
                found[each.segment] = (*found.get(each.segment, ()), each)
        return found

    def of_segment(self, segment: str | None) -> Definitions:
        """The same with the base rates of a segment as priors; unchanged without a segment."""
        if segment is None:
            return self
        return Definitions(
            tenant=self.tenant,
            number=self.number,
            catalogs=self.catalogs,
            parameters=self.parameters,
            segment=segment,
        )

    def segment_keys(self, outcome: OutcomeDefinition) -> tuple[str, ...]:
        """The segments in which an outcome is forecast, in order: its own, then those of all outcomes."""
        return (*(segment.key for segment in outcome.segments), *self.segments)

    def segment_in(self, outcome: OutcomeDefinition, key: str) -> str:
        """A segment in which an outcome is forecast, or `invalid-input`."""
        known = self.segment_keys(outcome)
        if key not in known:
            there = f"it has {', '.join(known)}" if known else "no segment is defined"
            raise Incorrect("invalid-input", f"{outcome.key} has no segment {key!r}; {there}.", outcome=outcome.key)
        return key

    def segment_learned_on(self, segment: str | None) -> str:
        """What decides who is in a segment (None: in none), as text: it and those before it.

        The first segment that matches counts.
        """
        keys = [*self.segments]
        counted = keys if segment is None else keys[: keys.index(segment) + 1]
        return " ".join(self.segments[key].decided_by for key in counted)

    def rate_learned_on(self, outcome: OutcomeDefinition, segment: str | None) -> str:
        """What a base rate of an outcome is learned on, as text; rates learned on anything else are not used."""
        own = [each.key for each in outcome.segments]
        parts = [outcome.model_dump_json(include=_RESOLVING, exclude_defaults=True)]
        before = outcome.segments[: own.index(segment) + 1] if segment in own else outcome.segments
        parts += [each.model_dump_json(include={"belief", "at_least"}, exclude_defaults=True) for each in before]
        return " ".join(parts if segment in own else [*parts, self.segment_learned_on(segment)])

    def rate_of(self, outcome: OutcomeDefinition, horizon: timedelta, segment: str | None) -> LearnedRate | None:
        """The learned base rate of an outcome in a segment; None if there is none, or only for other definitions."""
        if self.parameters is None:
            return None
        if segment is not None and segment not in self.segment_keys(outcome):
            return None
        learned = self.parameters.rate_of.get((outcome.key, horizon, segment))
        usable = learned is not None and learned.learned_on == self.rate_learned_on(outcome, segment)
        return learned if usable else None

    @cached_property
    def questions(self) -> Mapping[str, QuestionDefinition]:
        """Every question by its key, in the order of its definition."""
        return {q.key: q for c in self.catalogs for q in c.questions}

    @cached_property
    def changes(self) -> Mapping[str, ChangeDefinition]:
        """How evidence from before a change is discounted, by domain."""
        return {each.domain: each for c in self.catalogs for each in c.changes}

    def relations(self) -> Iterator[tuple[str, RelationDefinition]]:
        """Every relation with the ref of its catalog."""
        for catalog in self.catalogs:
            for relation in catalog.relations:
                yield catalog.ref, relation

    def strength_of(self, relation: RelationDefinition) -> Strength:
        """The strength of a relation: the learned one if it applies to the stated number, else the stated one."""
        stated = relation.strength
        if (
            self.parameters is None
            or stated.into_noisy_or
            or relation.source_subject is not None
            or relation.source_value is not None
            or relation.target_value is not None
        ):
            return stated
        learned = self.parameters.strength_of.get((relation.kind, relation.source, relation.target))
        if learned is None or learned.stated != stated.parameter:
            return stated
        which = "probability" if relation.kind == "implies" else "odds_ratio"
        return Strength.model_validate({"kind": relation.kind, which: learned.learned})

    def attribute_of(self, belief: BeliefKey) -> Attribute:
        """The attribute of a belief; `unknown-attribute`, `unknown-value`, or `invalid-input` for a wrong value."""
        attribute = self.attribute(belief.attribute)
        attribute.require(belief.value)
        return attribute

    def attribute_for(self, belief: BeliefKey) -> Attribute:
        """The attribute of a belief in a statement: as `attribute_of`, and refused if it has no meaning there."""
        attribute = self.attribute_of(belief)
        attribute.require_place(belief)
        return attribute

    def attribute(self, key: str) -> Attribute:
        """The attribute of that name, or `unknown-attribute`."""
        try:
            return self.attributes[key]
        except KeyError:
            raise NotFound("unknown-attribute", f"No catalog in force defines {key}.", attribute=key) from None

    def metric(self, key: str) -> MetricDefinition:
        """The metric of that name, or `unknown-metric`."""
        try:
            return self.metrics[key]
        except KeyError:
            raise NotFound("unknown-metric", f"No catalog in force defines the metric {key}.", metric=key) from None

    def trajectory(self, key: str) -> TrajectoryDefinition:
        """The trajectory of that name, or `unknown-trajectory`."""
        try:
            return self.trajectories[key]
        except KeyError:
            raise NotFound(
                "unknown-trajectory", f"No catalog in force defines the trajectory {key}.", trajectory=key
            ) from None

    def with_catalog(self, catalog: Catalog) -> Definitions:
        """The next set: this one with the catalog replacing its earlier version."""
        kept = tuple(c for c in self.catalogs if c.catalog != catalog.catalog)
        return Definitions(
            tenant=self.tenant, number=self.number + 1, catalogs=(*kept, catalog), parameters=self.parameters
        )

    @property
    def as_stated(self) -> Definitions:
        """The same without learned parameters."""
        return Definitions(tenant=self.tenant, number=self.number, catalogs=self.catalogs)

    def with_parameters(self, parameters: ParameterSet) -> Definitions:
        """The next set: this one with new learned parameters."""
        return Definitions(tenant=self.tenant, number=self.number + 1, catalogs=self.catalogs, parameters=parameters)
