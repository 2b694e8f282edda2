"""How an event bears on beliefs by a rule: which belief, with which log-likelihood ratio, and for how long."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta

from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey
from beliefgraph.model.catalog import BearingRule, EventRule
from beliefgraph.model.record import normalised
from beliefgraph.model.time import seconds
from beliefgraph.services.interpretation.protocol import BearsOn
from beliefgraph.services.interpretation.rule_context import RuleContext

MAX_LOG_LIKELIHOOD_RATIO = 30.0


def bearings(rule_context: RuleContext, rule: EventRule, bearing: BearingRule) -> Iterator[BearsOn]:
    """One bearing, or one for each value whose likelihood is stated."""
    at = bearing.attribute
    attribute = rule_context.definitions.attribute(at)
    half_life = bearing.half_life or attribute.half_life
    subject = rule_context.key(rule, bearing.subject, f"{at}: subject", ANYONE)
    context = rule_context.key(rule, bearing.context, f"{at}: context", ANYWHERE)
    origin = rule_context.optional_key(rule, rule.shared_origin, "shared_origin")
    across = rule_context.optional_key(rule, rule.shared_across, "shared_across")
    rule_context.require_place(rule, attribute, subject, context)
    ratios: list[tuple[str | None, float]] = list(bearing.log_ratios.items())
    if bearing.reading is not None:
        ratios = list(_read(rule_context, rule, bearing, attribute).items())
    elif bearing.likelihoods_by_value is None:
        ratios = [(_value(rule_context, rule, bearing, attribute), _ratio(rule_context, rule, bearing))]
    for value, ratio in ratios:
        yield BearsOn(
            belief=BeliefKey.of(attribute=at, subject=subject, context=context, value=value),
            log_likelihood_ratio=ratio,
            half_life=seconds(half_life) if isinstance(half_life, timedelta) else None,
            shared_origin=origin,
            shared_across=across,
            from_now_on=bearing.from_now_on and (value is None or ratio > 0),
        )


def added(a: BearsOn, b: BearsOn) -> BearsOn:
    """Two bearings on one belief combined: the sum of the ratios within the bound, all else from the stronger."""
    total = math.fsum((a.log_likelihood_ratio, b.log_likelihood_ratio))
    stronger = b if abs(b.log_likelihood_ratio) > abs(a.log_likelihood_ratio) else a
    return BearsOn(
        belief=a.belief,
        log_likelihood_ratio=max(-MAX_LOG_LIKELIHOOD_RATIO, min(MAX_LOG_LIKELIHOOD_RATIO, total)),
        half_life=stronger.half_life,
        shared_origin=stronger.shared_origin,
        shared_across=stronger.shared_across,
        from_now_on=a.from_now_on or b.from_now_on,
    )


def _ratio(rule_context: RuleContext, rule: EventRule, bearing: BearingRule) -> float:
    where, ratio = f"{bearing.attribute}: log_likelihood_ratio", bearing.log_likelihood_ratio
    if bearing.likelihoods is not None:
        value: object = bearing.likelihoods.log_ratio
    else:
        value = rule_context.value(rule, ratio, where) if isinstance(ratio, str) else ratio
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        rule_context.refuse(rule, where, ratio, "it is not a number")
    if not abs(value) <= MAX_LOG_LIKELIHOOD_RATIO:  # NaN too
        rule_context.refuse(rule, where, ratio, f"it is not a number within ±{MAX_LOG_LIKELIHOOD_RATIO:g}")
    return float(value)


def _read(
    rule_context: RuleContext, rule: EventRule, bearing: BearingRule, attribute: Attribute
) -> Mapping[str, float]:
    """The log-likelihood ratio of every value on the scale, given a reading."""
    where, given = f"{bearing.attribute}: reading", bearing.reading
    read = rule_context.value(rule, given, where) if isinstance(given, str) else given
    if isinstance(read, bool) or not isinstance(read, (int, float)) or not -1.0 <= read <= 1.0:  # NaN too
        rule_context.refuse(rule, where, given, "it is not a number from -1 to 1")
    assert bearing.noise is not None
    most = MAX_LOG_LIKELIHOOD_RATIO
    return {v: min(max(ratio, -most), most) for v, ratio in attribute.read(float(read), bearing.noise).items()}


def _value(rule_context: RuleContext, rule: EventRule, bearing: BearingRule, attribute: Attribute) -> str | None:
    if bearing.value_from is None:
        return bearing.value
    where = f"{bearing.attribute}: value_from"
    value = rule_context.key(rule, bearing.value_from, where, OTHER)
    if attribute.values is not None and value not in attribute.value_priors:
        if known := next((each for each in attribute.value_priors if normalised(each) == value), None):
            return known  # from a catalog published before values were normalised
        rule_context.refuse(rule, where, bearing.value_from, f"it is not one of its values: {attribute.listed}")
    return value
