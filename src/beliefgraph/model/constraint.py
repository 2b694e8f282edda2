"""Contradictions among constraints: which requirements on one feature cannot be met together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from pydantic import Field

from beliefgraph.model.belief import AttributeName, BeliefState
from beliefgraph.model.preference import ConstraintRule
from beliefgraph.model.record import Key, Name, Record


class Requirement(Record):
    """What one constraint requires of a feature.

    The operands of `only` that one attribute states are allowed together.
    """

    attribute: AttributeName
    feature: Name = Field(description="Feature that is constrained.")
    rule: ConstraintRule
    operand: Key = Field(description="Number or string that the feature is compared with.")


class Conflict(Record):
    """Constraints on one feature that no option can meet together; all of them remain in force."""

    feature: Name = Field(description="Feature that is constrained.")
    constraints: tuple[BeliefState, ...] = Field(description="The conflicting constraints, as beliefs.")
    sentence: str = Field(description="The conflict in a sentence.")


def contradictions(demands: Sequence[Requirement]) -> Iterator[tuple[int, ...]]:
    """The indices of demands that cannot be met together: all such pairs, then larger sets without such a pair.

    Every set is minimal. A demand that is in a pair is in no larger set.
    """
    by_feature: dict[str, dict[tuple[object, ...], list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, demand in enumerate(demands):
        together = (demand.attribute,) if demand.rule == "only" else (demand.attribute, place)
        by_feature[demand.feature][together].append(place)
    for units in (list(found.values()) for found in by_feature.values()):
        left = list(units)
        for one, other in combinations(units, 2):
            if not _can_be_met([demands[place] for place in (*one, *other)]):
                yield tuple(sorted((*one, *other)))
                left = [unit for unit in left if unit not in (one, other)]
        while (least := _least(left, demands)) is not None:
            yield tuple(sorted(place for unit in least for place in unit))
            left = [unit for unit in left if unit not in least]


def violates(rule: ConstraintRule, operand: str, feature: float | str) -> bool | None:
    """Whether a constraint with one operand rules out an option's feature; None if that cannot be decided.

    It cannot if the constraint is a bound and the feature a word.
    """
    text = feature if isinstance(feature, str) else repr(feature)
    if rule in ("never", "only"):
        return _same(operand, text) == (rule == "never")
    if isinstance(feature, str):
        return None
    return feature > float(operand) if rule == "at_most" else feature < float(operand)


def _least(units: Sequence[list[int]], demands: Sequence[Requirement]) -> list[list[int]] | None:
    """A minimal set of units that cannot be met together; None if all can."""

    def met(some: Iterable[list[int]]) -> bool:
        return _can_be_met([demands[place] for unit in some for place in unit])

    if met(units):
        return None
    kept = list(units)
    for unit in units:
        without = [each for each in kept if each is not unit]
        if not met(without):
            kept = without
    return kept


def _can_be_met(demands: Iterable[Requirement]) -> bool:
    """Whether any value of the feature meets all demands."""
    low, high, never = -math.inf, math.inf, []
    only: dict[str, list[str]] = defaultdict(list)
    for demand in demands:
        match demand.rule:
            case "at_least":
                low = max(low, float(demand.operand))
            case "at_most":
                high = min(high, float(demand.operand))
            case "never":
                never.append(demand.operand)
            case "only":
                only[demand.attribute].append(demand.operand)
    if low > high:
        return False
    if not only:
        return low < high or not any(_number(operand) == low for operand in never)
    first, *others = only.values()
    return any(
        all(any(_same(operand, allowed) for allowed in each) for each in others)
        and not any(_same(operand, ruled_out) for ruled_out in never)
        and low <= _number(operand, low) <= high
        for operand in first
    )


def _same(one: str, other: str) -> bool:
    return one == other or _number(one) == _number(other)  # NaN, of text that is no number, equals nothing


def _number(text: str, otherwise: float = math.nan) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise
