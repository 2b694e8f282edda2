"""The same purchases through a running service: it learns a hazard, stores forecasts, resolves and scores them.

The service receives no purchase after the cut until its forecasts are stored. Each customer is a twin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, time, timedelta
from typing import Any

from beliefgraph.evaluate.cdnow import BASELINES, CUT, MUST_AUC, MUST_BRIER, MUST_ECE, WEEKS
from beliefgraph.evaluate.client import Client
from beliefgraph.evaluate.data import Purchase
from beliefgraph.evaluate.replay import BATCH_SIZE, LearnSources, Progress, erased_after
from beliefgraph.evaluate.report import Evaluation, Line, Row, at_least, at_most, exactly
from beliefgraph.model.catalog import Catalog

OUTCOME = "buys_again"
MADE_AT = datetime.combine(CUT, time(), UTC) + timedelta(days=1)

CATALOG = Catalog.model_validate(
    {
        "catalog": "cdnow",
        "version": "1.0.0",
        "metrics": [
            {
                "key": "first.amount",
                "statement": "spent at the first purchase",
                "kind": "sum",
                "events": ["purchase"],
                "when": "data.first",
                "value": "data.amount",
                "window": "P3660D",
            }
        ],
        "outcomes": [
            {
                "key": OUTCOME,
                "title": "Buys again",
                "events": [{"type": "purchase"}],
                "every": "P7D",
                "counted_from": MADE_AT.isoformat(),
                "horizons": [{"within": f"P{WEEKS * 7}D", "expected": 0.5}],
                "metrics": [{"metric": "first.amount"}],
            }
        ],
    }
)


def evaluate(
    client: Client,
    purchases: Sequence[Purchase],
    run_name: str,
    progress: Progress,
    *,
    learn: LearnSources,
    keep: bool = False,
) -> Evaluation:
    """Deliver, learn from the data before the cut, forecast, deliver the rest, and read the record."""
    client.publish(CATALOG)
    known = {purchase.customer for purchase in purchases if purchase.day <= CUT}
    events = sorted(_events(purchases, known, run_name), key=lambda event: (event["time"], event["id"]))
    before = [event for event in events if event["time"] < MADE_AT.isoformat()]
    twins = [f"{run_name}-{customer}" for customer in sorted(known)]
    with nullcontext() if keep else erased_after(client, twins, progress):
        _deliver(client, before, progress, "Purchases up to the cut")
        learn(before=MADE_AT, outcomes=True)
        client.make_forecasts(MADE_AT)
        _deliver(client, events[len(before) :], progress, "Purchases after it")
        client.resolve_forecasts()
        found = client.record(OUTCOME)
    scores = found["scores"]
    learned = sum(group["scores"]["count"] for group in found["byBasis"] if group["key"] == "learned")
    setting = f"any purchase in {WEEKS} weeks, {scores['count']:,} customers, through the service"
    shown = {"AUC": "auc", "Brier": "brier", "log loss": "logLoss", "ECE": "ece", "skill": "skill"}
    return Evaluation(
        name="cdnow",
        checks=[
            exactly("forecasts resolved", scores["count"], len(known)),
            exactly("forecasts left open", found["open"], 0),
            exactly("forecasts by what was learned", learned, len(known)),
            Row("share that bought", scores["baseRate"]),
            Row("mean forecast", scores["mean"]),
            at_least("AUC", scores["auc"], MUST_AUC),
            at_most("Brier", scores["brier"], MUST_BRIER),
            at_most("ECE", scores["ece"], MUST_ECE),
            *(
                Row(f"predicted {each['said']:.3f} on average, {each['count']:,} times: observed", each["happened"])
                for each in scores["reliability"]
                if each["count"]
            ),
        ],
        lines=[
            Line(setting, "beliefgraph", {name: scores[field] for name, field in shown.items()}),
            *(Line(setting, name, given, baseline=True) for name, given in BASELINES),
        ],
        curves=[],
    )


def _deliver(client: Client, events: Sequence[dict[str, Any]], progress: Progress, what: str) -> None:
    """Send the events in order of time, at most one event of each customer per call.

    So every event is processed separately, and the state before it is what was published at the time.
    """
    done = 0
    for batch in apart(events):
        client.send(batch)
        done += len(batch)
        progress(what, done, len(events))


def apart(events: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Events in batches, in order, with at most one of each twin."""
    batch: list[dict[str, Any]] = []
    twins: set[str] = set()
    for event in events:
        if len(batch) == BATCH_SIZE or event["twin"] in twins:
            yield batch
            batch, twins = [], set()
        batch.append(event)
        twins.add(event["twin"])
    if batch:
        yield batch


def _events(purchases: Sequence[Purchase], known: set[str], run_name: str) -> Iterator[dict[str, Any]]:
    """The purchases of customers known at the cut, within the horizon, as CloudEvents."""
    end = CUT + timedelta(weeks=WEEKS)
    met: set[str] = set()
    for number, purchase in enumerate(purchases):
        if purchase.customer not in known or purchase.day > end:
            continue
        first = purchase.customer not in met
        met.add(purchase.customer)
        yield {
            "specversion": "1.0",
            "id": f"{run_name}-{number}",
            "source": "cdnow",
            "type": "purchase",
            "time": datetime.combine(purchase.day, time(12), UTC).isoformat(),
            "twin": f"{run_name}-{purchase.customer}",
            "data": {"amount": purchase.amount, "first": first},
        }
