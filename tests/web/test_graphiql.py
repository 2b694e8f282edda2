"""GraphiQL, from the package alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import orjson
from graphql import parse, validate
from tests.conftest import StoppedClock
from tests.web.service import Service, service

from beliefgraph.graphql.schema import make_schema
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring
from beliefgraph.web.graphiql_page import TABS, folder

HTML = {"accept": "text/html,application/xhtml+xml"}
MOST_BYTES = 3_000_000


class Loaded(HTMLParser):
    """What a page loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value for name, value in attrs if name in ("src", "href") and value]


async def test_a_browser_gets_graphiql_and_nothing_from_elsewhere(served: Service) -> None:
    page = await served.http.get(served.url + "/graphql", headers=HTML)
    assert page.status_code == 200
    assert "://" not in page.text
    loaded = Loaded(page.text).addresses
    assert len(loaded) == 3
    for address in loaded:
        assert address.startswith(("/graphiql/", "data:,"))
        if address.startswith("/"):
            assert (await served.http.get(served.url + address)).status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_the_address_of_the_service_leads_there(served: Service) -> None:
    page = await served.http.get(f"{served.url}/", headers=HTML)
    assert (page.status_code, page.headers["location"]) == (307, "/graphql")


async def test_five_queries_are_filled_in_and_all_are_valid(served: Service) -> None:
    page = await served.http.get(served.url + "/graphql", headers=HTML)
    match = re.search(r'<script id="given" type="application/json">(.*?)</script>', page.text, re.S)
    assert match is not None
    given = orjson.loads(match[1])
    assert (given["endpoint"], len(given["tabs"])) == ("/graphql", 5)
    schema = make_schema()._schema
    for tab in TABS:
        assert validate(schema, parse(tab["query"])) == [], tab["title"]


def test_what_is_shipped_is_small_has_its_licences_and_no_source_maps() -> None:
    shipped = {path.name: path.stat().st_size for path in folder().iterdir()}
    assert set(shipped) == {"graphiql.js", "graphiql.css", "LICENCES.txt"}
    assert sum(shipped.values()) < MOST_BYTES
    assert not any(b"sourceMappingURL" in path.read_bytes() for path in folder().iterdir())
    style = (folder() / "graphiql.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(\s*[\"']?(?!data:)", style)


async def test_graphiql_can_be_switched_off(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> None:
    async with service(graph, keyring, clock, tenant, graphiql=False) as served:
        assert (await served.http.get(served.url + "/graphql", headers=HTML)).status_code == 405
        assert (await served.http.get(served.url + "/graphiql/graphiql.js")).status_code == 404
        assert (await served.http.get(f"{served.url}/")).status_code == 404
