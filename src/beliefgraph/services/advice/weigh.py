"""The points for and against one option: constraints, values, preferences, goals and past decisions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from beliefgraph.inference.choice import balance, log_odds
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.constraint import violates
from beliefgraph.model.decision import FeatureValue, Option
from beliefgraph.model.decision_check import OptionCheck, Point, PointKind, PointStance, Unknown
from beliefgraph.model.goal import GoalState
from beliefgraph.model.identity import goal_id
from beliefgraph.model.preference import PreferenceDefinition
from beliefgraph.services.advice.alike import similarity
from beliefgraph.services.advice.want import NoAnswer, PreferenceState, preference_state, signed
from beliefgraph.services.decisions.statements import ResolvedDecision
from beliefgraph.services.preferences.preference_set import PreferenceSet

MORE_LIKELY_THAN_NOT = 0.5
"""The confidence above which a hard constraint forbids an option instead of being weighed."""

SLIGHT = 5e-3
"""Weights below this are neutral."""

ALIKE = 0.5
"""The similarity from which a past decision is a point for or against an option."""

MOST_PAST = 5
"""Past decisions that are points about one option, the most similar first."""


@dataclass(frozen=True)
class EvidenceShare:
    """One piece of evidence behind a point, by its id, and its contribution to the belief that the point rests on."""

    evidence: str
    contribution: float | None = None


@dataclass(frozen=True)
class GroundedPoint:
    """A point with the position of the belief that it rests on, if any, and the evidence behind it."""

    point: Point
    position: int | None = None
    behind: tuple[EvidenceShare, ...] = ()


@dataclass(frozen=True)
class WeighedOption:
    """One option with its points, the largest first, and what could not be checked."""

    option: Option
    points: tuple[GroundedPoint, ...]
    unknown: tuple[Unknown, ...]
    violation: float

    @property
    def allowed(self) -> bool:
        """Whether no hard constraint forbids the option."""
        return all(one.point.stance != "forbids" for one in self.points)

    @property
    def score(self) -> float:
        """The balance of the points that can be weighed against each other."""
        return balance(one.point.weight for one in self.points if one.point.stance != "forbids")

    def answer(self, points: Sequence[Point]) -> OptionCheck:
        """The reported check of an option, with its reported points."""
        return OptionCheck(
            option=self.option,
            allowed=self.allowed,
            violation=self.violation,
            score=self.score,
            points=tuple(points),
            unknown=self.unknown,
        )


@dataclass(frozen=True)
class DecisionContext:
    """What options are weighed against: preferences in a context, goals, and past decisions."""

    found: PreferenceSet
    attributes: Sequence[Attribute]
    goals: Mapping[str, GoalState]
    past: Sequence[ResolvedDecision]

    @cached_property
    def wants(self) -> Mapping[str, Mapping[str, PreferenceState | NoAnswer]]:
        """Every preference by the key of its attribute and by its subject, or why it has no answer."""
        return {
            attribute.key: {subject: preference_state(self.found, attribute, subject) for subject in subjects}
            for attribute in self.attributes
            if (subjects := self.found.subjects(attribute))
        }


def weigh(known: DecisionContext, option: Option) -> WeighedOption:
    """All points for or against an option."""
    weighing = _Weighing(known, option)
    points = [*weighing.wanted(), *weighing.goals(), *weighing.past()]
    unknown = sorted(weighing.unknown, key=lambda each: (each.feature, each.attribute, each.reason))
    return WeighedOption(option, tuple(sorted(points, key=_order)), tuple(unknown), weighing.violation)


@dataclass
class _Weighing:
    """One option being weighed: what could not be checked, and the probability of violating a constraint, so far."""

    known: DecisionContext
    option: Option
    unknown: list[Unknown] = field(default_factory=list)
    violation: float = 0.0

    def wanted(self) -> Iterator[GroundedPoint]:
        """The points of constraints, values and preferences."""
        for attribute in self.known.attributes:
            wants = self.known.wants.get(attribute.key, {})
            preference = attribute.preference
            if preference is None or not wants:
                continue
            if preference.kind == "valence":
                yield from self._valence(attribute, preference.feature, wants)
            elif preference.feature is not None:
                yield from self._about(attribute, preference, preference.feature, wants)

    def _about(
        self,
        attribute: Attribute,
        preference: PreferenceDefinition,
        name: str,
        wants: Mapping[str, PreferenceState | NoAnswer],
    ) -> Iterator[GroundedPoint]:
        """The points of a preference about its feature."""
        feature = self.option.features.get(name)
        if feature is None:
            if any(_matters(want) for want in wants.values()):
                self._unsaid(attribute, name, "the option does not say")
            return
        answered: dict[str, PreferenceState] = {}
        for subject, want in wants.items():
            if isinstance(want, PreferenceState):
                answered[subject] = want
            else:
                self._unsaid(attribute, name, want.why)
        if preference.rule is not None:
            yield from self._constraints(attribute, preference, answered, feature)
            return
        for want in answered.values():
            found = _value(want, feature) if preference.kind == "value" else _preference(want, feature)
            if isinstance(found, NoAnswer):
                self._unsaid(attribute, name, found.why)
            else:
                yield found

    def _valence(
        self, attribute: Attribute, only: str | None, wants: Mapping[str, PreferenceState | NoAnswer]
    ) -> Iterator[GroundedPoint]:
        """The points of a valence about the option's features: the feature that it names, or any."""
        for name, feature in sorted(self.option.features.items()):
            want = wants.get(feature) if isinstance(feature, str) and only in (None, name) else None
            if isinstance(want, NoAnswer):
                self._unsaid(attribute, name, want.why)
            elif want is not None:
                weight, place = want.mean(), want.most_moved
                sentence = f"{_says(want, place)} ({want.posterior[place]:.0%}): {feature} {_direction(weight)}."
                yield _grounded(want, place, "preference", weight, sentence)

    def _constraints(
        self,
        attribute: Attribute,
        preference: PreferenceDefinition,
        wants: Mapping[str, PreferenceState],
        feature: FeatureValue,
    ) -> Iterator[GroundedPoint]:
        assert preference.rule is not None
        broken = {subject: violates(preference.rule, subject, feature) for subject in wants}
        if preference.rule == "only":
            if wants:
                yield self._only(wants, {subject for subject in wants if not broken[subject]}, hard=preference.hard)
            return
        for subject, want in wants.items():
            if broken[subject] is None:
                assert preference.feature is not None
                self._unsaid(attribute, preference.feature, "it is no number, and the constraint is a bound")
            else:
                yield self._constraint(want, _holds(want) if broken[subject] else 0.0, hard=preference.hard)

    def _only(self, wants: Mapping[str, PreferenceState], this: Set[str], *, hard: bool) -> GroundedPoint:
        """Violated if they require another value and not the option's own (`this`) as well."""
        others = {subject: _holds(want) for subject, want in wants.items() if subject not in this}
        if not others:
            return self._constraint(wants[min(this)], 0.0, hard=hard)
        strongest = min(others, key=lambda subject: (-others[subject], subject))
        spared = max((_holds(wants[subject]) for subject in this), default=0.0)
        return self._constraint(wants[strongest], others[strongest] * (1.0 - spared), hard=hard)

    def _constraint(self, want: PreferenceState, broken: float, *, hard: bool) -> GroundedPoint:
        """The point of a constraint that the option violates with this probability."""
        sentence = f"{_says(want, 0)} ({want.posterior[0]:.0%})"
        if hard:
            self.violation = max(self.violation, broken)
        if hard and broken > MORE_LIKELY_THAN_NOT:
            return _grounded(want, 0, "constraint", -broken, f"{sentence}: that is never traded.", "forbids")
        how = "it keeps to that" if broken == 0.0 else f"it goes against that with {broken:.0%}"
        return _grounded(want, 0, "constraint", -broken if broken else 0.0, f"{sentence}: {how}.")

    def goals(self) -> Iterator[GroundedPoint]:
        """The points of the goals that the option names."""
        moment = self.known.found.seen.moment
        for key, serves in sorted(self.option.goals.items()):
            goal = self.known.goals[key]
            weight = serves * goal.importance
            stated = [row for row in moment.state.statements if row.goal == goal_id(moment.state.id, key)]
            stated = sorted((row for row in stated if row.valid.contains(moment.at)), key=lambda row: row.valid_from)
            verb = "serves" if serves > 0 else "hinders" if serves < 0 else "leaves"
            yield GroundedPoint(
                _point(
                    "goal",
                    weight,
                    f"It {verb} “{goal.title}” ({serves:+g}), of importance {goal.importance:.0%}.",
                    goal=key,
                ),
                behind=tuple(EvidenceShare(row.evidence) for row in reversed(stated)),
            )

    def past(self) -> Iterator[GroundedPoint]:
        """The points of past decisions whose choice was most similar to the option; of equal ones, the latest first."""
        found = []
        for decision in self.known.past:
            if decision.option is not None:
                alike = similarity(self.option.features, decision.option.features)
                if alike >= ALIKE:
                    found.append((alike, decision))
        found.sort(key=lambda each: (-each[0], -each[1].since.timestamp(), each[1].decision.key))
        for alike, decision in found[:MOST_PAST]:
            weight = alike * (decision.actual or 0.0)
            fields = [decision.fields.get(name) for name in ("actual", "expected", "chosen")]
            yield GroundedPoint(
                _point(
                    "past_decision",
                    weight,
                    _past_sentence(decision, alike),
                    decision=decision.decision.key,
                    expected=decision.expected,
                    actual=decision.actual,
                ),
                behind=tuple(map(EvidenceShare, dict.fromkeys(row.evidence for row in fields if row is not None))),
            )

    def _unsaid(self, attribute: Attribute, feature: str, reason: str) -> None:
        self.unknown.append(Unknown(attribute=attribute.key, feature=feature, reason=reason))


