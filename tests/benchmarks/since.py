"""How long it takes to tell since when a metric is in its band, where it has been all along.

python tests/benchmarks/since.py [events]
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.report import Row, show

from beliefgraph.model.belief import ANYONE, ANYWHERE
from beliefgraph.model.identity import evidence_id
from beliefgraph.model.metric import Measurement, Metric, MetricDefinition
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.derivation.measure import measured_at, since
from beliefgraph.services.twin.measurements import Tally, no_measurements

TWIN = "5f0d7c1e-0000-4000-8000-000000000000"
START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
KINDS = (
    {"kind": "count"},
    {"kind": "sum", "value": "data.v"},
    {"kind": "recency"},
    {"kind": "streak", "every": "day"},
    {"kind": "absence", "within": "P7D"},
    {"kind": "mode", "label": "data.l"},
    {"kind": "cadence"},
)


def tally_of(events: int) -> Tally:
    """Events at random over a year, each with one of three labels."""
    chance = random.Random(1)
    rows = no_measurements(TWIN).opened(
        [
            Measurement(
                revision_id=revision_id("Measurement", str(n), 1, START),
                twin=TWIN,
                key=f"row {n}",
                valid_from=START + YEAR * chance.random(),
                rev_from=1,
                definition="",
                origin="observed",
                evidence=evidence_id(str(n), "source"),
                metric="metric",
                source="source",
                value=chance.random(),
                label=str(chance.randrange(3)),
            )
            for n in range(events)
        ]
    )
    return rows.tallies()["metric"]


def main(events: int) -> None:
    """Print a row for each kind."""
    metric = Metric(id="metric", twin="twin", name="m", subject=ANYONE, context=ANYWHERE, statement="m")
    shared = {"key": "m", "statement": "m", "events": ["e"], "window": YEAR, "bands": [{"at_least": 0}]}
    tally, rows = tally_of(events), []
    for kind in KINDS:
        one = measured_at(metric, MetricDefinition.model_validate({**shared, **kind}), tally, START + YEAR)
        assert one is not None
        began = time.perf_counter()
        assert since(one, tally, START + YEAR) is not None
        rows.append(Row(f"{kind['kind']} of {events:,} events", 1e3 * (time.perf_counter() - began), "ms"))
    show("Since when a metric is in its band", rows, False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000)
