"""The worked example of the page on foresight is what the functions give."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.docs.pages import Example, examples

from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.foresight.attribution import attributed
from beliefgraph.inference.foresight.changes import follow
from beliefgraph.inference.foresight.filtering import ObservedSymbols, filtered
from beliefgraph.inference.foresight.hazards import States, any_within, columns
from beliefgraph.inference.foresight.information import gains, yes_or_no
from beliefgraph.inference.foresight.logistic import Logistic
from beliefgraph.inference.foresight.passage import passage, velocity
from beliefgraph.inference.foresight.stages import SILENT, stated
from beliefgraph.model.belief import logit
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import Forecast
from beliefgraph.model.time import microseconds
from beliefgraph.services.forecasts.forecast import forecast
from beliefgraph.services.forecasts.grading import grading
from beliefgraph.services.forecasts.history import history
from beliefgraph.store.forecasts import HistoryRows
from beliefgraph.store.keys import Keyring

PAGE = (Path(__file__).parents[2] / "docs/foresight.md").read_text(encoding="utf-8")
EXAMPLE = PAGE[PAGE.index("## Worked example") : PAGE.index("## How good it is")]


def paragraph(title: str) -> str:
    """What the example says under a bold title."""
    start = EXAMPLE.index(f"**{title}**")
    end = EXAMPLE.find("\n\n**", start)
    return EXAMPLE[start : end if end > 0 else None]


def numbers(text: str) -> list[float]:
    """The numbers with three or four digits after the point, in their order."""
    return [float(number) for number in re.findall(r"\d\.\d{3,4}", text)]


def test_the_stages_are_where_the_page_says() -> None:
    right = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    stages = stated(np.array([4.0, 6.0, 1.0]), np.array([0.0, 0.2, 0.0]), right, phases=2)
    found = filtered(stages, ObservedSymbols(np.array([[0.0, 2.0, 5.0]]), np.array([[0, SILENT, 1]])))
    after, before = stages.of_stages(found.after[0]), stages.of_stages(found.before[0])
    told = numbers(paragraph("A stage."))
    assert told == pytest.approx(np.concatenate([after[0], after[1], before[2], after[2]]), abs=5.1e-4)
    text = paragraph("A stage.")
    when = passage(stages, found.after[:, -1], 2, 0.05, 2000)
    assert f"reached in {when.quantile(0.5)[0]:.2f} weeks" in text
    assert "interval {:.2f} to {:.2f}".format(*(bound[0] for bound in when.interval(0.9))) in text
    assert f"Velocity: {velocity(stages, found.after[:, -1], 30 / 7)[0]:.2f} stages" in text


def test_the_outcome_is_as_likely_as_the_page_says() -> None:
    state = States(np.ones(1), np.ones(1), np.ones(1), np.zeros((1, 0)))
    model = Logistic(-2.0, np.array([0.0, -0.8, 0.0, 0.0, 0.0]), np.zeros(5), 0.0)
    hazards = [float(1 / (1 + np.exp(-model.log_odds(columns(state.later(k)))[0]))) for k in range(4)]
    assert numbers(paragraph("An outcome.")) == pytest.approx([*hazards, any_within(model, state, 4)[0]], abs=5.1e-5)


def test_the_change_is_as_probable_as_the_page_says() -> None:
    found = follow(np.array([[0] * 8 + [1] * 4]), np.ones(2), 1 / 20)
    told = [found.surprise[0, 8], found.surprise[0, 11], found.kept[0, 7], found.kept[0, 0], found.changed[0, 11]]
    assert numbers(paragraph("A change.")) == pytest.approx(told, abs=5.1e-4)


def test_the_questions_tell_what_the_page_says() -> None:
    model = compile_model(Structure(np.array([0.5, 0.3]), [Relation("supports", 0, 1, 6.0)]))
    asked = [yes_or_no(0, 1.7, -1.7), yes_or_no(1, 1.7, -1.7)]
    both, second = gains(model, np.zeros(2), asked), gains(model, np.zeros(2), asked, np.array([1]))
    assert numbers(paragraph("A question.")) == pytest.approx([both[0], second[0], both[1], second[1]], abs=5.1e-4)


CHURN, RECOMMENDS = (example for example in examples("yaml") if example.page == "docs/foresight.md")


def forecast_by_page(page: Example, said: dict[str, float], horizon: int = 0) -> Forecast:
    """The forecast of the outcome that an example defines, in a twin that published these log-odds."""
    catalog = Catalog.model_validate(yaml.safe_load(page.code))
    outcome, definitions = catalog.outcomes[0], Definitions(tenant="t", number=1, catalogs=(catalog,))
    moment = outcome.moment(datetime(2026, 3, 1, tzinfo=UTC))
    start = microseconds(moment) - 1
    rows = HistoryRows(
        twin="t",
        name="t",
        rev=1,
        definitions=1,
        events=[("seen", start, "e", None)],
        sealed=[],
        holdings=[[attribute, None, "self", "any", start, None, log_odds] for attribute, log_odds in said.items()],
        readings=[],
        pursuits=[],
        deliberations=[],
        forecasts=[],
    )
    known = history(rows, outcome, Keyring(Path("nowhere")))
    return forecast(known, definitions, outcome, outcome.horizons[horizon], moment, moment)


def test_the_stated_forecast_is_the_sum_of_what_is_stated() -> None:
    found = forecast_by_page(CHURN, {"account.unhappy": 0.0, "account.trial": 2.0})
    said = numbers(paragraph("A forecast, stated."))
    parts = {each.input: each.contribution for each in found.inputs}
    whole = [-found.baseline, parts["segment trial"], parts["belief account.unhappy"], -found.log_odds]
    assert said == pytest.approx([*whole, found.probability], abs=5e-4)


def test_when_it_comes_is_what_the_page_says() -> None:
    found = forecast_by_page(CHURN, {}, horizon=1)
    assert numbers(paragraph("When.")) == pytest.approx([point.probability for point in found.curve], abs=5.1e-5)


def test_the_grades_are_as_likely_as_the_page_says() -> None:
    stated, found = forecast_by_page(RECOMMENDS, {}), forecast_by_page(RECOMMENDS, {"account.trusting": logit(0.7)})
    (moved,) = (each.contribution for each in found.inputs)
    shares = [each.probability for each in found.grades]
    higher = logit(stated.grades[1].at_least)
    rps = [grading(np.array([[each.probability for each in one.grades]]), np.array([1])).rps for one in (found, stated)]
    whole = [moved, -stated.log_odds, moved, found.log_odds, higher, moved, higher + moved, *shares, *rps]
    assert numbers(paragraph("Grades.")) == pytest.approx(whole, abs=5.1e-4)


def test_the_learned_forecast_is_attributed_as_the_page_says() -> None:
    baseline, parts = attributed(np.array([-3.0, -3.0]), np.array([[1.0, -0.5], [1.0, -0.9]]))
    whole = [-(baseline + parts.sum()), -baseline, parts[0], -parts[1]]
    assert numbers(paragraph("A forecast, learned.")) == pytest.approx(whole, abs=5e-4)
