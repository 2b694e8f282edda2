"""What speaks for and against one option: constraints, values, preferences, goals and past decisions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from beliefgraph.inference.choice import balance, log_odds
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.constraint import violates
from beliefgraph.model.decision import FeatureValue, Option
from beliefgraph.model.decision_check import OptionCheck, Point, PointKind, PointStance, Unknown
from beliefgraph.model.goal import GoalState
from beliefgraph.model.identity import goal_id
from beliefgraph.services.decisions.alike import similarity
from beliefgraph.services.decisions.told import ToldDecision
from beliefgraph.services.decisions.want import NoAnswerError, Want, signed, want_of
from beliefgraph.services.wanted import Wanted

MORE_LIKELY_THAN_NOT = 0.5
"""The confidence above which a hard constraint forbids: it is then traded against nothing."""

SLIGHT = 5e-3
"""A weight that is not worth a side."""

ALIKE = 0.5
"""The similarity from which a past decision tells something of an option."""

MOST_PAST = 5
"""Past decisions that speak about one option, the most alike first."""


@dataclass(frozen=True)
class Behind:
    """One piece of evidence behind a point, by its id, and its share in the belief that the point rests on."""

    evidence: str
    contribution: float | None = None


@dataclass(frozen=True)
class Grounded:
    """A point with what it rests on: the position of a belief, if it rests on one, and the evidence behind it."""

    point: Point
    position: int | None = None
    behind: tuple[Behind, ...] = ()


@dataclass(frozen=True)
class Weighed:
    """One option with its points, the weightiest first, and what could not be checked."""

    option: Option
    points: tuple[Grounded, ...]
    unknown: tuple[Unknown, ...]
    violation: float

    @property
    def allowed(self) -> bool:
        """Whether no hard constraint forbids it."""
        return all(one.point.stance != "forbids" for one in self.points)

    @property
    def score(self) -> float:
        """The balance of what may be traded."""
        return balance(one.point.weight for one in self.points if one.point.stance != "forbids")

    def answer(self, points: Sequence[Point]) -> OptionCheck:
        """How it is told, with the points as they are told."""
        return OptionCheck(
            option=self.option,
            allowed=self.allowed,
            violation=self.violation,
            score=self.score,
            points=tuple(points),
            unknown=self.unknown,
        )


@dataclass
class Weigher:
    """Weighs options against what is wanted, pursued and remembered."""

    found: Wanted
    attributes: Sequence[Attribute]
    goals: Mapping[str, GoalState]
    past: Sequence[ToldDecision]
    _unknown: list[Unknown] = field(default_factory=list)
    _violations: list[float] = field(default_factory=list)

    def weigh(self, option: Option) -> Weighed:
        """Everything that speaks for or against an option."""
        self._unknown, self._violations = [], [0.0]
        points = [
            *(one for attribute in self.attributes for one in self._points(attribute, option)),
            *self._goals(option),
            *self._past(option),
        ]
        points.sort(key=_order)
        unknown = tuple(sorted(self._unknown, key=lambda each: (each.feature, each.attribute)))
        return Weighed(option, tuple(points), unknown, max(self._violations))

    def _points(self, attribute: Attribute, option: Option) -> Iterator[Grounded]:
        preference = attribute.preference
        assert preference is not None
        if preference.kind == "valence":
            yield from self._valence(attribute, option)
            return
        assert preference.feature is not None
        subjects = self.found.subjects(attribute)
        if not subjects:
            return
        feature = option.features.get(preference.feature)
        if feature is None:
            self._unsaid(attribute, preference.feature, "the option does not say")
            return
        try:
            if preference.kind == "constraint":
                yield from self._constraints(attribute, subjects, feature)
            elif preference.kind == "value":
                yield from self._value(attribute, feature)
            else:
                yield from self._preference(attribute, feature)
        except NoAnswerError as why:
            self._unsaid(attribute, preference.feature, str(why))

    def _value(self, attribute: Attribute, feature: FeatureValue) -> Iterator[Grounded]:
        want, serves = want_of(self.found, attribute), signed(feature)
        confidence = float(want.posterior[0])
        verb = "serves" if serves > 0 else "harms" if serves < 0 else "leaves"
        yield _grounded(
            want, 0, "value", confidence * serves, f"{_says(want, 0)} ({confidence:.0%}): it {verb} that ({serves:+g})."
        )

    def _preference(self, attribute: Attribute, feature: FeatureValue) -> Iterator[Grounded]:
        want = want_of(self.found, attribute)
        weight, place = want.weigh(feature)
        yield _grounded(
            want,
            place,
            "preference",
            weight,
            f"{_says(want, place)} ({want.posterior[place]:.0%}, and {want.prior[place]:.0%} of anybody):"
            f" {_shown(feature)} {_speaks(weight)}.",
        )

    def _valence(self, attribute: Attribute, option: Option) -> Iterator[Grounded]:
        """How they feel about what the option has of a feature, of the one that the valence names or of any."""
        preference = attribute.preference
        assert preference is not None
        things = set(self.found.subjects(attribute))
        for name, feature in sorted(option.features.items()):
            if feature in things and preference.feature in (None, name):
                try:
                    want = want_of(self.found, attribute, str(feature))
                except NoAnswerError as why:
                    self._unsaid(attribute, name, str(why))
                    continue
                weight, place = want.mean(), want.most_moved
                yield _grounded(
                    want,
                    place,
                    "preference",
                    weight,
                    f"{_says(want, place)} ({want.posterior[place]:.0%}): {feature} {_speaks(weight)}.",
                )

    def _constraints(self, attribute: Attribute, subjects: Sequence[str], feature: FeatureValue) -> Iterator[Grounded]:
        preference = attribute.preference
        assert preference is not None
        assert preference.rule is not None
        wanted = {subject: want_of(self.found, attribute, subject) for subject in subjects}
        if preference.rule == "only":
            yield self._only(wanted, feature, hard=preference.hard)
            return
        for subject, want in wanted.items():
            broken = violates(preference.rule, subject, feature)
            if broken is None:
                raise NoAnswerError("it is no number, and the constraint is a bound")
            yield self._constraint(want, float(want.posterior[0]) if broken else 0.0, hard=preference.hard)

    def _only(self, wanted: Mapping[str, Want], feature: FeatureValue, *, hard: bool) -> Grounded:
        """Broken where they insist on something else, and not on what the option has too."""
        insists = {subject: float(want.posterior[0]) for subject, want in wanted.items()}
        this = {subject for subject in insists if not violates("only", subject, feature)}
        others = {subject: p for subject, p in insists.items() if subject not in this}
        if not others:
            return self._constraint(wanted[min(this)], 0.0, hard=hard)
        strongest = min(others, key=lambda subject: (-others[subject], subject))
        spared = max((insists[subject] for subject in this), default=0.0)
        return self._constraint(wanted[strongest], others[strongest] * (1.0 - spared), hard=hard)

    def _constraint(self, want: Want, broken: float, *, hard: bool) -> Grounded:
        """A constraint that the option violates with so much probability."""
        said = f"{_says(want, 0)} ({want.posterior[0]:.0%})"
        if hard:
            self._violations.append(broken)
        if hard and broken > MORE_LIKELY_THAN_NOT:
            return _grounded(want, 0, "constraint", -broken, f"{said}: that is never traded.", "forbids")
        how = "it keeps to that" if broken == 0.0 else f"it goes against that with {broken:.0%}"
        return _grounded(want, 0, "constraint", -broken if broken else 0.0, f"{said}: {how}.")

    def _goals(self, option: Option) -> Iterator[Grounded]:
        moment = self.found.seen.moment
        for key, serves in sorted(option.goals.items()):
            goal = self.goals[key]
            weight = serves * goal.importance
            said = [row for row in moment.state.statements if row.goal == goal_id(moment.state.id, key)]
            said = sorted((row for row in said if row.valid.contains(moment.at)), key=lambda row: row.valid_from)
            verb = "serves" if serves > 0 else "hinders" if serves < 0 else "leaves"
            yield Grounded(
                _point(
                    "goal",
                    weight,
                    f"It {verb} “{goal.title}” ({serves:+g}), of importance {goal.importance:.0%}.",
                    goal=key,
                ),
                behind=tuple(Behind(row.evidence) for row in reversed(said)),
            )

    def _past(self, option: Option) -> Iterator[Grounded]:
        """The decided ones whose choice was most like the option, the latest first among equals."""
        found = []
        for told in self.past:
            if told.option is not None:
                alike = similarity(option.features, told.option.features)
                if alike >= ALIKE:
                    found.append((alike, told))
        found.sort(key=lambda each: (-each[0], -each[1].since.timestamp(), each[1].decision.key))
        for alike, told in found[:MOST_PAST]:
            weight = alike * (told.actual or 0.0)
            fields = [told.fields.get(name) for name in ("actual", "expected", "chosen")]
            yield Grounded(
                _point(
                    "past_decision",
                    weight,
                    _remembered(told, alike),
                    decision=told.decision.key,
                    expected=told.expected,
                    actual=told.actual,
                ),
                behind=tuple(map(Behind, dict.fromkeys(row.evidence for row in fields if row is not None))),
            )

    def _unsaid(self, attribute: Attribute, feature: str, reason: str) -> None:
        self._unknown.append(Unknown(attribute=attribute.key, feature=feature, reason=reason))


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
    want: Want, place: int, kind: PointKind, weight: float, sentence: str, stance: PointStance | None = None
) -> Grounded:
    """A point that rests on how likely a value of a preference is."""
    belief = want.key.model_copy(update={"value": want.values[place]})
    confidence = float(want.posterior[place])
    return Grounded(_point(kind, weight, sentence, stance, confidence=confidence, belief=belief), want.positions[place])


def _says(want: Want, place: int) -> str:
    key: BeliefKey = want.key.model_copy(update={"value": want.values[place]})
    return f"“{want.attribute.say(key)}”"


def _stance(weight: float) -> PointStance:
    return "neutral" if abs(weight) < SLIGHT else "for" if weight > 0 else "against"


def _speaks(weight: float) -> str:
    return {"for": "speaks for it", "against": "speaks against it"}.get(_stance(weight), "says nothing either way")


def _shown(feature: FeatureValue) -> str:
    return feature if isinstance(feature, str) else f"{feature:g}"


def _remembered(told: ToldDecision, alike: float) -> str:
    chose = f"In “{told.title}” they chose {told.chosen}, {alike:.0%} alike"
    if told.actual is None:
        hoped = "" if told.expected is None else f", expecting {told.expected:+g}"
        return f"{chose}{hoped}; what came of it is not known yet."
    if told.expected is None:
        return f"{chose}: it came out {told.actual:+g}."
    off = told.actual - told.expected
    how = "as expected" if abs(off) < SLIGHT else f"{abs(off):g} {'better' if off > 0 else 'worse'} than expected"
    return f"{chose}: expected {told.expected:+g}, it came out {told.actual:+g}, {how}."


def _order(one: Grounded) -> tuple[bool, float, str, str, str]:
    """What forbids first, then the weightiest; ties by what they are about."""
    point = one.point
    about = repr(point.belief) if point.belief is not None else point.goal or point.decision or ""
    return point.stance != "forbids", -abs(point.weight), point.kind, about, point.sentence
