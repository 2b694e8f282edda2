"""Prometheus metrics of this process: requests, commits, inference, events, refreshes, subscriptions.

Label values come from closed sets only: endpoints, error codes, statuses. Caller-supplied text is never a label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The media type of what `exposition` returns."""

FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the buckets for work that a caller waits for, in seconds."""

SLOW = (0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0)
"""Upper bounds of the buckets for background work, in seconds."""

REGISTRY = CollectorRegistry()
"""The metrics that this process counts as things happen."""

REQUESTS = Counter(
    "beliefgraph_requests",
    "Requests and operations on WebSockets, by endpoint and outcome: ok, gone (the client left), or an error code.",
    ("endpoint", "outcome"),
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "beliefgraph_request_seconds",
    "Time from a request to its answer, by endpoint.",
    ("endpoint",),
    buckets=FAST,
    registry=REGISTRY,
)
COMMIT_SECONDS = Histogram(
    "beliefgraph_commit_seconds",
    "Time to write a transaction of commits to Neo4j.",
    buckets=FAST,
    registry=REGISTRY,
)
INFERENCE_SECONDS = Histogram(
    "beliefgraph_inference_seconds",
    "Time to derive the beliefs of a twin at a moment.",
    buckets=FAST,
    registry=REGISTRY,
)
EVENTS = Counter(
    "beliefgraph_events",
    "Events received, by what became of them.",
    ("status",),
    registry=REGISTRY,
)
QUARANTINED = Counter(
    "beliefgraph_quarantined_events",
    "Events put into quarantine, by the code of the reason.",
    ("code",),
    registry=REGISTRY,
)
REFRESHED = Counter(
    "beliefgraph_refreshed_twins",
    "Twins that a background refresh looked at, by its receipt's status or its error code.",
    ("outcome",),
    registry=REGISTRY,
)
REFRESH_SECONDS = Histogram(
    "beliefgraph_refresh_seconds",
    "Time of one round over all twins that are due for a refresh.",
    buckets=SLOW,
    registry=REGISTRY,
)
REFRESH_ENDED = Gauge(
    "beliefgraph_refresh_last_success_timestamp_seconds",
    "When the last such round ended without an error; 0 if none has.",
    registry=REGISTRY,
)
SUBSCRIPTION_LAG = Histogram(
    "beliefgraph_subscription_lag_seconds",
    "Time from a commit to its change being queued for the subscribers of its twin.",
    buckets=SLOW,
    registry=REGISTRY,
)
CACHE_READS = Counter(
    "beliefgraph_cache_reads",
    "Times a whole twin was needed: in memory (hit), in memory compressed (compressed), or read from Neo4j (miss).",
    ("outcome",),
    registry=REGISTRY,
)


@dataclass(frozen=True)
class State:
    """A number that is read when metrics are requested: its name, its meaning, and its value."""

    name: str
    meaning: str
    value: float


def exposition(states: Sequence[State]) -> bytes:
    """All metrics of this process and these states, in Prometheus's text format."""
    now = CollectorRegistry()
    for state in states:
        Gauge(f"beliefgraph_{state.name}", state.meaning, registry=now).set(state.value)
    return generate_latest(REGISTRY) + generate_latest(now)
