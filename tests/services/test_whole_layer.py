"""A layer is one folder (`moods/`) and one line where the services are joined: everything else follows from it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.graphql.test_descriptions import places
from tests.services.moods import MOODS
from tests.services.moods.records import Mood, MoodChange, MoodPublished, MoodShown
from tests.web.service import Client, Service, service
from tests.world import START, event, rated

from beliefgraph.app import Services
from beliefgraph.errors import Fault
from beliefgraph.graphql.schema import make_schema
from beliefgraph.model.caller import Caller
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.commits.recheck import Checked, recheck
from beliefgraph.services.twin.load import read_state
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.erasures import delete_twin
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

FIELDS = "mean times tone steady last deadline words { text since } revFrom revTo validFrom"
SHOW = f"""mutation Show($input: ShowMoodInput!) {{
  showMood(input: $input) {{ status rev moods {{ mood {{ key }} before {{ mean }} after {{ {FIELDS} }} }} }}
}}"""
OBSERVE = """mutation Observe($events: [EventInput!]!) {
  observe(events: $events) { status code moods { before { mean } after { mean times } } }
}"""
MOOD = f'query Mood($asOf: AsOf) {{ mood(twin: "lena", key: "day", asOf: $asOf) {{ {FIELDS} }} }}'
HISTORY = f"""query History($after: String) {{ moodHistory(twin: "lena", key: "day", first: 1, after: $after) {{
  nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
WITHDRAW = """mutation Withdraw($event: String!) {
  withdraw(input: {twin: "lena", event: {id: $event}}) { moods { after { mean } } }
}"""
CHANGES = f"""subscription Changes {{ changes(twin: "lena", afterRev: 0) {{
  rev moods {{ mood {{ key }} before {{ mean }} after {{ {FIELDS} }} }} }} }}"""


PUBLISH = "mutation($p: JSON!) { publishPolicy(policy: $p) { number } }"
POLICY = {
    "default": "ask_first",
    "jurisdiction": "EU",
    "controller": "Example Ltd",
    "purposes": [{"key": "advice", "legal_basis": "consent", "dpv": "ServicePersonalisation"}],
    "categories": [{"key": "feelings", "records": ["moods/*"]}, {"key": "ratings", "events": ["rated"]}],
}


@pytest_asyncio.fixture
async def served(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    own = Graph(graph._driver, graph._database)
    async with service(own, keyring, clock, tenant, (*LAYERS, MOODS)) as running:  # the one line
        await running.define()
        yield running


@pytest_asyncio.fixture
async def client(served: Service) -> Client:
    return await served.client()


async def show(client: Client, height: float, *, word: str | None = None, day: float = 0, id_: str = "") -> Any:
    """The receipt of a command that shows the mood of the day."""
    at = (START + timedelta(days=day)).isoformat()
    sent = {"twin": "lena", "mood": "day", "height": height, "word": word, "validFrom": at}
    return (await client.data(SHOW, input=sent | ({"id": id_} if id_ else {})))["showMood"]


async def stored(services: Services, caller: Caller) -> TwinState:
    """The twin as another process reads it."""
    id_ = services.updater.name(caller, "lena", "read").id
    return await read_state(services.graph, id_, caller.tenant, "lena")


async def rechecked(services: Services, tenant: str) -> Checked:
    (found,) = [one async for one in recheck(services.graph, services.book, tenant, layers=services.layers)]
    return found


async def test_a_command_and_an_event_are_told_asked_about_followed_and_remembered(
    served: Service, client: Client
) -> None:
    first = await show(client, 2.0, word="bright", id_="one")
    assert first["moods"] == [
        {
            "mood": {"key": "day"},
            "before": None,
            "after": {
                "mean": 2.0,
                "times": 1,
                "tone": "HIGH",
                "steady": True,
                "last": "2026-01-05T09:00:00+00:00",
                "deadline": "2026-01-05T09:00:00+00:00",
                "words": [{"text": "bright", "since": "2026-01-05T09:00:00+00:00"}],
                "revFrom": 1,
                "revTo": None,
                "validFrom": "2026-01-05T09:00:00+00:00",
            },
        }
    ]
    again = await show(client, 2.0, word="bright", id_="one")
    assert (again["status"], again["moods"]) == ("DUPLICATE", [])
    sent = [each.model_dump(mode="json") for each in (rated("e", -5.0, day=1), rated("f", 9.0))]
    (taken, refused) = (await client.data(OBSERVE, events=sent))["observe"]
    assert taken["moods"] == [{"before": {"mean": 2.0}, "after": {"mean": -1.5, "times": 2}}]
    assert (refused["status"], refused["code"]) == ("QUARANTINED", "invalid-input")

    now = (await client.data(MOOD))["mood"]
    assert (now["mean"], now["tone"], now["steady"], now["revFrom"]) == (-1.5, "LOW", False, 2)
    for as_of in ({"rev": 1}, {"validTime": START.isoformat()}):
        assert (await client.data(MOOD, asOf=as_of))["mood"]["mean"] == 2.0
    page = (await client.data(HISTORY))["moodHistory"]
    rest = (await client.data(HISTORY, after=page["pageInfo"]["endCursor"]))["moodHistory"]
    assert page["nodes"] == [now]
    assert rest["nodes"] == [first["moods"][0]["after"] | {"revTo": 2}]
    assert not rest["pageInfo"]["hasNextPage"]
    assert (await client.refused('{ mood(twin: "lena", key: "night") { mean } }'))["code"] == "not-found"

    async with client.socket() as socket:
        await socket.subscribe(CHANGES)
        seen = [(await socket.data())["changes"] for _ in range(2)]
    assert [each["moods"][0]["before"] for each in seen] == [None, {"mean": 2.0}]
    assert [each["moods"][0]["after"] for each in seen] == [rest["nodes"][0], now]


async def test_its_rows_are_read_back_as_they_were_written_by_every_path(
    served: Service, client: Client, caller: Caller
) -> None:
    await show(client, 1.0, word="fair", day=0.5)
    await client.observe(rated("e", 1.0), event("other"))
    written = served.services.cache.peek(*(await _head(served.services, caller)))
    assert written is not None
    read = await stored(served.services, caller)
    for kind in (MoodShown, MoodPublished):
        assert read.rows_of(kind) == written.rows_of(kind)
        assert read.rows_of(kind)
    assert read.made_of(Mood) == written.made_of(Mood)
    assert read.open_rows == written.open_rows
    (change,) = (await served.services.changes.since(caller, "lena", 1))[-1:]
    (told,) = change.layers["moods"]
    assert isinstance(told, MoodChange)
    assert [told.after] == list(read.rows_of(MoodPublished).values())
    page = await served.services.layer_questions.history(MOODS, caller, "lena", "day")
    assert page.nodes[0] == next(iter(read.rows_of(MoodPublished).values()))


async def test_what_is_withdrawn_counts_no_more_and_what_was_stored_is_checked_against_its_evidence(
    served: Service, client: Client, caller: Caller
) -> None:
    await show(client, 4.0, id_="mine")
    await client.observe(rated("e", 2.0))
    checked = await rechecked(served.services, caller.tenant)
    assert (checked.published["moods"], checked.differ) == (1, 0)
    assert (await client.data(WITHDRAW, event="mine"))["withdraw"]["moods"] == [{"after": {"mean": 2.0}}]
    source = 'mutation { withdraw(input: {twin: "lena", source: "a colleague"}) { moods { after { mean } } } }'
    assert (await client.data(source))["withdraw"]["moods"] == [{"after": None}]
    assert (await client.refused(MOOD))["code"] == "not-found"
    history = (await client.data(HISTORY.replace("first: 1", "first: 9")))["moodHistory"]["nodes"]
    assert [(row["mean"], row["revTo"]) for row in history] == [(2.0, 4), (3.0, 3), (4.0, 2)]

    state = await stored(served.services, caller)
    assert not state.rows_of(MoodShown)
    await show(client, 3.0)
    async with served.graph._driver.session() as session:
        await session.run("MATCH ()-[r:PUBLISHES {mean: 3.0}]->(:Mood {twin: $id}) SET r.mean = 2.5", id=state.id)
    (differing,) = (await rechecked(served.services, caller.tenant)).differing
    assert isinstance(differing, MoodPublished)
    assert differing.mean == 3.0


async def test_it_leaves_with_an_export_comes_with_an_import_and_is_erased(
    served: Service, client: Client, caller: Caller
) -> None:
    await show(client, 4.0, word="warm")
    before = await stored(served.services, caller)
    out = io.BytesIO()
    await served.services.archives.export_twin(caller, "lena", out)
    await delete_twin(served.graph, before.id)
    await _forget_definitions(served.graph, caller.tenant)
    out.seek(0)
    await served.services.archives.import_archive(caller, out)
    after = await stored(served.services, caller)
    for kind in (MoodShown, MoodPublished):
        assert after.rows_of(kind) == before.rows_of(kind)
    assert after.made_of(Mood) == before.made_of(Mood)

    assert await _records(served.graph, before.id) == 1
    erased = await served.services.eraser.erase_twin(caller, "lena")
    assert '"records":1' in erased.receipt
    assert await _records(served.graph, before.id) == 0


async def permit(person: Client, category: str | None = None, *, allowed: bool = True) -> None:
    """State a permission for the purpose of advice."""
    stated = {"twin": "lena", "purpose": "advice", "category": category, "allowed": allowed}
    await person.data("mutation($input: PermitInput!) { permit(input: $input) { rev } }", input=stated)


async def test_a_permission_names_it_and_what_is_refused_of_it_has_no_influence(
    served: Service, client: Client
) -> None:
    await show(client, 4.0)
    await client.observe(rated("e", -2.0, day=1))
    await client.data(PUBLISH, p=POLICY)
    person, adviser = await served.client(person="lena"), await served.client("read", purposes=("advice",))
    assert (await adviser.refused(MOOD))["code"] == "not-found"
    await permit(person)
    assert (await adviser.data(MOOD))["mood"]["mean"] == 1.0

    await permit(person, "ratings", allowed=False)
    for as_of in (None, {"rev": 1}, {"rev": 2}, {"validTime": START.isoformat()}):
        assert (await adviser.data(MOOD, asOf=as_of))["mood"]["mean"] == 4.0
    (row,) = (await adviser.data(HISTORY))["moodHistory"]["nodes"]
    assert (row["mean"], row["revFrom"], row["revTo"]) == (4.0, 1, None)
    async with adviser.socket() as socket:
        await socket.subscribe(CHANGES)
        told = (await socket.data())["changes"]
    assert (told["rev"], [each["after"]["mean"] for each in told["moods"]]) == (1, [4.0])
    assert (await person.data(MOOD))["mood"]["mean"] == 1.0

    await permit(person, "feelings", allowed=False)
    for question in (MOOD, HISTORY):
        assert (await adviser.refused(question))["code"] == "not-found"


async def test_what_it_marks_personal_is_sealed_in_the_store(served: Service, client: Client, caller: Caller) -> None:
    await show(client, 4.0, word="sunny")
    id_ = (await stored(served.services, caller)).id
    held = str(
        await asked(served.graph, "MATCH (n {twin: $id}) OPTIONAL MATCH (n)-[r]-() RETURN n, properties(r)", id_)
    )
    assert "'mean': 4.0" in held
    for text in ("sunny", "is in the mood"):
        assert text not in held


def test_its_fields_are_in_the_schema_that_has_it_and_in_no_other() -> None:
    schema = make_schema(layers=[MOODS.fields])
    assert "showMood" in str(schema)
    assert [where for where, what in places(schema._schema) if not (what.description or "").strip()] == []
    assert "Mood" not in str(make_schema())


@pytest.mark.parametrize("kind", ["PUBLISHES", "REPORTS_ON"])
async def test_a_read_that_misses_one_of_its_rows_is_noticed(
    served: Service, client: Client, caller: Caller, kind: str
) -> None:
    await show(client, 4.0)
    id_ = (await stored(served.services, caller)).id
    async with served.graph._driver.session() as session:
        await session.run(f"MATCH ()-[r:{kind} {{twin: $id}}]->() DELETE r", id=id_)
    with pytest.raises(Fault, match="not those that its commit counted"):
        await stored(served.services, caller)
    if kind == "PUBLISHES":
        assert await served.services.changes.since(caller, "lena", 0) == []


async def asked(graph: Graph, query: str, id_: str = "") -> list[list[Any]]:
    """What a query answers."""
    async with graph._driver.session() as session:
        return [list(record.values()) async for record in await session.run(query, id=id_)]


async def _head(services: Services, caller: Caller) -> tuple[str, tuple[int, str]]:
    state = await stored(services, caller)
    return state.id, (state.rev, state.life)


async def _records(graph: Graph, twin: str) -> int:
    async with graph._driver.session() as session:
        result = await session.run("MATCH (n:Mood) WHERE n.twin = $id RETURN count(n)", id=twin)
        found = await result.single(strict=True)
    return int(found[0])


async def _forget_definitions(graph: Graph, tenant: str) -> None:
    """Make a tenant empty, as one is that an archive is imported into."""
    async with graph._driver.session() as session:
        for label in ("DefinitionSet", "Catalog", "Definition"):
            await session.run(f"MATCH (n:{label} {{tenant: $tenant}}) DETACH DELETE n", tenant=tenant)
