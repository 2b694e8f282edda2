"""The check of a catalog's rules before it is published: an expression that cannot work is refused with its place."""

from __future__ import annotations

from collections.abc import Iterator

from beliefgraph.errors import Incorrect
from beliefgraph.model.decision import FIELDS as DECISION_FIELDS
from beliefgraph.model.definition import Catalog
from beliefgraph.model.goal import FIELDS
from beliefgraph.services import expressions
from beliefgraph.services.interpretation.bearings import MAX_LOG_LIKELIHOOD_RATIO
from beliefgraph.services.interpretation.goals import RELATED, is_status


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
                if isinstance(expression := getattr(goal, field), str) and not is_status(field, expression):
                    yield f"events[{n}].goals[{m}].{field}", expression
            for i, motive in enumerate(goal.motivated_by):
                for field in ("subject", "context"):
                    if (expression := getattr(motive, field)) is not None:
                        yield f"events[{n}].goals[{m}].motivated_by[{i}].{field}", expression
        for m, decision in enumerate(rule.decisions):
            for field in ("key", "when", *DECISION_FIELDS):
                if (expression := getattr(decision, field)) is not None:
                    yield f"events[{n}].decisions[{m}].{field}", expression
