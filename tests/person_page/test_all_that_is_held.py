"""All that is held of a person, each kind of it, is in `me` and on the pages that they read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.docs.pages import examples
from tests.person_page.browser import WORDS, Person, text
from tests.trajectories.catalog import trajectory
from tests.web.service import Service
from tests.world import START, event

from beliefgraph.model.catalog import Catalog

MORE = Catalog.model_validate(
    {
        "catalog": "more",
        "version": "1.0.0",
        "attributes": [
            {
                "key": "learns.by_doing",
                "domain": "preference",
                "prior": 0.4,
                "statement": "learns by doing",
                "preference": {"kind": "learning"},
            },
            {
                "key": "deal.stage",
                "domain": "deal",
                "values": {"evaluation": 0.6, "business case": 0.2, "procurement": 0.1},
                "statement": "the deal is in {value}",
            },
        ],
        "events": [
            {
                "type": "tried",
                "summary": "tried it out",
                "bears_on": [{"attribute": "learns.by_doing", "log_likelihood_ratio": 1.0}],
            }
        ],
        "metrics": [
            {
                "key": "visits",
                "statement": "Looks at the prices",
                "kind": "count",
                "events": ["priced"],
                "window": "P30D",
            }
        ],
        "segments": [{"key": "ready", "title": "Ready to buy", "holds": [{"belief": {"attribute": "needs.budget"}}]}],
        "outcomes": [
            {
                "key": "bought",
                "title": "Buys something",
                "events": [{"type": "bought"}],
                "every": "P7D",
                "horizons": [{"within": "P14D", "expected": 0.1}],
            }
        ],
        "trajectories": [trajectory()],
    }
)

ME = """{ me {
  beliefs { nodes { statement } }
  evidence { nodes { evidence { summary source verbatim } } }
  events { nodes { event { type data } } }
  identifiers { scheme }
  goals { nodes { title } }
  preferences { nodes { attribute } }
  decisions { nodes { title } }
  metrics { nodes { says } }
  segment { segment { title } }
  trajectories { title stage }
  forecasts { nodes { outcome probability } }
  permissions { purpose category allowed statedBy }
  accesses { actor asked purpose at refused }
} }"""


@pytest_asyncio.fixture
async def holding(lena: Service) -> Service:
    """Lena, of whom there is something of every kind, and whom an adviser read."""
    await lena.define(MORE)
    everything, own = await lena.client(), await lena.client(person="lena")
    await everything.observe(event("more 1", day=3), event("more 2", "tried", day=3))
    await everything.data(
        'mutation { identify(input: {twin: "lena", identifier: {scheme: "crm", value: "4711"}}) { rev } }'
    )
    await own.data('mutation { permit(input: {twin: "lena", purpose: "advice", allowed: true}) { rev } }')
    services = lena.services
    caller = await services.callers.authenticate(everything.secret or "")
    await services.forecast_keeper.make(caller, at=START + timedelta(days=8))
    adviser = await lena.client("read", purposes=("advice",))
    await adviser.data('{ goals(twin: "lena") { nodes { title } } }')
    return lena


async def test_every_kind_of_what_is_held_is_in_me_and_on_the_pages(holding: Service, person: Person) -> None:
    own = await holding.client(person="lena")
    me: dict[str, Any] = (await own.data(ME))["me"]
    assert "learns by doing" in {each["statement"] for each in me["beliefs"]["nodes"]}
    assert WORDS in {each["evidence"]["verbatim"] for each in me["evidence"]["nodes"]}
    assert {"text": WORDS, "llr": 1.0, "by": "ada"} in [each["event"]["data"] for each in me["events"]["nodes"]]
    assert me["identifiers"] == [{"scheme": "crm"}]
    assert me["goals"]["nodes"] == [{"title": "ship it"}]
    assert {"attribute": "learns.by_doing"} in me["preferences"]["nodes"]
    assert me["decisions"]["nodes"] == [{"title": "which supplier"}]
    assert me["metrics"]["nodes"] == [{"says": "Looks at the prices: 1"}]
    assert me["segment"] == {"segment": {"title": "Ready to buy"}}
    assert [each["title"] for each in me["trajectories"]] == ["Buying"]
    assert [each["outcome"] for each in me["forecasts"]["nodes"]] == ["bought"]
    assert me["permissions"] == [{"purpose": "advice", "category": None, "allowed": True, "statedBy": "PERSON"}]
    (read,) = [each for each in me["accesses"] if each["asked"] == "goals" and each["purpose"] == "advice"]
    assert (read["actor"], read["refused"]) == ("tester", None)
    assert read["at"]

    pages = {path: text(await person.see(f"/me{path}")) for path in ("", "/received", "/events", "/plans", "/readers")}
    pages["/permissions"] = await person.see("/me/permissions")
    for path, shown in (
        ("", "Learns by doing"),
        ("/received", WORDS),
        ("/received", "ada"),
        ("/events", "tried"),
        ("/events", "crm"),
        ("/plans", "Ship it"),
        ("/plans", "Learns by doing"),
        ("/plans", "Which supplier"),
        ("/plans", "Looks at the prices"),
        ("/plans", "Ready to buy"),
        ("/plans", "Buying"),
        ("/plans", "Bought"),
        ("/permissions", 'aria-checked="true"'),
        ("/readers", "tester"),
        ("/readers", "advice"),
        ("/readers", "goals"),
    ):
        assert shown in pages[path], (path, shown)


@pytest.mark.parametrize("page", ["for-the-person", "access-log", "export"])
async def test_the_queries_on_the_pages_about_ownership_are_answered(holding: Service, page: str) -> None:
    own = await holding.client(person="lena")
    found = examples("graphql", f"docs/{page}.md")
    assert found
    for example in found:
        assert await own.data(example.code)
