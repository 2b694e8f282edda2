"""Ids derived from names: UUIDv5 of what identifies a thing, so that replays and ties are the same everywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from uuid import UUID

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.event import EventName
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.named_id import named_id, named_ids

_NAMESPACE = UUID("8f3f5f0a-6a2c-5d6e-9a55-0c5b1b8b7a11")


def _id(*parts: str) -> str:
    return named_id(_NAMESPACE, "\x1f".join(parts))


def twin_id(tenant: str, name: str) -> str:
    """The id of the twin that an application calls `name`; it includes the tenant, so two tenants never share one."""
    return _id("twin", tenant, name)


def belief_id(twin: str, key: BeliefKey) -> str:
    """The id of a belief, from its attribute, subject, context and value."""
    value = () if key.value is None else (key.value,)
    return _id("belief", twin, key.attribute, key.subject, key.context, *value)


def belief_name(key: BeliefKey) -> bytes:
    """What the id of a belief is derived from, besides the twin."""
    value = () if key.value is None else (key.value,)
    return "\x1f".join((key.attribute, key.subject, key.context, *value)).encode()


def belief_ids(twin: str, names: Iterable[bytes]) -> tuple[str, ...]:
    """The ids of many beliefs of a twin, by their `belief_name`."""
    return tuple(named_ids(_NAMESPACE, f"belief\x1f{twin}\x1f", names))


def metric_id(twin: str, key: MetricKey) -> str:
    """The id of a metric of a twin, from its definition, subject and context."""
    return _id("metric", twin, key.metric, key.subject, key.context)


def event_id(twin: str, source: str, id_: str) -> str:
    """The id of an event in a twin: CloudEvents' `source` and `id`."""
    return _id("event", twin, source, id_)


COMMANDS = "beliefgraph:commands"
"""The CloudEvents source of the events that record commands."""


def event_ids(twin: str, name: EventName) -> tuple[str, ...]:
    """The ids that an event of this name, or evidence from it, may have in a twin."""
    if name.source is not None:
        return (event_id(twin, name.source, name.id),)
    return name.id, event_id(twin, COMMANDS, name.id)


def record_id(layer: str, twin: str, key: str) -> str:
    """The id of a record of a layer: the layer, the twin, and the application's key."""
    return _id("record", layer, twin, key)


def evidence_id(event: str, source: str) -> str:
    """The id of the evidence one event yields from one source."""
    return _id("evidence", event, source)


def source_id(tenant: str, name: str) -> str:
    """The id of a source, which belongs to a tenant."""
    return _id("source", tenant, name)


METRIC = "metric:"
"""Prefix of the names of sources that are metrics; other sources must not use it."""

PERSON = "person:"
"""Prefix of the names of sources that are modelled persons; no other actor may use it."""


def reads_as(name: str, *prefixes: str) -> bool:
    """Whether a name reads as one with such a prefix, even with capitals, wide or invisible characters."""
    if not name.isascii():
        name = "".join(each for each in unicodedata.normalize("NFKC", name) if unicodedata.category(each) != "Cf")
    return name.strip().casefold().startswith(prefixes)


def person_source(name: str) -> str:
    """The name as a source of the person of the twin of this name."""
    return PERSON + name


def purpose_id(tenant: str, key: str | None) -> str:
    """The id of a purpose, which belongs to a tenant; None is all purposes."""
    return _id("purpose", tenant, *(() if key is None else (key,)))


def relation_id(source: str, kind: str, target: str) -> str:
    """The id of a relation between two beliefs: stable over all its revisions."""
    return _id("relation", source, kind, target)


def goal_id(twin: str, key: str) -> str:
    """The id of the goal that an application calls `key` in a twin."""
    return _id("goal", twin, key)


def decision_id(twin: str, key: str) -> str:
    """The id of the decision that an application calls `key` in a twin."""
    return _id("decision", twin, key)


def forecast_id(twin: str, outcome: str, horizon: str, made_at: str) -> str:
    """The id of the forecast of an outcome in a twin over a horizon (ISO 8601), made at a moment (ISO 8601, UTC)."""
    return _id("forecast", twin, outcome, horizon, made_at)


def resolution_id(forecast: str, number: int) -> str:
    """The id of the resolution of that number of a forecast."""
    return _id("resolution", forecast, str(number))


def definition_id(tenant: str, catalog: str, version: str, attribute: str) -> str:
    """The id of one attribute as one version of a catalog defines it."""
    return _id("definition", tenant, catalog, version, attribute)
