"""The address that an error names can be opened, and leads to the page of its code."""

from __future__ import annotations

from tests.house.source import ROOT
from tests.web.service import Client

from beliefgraph.errors import CODES
from beliefgraph.graphql.errors import docs

PAGES = ROOT / "docs" / "errors"


async def opened(client: Client, address: str) -> tuple[int, str, str]:
    """The status, the type and the text of an address."""
    answer = await client.http.get(address)
    return answer.status_code, answer.headers["content-type"].partition(";")[0], answer.text


async def test_the_docs_of_a_refusal_lead_to_the_page_of_its_code(client: Client) -> None:
    answer = await client.ask('{ twin(name: "nobody") { rev } }')
    address = answer["errors"][0]["extensions"]["docs"]
    assert address == f"{client.url}/errors/not-found"
    assert await opened(client, address) == (200, "text/plain", (PAGES / "not-found.md").read_text(encoding="utf-8"))


async def test_the_address_is_the_one_that_the_caller_asked(client: Client) -> None:
    answer = await client.post({"query": "{ nothing }"}, host="beliefs.example:8443")
    assert answer.json()["errors"][0]["extensions"]["docs"] == "http://beliefs.example:8443/errors/invalid-query"


async def test_a_host_that_is_none_leaves_the_path(client: Client) -> None:
    for host in ("[", "a b", "evil.example/x?y=", '"><script>'):
        answer = await client.post({"query": "{ nothing }"}, host=host)
        assert answer.json()["errors"][0]["extensions"]["docs"] == "/errors/invalid-query", host


async def test_a_refusal_before_the_query_is_read_has_an_address_too(client: Client) -> None:
    client.secret = "bg_none"
    answer = await client.post({"query": "{ twins { nodes { name } } }"})
    assert answer.json()["errors"][0]["extensions"]["docs"] == f"{client.url}/errors/unauthenticated"


async def test_a_refusal_over_a_websocket_has_an_address_to_open(client: Client) -> None:
    async with client.socket() as socket:
        await socket.subscribe('{ twin(name: "nobody") { rev } }')
        message = await socket.next()
        [error] = message["payload"]["errors"]
    assert error["extensions"]["docs"] == f"{client.url}/errors/not-found"


async def test_every_page_is_served_and_needs_no_key(client: Client) -> None:
    for name in (*CODES, "quarantine"):
        status, _, text = await opened(client, f"{client.url}/errors/{name}")
        assert (status, text.partition("\n")[0].lower()) == (200, f"# {name}")


async def test_the_index_is_served_and_its_links_lead_on(client: Client) -> None:
    _, _, index = await opened(client, f"{client.url}/errors")
    assert "(too-wide.md)" in index
    assert (await opened(client, f"{client.url}/errors/too-wide.md"))[0] == 200


async def test_a_code_that_is_none_and_a_way_out_of_the_folder_are_not_found(client: Client) -> None:
    for name in ("no-such-code", "..%2Finference", "../inference"):
        assert (await opened(client, f"{client.url}/errors/{name}"))[0] == 404, name


def test_without_a_request_the_address_is_the_path_alone() -> None:
    assert docs("too-wide") == "/errors/too-wide"
