"""`beliefgraph evaluate cdnow`: the numbers on the real file, and that nothing after the cut is looked at."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from beliefgraph.evaluate import cdnow_service
from beliefgraph.evaluate.cdnow import CUT, evaluate, first_weeks, histories, learned, outcomes
from beliefgraph.evaluate.client import Client
from beliefgraph.evaluate.data import Purchase, read_purchases
from beliefgraph.evaluate.replay import LearnSources
from beliefgraph.evaluate.report import Evaluation
from beliefgraph.inference.foresight.hazards import any_within


def few() -> list[Purchase]:
    """Two customers; the second buys only after the cut as well."""
    first = CUT - timedelta(weeks=10)
    return [
        Purchase("a", first, 10.0),
        Purchase("a", first + timedelta(days=10), 5.0),
        Purchase("b", first + timedelta(days=1), 20.0),
        Purchase("b", CUT + timedelta(days=3), 20.0),
        Purchase("c", CUT + timedelta(days=1), 20.0),
    ]


def test_histories_end_with_the_cut_and_outcomes_begin_after_it() -> None:
    known = histories(few(), CUT)
    assert known.start.tolist() == [0, 2, 3]
    assert known.time.tolist() == [0.0, 10 / 7, 0.0]
    assert outcomes(few(), CUT, 1).tolist() == [0.0, 1.0]
    assert first_weeks(few(), CUT, 3).tolist() == [3, 0]
    assert first_weeks(few(), CUT - timedelta(weeks=1), 3).tolist() == [3, 1]
    assert outcomes(few(), CUT - timedelta(weeks=1), 39).tolist() == [0.0, 1.0]


def test_what_must_be_reached_on_the_real_purchases_is_reached(shared_data: Path) -> None:
    purchases = read_purchases(shared_data)
    found = evaluate(purchases)
    assert found.ok, [row for row in found.checks if not row.ok]
    values = {row.item: row.value for row in found.checks}
    covered = values["week of the first purchase: share in the central 80 % interval"]
    assert covered == pytest.approx(values["the probability given to that interval"], abs=0.02)


def test_purchases_after_the_cut_do_not_move_the_forecast(shared_data: Path) -> None:
    purchases = [purchase for purchase in read_purchases(shared_data) if int(purchase.customer) % 40 == 0]
    cut = date(1997, 6, 30)
    said = []
    for known in (purchases, [purchase for purchase in purchases if purchase.day <= cut]):
        past = histories(known, cut)
        said.append(any_within(learned(past)[0], past.states(), 13))
    assert np.array_equal(said[0], said[1])


async def test_a_few_real_customers_are_forecast_through_the_service_by_what_it_learned_of_them(
    client: Client, learn: LearnSources, shared_data: Path
) -> None:
    purchases = [purchase for purchase in read_purchases(shared_data) if int(purchase.customer) % 120 == 0]

    def work() -> Evaluation:
        return cdnow_service.evaluate(client, purchases, "test", lambda *_: None, learn=learn, keep=True)

    found = {row.item: row for row in (await asyncio.to_thread(work)).checks}
    for item in ("forecasts resolved", "forecasts left open", "forecasts by what was learned"):
        assert found[item].ok, found[item]
    assert float(found["AUC"].value or 0) > 0.65
    assert float(found["Brier"].value or 1) < 0.19
