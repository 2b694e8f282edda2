"""Everything held of a twin in one signed archive: nothing is missing, and it is the same when it comes back."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from tests.conftest import StoppedClock
from tests.ownership.policies import Enforcing, policy
from tests.reading import id_of, rows, stored
from tests.web.service import service
from tests.world import CATALOG, World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.archive import Imported
from beliefgraph.model.caller import Caller
from beliefgraph.model.command import AssertBelief, Correct, Identify, RecordDecision, SetGoal, Withdraw
from beliefgraph.model.contest import Contest
from beliefgraph.model.event import EventName
from beliefgraph.model.identity import event_id
from beliefgraph.model.permission import Restrict
from beliefgraph.model.time import AsOf
from beliefgraph.model.twin import Identifier
from beliefgraph.services.archives.archives import Archives, Progress
from beliefgraph.services.permissions.policies import Policies
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin.cache import TwinCache
from beliefgraph.store.archives import LABELS
from beliefgraph.store.graph import Graph
from beliefgraph.store.graph_schema import EDGES, NODES
from beliefgraph.store.keys import Keyring
from beliefgraph.store.queries import query

SAID = "I am leaving them in March <b>"


async def with_history(world: World) -> None:
    """A life with words, a goal, a decision, a correction, a withdrawal and an event in quarantine."""
    person = world.person("lena")
    await world.intake.observe(
        world.caller,
        [
            event("1", "said", llr=1.0, by="lena", text=SAID),
            event("2"),
            rated("3", 2.0, day=1),
            event("4", "unheard of"),
            rated("5", 1.0, twin="omar"),
        ],
    )
    await world.commands.identify(world.caller, Identify(twin="lena", identifier=Identifier(scheme="d", value="x")))
    await world.commands.assert_belief(
        person, AssertBelief(twin="lena", belief=key("world.alone"), confidence=0.75, verbatim=SAID)
    )
    await world.commands.set_goal(person, SetGoal(twin="lena", goal="run", title="run far", priority=1.0))
    decided: dict[str, Any] = {"twin": "lena", "decision": "home", "title": "where", "reasons": [{"text": SAID}]}
    await world.commands.record_decision(person, RecordDecision.model_validate(decided))
    await world.commands.correct(person, Correct(twin="lena", belief=key("needs.urgent"), holds=True))
    await world.commands.contest(person, Contest(twin="lena", evidence=event_id(id_of(world), "test", "2")))
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id="3", source="test")))


async def answers(world: World, rev: int) -> Any:
    """All beliefs as of every rev, and the evidence of one, with its words."""
    snapshots = Snapshots(world.graph, world.book, TwinCache(world.graph))
    questions = Questions(world.graph, world.keyring, world.book, snapshots=snapshots)
    return [
        [row.state for row in (await questions.beliefs(world.caller, "lena", as_of=AsOf(rev=n))).nodes]
        for n in range(1, rev + 1)
    ]


class Exporting:
    """Archives as bytes."""

    def __init__(self, archives: Archives) -> None:
        self._archives = archives

    async def import_archive(self, caller: Caller, content: bytes, public: bytes | None = None) -> Imported:
        """Take an archive in."""
        return await self._archives.import_archive(caller, io.BytesIO(content), public)

    async def export_twin(self, caller: Caller, twin: str) -> bytes:
        """The archive of a twin."""
        out = io.BytesIO()
        await self._archives.export_twin(caller, twin, out)
        return out.getvalue()

    async def export_tenant(
        self, caller: Caller, progress: Progress | None = None, folder: Path | None = None
    ) -> bytes:
        """The archive of a tenant."""
        out = io.BytesIO()
        await self._archives.export_tenant(caller, out, progress, folder)
        return out.getvalue()


def archives_of(world: World) -> Exporting:
    sights = Sights(world.graph, Policies(world.graph, world.clock), world.clock)
    return Exporting(Archives(world.graph, world.keyring, Snapshots(world.graph, world.book, sights=sights)))


def members(content: bytes) -> dict[str, bytes]:
    """The files of an archive."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as tar:
        return {each.name: file.read() for each in tar if (file := tar.extractfile(each))}


