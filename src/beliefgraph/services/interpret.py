"""Interpretation: what an event says, and about which beliefs. Rules of the definitions do it here.

Another interpreter, of free text say, is one more class with the method of `Interpreter`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn, Protocol, get_args

import orjson
from pydantic import TypeAdapter, ValidationError

from beliefgraph.errors import BeliefgraphError, Incorrect, Unsupported
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey
from beliefgraph.model.decision import FIELDS as DECISION_FIELDS
from beliefgraph.model.decision import Reason, Told, refuse_twins
from beliefgraph.model.definition import (
    BearingRule,
    Catalog,
    DecisionRule,
    Definitions,
    EventRule,
    GoalRule,
    MotiveRule,
)
from beliefgraph.model.event import Event
from beliefgraph.model.evidence import HalfLife, LogLikelihoodRatio
from beliefgraph.model.goal import FIELDS, MAX_RELATED, GoalStatus, Stated, Weight
from beliefgraph.model.identity import METRIC
from beliefgraph.model.metric import LARGEST_VALUE, FollowUp, MetricDefinition, MetricKey, MetricValue
from beliefgraph.model.record import Key, Probability, Record, Text, Title
from beliefgraph.model.time import Instant, seconds
from beliefgraph.services import expressions
from beliefgraph.services.expressions import ExpressionError, Variables

MAX_LOG_LIKELIHOOD_RATIO = 30.0

_KEY: TypeAdapter[str] = TypeAdapter(Key)
_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_STATED: Mapping[str, tuple[TypeAdapter[Any], str]] = MappingProxyType(
    {
        "title": (TypeAdapter(Title), "a text of one line with 1 to 300 characters"),
        "status": (TypeAdapter(GoalStatus), f"one of {', '.join(get_args(GoalStatus))}"),
        "priority": (TypeAdapter(Probability), "a number from 0 to 1"),
        "progress": (TypeAdapter(Probability), "a number from 0 to 1"),
        "deadline": (TypeAdapter(Instant), "a moment with a zone"),
    }
)
"""What each field of a goal must be, and how that is said."""

_TOLD: Mapping[str, str] = MappingProxyType(
    {
        "title": "a text of one line with 1 to 300 characters",
        "options": "a list of options, each a map with a key of its own, and a title, features and goals if it has any",
        "chosen": "the key of an option",
        "reasons": "a list of reasons, each a text, or a map with a text, a belief or a goal",
        "expected": "a number from -1 to 1, or a map of such a score and a text",
        "actual": "a number from -1 to 1, or a map of such a score and a text",
    }
)
"""What each field of a decision must be, in words."""

RELATED = ("part_of", "depends_on", "competes_with")
"""Fields of a goal rule that name other goals."""


class BearsOn(Record):
    """How the evidence bears on one belief. The half-life is in seconds; None means that it does not age."""

    belief: BeliefKey
    log_likelihood_ratio: LogLikelihoodRatio
    half_life: HalfLife | None = None
    shared_origin: Key | None = None


class Motive(Record):
    """A belief that motivates a goal."""

    belief: BeliefKey
    weight: Weight = 1.0


class StatesGoal(Stated):
    """What is stated of one goal, and how it is related to others, by their keys."""

    key: Key
    part_of: tuple[Key, ...] = ()
    depends_on: tuple[Key, ...] = ()
    competes_with: tuple[Key, ...] = ()
    motives: tuple[Motive, ...] = ()


class TellsDecision(Told):
    """What is told of one decision."""

    key: Key


class CountsIn(Record):
    """How the evidence counts in one metric: with which value and label, or as a follow-up that answers."""

    metric: MetricKey
    value: MetricValue = 1.0
    label: Key | None = None
    answers: bool = False


class Spoken(Record):
    """What one source says through an event: a piece of evidence, a bearing for each belief, goals and decisions.

    It may also, or only, count in metrics; `summary` is then what the metrics measure, where no rule says more.
    """

    source: Key
    summary: str
    verbatim: Text | None = None
    source_kind: Key | None = None
    bearings: tuple[BearsOn, ...] = ()
    goals: tuple[StatesGoal, ...] = ()
    decisions: tuple[TellsDecision, ...] = ()
    counts: tuple[CountsIn, ...] = ()


class Interpretation(Record):
    """What an event says, one entry for each source that speaks. Empty: it is understood and bears on nothing."""

    spoken: tuple[Spoken, ...] = ()


class Interpreter(Protocol):
    """Whatever can tell what an event says."""

    def interpret(self, event: Event, definitions: Definitions) -> Interpretation:
        """What the event says under these definitions.

        Raises `no-interpretation` if it cannot know, `interpretation-failed` if it should know but fails on this event.
        """
        ...


class RuleInterpreter:
    """Interprets by the definitions' event rules. Holds no state but compiled expressions; share it freely."""

    def interpret(self, event: Event, definitions: Definitions) -> Interpretation:
        """What the event says by all rules for its type whose `when` holds, and the metrics that it counts in.

        Rules with one source make one piece of evidence. Where two bearings in it meet on a belief their LLRs add up,
        within the bound, and the half-life and the shared origin of the stronger count. A rule of which no bearing
        applies says nothing.
        """
        rules, metrics = definitions.rules.get(event.type, ()), definitions.counting.get(event.type, ())
        if not rules and not metrics:
            raise Unsupported(
                "no-interpretation",
                f"No definition in force says what an event of type {event.type} means.",
                type=event.type,
                event=event.id,
            )
        reading = _Reading(event, definitions)
        heard: dict[str, list[Spoken]] = {}
        for rule in rules:
            for spoken in reading.hear(rule):
                heard.setdefault(spoken.source, []).append(spoken)
        counted: dict[str, list[tuple[MetricDefinition, CountsIn]]] = {}
        for metric in metrics:
            for source, counts in reading.count(metric):
                counted.setdefault(source, []).append((metric, counts))
        voices = {source: reading.merge(each) for source, each in heard.items()}
        for source, counting in counted.items():
            measures = "; ".join(dict.fromkeys(metric.statement for metric, _ in counting))
            said = voices.get(source) or Spoken(source=source, summary=measures)
            voices[source] = said.model_copy(update={"counts": tuple(counts for _, counts in counting)})
        return Interpretation(spoken=tuple(voices.values()))