def _value(want: PreferenceState, feature: FeatureValue) -> GroundedPoint | NoAnswer:
    serves = signed(feature)
    if isinstance(serves, NoAnswer):
        return serves
    verb = "serves" if serves > 0 else "harms" if serves < 0 else "leaves"
    sentence = f"{_says(want, 0)} ({_holds(want):.0%}): it {verb} that ({serves:+g})."
    return _grounded(want, 0, "value", _holds(want) * serves, sentence)


def _preference(want: PreferenceState, feature: FeatureValue) -> GroundedPoint | NoAnswer:
    weighed = want.weigh(feature)
    if isinstance(weighed, NoAnswer):
        return weighed
    weight, place = weighed
    known = f"{want.posterior[place]:.0%}, and {want.prior[place]:.0%} of anybody"
    sentence = f"{_says(want, place)} ({known}): {_shown(feature)} {_direction(weight)}."
    return _grounded(want, place, "preference", weight, sentence)


def _matters(want: PreferenceState | NoAnswer) -> bool:
    """Whether a feature of the option could have a weight: for a preference without evidence it has none."""
    if isinstance(want, NoAnswer) or want.preference.kind in ("value", "constraint"):
        return True
    return float(np.abs(want.posterior - want.prior).max()) >= SLIGHT


def _holds(want: PreferenceState) -> float:
    """The probability that a binary preference holds."""
    return float(want.posterior[0])


