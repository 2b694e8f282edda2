"""Checks a catalog's rules before it is published: an expression that cannot work is refused with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from beliefgraph.errors import Incorrect
from beliefgraph.inference.stop import check_stopped
from beliefgraph.model.attribute import SLOTS
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.decision import FIELDS as DECISION_FIELDS
from beliefgraph.model.goal import FIELDS
from beliefgraph.model.record import Record
from beliefgraph.services.cel.functions import Kind
from beliefgraph.services.interpretation import expressions
from beliefgraph.services.interpretation.bearings import MAX_LOG_LIKELIHOOD_RATIO
from beliefgraph.services.interpretation.goals import RELATED, is_status


def check_catalog(catalog: Catalog) -> None:
    """Refuse (`invalid-definition`, naming the place) a catalog with a rule or a text that cannot work."""
    for place, wrong in faults(catalog):
        field = place.replace("[", ".").replace("]", "")
        message = f"{catalog.ref} {place}: {wrong}."
        raise Incorrect("invalid-definition", message, place=f"{catalog.ref} {place}", field=field)


def faults(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Every place of a catalog with an expression, a likelihood or a text that cannot work, and why."""
    for place, expression, wanted in _expressions(catalog):
        check_stopped()
        if wrong := expressions.check(expression, *wanted):
            yield place, f"{expression!r}: {wrong}"
    for n, rule in enumerate(catalog.events):
        for m, bearing in enumerate(rule.bears_on):
            ratios = {"likelihoods_by_value": max(map(abs, bearing.log_ratios.values()), default=0.0)}
            if bearing.likelihoods is not None:
                ratios["likelihoods"] = abs(bearing.likelihoods.log_ratio)
            for field in (field for field, ratio in ratios.items() if not ratio <= MAX_LOG_LIKELIHOOD_RATIO):
                place = f"events[{n}].bears_on[{m}].{field}"
                yield place, f"their log-ratio is beyond ±{MAX_LOG_LIKELIHOOD_RATIO:g}; nothing is that certain"
    yield from _texts(catalog)
    for n, outcome in enumerate(catalog.outcomes):
        ahead = sorted(outcome.horizons, key=lambda horizon: horizon.within)
        if any(longer.expected < shorter.expected for shorter, longer in pairwise(ahead)) and outcome.grades is None:
            yield f"outcomes[{n}].horizons", "a longer horizon is less likely (expected) than a shorter one"


_BRACES = re.compile(r"\{[^{}]*\}|[{}]")


SHOWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "attributes": ("statement", SLOTS),
    "metrics": ("statement", ()),
    "events": ("summary", ()),
}
"""The text for people in each item of a catalog's lists, and the placeholders it may have."""


def _texts(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Texts for people that are blank, or that have unknown placeholders.

    Not checked in the record itself, because a catalog that was published before may have them.
    """
    for name, (field, slots) in SHOWN.items():
        for n, each in enumerate(getattr(catalog, name)):
            if why := text_fault(getattr(each, field), slots):
                yield f"{name}[{n}].{field}", why


def text_fault(text: str, slots: Sequence[str]) -> str | None:
    """What is wrong with a text for people that may have these placeholders; None if nothing is."""
    if not text.strip():
        return "This text is blank"
    filled = [f"{{{slot}}}" for slot in slots]
    left = [found for found in _BRACES.findall(text) if found not in filled]
    if not left:
        return None
    may = f"allowed are {', '.join(filled)}" if filled else "this text may contain none"
    return f"{left[0]} is not a placeholder; {may}"


_WANTED: Mapping[str, tuple[Kind, ...]] = {
    **dict.fromkeys(
        ("source", "subject", "context", "shared_origin", "shared_across", "source_kind", "value_from"), ("string",)
    ),
    **dict.fromkeys(("log_likelihood_ratio", "reading", "value"), ("number",)),
    **{
        "when": ("bool",),
        "key": ("string",),
        "zone_from": ("string", "null"),
        "zone": ("string", "null"),
        "label": ("string", "number"),
        "verbatim": ("string", "null"),
    },
}
"""The kind of value that the expression of a field must give; for other fields, any."""


def _expressions(catalog: Catalog) -> Iterator[tuple[str, str, tuple[Kind, ...]]]:
    """Every expression of a catalog, with its place and the kind of value it must give."""
    for n, metric in enumerate(catalog.metrics):
        yield from _of(metric, f"metrics[{n}]", "when", "source", "subject", "context", "value", "label", "zone_from")
        if metric.follow_up is not None:
            yield from _of(metric.follow_up, f"metrics[{n}].follow_up", "when", "label")
        if metric.zone_events is not None:
            yield from _of(metric.zone_events, f"metrics[{n}].zone_events", "when", "zone")
    for n, outcome in enumerate(catalog.outcomes):
        for m, event in enumerate(outcome.events):
            yield from _of(event, f"outcomes[{n}].events[{m}]", "when")
        if outcome.grades is not None and outcome.grades.value is not None:
            wanted: tuple[Kind, ...] = ("number",) if outcome.grades.bounds else ("string",)
            yield f"outcomes[{n}].grades.value", outcome.grades.value, wanted
    for n, rule in enumerate(catalog.events):
        place = f"events[{n}]"
        yield from _of(rule, place, "when", "source", "verbatim", "shared_origin", "shared_across", "source_kind")
        for m, bearing in enumerate(rule.bears_on):
            fields = ("when", "subject", "context", "value_from", "log_likelihood_ratio", "reading")
            yield from _of(bearing, f"{place}.bears_on[{m}]", *fields)
        for m, goal in enumerate(rule.goals):
            stated = (field for field in FIELDS if not is_status(field, getattr(goal, field)))
            yield from _of(goal, f"{place}.goals[{m}]", "key", "when", *stated, *RELATED)
            for i, motive in enumerate(goal.motivated_by):
                yield from _of(motive, f"{place}.goals[{m}].motivated_by[{i}]", "subject", "context")
        for m, decision in enumerate(rule.decisions):
            yield from _of(decision, f"{place}.decisions[{m}]", "key", "when", *DECISION_FIELDS)
        for m, permission in enumerate(rule.permissions):
            yield from _of(
                permission, f"{place}.permissions[{m}]", "purpose", "allowed", "when", "category", "recipient"
            )


def _of(part: Record, place: str, *fields: str) -> Iterator[tuple[str, str, tuple[Kind, ...]]]:
    """The expressions among these fields of a part of a catalog; a number or None is not an expression."""
    for field in fields:
        if isinstance(expression := getattr(part, field), str):
            yield f"{place}.{field}", expression, _WANTED.get(field, ())
