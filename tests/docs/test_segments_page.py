"""The page on segments: its catalog can be defined, and its worked example is what the functions give."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.docs.test_foresight_page import numbers

from beliefgraph.inference.foresight.base_rates import shrunk
from beliefgraph.model.belief import BeliefKey, logit, probability
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.segment import LearnedBaseRate, LearnedRate
from beliefgraph.model.time import microseconds
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.forecasts.forecast import forecast
from beliefgraph.services.forecasts.history import history
from beliefgraph.services.twin.state import fresh
from beliefgraph.store.forecasts import HistoryRows
from beliefgraph.store.keys import Keyring

PAGE = (Path(__file__).parents[2] / "docs/segments.md").read_text(encoding="utf-8")
CATALOG = Catalog.model_validate(yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0]))
STATED = Definitions(tenant="t", number=1, catalogs=(CATALOG,))
CHURN = STATED.outcome("churn")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SSO = BeliefKey.of("needs.sso")


def paragraph(title: str) -> str:
    """What the example says under a bold title."""
    start = PAGE.index(f"**{title}**", PAGE.index("## Worked example"))
    end = PAGE.find("\n\n**", start)
    return PAGE[start : end if end > 0 else None].replace("−", "-")


def test_the_base_rates_are_as_the_page_says() -> None:
    rates, strength = shrunk(np.array([0.8, 0.3, 1.0]), np.array([200.0, 300.0, 4.0]), 0.5)
    assert f"strength with the highest likelihood is {strength:g}." in paragraph("The rate.")
    assert numbers(paragraph("The rate.")) == pytest.approx(rates, abs=5.1e-5)


def test_a_new_twin_of_a_segment_starts_where_the_page_says() -> None:
    rate = LearnedBaseRate(
        segment="enterprise",
        learned_on=STATED.segment_learned_on("enterprise"),
        attribute="needs.sso",
        stated=0.4,
        learned=0.797,
        tenant=0.5,
        twins=200,
        gain=0.1,
        error=0.01,
    )
    graph = DefinitionGraph(STATED.with_parameters(ParameterSet(tenant="t", number=1, base_rates=(rate,))))
    twin = fresh("5f0d7c1e-0000-4000-8000-000000000002", "t", "somebody")
    of_segment = derive(twin, graph.of_segment("enterprise"), NOW, also=[SSO])
    moved = derive(twin, graph.of_segment("enterprise"), NOW, extra={SSO: -1.5})
    others = derive(twin, graph, NOW, also=[SSO])
    at = of_segment.layout.keys.index(SSO)
    begin, then = float(of_segment.log_odds[at]), float(moved.log_odds[moved.layout.keys.index(SSO)])
    told = [float(each) for each in re.findall(r"-?\d\.\d{4}", paragraph("A new twin."))]
    stated = float(others.log_odds[others.layout.keys.index(SSO)])
    assert told == pytest.approx([probability(begin), probability(stated), begin, then, probability(then)], abs=5.1e-5)


def test_a_forecast_of_a_segment_is_what_the_page_says() -> None:
    rate = LearnedRate(
        outcome="churn",
        horizon=timedelta(days=28),
        segment="enterprise",
        learned_on=STATED.rate_learned_on(CHURN, "enterprise"),
        rate=0.15,
        tenant=0.3,
        twins=200,
        rows=900,
        until=NOW - timedelta(days=30),
        gain=0.1,
        error=0.01,
    )
    definitions = STATED.with_parameters(ParameterSet(tenant="t", number=1, rates=(rate,)))
    moment = CHURN.moment(NOW)
    since = microseconds(moment) - 1
    rows = HistoryRows(
        twin="t",
        name="t",
        rev=1,
        definitions=1,
        events=[("seen", since, "e", None)],
        sealed=[],
        holdings=[["account.enterprise", None, "self", "any", since, None, 2.0]],
        readings=[],
        pursuits=[],
        deliberations=[],
        forecasts=[],
    )
    known = history(rows, CHURN, Keyring(Path("nowhere")))
    found = forecast(known, definitions, CHURN, CHURN.horizons[0], moment, moment)
    told = [float(each) for each in re.findall(r"-?\d\.\d{4}", paragraph("A forecast."))]
    assert told == pytest.approx(
        [0.3, rate.rate, found.baseline, found.inputs[0].contribution, found.log_odds], abs=5.1e-5
    )
    assert (found.basis, found.twins) == ("segment", 200)
    assert probability(found.baseline) == pytest.approx(0.3)
    assert logit(rate.rate) == pytest.approx(found.log_odds)
