"""The twins that the API's benchmarks run on: 850 beliefs and 935 relations each, all of them stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from tests.benchmarks.generators import hier

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event

BELIEFS = 850
RELATIONS = 935
SEED = 20260101
START = datetime(2026, 1, 1, tzinfo=UTC)
SEEN_AT_ONCE = 85
"""Beliefs that one event of type `bench.seen` bears on: ten events make a whole twin."""


def catalog() -> Catalog:
    """A catalog of `hier`'s beliefs and relations, and three types of event that bear on them."""
    structure = hier(BELIEFS, RELATIONS, SEED)
    seen = [
        {
            "type": f"bench.seen{part}",
            "summary": "saw a part of it",
            "bears_on": [
                {"attribute": name(i), "log_likelihood_ratio": f"double(data.llr[{i - part * SEEN_AT_ONCE}])"}
                for i in range(part * SEEN_AT_ONCE, (part + 1) * SEEN_AT_ONCE)
            ],
        }
        for part in range(BELIEFS // SEEN_AT_ONCE)
    ]
    one = {
        "type": "bench.one",
        "summary": "saw one thing",
        "bears_on": [
            {"attribute": name(i), "log_likelihood_ratio": "double(data.llr)", "when": f"data.belief == {i}"}
            for i in range(100)
        ],
    }
    return Catalog.model_validate(
        {
            "catalog": "bench",
            "version": "1.0.0",
            "attributes": [
                {"key": name(i), "domain": "bench", "prior": float(p), "statement": f"holds belief {i}"}
                for i, p in enumerate(structure.priors)
            ],
            "relations": [
                {
                    "kind": r.kind,
                    "source": name(r.source),
                    "target": name(r.target),
                    "probability" if r.kind == "implies" else "odds_ratio": r.parameter,
                }
                for r in structure.relations
            ],
            "events": [*seen, one],
        }
    )


def name(belief: int) -> str:
    """The attribute of a belief by its number."""
    return f"bench.b{belief}"


def twin(number: int) -> str:
    """A twin by its number."""
    return f"bench-{number:04d}"


def founding(number: int) -> Iterator[Event]:
    """The ten events that bear on every belief of a twin."""
    rng = np.random.default_rng(SEED + number)
    for part in range(BELIEFS // SEEN_AT_ONCE):
        ratios = rng.normal(0.0, 1.0, SEEN_AT_ONCE).round(3).tolist()
        yield Event(
            id=f"seen-{part}",
            source="bench",
            type=f"bench.seen{part}",
            time=START + timedelta(hours=part),
            twin=twin(number),
            data={"llr": ratios},
        )


def single(number: int, index: int) -> Event:
    """One more event of a twin, on one belief."""
    return Event(
        id=f"one-{index}",
        source="bench",
        type="bench.one",
        time=START + timedelta(days=1, minutes=index),
        twin=twin(number),
        data={"belief": index % 100, "llr": 0.7 if index % 3 else -0.9},
    )