def check_expressions(catalog: Catalog) -> None:
    """Refuse (`invalid-definition`, naming the place) a catalog with an expression or a likelihood that cannot work."""
    for place, expression in _expressions(catalog):
        expressions.require(expression, f"{catalog.ref} {place}")
    for n, rule in enumerate(catalog.events):
        for m, bearing in enumerate(rule.bears_on):
            ratios = {"likelihoods_by_value": max(map(abs, bearing.log_ratios.values()), default=0.0)}
            if bearing.likelihoods is not None:
                ratios["likelihoods"] = abs(bearing.likelihoods.log_ratio)
            for field in (field for field, ratio in ratios.items() if not ratio <= MAX_LOG_LIKELIHOOD_RATIO):
                place = f"{catalog.ref} events[{n}].bears_on[{m}].{field}"
                raise Incorrect(
                    "invalid-definition",
                    f"{place}: their log-ratio is beyond ±{MAX_LOG_LIKELIHOOD_RATIO:g}; nothing is that certain.",
                    place=place,
                )


def _expressions(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Every expression of a catalog with its place in it."""
    for n, metric in enumerate(catalog.metrics):
        for field in ("when", "source", "subject", "context", "value", "label"):
            if (expression := getattr(metric, field)) is not None:
                yield f"metrics[{n}].{field}", expression
        for field in ("when", "label"):
            if metric.follow_up is not None and (expression := getattr(metric.follow_up, field)) is not None:
                yield f"metrics[{n}].follow_up.{field}", expression
    for n, rule in enumerate(catalog.events):
        for field in ("when", "source", "verbatim", "shared_origin", "source_kind"):
            if (expression := getattr(rule, field)) is not None:
                yield f"events[{n}].{field}", expression
        for m, bearing in enumerate(rule.bears_on):
            for field in ("when", "subject", "context", "value_from", "log_likelihood_ratio", "reading"):
                if isinstance(expression := getattr(bearing, field), str):
                    yield f"events[{n}].bears_on[{m}].{field}", expression
        for m, goal in enumerate(rule.goals):
            for field in ("key", "when", *FIELDS, *RELATED):
                if isinstance(expression := getattr(goal, field), str) and not _is_status(field, expression):
                    yield f"events[{n}].goals[{m}].{field}", expression
            for i, motive in enumerate(goal.motivated_by):
                for field in ("subject", "context"):
                    if (expression := getattr(motive, field)) is not None:
                        yield f"events[{n}].goals[{m}].motivated_by[{i}].{field}", expression
        for m, decision in enumerate(rule.decisions):
            for field in ("key", "when", *DECISION_FIELDS):
                if (expression := getattr(decision, field)) is not None:
                    yield f"events[{n}].decisions[{m}].{field}", expression


def _is_status(field: str, text: str) -> bool:
    """Whether a text is a status by its name rather than an expression for one."""
    return field == "status" and text in get_args(GoalStatus)


class _Reading:
    """One event being read: its variables are turned into CEL's values at most once."""

    def __init__(self, event: Event, definitions: Definitions) -> None:
        self._event = event
        self._definitions = definitions
        self._variables: Variables | None = None

    def hear(self, rule: EventRule) -> Iterator[Spoken]:
        """What is said by this rule, if it applies and anything in it does."""
        if not self._holds(rule, rule.when, "when"):
            return
        bearings = [
            bears
            for bearing in rule.bears_on
            if self._holds(rule, bearing.when, f"{bearing.attribute}: when")
            for bears in self._bearings(rule, bearing)
        ]
        goals = [
            self._goal(rule, goal) for goal in rule.goals if self._holds(rule, goal.when, f"goal {goal.key}: when")
        ]
        decisions = [
            self._decision(rule, decision)
            for decision in rule.decisions
            if self._holds(rule, decision.when, f"decision {decision.key}: when")
        ]
        if bearings or goals or decisions:
            yield Spoken(
                source=self._speaker(rule),
                summary=rule.summary,
                verbatim=self._verbatim(rule),
                source_kind=self._optional_key(rule, rule.source_kind, "source_kind"),
                bearings=tuple(bearings),
                goals=tuple(goals),
                decisions=tuple(decisions),
            )

    def count(self, metric: MetricDefinition) -> Iterator[tuple[str, CountsIn]]:
        """How the event counts in a metric, and by whose word: as one of its events, as a follow-up, or as both."""
        if self._event.type in metric.events and self._holds(metric, metric.when, "when"):
            yield self._speaker(metric), self._counts(metric, metric)
        follow_up = metric.follow_up
        answers = follow_up is not None and self._event.type in follow_up.events
        if follow_up is not None and answers and self._holds(metric, follow_up.when, "follow_up.when"):
            yield self._speaker(metric), self._counts(metric, follow_up)

    def merge(self, said: list[Spoken]) -> Spoken:
        """One piece of evidence out of all that one source says."""
        bearings: dict[BeliefKey, BearsOn] = {}
        for bearing in (b for each in said for b in each.bearings):
            met = bearings.get(bearing.belief)
            bearings[bearing.belief] = bearing if met is None else _added(met, bearing)
        goals: dict[str, StatesGoal] = {}
        for goal in (g for each in said for g in each.goals):
            known = goals.get(goal.key)
            goals[goal.key] = goal if known is None else self._together(known, goal)
        decisions: dict[str, TellsDecision] = {}
        for decision in (d for each in said for d in each.decisions):
            met_before = decisions.get(decision.key)
            decisions[decision.key] = decision if met_before is None else self._one_decision(met_before, decision)
        verbatim = "\n".join(dict.fromkeys(each.verbatim for each in said if each.verbatim)) or None
        try:
            return Spoken(
                source=said[0].source,
                summary="; ".join(dict.fromkeys(each.summary for each in said)),
                verbatim=verbatim,
                source_kind=next((each.source_kind for each in said if each.source_kind), None),
                bearings=tuple(bearings.values()),
                goals=tuple(goals.values()),
                decisions=tuple(decisions.values()),
            )
        except ValidationError:
            raise self._failed("The rules", None, "what the person said is longer than 10,000 characters") from None

    def _speaker(self, rule: EventRule | MetricDefinition) -> str:
        speaker = self._key(rule, rule.source, "source", self._event.source)
        if speaker.startswith(METRIC):
            self._refuse(rule, "source", rule.source, f"no speaker may be called {METRIC}…")
        return speaker

    def _counts(self, metric: MetricDefinition, of: MetricDefinition | FollowUp) -> CountsIn:
        subject = self._key(metric, metric.subject, "subject", ANYONE)
        context = self._key(metric, metric.context, "context", ANYWHERE)
        for on in metric.bearings:
            self._require_place(metric, self._definitions.attribute(on.attribute), subject, context)
        return CountsIn(
            metric=MetricKey(metric=metric.key, subject=subject, context=context),
            value=1.0 if metric.value is None or of is not metric else self._number(metric, metric.value),
            label=None if of.label is None else self._label(metric, of.label),
            answers=of is not metric,
        )

    def _number(self, metric: MetricDefinition, expression: str) -> float:
        value = self._value(metric, expression, "value")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self._refuse(metric, "value", expression, "it is not a number")
        if not abs(value) <= LARGEST_VALUE:  # NaN too
            self._refuse(metric, "value", expression, f"it is not a number within ±{LARGEST_VALUE:g}")
        return float(value)

    def _label(self, metric: MetricDefinition, expression: str) -> str:
        value = self._value(metric, expression, "label")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        try:
            return _KEY.validate_python(value, strict=True)
        except ValidationError:
            self._refuse(metric, "label", expression, "it is neither a whole number nor a text of 1 to 200 characters")

    def _bearings(self, rule: EventRule, bearing: BearingRule) -> Iterator[BearsOn]:
        """One bearing, or one for each value whose likelihood is stated."""
        at = bearing.attribute
        attribute = self._definitions.attribute(at)
        half_life = bearing.half_life or attribute.half_life
        subject = self._key(rule, bearing.subject, f"{at}: subject", ANYONE)
        context = self._key(rule, bearing.context, f"{at}: context", ANYWHERE)
        origin = self._optional_key(rule, rule.shared_origin, "shared_origin")
        self._require_place(rule, attribute, subject, context)
        ratios: list[tuple[str | None, float]] = list(bearing.log_ratios.items())
        if bearing.reading is not None:
            ratios = list(self._read(rule, bearing, attribute).items())
        elif bearing.likelihoods_by_value is None:
            ratios = [(self._bearing_value(rule, bearing, attribute), self._ratio(rule, bearing))]
        for value, ratio in ratios:
            yield BearsOn(
                belief=BeliefKey(attribute=at, subject=subject, context=context, value=value),
                log_likelihood_ratio=ratio,
                half_life=None if half_life is None else seconds(half_life),
                shared_origin=origin,
            )

    def _require_place(
        self, rule: EventRule | MetricDefinition, attribute: Attribute, subject: str, context: str
    ) -> None:
        try:
            attribute.require_place(BeliefKey(attribute=attribute.key, subject=subject, context=context))
        except Incorrect:
            self._refuse(rule, attribute.key, None, "no such belief can have its subject or its context")

    def _read(self, rule: EventRule, bearing: BearingRule, attribute: Attribute) -> Mapping[str, float]:
        """What a reading says of every value on its scale."""
        where, given = f"{bearing.attribute}: reading", bearing.reading
        reading = self._value(rule, given, where) if isinstance(given, str) else given
        if isinstance(reading, bool) or not isinstance(reading, (int, float)) or not -1.0 <= reading <= 1.0:  # NaN too
            self._refuse(rule, where, given, "it is not a number from -1 to 1")
        assert bearing.noise is not None
        most = MAX_LOG_LIKELIHOOD_RATIO
        return {v: min(max(ratio, -most), most) for v, ratio in attribute.read(float(reading), bearing.noise).items()}

    def _bearing_value(self, rule: EventRule, bearing: BearingRule, attribute: Attribute) -> str | None:
        if bearing.value_from is None:
            return bearing.value
        where = f"{bearing.attribute}: value_from"
        value = self._key(rule, bearing.value_from, where, OTHER)
        if attribute.values is not None and value not in attribute.value_priors:
            self._refuse(rule, where, bearing.value_from, f"it is not one of its values: {attribute.listed}")
        return value

    def _goal(self, rule: EventRule, goal: GoalRule) -> StatesGoal:
        key = self._key(rule, goal.key, "goal: key", "")
        related = {field: self._goals(rule, getattr(goal, field), f"goal {key}: {field}") for field in RELATED}
        for field, others in related.items():
            if key in others:
                self._refuse(rule, f"goal {key}: {field}", getattr(goal, field), "a goal is related to itself")
        return StatesGoal(
            key=key,
            **{field: self._stated(rule, goal, key, field) for field in FIELDS},
            **related,
            motives=tuple(self._motive(rule, motive, key) for motive in goal.motivated_by),
        )

    def _stated(self, rule: EventRule, goal: GoalRule, key: str, field: str) -> object:
        given, (form, words) = getattr(goal, field), _STATED[field]
        if given is None:
            return None
        where = f"goal {key}: {field}"
        is_expression = isinstance(given, str) and not _is_status(field, given)
        value = self._value(rule, given, where) if is_expression else given
        if value is None:
            return None
        try:
            if isinstance(value, bool) or (field == "deadline" and isinstance(value, (int, float))):
                raise TypeError  # a number has no zone, nor says whether it counts seconds
            return form.validate_python(value, strict=field not in ("deadline", "status"))
        except (ValidationError, TypeError):
            self._refuse(rule, where, given, f"it is not {words}")

    def _goals(self, rule: EventRule, expression: str | None, where: str) -> tuple[str, ...]:
        """The keys of other goals that an expression gives: one, or a list in which none comes twice."""
        value = None if expression is None else self._value(rule, expression, where)
        if value is None:
            return ()
        named = tuple(value) if isinstance(value, list) else (value,)
        try:
            keys = tuple(_KEY.validate_python(each, strict=True) for each in named)
        except ValidationError:
            self._refuse(rule, where, expression, "it is not a goal's key or a list of them")
        if len(set(keys)) < len(keys):
            self._refuse(rule, where, expression, "it names a goal twice")
        if len(keys) > MAX_RELATED:
            self._refuse(rule, where, expression, f"it names more than {MAX_RELATED} goals")
        return keys

    def _motive(self, rule: EventRule, motive: MotiveRule, key: str) -> Motive:
        where = f"goal {key}: motivated_by {motive.attribute}"
        belief = BeliefKey(
            attribute=motive.attribute,
            value=motive.value,
            subject=self._key(rule, motive.subject, f"{where}: subject", ANYONE),
            context=self._key(rule, motive.context, f"{where}: context", ANYWHERE),
        )
        return Motive(belief=belief, weight=motive.weight)

    def _together(self, a: StatesGoal, b: StatesGoal) -> StatesGoal:
        """What two rules say of one goal; refused where they say two things."""
        for field in FIELDS:
            one, other = getattr(a, field), getattr(b, field)
            if one is not None and other is not None and one != other:
                raise self._failed("The rules", None, f"they state the {field} of one goal in two ways")
        return StatesGoal(
            key=a.key,
            **{field: getattr(b if getattr(a, field) is None else a, field) for field in FIELDS},
            **{field: tuple(dict.fromkeys((*getattr(a, field), *getattr(b, field)))) for field in RELATED},
            motives=tuple({m.belief: m for m in (*a.motives, *b.motives)}.values()),
        )

    def _decision(self, rule: EventRule, decision: DecisionRule) -> TellsDecision:
        key = self._key(rule, decision.key, "decision: key", "")
        told = {
            field: self._told(rule, key, field, expression)
            for field in DECISION_FIELDS
            if (expression := getattr(decision, field)) is not None
        }
        return TellsDecision.model_validate({"key": key, **told})

    def _told(self, rule: EventRule, key: str, field: str, expression: str) -> object:
        """What an expression tells of a field, in the form that the field has; None tells nothing."""
        where = f"decision {key}: {field}"
        value = self._value(rule, expression, where)
        if value is None:
            return None
        if field == "reasons":
            value = [{"text": one} if isinstance(one, str) else one for one in _listed(value)]
        elif field in ("expected", "actual") and not isinstance(value, dict):
            value = {"score": value}
        try:
            told = getattr(Told.model_validate_json(orjson.dumps({field: value}), strict=True), field)
            refuse_twins(told if field == "options" else ())
        except (ValidationError, Incorrect, TypeError):
            self._refuse(rule, where, expression, f"it is not {_TOLD[field]}")
        if field == "reasons":
            self._require_grounds(rule, where, expression, told)
        return told

    def _one_decision(self, a: TellsDecision, b: TellsDecision) -> TellsDecision:
        """What two rules tell of one decision; refused where they tell two things."""
        for field in DECISION_FIELDS:
            one, other = getattr(a, field), getattr(b, field)
            if one is not None and other is not None and one != other:
                raise self._failed("The rules", None, f"they tell the {field} of one decision in two ways")
        told = {field: getattr(b if getattr(a, field) is None else a, field) for field in DECISION_FIELDS}
        return TellsDecision(key=a.key, **told)

    def _require_grounds(self, rule: EventRule, where: str, expression: str, reasons: Iterable[Reason]) -> None:
        """Refuse a reason that names a belief of which no definition knows."""
        for belief in (reason.belief for reason in reasons if reason.belief is not None):
            try:
                self._definitions.attribute_of(belief)
            except BeliefgraphError as error:
                self._refuse(rule, where, expression, error.message.rstrip("."))

    def _ratio(self, rule: EventRule, bearing: BearingRule) -> float:
        where, ratio = f"{bearing.attribute}: log_likelihood_ratio", bearing.log_likelihood_ratio
        if bearing.likelihoods is not None:
            value: object = bearing.likelihoods.log_ratio
        else:
            value = self._value(rule, ratio, where) if isinstance(ratio, str) else ratio
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self._refuse(rule, where, ratio, "it is not a number")
        if not abs(value) <= MAX_LOG_LIKELIHOOD_RATIO:  # NaN too
            self._refuse(rule, where, ratio, f"it is not a number within ±{MAX_LOG_LIKELIHOOD_RATIO:g}")
        return float(value)

    def _holds(self, rule: EventRule | MetricDefinition, expression: str | None, where: str) -> bool:
        if expression is None:
            return True
        value = self._value(rule, expression, where)
        if not isinstance(value, bool):
            self._refuse(rule, where, expression, "it is neither true nor false")
        return value

    def _key(self, rule: EventRule | MetricDefinition, expression: str | None, where: str, otherwise: str) -> str:
        if expression is None:
            return otherwise
        try:
            return _KEY.validate_python(self._value(rule, expression, where), strict=True)
        except ValidationError:
            self._refuse(rule, where, expression, "it is not a text of one line with 1 to 200 characters")

    def _optional_key(self, rule: EventRule, expression: str | None, where: str) -> str | None:
        return None if expression is None else self._key(rule, expression, where, "")

    def _verbatim(self, rule: EventRule) -> str | None:
        if rule.verbatim is None:
            return None
        value = self._value(rule, rule.verbatim, "verbatim")
        if value is None or value == "":
            return None
        try:
            return _TEXT.validate_python(value, strict=True)
        except ValidationError:
            self._refuse(rule, "verbatim", rule.verbatim, "it is not a text of at most 10,000 characters")

    def _value(self, rule: EventRule | MetricDefinition, expression: str, where: str) -> object:
        try:
            if self._variables is None:
                self._variables = expressions.variables({"event": _attributes(self._event), "data": self._event.data})
            return expressions.evaluate(expression, self._variables)
        except ExpressionError as failure:
            self._refuse(rule, where, expression, str(failure))

    def _refuse(self, rule: EventRule | MetricDefinition, where: str, expression: object, cause: str) -> NoReturn:
        if isinstance(rule, MetricDefinition):
            raise self._failed(f"{where} of the metric {rule.key}", expression, cause, metric=rule.key)
        raise self._failed(f"{where} of the rule {rule.summary!r}", expression, cause, rule=rule.summary)

    def _failed(self, what: str, expression: object, cause: str, **ids: object) -> Incorrect:
        quoted = "" if expression is None else f", {expression!r}"
        return Incorrect(
            "interpretation-failed",
            f"{what}, for events of type {self._event.type}{quoted}: {cause}.",
            type=self._event.type,
            event=self._event.id,
            **ids,
        )


def _attributes(event: Event) -> dict[str, object]:
    """The event as expressions see it: its CloudEvents attributes, of which absent ones are missing, and its data."""
    seen: dict[str, object] = {"id": event.id, "source": event.source, "type": event.type, "time": event.time}
    optional = {"twin": event.twin, "session": event.session, "channel": event.channel}
    seen.update({name: value for name, value in optional.items() if value is not None})
    seen["identifiers"] = [{"scheme": each.scheme, "value": each.value} for each in event.identifiers]
    seen["data"] = event.data
    return seen


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _added(a: BearsOn, b: BearsOn) -> BearsOn:
    total = math.fsum((a.log_likelihood_ratio, b.log_likelihood_ratio))
    stronger = b if abs(b.log_likelihood_ratio) > abs(a.log_likelihood_ratio) else a
    return BearsOn(
        belief=a.belief,
        log_likelihood_ratio=max(-MAX_LOG_LIKELIHOOD_RATIO, min(MAX_LOG_LIKELIHOOD_RATIO, total)),
        half_life=stronger.half_life,
        shared_origin=stronger.shared_origin,
    )