def _point(kind: PointKind, weight: float, sentence: str, stance: PointStance | None = None, **rests_on: Any) -> Point:
    stance = stance or _stance(weight)
    return Point(
        kind=kind,
        stance=stance,
        weight=weight,
        log_odds=0.0 if stance == "forbids" else log_odds(weight),
        sentence=sentence,
        **{"confidence": None, **rests_on},
    )


def _grounded(
    want: PreferenceState, place: int, kind: PointKind, weight: float, sentence: str, stance: PointStance | None = None
) -> GroundedPoint:
    """A point that rests on the probability of a value of a preference."""
    belief = want.key.model_copy(update={"value": want.values[place]})
    confidence = float(want.posterior[place])
    return GroundedPoint(
        _point(kind, weight, sentence, stance, confidence=confidence, belief=belief), want.positions[place]
    )


def _says(want: PreferenceState, place: int) -> str:
    key: BeliefKey = want.key.model_copy(update={"value": want.values[place]})
    return f"“{want.attribute.say(key)}”"


def _stance(weight: float) -> PointStance:
    return "neutral" if abs(weight) < SLIGHT else "for" if weight > 0 else "against"


def _direction(weight: float) -> str:
    return {"for": "speaks for it", "against": "speaks against it"}.get(_stance(weight), "says nothing either way")


def _shown(feature: FeatureValue) -> str:
    return feature if isinstance(feature, str) else f"{feature:g}"


def _past_sentence(past: ResolvedDecision, alike: float) -> str:
    chose = f"In “{past.title}” they chose {past.chosen}, {alike:.0%} alike"
    if past.actual is None:
        hoped = "" if past.expected is None else f", expecting {past.expected:+g}"
        return f"{chose}{hoped}; its result is not known yet."
    if past.expected is None:
        return f"{chose}: it came out {past.actual:+g}."
    off = past.actual - past.expected
    how = "as expected" if abs(off) < SLIGHT else f"{abs(off):g} {'better' if off > 0 else 'worse'} than expected"
    return f"{chose}: expected {past.expected:+g}, it came out {past.actual:+g}, {how}."


def _order(one: GroundedPoint) -> tuple[bool, float, str, str, str]:
    """Points that forbid first, then by size; ties by what they are about."""
    point = one.point
    about = repr(point.belief) if point.belief is not None else point.goal or point.decision or ""
    return point.stance != "forbids", -abs(point.weight), point.kind, about, point.sentence
