"""What is known of a twin and what to ask next, over HTTP, of a real Neo4j."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.ownership.policies import POLICY
from tests.trajectories.catalog import document
from tests.web.service import Client, Json, Service
from tests.world import event

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.catalog_checks import problems
from beliefgraph.model.definition import Definitions
from beliefgraph.model.permission import Policy
from beliefgraph.services.permissions.hidden import Hidden, without
from beliefgraph.services.permissions.sight import Sight

URGENT: Json = {
    "key": "ask.urgent",
    "text": "Is it urgent?",
    "attribute": "deal.urgent",
    "answers": [{"text": "Yes.", "log_likelihood_ratio": 2.5}, {"text": "No.", "log_likelihood_ratio": -2.5}],
    "event": "survey.urgent",
    "again": "P10D",
    "features": {"channel": "phone"},
}
STAGE: Json = {
    "key": "ask.stage",
    "text": "Where are you?",
    "attribute": "deal.stage",
    "answers": [
        {"text": "Looking.", "likelihoods_by_value": {"evaluation": 0.8, "other": 0.4}},
        {"text": "Buying.", "likelihoods_by_value": {"evaluation": 0.2, "other": 0.6}},
    ],
}
DEAR: Json = {
    **URGENT,
    "key": "ask.again",
    "text": "Do you need it soon?",
    "cost": 10,
    "event": None,
    "features": {},
    "answers": [
        {"text": "Yes.", "likelihoods": {"holds": 0.9, "otherwise": 0.1}},
        {"text": "No.", "likelihoods": {"holds": 0.1, "otherwise": 0.9}},
    ],
}
NEVER = {
    "key": "contact.never",
    "domain": "preference",
    "prior": 0.1,
    "statement": "never wants {subject}",
    "preference": {"kind": "constraint", "feature": "channel", "rule": "never", "hard": True},
}
REFUSED = {
    "type": "refused",
    "summary": "Refused a channel.",
    "bears_on": [{"attribute": "contact.never", "subject": "data.channel", "log_likelihood_ratio": 6.0}],
}
ANSWERED = {
    "type": "survey.urgent",
    "summary": "Was asked whether it is urgent.",
    "bears_on": [{"attribute": "deal.urgent", "log_likelihood_ratio": 0.1}],
}
NEXT = """
query Next($first: Int, $about: [BeliefKeyInput!], $outcomes: [String!], $asOf: AsOf) {
  askNext(twin: "lena", first: $first, about: $about, outcomes: $outcomes, asOf: $asOf) {
    questions { key text attribute value gain cost worth answers { text probability } }
    lately forbidden targets context rev validTime
  }
}"""
COVERAGE = """
query Coverage($asOf: AsOf) {
  coverage(twin: "lena", asOf: $asOf) {
    total { domain beliefs heard asked open known } domains { domain beliefs heard asked open known } rev
  }
}"""


def asking(*questions: Json) -> Catalog:
    """The catalog with questions."""
    stated = document()
    stated["attributes"] = [*stated["attributes"], NEVER]
    stated["events"] = [*stated["events"], REFUSED, ANSWERED]
    return Catalog.model_validate({**stated, "version": "1.1.0", "questions": list(questions)})


@pytest.fixture
async def asked(served: Service, client: Client) -> Client:
    await served.define(asking(URGENT, STAGE, DEAR))
    await client.observe(event("1", "staged", stage="evaluation"))
    return client


def entropy(p: float) -> float:
    """Of a yes-or-no answer, in bits."""
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def keys(found: Json) -> list[str]:
    """The questions in their order."""
    return [each["key"] for each in found["askNext"]["questions"]]


async def test_questions_come_by_what_they_tell_for_their_cost(asked: Client) -> None:
    found = await asked.data(NEXT)
    assert sorted(keys(found)) == ["ask.again", "ask.stage", "ask.urgent"]
    assert keys(found)[-1] == "ask.again", "the same answer is dearer"
    for question in found["askNext"]["questions"]:
        assert question["gain"] > 0
        assert question["worth"] == pytest.approx(question["gain"] / question["cost"])
        assert sum(each["probability"] for each in question["answers"]) == pytest.approx(1.0)
    assert len(keys(await asked.data(NEXT, first=1))) == 1


async def test_a_question_about_some_beliefs_tells_nothing_of_others(asked: Client) -> None:
    about = [{"attribute": "deal.urgent"}]
    found = (await asked.data(NEXT, about=about))["askNext"]
    gains = {each["key"]: each["gain"] for each in found["questions"]}
    assert gains["ask.stage"] == 0.0
    right = 1 / (1 + math.exp(-2.5))  # P(yes | urgent) = P(no | not)
    yes = 0.3 * right + 0.7 * (1 - right)
    assert gains["ask.urgent"] == pytest.approx(entropy(yes) - entropy(right)), "the mutual information"
    assert found["targets"] == 1


async def test_a_question_about_an_outcome_is_about_the_beliefs_that_it_depends_on(
    served: Service, asked: Client
) -> None:
    signed: Json = {
        "key": "signed",
        "title": "Signs",
        "events": [{"type": "signed"}],
        "every": "P7D",
        "horizons": [{"within": "P14D", "expected": 0.1}],
    }
    plain = {**signed, "key": "plain"}
    signed["indicator"] = {"attribute": "deal.urgent"}
    outcomes = Catalog.model_validate({"catalog": "outcomes", "version": "1.0.0", "outcomes": [signed, plain]})
    await served.define(outcomes)
    await asked.observe(event("2", "staged", day=1, stage="evaluation"))
    found = await asked.data(NEXT, outcomes=["signed"])
    assert (
        found["askNext"]["questions"]
        == (await asked.data(NEXT, about=[{"attribute": "deal.urgent"}]))["askNext"]["questions"]
    )
    assert (await asked.refused(NEXT, outcomes=["signde"]))["code"] == "unknown-outcome"
    assert (await asked.refused(NEXT, outcomes=["plain"]))["code"] == "invalid-input"


async def test_what_was_asked_or_stated_lately_is_not_asked_again(asked: Client) -> None:
    await asked.observe(event("2", "survey.urgent", day=1))
    found = await asked.data(NEXT)
    assert (found["askNext"]["lately"], "ask.urgent" in keys(found)) == (["ask.urgent"], False)
    assert "ask.urgent" in keys(await asked.data(NEXT, asOf={"rev": 1})), "rev 1 does not know that it was asked"
    assert "ask.urgent" in keys(await asked.data(NEXT, asOf={"validTime": "2026-01-20T00:00:00Z"}))
    await asked.data("""mutation { assertBelief(input: {
      twin: "lena", belief: {attribute: "deal.urgent"}, confidence: 0.9, validTime: "2026-01-19T00:00:00Z"
    }) { rev } }""")
    assert (await asked.data(NEXT))["askNext"]["lately"] == ["ask.again", "ask.urgent"]


async def test_what_a_constraint_forbids_is_not_asked(asked: Client) -> None:
    assert "ask.urgent" in keys(await asked.data(NEXT))
    await asked.observe(event("2", "refused", channel="phone"))
    found = await asked.data(NEXT)
    assert (found["askNext"]["forbidden"], "ask.urgent" in keys(found)) == (["ask.urgent"], False)


async def test_coverage_says_how_much_is_known_by_domain(asked: Client) -> None:
    before = (await asked.data(COVERAGE))["coverage"]
    (deal,) = before["domains"]
    assert (deal["domain"], deal["beliefs"], deal["heard"]) == ("deal", 5, 1)
    assert 0 < deal["known"] < 1
    assert deal["known"] == pytest.approx(1 - deal["open"] / deal["asked"])
    assert (before["total"]["domain"], before["total"]["asked"]) == ("*", pytest.approx(deal["asked"]))
    await asked.observe(event("2", "staged", stage="evaluation", llr=4.0))
    after = (await asked.data(COVERAGE))["coverage"]
    assert after["total"]["known"] > before["total"]["known"]
    assert (await asked.data(COVERAGE, asOf={"rev": 1}))["coverage"]["total"] == before["total"]


async def test_a_question_that_tells_nothing_more_is_worth_nothing(asked: Client) -> None:
    await asked.data("""mutation { correct(input: {
      twin: "lena", belief: {attribute: "deal.urgent"}, holds: true, validFrom: "2025-01-01T00:00:00Z"
    }) { rev } }""")
    gains = {each["key"]: each["gain"] for each in (await asked.data(NEXT))["askNext"]["questions"]}
    assert gains["ask.urgent"] < 1e-3 < gains["ask.stage"]


async def test_what_asks_too_much_is_refused(asked: Client) -> None:
    assert (await asked.refused(NEXT, first=0))["code"] == "invalid-input"
    assert (await asked.refused(NEXT, about=[{"attribute": "deal.unknown"}]))["code"] == "unknown-attribute"


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ({**URGENT, "attribute": "deal.stage"}, "name one of its values"),
        ({**URGENT, "value": "yes"}, "has no values"),
        ({**STAGE, "attribute": "deal.urgent"}, "no values known in advance"),
        ({**STAGE, "value": "evaluation"}, "cannot name one beside"),
        ({**URGENT, "attribute": "contact.never"}, "needs a subject"),
        ({**URGENT, "answers": URGENT["answers"][:1]}, "at least 2"),
        ({**URGENT, "answers": [*URGENT["answers"], {"text": "?", "log_likelihood_ratio": 0}]}, "only two answers"),
        ({**URGENT, "answers": [URGENT["answers"][0], DEAR["answers"][1]]}, "give all answers"),
        ({**DEAR, "answers": [DEAR["answers"][0], {**DEAR["answers"][0], "text": "No."}]}, "instead of 1"),
        ({**URGENT, "cost": 0}, "greater than"),
    ],
)
def test_questions_that_do_not_fit_are_refused_with_the_reason(question: dict[str, Any], says: str) -> None:
    try:
        found = [problem.error.message for problem in problems([asking(question)])]
    except (ValueError, BeliefgraphError) as error:
        found = [str(error)]
    assert any(says in message for message in found), found


def test_a_question_about_a_refused_attribute_does_not_exist() -> None:
    policy = Policy.model_validate({**POLICY, "categories": [{"key": "haste", "attributes": ["deal.urgent"]}]})
    definitions = Definitions(tenant="t", number=1, catalogs=(asking(URGENT, STAGE),))
    left = without(definitions, Hidden(Sight(refused=policy.categories), policy, definitions))
    assert [*left.questions] == ["ask.stage"]
