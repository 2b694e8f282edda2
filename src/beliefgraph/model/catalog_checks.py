"""Consistency checks between the catalogs of a set: duplicate definitions, and dangling references."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from beliefgraph.errors import Incorrect, NotFound, did_you_mean
from beliefgraph.model.asking import QuestionDefinition
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import BearingRule, Catalog, GoalDefinition, RelationDefinition
from beliefgraph.model.change_point import ChangeDefinition
from beliefgraph.model.metric import MetricDefinition, MetricKey
from beliefgraph.model.trajectory import TrajectoryDefinition


class Problem(NamedTuple):
    """A problem in a set of catalogs, with its location: the number of the catalog from 0, and the part of it."""

    catalog: int
    place: tuple[str | int, ...]
    error: Incorrect


def problems(catalogs: Sequence[Catalog], also: Collection[str] = ()) -> Iterator[Problem]:
    """All problems between the catalogs of a set: duplicate definitions, and dangling references.

    A catalog that is invalid by itself cannot be constructed, so it does not occur here. `also` are additional
    attribute names for suggestions.
    """
    yield from _repeats(catalogs)
    yield from _mixed_causes(catalogs)
    attributes = {a.key: a for c in reversed(catalogs) for a in reversed(c.attributes)}
    metrics = {m.key for c in catalogs for m in c.metrics}
    pursued = next((c.goals.pursued for c in catalogs if c.goals is not None), None)
    for n, catalog in enumerate(catalogs):
        for place, check in _checks(catalog, attributes, metrics, pursued, also):
            try:
                check()
            except Incorrect as error:
                yield Problem(n, place, error)


Check = tuple[tuple[str | int, ...], Callable[[], None]]


def _checks(
    catalog: Catalog,
    attributes: Mapping[str, Attribute],
    metrics: Collection[str],
    pursued: str | None,
    also: Collection[str],
) -> Iterator[Check]:
    """Checks of every part of a catalog that names an attribute or a metric, with the location of the part."""

    def named(name: str) -> Attribute:
        if name not in attributes:
            wrong = f"{catalog.ref} names {name}, which no catalog defines"
            meant = did_you_mean(name, [*attributes, *also]) or "."
            raise Incorrect("invalid-definition", f"{wrong}{meant}", attribute=name)
        return attributes[name]

    def bears(bearing: BearingRule) -> None:
        attribute = named(bearing.attribute)
        _check_bearing(catalog, attribute, bearing)
        _check_place(catalog, attribute, bearing)

    def measures(metric: MetricDefinition, attribute: str, value: str | None) -> None:
        _check_value(catalog, named(attribute), value)
        _check_place(catalog, named(attribute), metric)

    def pursues(goals: GoalDefinition) -> None:
        if named(goals.pursued).categorical:
            raise Incorrect("invalid-definition", f"{catalog.ref}: {goals.pursued} has values: pursued or not.")

    def believes(belief: BeliefKey) -> None:
        _check_value(catalog, named(belief.attribute), belief.value)
        if named(belief.attribute).prior_of(belief.value) is None:
            raise Incorrect("invalid-definition", f"{catalog.ref}: {belief.value} of {belief.attribute} has no prior.")

    def counts(metric: MetricKey) -> None:
        if metric.metric not in metrics:
            wrong = f"{catalog.ref} names the metric {metric.metric}, which no catalog defines"
            meant = did_you_mean(metric.metric, metrics) or "."
            raise Incorrect("invalid-definition", f"{wrong}{meant}", metric=metric.metric)

    for n, relation in enumerate(catalog.relations):
        for end, (name, value) in zip(("source", "target"), relation.ends, strict=True):
            yield ("relations", n, end), partial(_check_end, catalog, named, name, value)
        yield ("relations", n, "source_subject"), partial(_check_subject, catalog, relation, pursued)
    for n, event in enumerate(catalog.events):
        for m, bearing in enumerate(event.bears_on):
            yield ("events", n, "bears_on", m), partial(bears, bearing)
        for m, goal in enumerate(event.goals):
            for i, motive in enumerate(goal.motivated_by):
                place = ("events", n, "goals", m, "motivated_by", i)
                yield place, partial(_check_end_value, catalog, named, motive.attribute, motive.value)
    if catalog.goals is not None:
        yield ("goals", "pursued"), partial(pursues, catalog.goals)
    for n, metric in enumerate(catalog.metrics):
        for on in metric.bearings:
            yield ("metrics", n), partial(measures, metric, on.attribute, on.value)
    for n, outcome in enumerate(catalog.outcomes):
        for field, belief in outcome.named_beliefs:
            yield ("outcomes", n, *field), partial(believes, belief)
        for field, metric_key in outcome.named_metrics:
            yield ("outcomes", n, *field), partial(counts, metric_key)
    for n, trajectory in enumerate(catalog.trajectories):
        yield ("trajectories", n), partial(_check_stages, catalog, named, trajectory)
    for n, segment in enumerate(catalog.segments):
        for field, belief in segment.named_beliefs:
            yield ("segments", n, *field), partial(believes, belief)
    for n, asked in enumerate(catalog.questions):
        yield ("questions", n), partial(_check_answers, catalog, named, asked)
    domains = {attribute.domain for attribute in attributes.values()}
    for n, change in enumerate(catalog.changes):
        yield ("changes", n), partial(_check_change, catalog, named, domains, change)


def _repeats(catalogs: Sequence[Catalog]) -> Iterator[Problem]:
    """Definitions that two catalogs of a set have in common."""
    defined: dict[tuple[str, str], Catalog] = {}
    for n, catalog in enumerate(catalogs):
        parts: list[tuple[tuple[str | int, ...], str, str]] = [
            *((("attributes", i, "key"), "attribute", a.key) for i, a in enumerate(catalog.attributes)),
            *((("metrics", i, "key"), "metric", m.key) for i, m in enumerate(catalog.metrics)),
            *((("outcomes", i, "key"), "outcome", o.key) for i, o in enumerate(catalog.outcomes)),
            *((("trajectories", i, "key"), "trajectory", t.key) for i, t in enumerate(catalog.trajectories)),
            *((("segments", i, "key"), "segment", s.key) for i, s in enumerate(catalog.segments)),
            *((("questions", i, "key"), "question", q.key) for i, q in enumerate(catalog.questions)),
            *((("changes", i, "domain"), "change of", each.domain) for i, each in enumerate(catalog.changes)),
            *((("goals",), "part", "goals") for _ in range(catalog.goals is not None)),
        ]
        for place, what, name in parts:
            first = defined.setdefault((what, name), catalog)
            if first is not catalog:
                both = f"{first.ref} and {catalog.ref} both define the {what} {name}"
                yield Problem(n, place, Incorrect("invalid-definition", f"{both}; only one of them may."))


def _mixed_causes(catalogs: Sequence[Catalog]) -> Iterator[Problem]:
    """Effects with both odds ratios and probabilities: an effect is either logistic or a noisy OR."""
    first: dict[str, RelationDefinition] = {}
    for c, catalog in enumerate(catalogs):
        for n, relation in enumerate(catalog.relations):
            if relation.kind != "causes":
                continue
            known = first.setdefault(relation.target, relation)
            if known.strength.into_noisy_or != relation.strength.into_noisy_or:
                error = Incorrect(
                    "invalid-definition",
                    f"Of the causes of {relation.target}, {known.source} and {relation.source} differ in kind:"
                    " give all of them an odds_ratio, or all a probability.",
                    attribute=relation.target,
                )
                yield Problem(c, ("relations", n), error)


def _check_subject(catalog: Catalog, relation: RelationDefinition, pursued: str | None) -> None:
    """Refuse a relation between beliefs of different subjects, unless it says that pursuing a goal is the cause."""
    if relation.source_subject is not None and relation.source != pursued:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: {relation.source} of {relation.source_subject} cannot be a cause: source_subject "
            "names a goal, so the source must be the attribute that `goals` of a catalog name as pursued.",
        )


def _check_end_value(catalog: Catalog, named: Callable[[str], Attribute], name: str, value: str | None) -> None:
    _check_value(catalog, named(name), value)


def _check_end(catalog: Catalog, named: Callable[[str], Attribute], name: str, value: str | None) -> None:
    """Refuse a relation whose end is not one belief of each subject and context."""
    attribute, wrong = named(name), None
    if attribute.open_values is not None:
        wrong = "whose values are not known in advance"
    elif attribute.categorical and value is None:
        wrong = f"without the value meant (source_value, target_value); it has {attribute.listed}"
    if wrong:
        raise Incorrect("invalid-definition", f"{catalog.ref} relates {attribute.key}, {wrong}.")
    _check_value(catalog, attribute, value)


def _check_bearing(catalog: Catalog, attribute: Attribute, bearing: BearingRule) -> None:
    """Refuse a rule with a missing, inapplicable or unknown value of an attribute."""
    if bearing.reading is not None:
        if attribute.preference is None or attribute.preference.scores is None:
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref}: {attribute.key} has no scores, so there is no scale for a reading.",
                attribute=attribute.key,
            )
    elif bearing.likelihoods_by_value is not None:
        for value in bearing.likelihoods_by_value:
            _check_value(catalog, attribute, value)
    elif bearing.value_from is None:
        _check_value(catalog, attribute, bearing.value)
    elif not attribute.categorical:
        raise Incorrect("invalid-definition", f"{catalog.ref}: {attribute.key} has no values; drop value_from.")


def _check_place(catalog: Catalog, attribute: Attribute, rule: BearingRule | MetricDefinition) -> None:
    """Refuse evidence on a constraint without an operand, and on a state with a subject or context."""
    preference = attribute.preference
    wrong = None
    if preference is not None and preference.rule is not None and rule.subject is None:
        wrong = "a constraint, without the subject that it speaks of"
    elif preference is not None and preference.kind == "state" and (rule.subject or rule.context):
        wrong = "a state, of which there is one, with a subject or a context"
    if wrong:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: something bears on {attribute.key}, {wrong}.",
            attribute=attribute.key,
        )


def _check_stages(catalog: Catalog, named: Callable[[str], Attribute], trajectory: TrajectoryDefinition) -> None:
    """Refuse stages of an attribute without values known in advance, and unknown stages."""
    attribute = named(trajectory.attribute)
    if attribute.values is None:
        has = "is true or false" if not attribute.categorical else "has values that are not known in advance"
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: the stages of {trajectory.key} are values of {attribute.key}, which {has}.",
            attribute=attribute.key,
        )
    for value in trajectory.values:
        if value not in attribute.values:
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref}: {trajectory.key} has the stage {value}, and {attribute.key} has"
                f" {', '.join(attribute.values)}{did_you_mean(value, attribute.values) or '.'}",
                attribute=attribute.key,
            )


def _check_answers(catalog: Catalog, named: Callable[[str], Attribute], asked: QuestionDefinition) -> None:
    """Refuse a question whose answers do not fit its attribute, and one about beliefs of another subject."""
    attribute, preference = named(asked.attribute), named(asked.attribute).preference
    if asked.by_value:
        if attribute.values is None:
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref}: {asked.key} has answers with likelihoods_by_value, and {attribute.key} has no values"
                " known in advance.",
                attribute=attribute.key,
            )
        for value in {value for answer in asked.answers for value in answer.likelihoods_by_value or ()}:
            _check_value(catalog, attribute, value)
    else:
        _check_value(catalog, attribute, asked.value)
    if preference is not None and preference.rule is not None:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: {asked.key} asks about {attribute.key}, a constraint, which needs a subject.",
            attribute=attribute.key,
        )


def _check_change(
    catalog: Catalog, named: Callable[[str], Attribute], domains: Collection[str], change: ChangeDefinition
) -> None:
    """Refuse a change of a domain without attributes, and one that is stated by an attribute with values."""
    if change.domain not in domains:
        wrong = f"{catalog.ref} follows changes of the domain {change.domain}, which no attribute is in"
        meant = did_you_mean(change.domain, domains) or "."
        raise Incorrect("invalid-definition", f"{wrong}{meant}", domain=change.domain)
    if change.stated is not None and named(change.stated).categorical:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: {change.stated} has values; what says that {change.domain} changed is true or false.",
            attribute=change.stated,
        )


def _check_value(catalog: Catalog, attribute: Attribute, value: str | None) -> None:
    try:
        attribute.require(value)
    except (Incorrect, NotFound) as error:
        raise Incorrect("invalid-definition", f"{catalog.ref}: {error.message}", attribute=attribute.key) from None