def repacked(files: dict[str, bytes]) -> bytes:
    """An archive of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return out.getvalue()


async def emptied(world: World) -> World:
    """The tenant of a new database: nothing of it is left, and nobody of it was ever refused."""
    async with world.graph._driver.session() as session:
        for query in (
            "MATCH (n) WHERE n.tenant = $tenant OR n.twin IN $twins DETACH DELETE n",
            "MATCH (c:Catalog {tenant: $tenant}) DETACH DELETE c",
        ):
            twins = [id_of(world), id_of(world, "omar")]
            await (await session.run(query, {"tenant": world.caller.tenant, "twins": twins})).consume()
    return world.another()


async def test_what_is_exported_imported_and_exported_again_is_the_same_and_so_is_every_answer(world: World) -> None:
    await with_history(world)
    archives = archives_of(world)
    rev = (await stored(world)).rev
    before = await answers(world, rev)
    contested = await Questions(world.graph, world.keyring, world.book).contested(world.caller, "lena")
    assert [len(revs) for revs in contested.since.values()] == [1, 1]
    exported = await archives.export_tenant(world.caller)
    again = await emptied(world)
    assert (await stored(again)).rev == 0

    done = await archives.import_archive(world.caller, exported)

    assert done.twins == 2
    assert await archives.export_tenant(world.caller) == exported
    assert await answers(again, rev) == before
    assert await Questions(world.graph, world.keyring, world.book).contested(world.caller, "lena") == contested
    (receipt,) = await again.intake.observe(world.caller, [rated("6", 1.0, day=2)])
    assert (receipt.status, receipt.rev) == ("accepted", rev + 1)
    (receipt,) = await again.intake.observe(world.caller, [event("2")])
    assert receipt.status == "duplicate"


async def test_the_person_finds_what_they_said_and_what_is_believed_and_nothing_of_others(world: World) -> None:
    await with_history(world)
    own = world.person("lena")
    files = members(await archives_of(world).export_twin(own, "lena"))
    for text in (line for name, each in files.items() if name.endswith("json") for line in each.splitlines()):
        assert rfc8785.dumps(json.loads(text)) == text
    assert SAID in files["rows/evidence.ndjson"].decode()
    assert "leaving them in March &lt;b&gt;" in files["summary.html"].decode()
    assert "stands alone" in files["summary.html"].decode()
    events = [json.loads(line) for line in files["rows/event.ndjson"].splitlines()]
    assert {row["properties"]["twin"] for row in events} == {id_of(world)}
    assert b"omar" not in b"".join(files.values())
    assert {"rows/goal.ndjson", "rows/decision.ndjson", "rows/commit.ndjson", "rows/quarantine.ndjson"} <= set(files)
    document = json.loads(files["provenance.json"])
    assert len(document["entity"]) == len(events) + sum(
        len(files[f"rows/{kind}.ndjson"].splitlines()) for kind in ("evidence", "belief")
    )
    used = {each["prov:usedEntity"] for each in document["wasDerivedFrom"].values()}
    assert used <= document["entity"].keys()
    with pytest.raises(BeliefgraphError) as caught:
        await archives_of(world).export_twin(own, "omar")
    assert caught.value.code == "not-found"
    with pytest.raises(BeliefgraphError) as caught:
        await archives_of(world).export_tenant(own)
    assert caught.value.code == "missing-scope"


async def test_an_archive_that_was_altered_is_refused_and_nothing_is_written(world: World, tmp_path: Path) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    archives = archives_of(world)
    exported = await archives.export_tenant(world.caller)
    with pytest.raises(BeliefgraphError) as caught:
        await archives.import_archive(world.caller, exported)
    assert caught.value.code == "tenant-not-empty"
    again = await emptied(world)
    files = members(exported)
    other = Keyring(tmp_path / "another service").signing.public()
    manifest = json.loads(files["manifest.json"])
    other_twins = json.dumps({**manifest, "twins": {}}).encode()
    wrong: list[tuple[bytes, bytes | None, str]] = [
        (b"nothing", None, "invalid-archive"),
        *((exported[:cut], None, "invalid-archive") for cut in range(0, len(exported) - 99, len(exported) // 50)),
        (repacked({**files, "rows/belief.ndjson": b""}), None, "invalid-archive"),
        (repacked({k: v for k, v in files.items() if k != "rows/event.ndjson"}), None, "invalid-archive"),
        (
            repacked({**files, "manifest.json": other_twins}),
            None,
            "invalid-signature",
        ),
        (exported, other, "invalid-signature"),
    ]
    for content, public, code in wrong:
        with pytest.raises(BeliefgraphError) as caught:
            await archives.import_archive(world.caller, content, public)
        assert caught.value.code == code
    with pytest.raises(BeliefgraphError) as caught:
        await archives.import_archive(world.caller.model_copy(update={"tenant": "elsewhere"}), exported)
    assert caught.value.code == "invalid-input"
    assert (await stored(again)).rev == 0


async def test_an_archive_is_fetched_over_http(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    async with service(graph, keyring, clock, tenant) as running:
        await running.define()
        client = await running.client()
        await client.observe(event("1"))
        answer = await client.post({"twin": "lena"}, "/export")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/gzip")
        assert json.loads(members(answer.content)["manifest.json"])["twins"] == {"lena": 1}
        for body, code in (({"twin": "nobody"}, "not-found"), ({}, "invalid-input")):
            assert (await client.post(body, "/export")).json()["error"]["code"] == code


async def test_an_archive_waits_at_an_address_once_sealed_and_can_be_fetched_in_parts(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str, tmp_path: Path
) -> None:
    folder = tmp_path / "waiting"
    async with service(graph, keyring, clock, tenant, keys=folder) as running:
        await running.define()
        client = await running.client()
        await client.observe(event("1", "said", llr=1.0, by="lena", text=SAID))
        query = 'mutation { exportTwin(twin: "lena") { address bytes expiresAt } }'
        found = (await client.data(query))["exportTwin"]
        (file,) = (folder / "exports").iterdir()
        assert file.name not in found["address"]
        assert gzip.decompress((await client.post({"twin": "lena"}, "/export")).content)[:9] == b"manifest."
        assert b"manifest" not in file.read_bytes()
        url = running.url + found["address"]
        half = found["bytes"] // 2
        first = await client.http.get(url, headers={"range": f"bytes=0-{half - 1}"})
        beyond = await client.http.get(url, headers={"range": f"bytes={found['bytes']}-"})
        rest = await client.http.get(url, headers={"range": f"bytes={half}-"})
        assert (first.status_code, beyond.status_code, rest.status_code) == (206, 400, 206)
        files = members(first.content + rest.content)
        assert json.loads(files["manifest.json"])["twins"] == {"lena": 1}
        assert SAID in files["rows/evidence.ndjson"].decode()
        assert (await client.http.get(url)).json()["error"]["code"] == "not-found"  # it was fetched
        assert list((folder / "exports").iterdir()) == []
        all_ = (await client.data("mutation { exportTenant { address } }"))["exportTenant"]
        everybody = members((await client.http.get(running.url + all_["address"])).content)
        assert json.loads(everybody["manifest.json"])["twins"] == {"lena": 1}
        await client.data(query)
        clock.at = datetime.now(UTC) + timedelta(hours=1)
        found = (await client.data(query))["exportTwin"]
        assert len(list((folder / "exports").iterdir())) == 1  # the one that nobody fetched is deleted
        assert (await client.refused('mutation { exportTwin(twin: "nobody") { bytes } }'))["code"] == "not-found"


async def test_permissions_hold_for_an_export_and_come_with_it(world: World) -> None:
    enforcing = Enforcing(world)
    await enforcing.policies.publish(world.caller, policy(default="allow_until_objected"))
    await enforcing.intake.observe(world.caller, [event("1")])
    own, shop = world.person("lena"), enforcing.caller()
    archives = archives_of(world)
    with pytest.raises(BeliefgraphError) as caught:
        await archives.export_tenant(world.caller)  # for a purpose that the policy does not name
    assert caught.value.code == "not-permitted"
    await world.intake.observe(world.caller, [event("2", twin="omar")])
    await enforcing.permit(twin="omar", category="risks")
    await enforcing.permit(twin="lena", category="money", allowed=False)
    tenant = members(await archives.export_tenant(shop))
    assert json.loads(tenant["manifest.json"])["twins"] == {"omar": 2}
    assert id_of(world).encode() not in b"".join(tenant.values())
    await enforcing.commands.restrict(own, Restrict(twin="lena"))
    exported = await archives.export_twin(own, "lena")
    receipt = json.loads(members(exported)["permissions.json"])
    shown = await enforcing.sights.receipt(own, "lena")
    assert receipt == {**shown, "dct:created": receipt["dct:created"]}
    assert [each["dpv:hasConsentStatus"] for each in receipt["dpv:hasRecordOfActivity"]] == ["dpv:ConsentRefused"]
    again = await emptied(world)
    await archives.import_archive(world.caller, exported)
    assert await archives_of(again).export_twin(own, "lena") == exported
    with pytest.raises(BeliefgraphError) as caught:
        await archives_of(again).export_twin(shop, "lena")
    assert caught.value.code == "not-found"


async def test_an_export_in_part_is_that_of_a_twin_that_was_told_only_what_is_permitted(world: World) -> None:
    exported = []
    for told in (True, False):
        here = world if told else await emptied(world)
        enforcing = Enforcing(here)
        await here.book.publish(here.caller, CATALOG)
        await enforcing.policies.publish(here.caller, policy())
        await here.intake.observe(here.caller, [event("1", "said", llr=1.0, by="lena", text=SAID)])
        if told:  # ratings are refused below, and needs.budget is of the refused category money
            await here.intake.observe(here.caller, [rated("2", 1.0, day=1), event("3", day=2)])
        await here.intake.observe(here.caller, [event("4", "said", day=3, llr=0.5, by="bo", text="again")])
        for category, allowed in ((None, True), ("risks", True), ("money", False), ("ratings", False)):
            await enforcing.permit(category=category, allowed=allowed)
        archives = archives_of(here)
        exported.append(await archives.export_twin(enforcing.caller(), "lena"))
        whole = members(await archives.export_twin(here.person("lena"), "lena"))
        assert ("rated" in whole["rows/event.ndjson"].decode()) == told
    in_part, alone = ({each: without_revs(text) for each, text in members(some).items()} for some in exported)
    del in_part["manifest.json"], alone["manifest.json"]  # the digests of the others
    assert in_part == alone
    assert SAID in members(exported[0])["rows/evidence.ndjson"].decode()
    assert b"budget" not in b"".join(members(exported[0]).values())
    manifest = json.loads(members(exported[0])["manifest.json"])
    assert manifest["format"] == "beliefgraph extract 1"
    with pytest.raises(BeliefgraphError) as caught:
        await archives_of(world).import_archive(world.caller, exported[0])
    assert caught.value.code == "invalid-archive"


def without_revs(text: bytes) -> str:
    """A file of an archive without the revs of its rows and commits, and what is made of these."""
    without = re.sub(r'"(rev|rev_from|rev_to|revision_id)":("[^"]*"|\d+)', "", text.decode())
    return re.sub(r"([0-9a-f]{12})/\d+", r"\1", without)


async def test_somebody_who_was_erased_is_not_brought_back_by_an_archive(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    archives = archives_of(world)
    exported = await archives.export_tenant(world.caller)
    await world.eraser.erase_twin(world.caller, "lena")
    await emptied(world)
    with pytest.raises(BeliefgraphError) as caught:
        await archives.import_archive(world.caller, exported)
    assert caught.value.code == "erased"


async def test_an_imported_twin_is_row_for_row_what_it_was(world: World) -> None:
    await with_history(world)
    archives = archives_of(world)
    before = rows(await stored(world))
    exported = await archives.export_twin(world.caller, "lena")
    again = await emptied(world)
    await archives.import_archive(world.caller, exported)
    assert rows(await stored(again)) == before


async def test_an_export_that_was_cut_short_goes_on_where_it_was(world: World, tmp_path: Path) -> None:
    await with_history(world)
    archives = archives_of(world)
    whole = await archives.export_tenant(world.caller)

    def cut(done: int) -> None:
        raise KeyboardInterrupt(done)

    folder = tmp_path / "out.parts"
    with pytest.raises(KeyboardInterrupt):
        await archives.export_tenant(world.caller, cut, folder)
    (kept,) = folder.iterdir()
    assert SAID.encode() not in kept.read_bytes()
    assert kept.read_bytes()[:2] != b"\x1f\x8b"  # nor is it but packed

    before = world.graph.statements
    assert await archives.export_tenant(world.caller, None, folder) == whole
    resumed = world.graph.statements - before
    assert not folder.exists()
    before = world.graph.statements
    await archives.export_tenant(world.caller)
    assert resumed < world.graph.statements - before  # of the first twin, nothing was read again


async def test_what_changed_since_an_export_was_cut_short_is_in_it(world: World, tmp_path: Path) -> None:
    await with_history(world)
    archives = archives_of(world)
    folder = tmp_path / "out.parts"

    def cut(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await archives.export_tenant(world.caller, cut, folder)
    await world.intake.observe(world.caller, [rated("late", 1.0, day=9, twin="omar")])
    await world.eraser.erase_twin(world.caller, "lena")
    files = members(await archives.export_tenant(world.caller, None, folder))
    assert json.loads(files["manifest.json"])["twins"] == {"omar": 2}
    assert id_of(world).encode() not in b"".join(files.values())


def test_every_moment_that_an_archive_may_have_is_written_as_one() -> None:
    nodes, edges = query("archive/write_nodes"), query("archive/write_edges")
    kinds = [row for row in NODES if row.label in LABELS]
    for text, those in ((nodes, kinds), (edges, EDGES)):
        names = {name for row in those for name, kind in row.properties.items() if kind is datetime}
        assert names
        assert [name for name in names if f"{name}: coalesce(datetime(moments.{name})" not in text] == []
