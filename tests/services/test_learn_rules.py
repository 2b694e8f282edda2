"""The numbers of rules are learned from labelled outcomes, held to what was stated, and proposed to be reviewed."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from beliefgraph.cli.rules import draft
from beliefgraph.cli.truth import read_truth
from beliefgraph.errors import Incorrect
from beliefgraph.ingest.catalogs import parse_catalogs
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.services.learning.dataset import KnownTruth
from beliefgraph.services.learning.rules import Cases, LearnedAttribute, fit
from beliefgraph.store.learning import RuleEvidenceRow, TwinRuleEvidence

START = datetime(2026, 1, 1, tzinfo=UTC)
CHURN = BeliefKey(attribute="needs.churn")
CATALOG = Catalog.model_validate(
    {
        "catalog": "product",
        "version": "1.2.0",
        "attributes": [{"key": "needs.churn", "domain": "needs", "prior": 0.5, "statement": "is about to leave"}],
        "events": [
            {
                "type": "ticket",
                "summary": "wrote a ticket",
                "bears_on": [{"attribute": "needs.churn", "log_likelihood_ratio": 2.0}],
            },
            {
                "type": "login",
                "summary": "logged in",
                "bears_on": [{"attribute": "needs.churn", "log_likelihood_ratio": "-0.5 * data.times"}],
            },
        ],
    }
)
DEFINITIONS = Definitions(tenant="t", number=1, catalogs=(CATALOG,))


def learned(twins: int, *, ticket: float, base: float, seed: int = 1, late: bool = False) -> LearnedAttribute:
    """Twins of whom a share `base` leave; a ticket is really worth so many nats, whatever is stated."""
    rng = np.random.default_rng(seed)
    truth, said = [], []
    for i in range(twins):
        leaves = bool(rng.random() < base)
        rows = []
        chance = 0.2 * np.exp(ticket) if leaves else 0.2
        if rng.random() < chance:
            rows.append(RuleEvidenceRow("b", "ticket", 2.0, START, None))
        if rng.random() < (0.5 * np.exp(-1.0) if leaves else 0.5):
            rows.append(RuleEvidenceRow("b", "login", -1.0, START, None))
        if late:
            rows.append(RuleEvidenceRow("b", "ticket", 2.0, START + timedelta(days=9), None))
        truth.append(KnownTruth(f"twin {i}", CHURN, leaves, START + timedelta(days=1)))
        said.append(TwinRuleEvidence(f"twin {i}", {"b": CHURN}, rows))
    cases = Cases(DEFINITIONS, truth)
    for twin in said:
        cases.add(twin)
    (found,) = fit(cases)
    return found


def test_a_strength_that_was_stated_too_high_and_a_prior_are_learned_from_labels() -> None:
    found = learned(2_000, ticket=0.7, base=0.2)
    ticket = next(each for each in found.rules if each.rule.event == "ticket")
    assert ticket.learned == pytest.approx(0.7 + np.log(0.8 / (1 - 0.2 * np.exp(0.7))), abs=0.35)
    assert found.learned == pytest.approx(0.2, abs=0.05)
    assert found.better
    assert found.learned_loss < found.base_rate_loss < found.stated_loss


def test_few_labels_leave_the_numbers_near_what_was_stated() -> None:
    few, many = learned(25, ticket=0.7, base=0.5), learned(2_000, ticket=0.7, base=0.5)
    far = [next(each.learned or 0.0 for each in found.rules if each.rule.event == "ticket") for found in (few, many)]
    assert abs(far[0] - 2.0) < abs(far[1] - 2.0)


def test_what_came_after_the_truth_is_not_learned_from() -> None:
    assert learned(100, ticket=0.7, base=0.3, late=True) == learned(100, ticket=0.7, base=0.3)


def test_the_next_version_of_the_catalog_is_drafted_with_the_learned_numbers() -> None:
    found = learned(2_000, ticket=0.7, base=0.2)
    (drafted,) = parse_catalogs(draft(DEFINITIONS, (found,)).encode(), "draft.yaml")
    assert drafted.ref == "product@1.3.0"
    assert drafted.attributes[0].prior == pytest.approx(found.learned)
    (ticket,) = drafted.events[0].bears_on
    assert ticket.log_likelihood_ratio == pytest.approx(
        next(each.learned for each in found.rules if each.rule.event == "ticket"), abs=1e-4
    )
    assert str(drafted.events[1].bears_on[0].log_likelihood_ratio).endswith("* double(-0.5 * data.times)")


def test_where_the_stated_numbers_are_right_nothing_is_proposed() -> None:
    rng = np.random.default_rng(3)
    truth, cases = [], []
    for i in range(400):
        leaves = bool(rng.random() < 0.695)  # of those without a ticket one half leaves: 0.695 * 0.3512 = 0.305 * 0.8
        spoke = rng.random() < (0.6488 if leaves else 0.2)  # an odds ratio of e^2
        truth.append(KnownTruth(f"twin {i}", CHURN, leaves))
        cases.append(
            TwinRuleEvidence(
                f"twin {i}", {"b": CHURN}, [RuleEvidenceRow("b", "ticket", 2.0, START, None)] if spoke else []
            )
        )
    collected = Cases(DEFINITIONS, truth)
    for twin in cases:
        collected.add(twin)
    (found,) = fit(collected)
    assert not found.better
    assert draft(DEFINITIONS, (found,)) == ""


def test_one_file_of_truth_names_twin_attribute_context_value_and_time(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    with path.open("w", newline="") as file:
        written = csv.writer(file)
        written.writerow(["twin", "attribute", "context", "value", "time"])
        written.writerow(["lena", "needs.churn", "", "yes", "2026-03-01"])
        written.writerow(["lena", "taste.colour", "home", "red", ""])
    one, other = read_truth(path)
    assert one == KnownTruth("lena", CHURN, True, datetime(2026, 3, 1, tzinfo=UTC))
    assert other == KnownTruth("lena", BeliefKey(attribute="taste.colour", context="home", value="red"), True, None)
    path.write_text("twin,attribute,context,value,time\nlena,needs.churn,,yes,soon\n")
    with pytest.raises(Incorrect, match="line 2: time is not a date"):
        list(read_truth(path))
