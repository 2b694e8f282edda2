"""Nothing that anybody sends is in a log, at any endpoint and level, whatever goes wrong with it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx2
import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    is_leaf_type,
)
from graphql.type import get_named_type
from tests.conftest import StoppedClock
from tests.house.source import ROOT
from tests.terminal import unnamed
from tests.web.serve_process import ready
from tests.web.service import EVERYTHING, Client, Json
from tests.world import CATALOG

from beliefgraph.app import build
from beliefgraph.config import Settings
from beliefgraph.local import Endpoint
from beliefgraph.services.access.sessions import Sessions
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring
from beliefgraph.web.person.routes import DONE, SHOWN

CANARY, TWIN = "zilpzalp", "wilhelmine"
SCHEMA = build_schema((ROOT / "docs" / "schema.graphql").read_text(encoding="utf-8"))
PATIENCE = 30.0
DEPTH = 3

OBSERVE = "mutation O($events: [EventInput!]!) { observe(events: $events) { id status } }"
STRUCTURED = {"content-type": "application/cloudevents+json"}
SAID = {
    "id": CANARY,
    "source": CANARY,
    "type": "rated",
    "time": "2026-01-05T09:00:00Z",
    "twin": TWIN,
    "data": {"llr": 0.1, "by": CANARY, "text": CANARY},
}
ASKED: list[Json] = [
    {"query": f'mutation {{ observe(events: [{{id: "{CANARY}", twin: "{TWIN}" '},
    {"query": f'{{ twin(name: "{TWIN}") {{ rev {CANARY} }} }}'},
    {"query": f'{{ {CANARY}: belief(twin: "{TWIN}", key: {{attribute: "world.buys"}}) {{ confidence }} }}'},
    {"query": f"query {CANARY} {{ __typename }}", "operationName": TWIN},
    {"query": OBSERVE, "variables": {"events": [{**SAID, "time": CANARY}]}},
    {"query": OBSERVE, "variables": {"events": [{**SAID, "type": CANARY}]}},
    {"query": OBSERVE, "variables": {"events": [{**SAID, CANARY: TWIN}]}},
    {"query": OBSERVE, "variables": {"events": CANARY, TWIN: CANARY}},
    {"query": OBSERVE, "variables": {"events": [SAID]}},
    {"query": f'{{ a: node(id: "{CANARY}") {{ id }} }}', "variables": CANARY},
]
SENT: list[tuple[bytes, dict[str, str]]] = [
    (f'{{"id": "{CANARY}", "twin": "{TWIN}"'.encode(), {}),
    (f"{CANARY} {TWIN}".encode(), {"content-type": CANARY}),
    *((orjson.dumps({"specversion": CANARY, **SAID}), {"content-type": kind}) for kind in STRUCTURED.values()),
    *(
        (orjson.dumps({"specversion": "1.0", **SAID, **wrong}), {})
        for wrong in ({"time": CANARY}, {"type": CANARY}, {"data": CANARY}, {"twin": ""}, {"twin": f"{TWIN}\n"}, {})
    ),
]


def value(type_: object, depth: int = 0) -> str:
    """A value of an input type, full of words that must not be logged."""
    if isinstance(type_, GraphQLNonNull):
        return value(type_.of_type, depth)
    if isinstance(type_, GraphQLList):
        return f"[{value(type_.of_type, depth)}]"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        fields = {
            name: field.type
            for name, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull) or (depth < DEPTH and is_leaf_type(get_named_type(field.type)))
        }
        one = dict(list(fields.items())[:1]) if type_.is_one_of else fields
        return "{" + ", ".join(f"{name}: {value(each, depth + 1)}" for name, each in one.items()) + "}"
    name = getattr(type_, "name", "")
    given = {"Int": "1", "Float": "0.5", "Boolean": "true", "DateTime": '"2026-01-05T09:00:00Z"'}
    return given.get(name, f'"{CANARY}"')


def every_field() -> list[Json]:
    """Each root field of the API, asked of somebody in words."""
    made = []
    for kind, root in (
        ("query", SCHEMA.query_type),
        ("mutation", SCHEMA.mutation_type),
        ("subscription", SCHEMA.subscription_type),
    ):
        assert isinstance(root, GraphQLObjectType)
        for name, field in root.fields.items():
            given = {
                arg: TWIN.join('""') if arg == "twin" else value(each.type)
                for arg, each in field.args.items()
                if arg != "atLeastRev"  # it would be waited for
            }
            arguments = ", ".join(f"{arg}: {text}" for arg, text in given.items())
            shown = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
            made.append({"query": f"{kind} {CANARY} {{ {name}{f'({arguments})' if given else ''} {shown} }}"})
    return made


@pytest.mark.parametrize(("level", "state"), [("debug", "sound"), ("debug", "broken"), ("info", "broken")])
async def test_neither_texts_nor_names_are_in_a_log(
    endpoint: Endpoint, graph: Graph, clock: StoppedClock, tenant: str, tmp_path: Path, level: str, state: str
) -> None:
    services = build(Settings(), graph, Keyring(tmp_path / "keys"), clock)
    made = await services.callers.create(tenant, "tester", [*EVERYTHING, "audit", "invite"], ["testing"])
    await services.book.publish(await services.callers.authenticate(made.secret), CATALOG)
    environment = {
        **unnamed(),
        "CANARY": state,
        "NEO4J_URI": endpoint.uri,
        "NEO4J_USERNAME": endpoint.user,
        "NEO4J_PASSWORD": endpoint.password,
        "BELIEFGRAPH_KEYS": str(tmp_path / "keys"),
        "BELIEFGRAPH_LOG_LEVEL": level,
        "BELIEFGRAPH_REQUEST_TIMEOUT": "10",
    }
    log = tmp_path / "log"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.web.canary", "--port", "0"),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=written,
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode()
        url = line.split()[1].removesuffix("/graphql")
        await ready(url)
        async with httpx2.AsyncClient(timeout=PATIENCE) as http:
            client = Client(http, url, made.secret)
            await send_everything(client, Client(http, url, CANARY))
            await send_everything_on_the_page(client, services.sessions)
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = log.read_text(encoding="utf-8").splitlines()
    assert any('"path":"/events"' in line for line in lines)
    assert any('"message":"fault"' in line for line in lines) == (state == "broken")
    assert [line[:2_000] for line in lines if CANARY in line or TWIN in line] == []


async def send_everything(client: Client, stranger: Client) -> None:
    """Say the words at every endpoint, in every way that is right and in many that are wrong."""

    async def send(asked: Json) -> None:
        async with client.socket() as socket:
            assert (await socket.next())["type"] == "connection_ack"
            await socket.send({"type": "subscribe", "id": CANARY, "payload": asked})
            await asyncio.wait_for(socket.connection.recv(), PATIENCE)

    said = [*ASKED, *every_field()]
    await asyncio.gather(*(client.post(asked) for asked in said))
    await asyncio.gather(*(send(asked) for asked in said))
    for body in (f'{{"query": "{CANARY}', f'["{CANARY}", "{TWIN}"]', f'{{"type": "{CANARY}"}}'):
        await client.post(body.encode())
        async with client.socket() as socket:
            await socket.next()
            await socket.connection.send(body)
            await socket.closed()
    async with stranger.socket({"authorization": f"Bearer {CANARY}", "purpose": TWIN}) as socket:
        await socket.closed()
    for sent, headers in SENT:
        await client.post(sent, "/events", **{**STRUCTURED, **headers})
    for export in ({"twin": TWIN}, {"twin": CANARY}, {CANARY: TWIN}):
        await client.post(export, "/export")
    for path in (
        *(f"/{CANARY}/{TWIN}?{CANARY}={TWIN}", f"/errors/{CANARY}", f"/graphql?query={CANARY}"),
        *(f"/export/{CANARY}", f"/me/{CANARY}", f"/me/sign-in?link={CANARY}", f"/me/sign-in/return?state={CANARY}"),
    ):
        await client.post(b"{}", path)
        await client.http.get(client.url + path)
    await stranger.post(ASKED[0], purpose=CANARY)
    await client.post(ASKED[0], purpose=CANARY)


async def send_everything_on_the_page(client: Client, sessions: Sessions) -> None:
    """Sign in as the person, look at every page, and send every form with the words in it."""
    url = client.url
    link = (await client.data("mutation I($twin: String!) { invite(twin: $twin) { url } }", twin=TWIN))["invite"]["url"]
    said = dict.fromkeys(("evidence", "purpose", "category", "recipient"), CANARY)
    chosen = dict.fromkeys(("holds", "contested", "allowed", "restricted", "sure"), "yes")
    async with httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=True) as http:
        await http.post(f"{url}/me/sign-in", data={"link": CANARY})
        await http.post(f"{url}/me/sign-in", data={"link": link.partition("link=")[2]})
        session = await sessions.resume(http.cookies.get("beliefgraph-session") or "")
        assert session is not None
        for path in SHOWN:
            await http.get(f"{url}/me{path.replace('{belief}', CANARY)}?done={CANARY}&after={CANARY}")
        for path in DONE:
            for token in (CANARY, session.token):
                await http.post(
                    f"{url}/me{path.replace('{belief}', CANARY)}",
                    data={**said, **chosen, "word": "erase", "token": token},
                )
